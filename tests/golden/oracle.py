#!/usr/bin/env python3
"""Compare synfin with the references for captures beside the source tree.

    oracle.py zeek|zeek-logs|community-id|hostile SYNFIN

The folder is $SYNFIN_ORACLE, else ../shared/oracle beside the source tree; without it the test is skipped (exit 77).

    zeek           the connection log agrees with Zeek's, except for the differences listed in zeek-differences.tsv
    zeek-logs      each of Zeek's logs is read whole, and its outcomes are those of the capture, but for pending SYNs
    community-id   the identifiers are those of the specification's vectors
    hostile        every capture ends within 5 s (20 s under a sanitizer) with exit code 0, 1 or 2
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def folder():
    return pathlib.Path(os.environ.get("SYNFIN_ORACLE", HERE.parents[2] / "shared" / "oracle"))


def zeek(synfin, oracle):
    """compare.py accepts the log, and what it does not except differs only as listed."""
    listed = HERE.parent / "golden" / "zeek-differences.tsv"
    command = [sys.executable, str(oracle / "compare.py"), "-v", "--except", str(listed), synfin, str(oracle / "zeek")]
    ran = subprocess.run(command, capture_output=True, text=True)
    print(ran.stdout + ran.stderr)
    known = {tuple(line[2:].split("\t")[:2]) for line in listed.read_text().splitlines() if line.startswith("# ") and "\t" in line}
    core = re.compile(r"\b(conn_state|history|orig_bytes|resp_bytes|orig_pkts|resp_pkts) ")
    differing = set()
    for line in ran.stdout.splitlines():
        connection, colon, fields = line.partition(": ")
        if colon and " | " in fields and core.search(fields):
            differing.add(tuple(connection.split(" ", 1)))
    for connection in sorted(differing ^ known):
        print(*connection, "differs, but is not listed" if connection in differing else "is listed, but agrees")
    return 0 if ran.returncode == 0 and not ran.stderr and differing == known else 1


def records_of(synfin, path):
    command = [synfin, "-q", "-r", str(path), "--no-geoip", "--view", "none", "--log", "-", "--log-format", "json"]
    ran = subprocess.run(command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]


def zeek_logs(synfin, oracle):
    """At most 2 % of the outcomes that Zeek's state and history prove differ from those of the packets."""
    def key(r):
        return r["id.orig_h"], r["id.orig_p"], r["id.resp_h"], r["id.resp_p"], round(r["ts"], 5), r["conn_state"]
    compared = differ = bad = 0
    for log in sorted((oracle / "zeek").glob("*.conn.log")):
        lines = [line for line in log.read_text().splitlines() if line and not line.startswith("#")]
        status, records = records_of(synfin, log)
        if status or len(records) != len(lines):
            print(f"{log.name}: exit {status}, {len(records)} records of {len(lines)}")
            bad += 1
        captured = {key(r): r for r in records_of(synfin, log.with_name(log.name.replace(".conn.log", ".pcap")))[1]}
        for record in records:
            other = captured.get(key(record))
            if other is None or other["outcome"] == "pending":
                continue
            compared += 1
            if other["outcome"] != record["outcome"]:
                differ += 1
                print(f"{log.name}: {record['conn_state']} {record.get('history')}: {record['outcome']}, by its packets {other['outcome']}")
    print(f"{compared} outcomes compared, {differ} differ")
    return 0 if not bad and compared > 300 and differ * 50 <= compared else 1


def community_id(synfin, oracle):
    """The captures' TCP identifiers are those of the specification's baseline, all of them and no others."""
    rows = json.loads((oracle / "community-id" / "baseline_deflt.json").read_text())
    want = {row["communityid"] for row in rows if row["proto"] == 6}
    got = set()
    for capture in sorted((oracle / "community-id").glob("*.pcap")):
        command = [synfin, "-r", str(capture), "--view", "none", "--log", "-", "--log-format", "json"]
        ran = subprocess.run(command, capture_output=True, timeout=20, stdin=subprocess.DEVNULL)
        got |= {json.loads(line).get("community_id") for line in ran.stdout.splitlines()}
    print(f"{len(want)} identifiers expected, {len(got & want)} computed; missing {sorted(want - got)}, extra {sorted(map(str, got - want))}")
    return 0 if want and got == want else 1


def sanitized(synfin):
    """True if the program contains the name of a sanitizer runtime."""
    return re.search(rb"__(asan|tsan)_init", pathlib.Path(synfin).read_bytes()) is not None


def hostile(synfin, oracle):
    limit = 20 if sanitized(synfin) else 5
    captures = sorted(p for p in (oracle / "hostile").iterdir() if p.suffix != ".md")
    bad = 0
    slowest = 0.0
    for capture in captures:
        begun = time.monotonic()
        try:
            ran = subprocess.run([synfin, "-r", str(capture), "--view", "events", "--log", "/dev/null", "--no-geoip"],
                                 capture_output=True, timeout=limit, stdin=subprocess.DEVNULL)
            problem = None if ran.returncode in (0, 1, 2) else f"exit {ran.returncode}: {ran.stderr[-400:].decode(errors='replace')}"
            if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", ran.stdout + ran.stderr):
                problem = "a control character reached the output"
        except subprocess.TimeoutExpired:
            problem = f"no end within {limit} s"
        slowest = max(slowest, time.monotonic() - begun)
        if problem:
            bad += 1
            print(f"{capture.name}: {problem}")
    print(f"{len(captures)} captures, {bad} bad, slowest {slowest:.2f} s")
    return 1 if bad or not captures else 0


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("zeek", "zeek-logs", "community-id", "hostile"):
        print(__doc__, file=sys.stderr)
        return 2
    name, synfin = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
    oracle = folder()
    captures = oracle / name.split("-logs")[0]
    if not captures.is_dir():
        print(f"skipped: no {captures}")
        return SKIPPED
    return {"zeek": zeek, "zeek-logs": zeek_logs, "community-id": community_id, "hostile": hostile}[name](synfin, oracle)


if __name__ == "__main__":
    sys.exit(main())
