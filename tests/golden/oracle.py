#!/usr/bin/env python3
"""Compare synfin with the references for captures beside the source tree.

    oracle.py zeek|community-id|hostile SYNFIN

The folder is $SYNFIN_ORACLE, else ../shared/oracle beside the source tree; without it the test is skipped (exit 77).

    zeek           the connection log agrees with Zeek's, except for the differences listed in zeek-differences.tsv
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
    """All connections are there, 98 % of those not excepted agree, and each group of exceptions is below 8 %."""
    exceptions = HERE.parent / "golden" / "zeek-differences.tsv"
    command = [sys.executable, str(oracle / "compare.py"), "--except", str(exceptions), synfin, str(oracle / "zeek")]
    ran = subprocess.run(command, capture_output=True, text=True)
    print(ran.stdout + ran.stderr)
    last = re.search(r"(\d+) connections and (\d+) excepted, (\d+) missing, (\d+) extra; ([\d.]+) % agree", ran.stdout)
    if not last or ran.stderr:
        return 1
    compared, excepted, missing, extra = map(int, last.groups()[:4])
    # In the second group, each line excepts one connection.
    by_rules = sum("\t" in line for line in exceptions.read_text().split("# Group 2")[1].splitlines())
    bound = 0.08 * (compared + excepted)
    good = missing == extra == 0 and float(last[5]) >= 98 and by_rules <= bound and excepted - by_rules <= bound
    return 0 if good else 1


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
    if len(sys.argv) != 3 or sys.argv[1] not in ("zeek", "community-id", "hostile"):
        print(__doc__, file=sys.stderr)
        return 2
    name, synfin = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
    oracle = folder()
    if not (oracle / name).is_dir():
        print(f"skipped: no {oracle / name}")
        return SKIPPED
    return {"zeek": zeek, "community-id": community_id, "hostile": hostile}[name](synfin, oracle)


if __name__ == "__main__":
    sys.exit(main())
