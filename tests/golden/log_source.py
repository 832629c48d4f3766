#!/usr/bin/env python3
"""Check that a connection log read with -r gives what the capture gives from which the log was written.

    log_source.py SYNFIN [CAPTURE...]

For some captures of pcaps/ (or those given) and each log format:
  - the log of the log equals the log, byte by byte, the columns of this host's processes aside
  - every figure of the JSON report about connections equals the capture's
  - the views of the log have the rows of those of the capture
Then for compressed logs, several logs, a folder, standard input, damaged lines, filters and time limits.
"""
import bz2
import gzip
import json
import lzma
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ("sample", "half-open", "unreachable", "reuse-answered", "syn-flood", "vxlan", "ipv6", "midstream", "pending", "retransmitted-syn",
            "backscatter", "lost-data")
FORMATS = ("zeek", "json", "csv")
# What a log cannot know: it has no packets, and no causes of single packets.
REPORT_KEYS = ("connections", "services", "edges", "hosts", "scanners", "longest", "largest", "failing", "floods", "timeline",
               "failures")
VIEWS = ("services", "clients")
failures = []


def check(ok, what):
    if not ok:
        failures.append(what)
        print("failed:", what)


def synfin(*words, data=None):
    command = [SYNFIN, "-q", "--no-geoip", "--no-color", "--utc", *map(str, words)]
    return subprocess.run(command, input=data, stdin=subprocess.DEVNULL if data is None else None, capture_output=True,
                          env={**os.environ, "TZ": "UTC"}, timeout=120)


def report_of(*words, data=None):
    """The JSON report of a run, whose filter may follow the options of `words`."""
    ran = synfin("--view", "none", "--report", "-", "--report-format", "json", *words, data=data)
    return json.loads(ran.stdout) if ran.stdout else {}, ran


def log_of(capture, path, form, *more):
    ran = synfin("-r", capture, "--view", "none", "--log", path, "--log-format", form, *more)
    return ran


def lines_of(path):
    """The lines without those that hold the time of the run."""
    return [line for line in path.read_bytes().splitlines() if not line.startswith((b"#open", b"#close"))]


def without_causes(report):
    """Codes of ICMP errors are in packets, not in logs."""
    for row in report.get("failing", []):
        row.pop("cause", None)
    return {key: report.get(key) for key in REPORT_KEYS}


def cells(view):
    """The columns of a view that every log proves. What is open at the end of a capture has ended in its log."""
    rows = [re.split(r" {2,}", line.strip()) for line in view.decode().splitlines()]
    return [row[:1] for row in rows if row and re.match(r"[0-9a-f:.]+$", row[0])]


def compare(capture, folder):
    expected, _ = report_of("-r", capture)
    for form in FORMATS:
        log = folder / f"{capture.name}.{form}"
        log_of(capture, log, form)
        actual, ran = report_of("-r", log)
        where = f"{capture.name} as {form}"
        if not expected["connections"]["total"]:
            if form != "zeek":
                continue  # an empty log of another format has no columns
        check(ran.returncode == 0, f"{where}: exit {ran.returncode} {ran.stderr[-200:]}")
        for key, value in without_causes(expected).items():
            check(without_causes(actual).get(key) == value, f"{where}: {key} differs")
        again = folder / "again"
        log_of(log, again, form)
        check(lines_of(again) == lines_of(log), f"{where}: the log of the log differs")
        again.unlink(missing_ok=True)
    if not expected["connections"]["total"]:
        return
    for view in VIEWS:
        want = cells(synfin("-r", capture, "--view", view, "--width", "0").stdout)
        got = cells(synfin("-r", folder / f"{capture.name}.json", "--view", view, "--width", "0").stdout)
        check(got == want, f"{capture.name}: view {view} differs")


def inputs(folder):
    """Compressed, several, a folder, a pipe."""
    log = folder / "conn.log"
    log_of(ROOT / "pcaps/sample.pcap", log, "zeek")
    whole, _ = report_of("-r", log)
    figures = {key: whole[key] for key in REPORT_KEYS}
    data = log.read_bytes()

    def same(report, what):
        check({key: report.get(key) for key in REPORT_KEYS} == figures, what)

    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        packed = folder / f"packed{suffix}"
        packed.write_bytes(pack(data))
        same(report_of("-r", packed)[0], f"a log compressed as {suffix}")
    same(report_of("-r", "-", data=data)[0], "a log on standard input")
    same(report_of("-r", "-", data=gzip.compress(data))[0], "a compressed log on standard input")
    same(report_of("-r", log, "--threads", "1")[0], "one thread")
    same(report_of("-r", log, "--sandbox", "strict")[0], "the strict sandbox")

    header = [line for line in data.splitlines(True) if line.startswith(b"#") and not line.startswith(b"#close")]
    records = [line for line in data.splitlines(True) if not line.startswith(b"#")]
    day = folder / "day"
    day.mkdir()
    third = len(records) // 3
    parts = [records[:third], records[third:2 * third], records[2 * third:]]
    for number, part in enumerate(parts):
        (day / f"conn.{number:02}:00:00-{number + 1:02}:00:00.log.gz").write_bytes(gzip.compress(b"".join(header + part)))
    (day / "conn.03:00:00-04:00:00.log").write_bytes(b"".join(header))
    dns = b"#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n1\tC\t192.0.2.1\t1\t192.0.2.2\t53\tudp\n"
    (day / "dns.00:00:00-01:00:00.log.gz").write_bytes(gzip.compress(dns))
    (day / "conn_long.log").write_bytes(data.replace(b"#path\tconn", b"#path\tconn_long"))
    (day / "notes.txt").write_text("nothing\n")
    same(report_of("-r", day)[0], "a folder of rotated logs")
    (folder / "even.log").write_bytes(b"".join(header + records[::2]))
    (folder / "odd.log").write_bytes(b"".join(header + records[1::2]))
    two, _ = report_of("-r", folder / "even.log", "-r", folder / "odd.log")
    same(two, "two sensors")
    joined = folder / "joined.log"
    joined.write_bytes(b"".join(header + parts[0] + header + parts[1] + header + parts[2]))
    same(report_of("-r", joined)[0], "logs joined with their headers")
    merged = [folder / "merged1", folder / "merged2"]
    for order, path in zip((("even.log", "odd.log"), ("even.log", "odd.log")), merged):
        synfin("-r", folder / order[0], "-r", folder / order[1], "--view", "none", "--log", path, "--threads", 1 + merged.index(path))
    check(lines_of(merged[0]) == lines_of(merged[1]), "the order of merged logs is stable")


def limits(folder):
    """Filters and time limits select records."""
    log = folder / "conn.log"
    rows = [json.loads(line) for line in
            synfin("-r", log, "--view", "none", "--log", "-", "--log-format", "json").stdout.splitlines()]
    def kept(*words):
        report, ran = report_of("-r", log, *words)
        return report.get("connections", {}).get("total"), ran
    port = rows[0]["id.resp_p"]
    check(kept("port", port)[0] == sum(port in (r["id.orig_p"], r["id.resp_p"]) for r in rows), "a filter by port")
    host = rows[0]["id.orig_h"]
    check(kept("host", host)[0] == sum(host in (r["id.orig_h"], r["id.resp_h"]) for r in rows), "a filter by host")
    check(kept("not", "host", host)[0] == sum(host not in (r["id.orig_h"], r["id.resp_h"]) for r in rows), "a filter by other hosts")
    net = host.rsplit(".", 1)[0] + ".0/24"
    prefix = net[:-4]
    check(kept("net", net)[0] == sum(r["id.orig_h"].startswith(prefix) or r["id.resp_h"].startswith(prefix) for r in rows), "a filter by net")
    for words in (("tcp[tcpflags]", "&", "tcp-syn", "!=", "0"), ("greater", "100"), ("vlan", "5"), ("ether", "host", "02:00:00:00:00:01")):
        total, ran = kept(*words)
        check(total is None and ran.returncode == 2 and b"cannot be applied to a connection log" in ran.stderr, f"the filter {words} is refused: {ran.stderr}")
    middle = sorted(float(r["ts"]) for r in rows)[len(rows) // 2]
    total, _ = kept("--after", str(middle))
    check(total == sum(float(r["ts"]) >= middle for r in rows), "--after")
    check(kept("-c", "3")[0] == 3, "-c")
    ran = synfin("-r", log, "-w", folder / "x.pcap")
    check(ran.returncode == 2 and b"-w writes packets" in ran.stderr, "-w is refused")
    ran = synfin("-r", log, "-r", ROOT / "pcaps/sample.pcap")
    check(ran.returncode != 0 and b"in one run" in ran.stderr, "captures and logs are refused")


def damage(folder):
    """Damaged lines are counted, and the rest is read."""
    data = (folder / "conn.log").read_bytes()
    lines = data.splitlines(True)
    records = [i for i, line in enumerate(lines) if not line.startswith(b"#")]
    broken = list(lines)
    broken[records[1]] = b"damaged\n"
    broken[records[2]] = broken[records[2]][:40] + b"\n"
    broken[records[3]] = broken[records[3]].replace(b"tcp", b"udp")
    path = folder / "broken.log"
    path.write_bytes(b"".join(broken))
    report, ran = report_of("-r", path)
    total = len(records) - 3
    check(ran.returncode == 1, "damage gives exit 1")
    check(report["connections"]["total"] == total, f"the other records are read: {report['connections']['total']} of {total}")
    log = report["capture"]["log"]
    check((log["unreadable"], log["not_tcp"], log["records"]) == (2, 1, total), f"lines are counted: {log}")
    check(ran.stderr.count(b"\n") == 1 and b"2 of" in ran.stderr, f"one sentence: {ran.stderr}")
    path.write_bytes(gzip.compress(data)[:-300])
    report, ran = report_of("-r", path)
    check(ran.returncode == 1 and report["connections"]["total"] > 0, "a cut file is read as far as it goes")
    dice = random.Random(7)
    for form in FORMATS:
        log_of(ROOT / "pcaps/sample.pcap", path, form)
        original = path.read_bytes()
        for _ in range(12):
            hostile = bytearray(original)
            for _ in range(dice.randrange(1, 60)):
                hostile[dice.randrange(len(hostile))] = dice.randrange(256)
            path.write_bytes(hostile)
            ran = synfin("-r", path, "--view", "events", "--log", "/dev/null")
            check(ran.returncode in (0, 1, 2), f"damaged {form}: exit {ran.returncode}: {ran.stderr[-300:]}")
            check(not any(c < 32 and c != 10 for c in ran.stdout + ran.stderr), f"damaged {form}: a control character is printed")


def inventories(folder):
    """A log teaches the inventory what the capture teaches it."""
    user = ["-Z", "root"] if os.geteuid() == 0 else []
    for name in ("inventory-before", "inventory-after"):
        capture, log = ROOT / "pcaps" / f"{name}.pcap", folder / f"{name}.log"
        log_of(capture, log, "zeek")
        for source in (capture, log):
            ran = synfin(*user, "-r", source, "--view", "none", "--state", folder / f"{source.suffix[1:]}.db")
            check(ran.returncode == 0, f"{source.name} with --state: {ran.stderr}")
    for words in ([], ["--changes"]):
        found = []
        for kind in ("pcap", "log"):
            command = [SYNFIN, "inventory", "--state", folder / f"{kind}.db", "--format", "json", *words]
            lines = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60).stdout.splitlines()
            found.append([{key: value for key, value in json.loads(line).items() if key != "id"} for line in lines])
        check(found[0] and found[0] == found[1], f"inventory {words}: {found}")


def processes(folder):
    """The processes that a log states are shown, and written again."""
    log = folder / "processes.json"
    log_of(ROOT / "pcaps/sample.pcap", log, "json")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for number, line in enumerate(lines[:8]):
        line.update({"orig_pid": 812 + number % 2, "orig_user": "alice", "orig_exe": '/usr/bin/"curl', "process_basis": "socket"})
    lines[8].update({"resp_pid": 7, "resp_user": "www\nroot", "resp_exe": "/usr/sbin/nginx", "process_basis": "listener"})
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    keys = [f"{end}_{key}" for end in ("orig", "resp") for key in ("pid", "user", "exe")] + ["process_basis"]
    for form in FORMATS:
        again, last = folder / f"processes.{form}.again", folder / f"processes.{form}.last"
        log_of(log, again, form)
        log_of(again, last, "json")
        check([[json.loads(line).get(key) for key in keys] for line in last.read_text().splitlines()] == [[line.get(key) for key in keys] for line in lines],
              f"processes in {form}")
    shown = synfin("-r", log, "--view", "processes", "--width", "0").stdout.decode()
    check(re.search(r'^ *\S*curl +alice', shown, re.M) and "nginx" in shown, f"--view processes: {shown}")
    check("812" in synfin("-r", log, "--view", "netstat").stdout.decode(), "--view netstat")
    for show, count in (("process:*curl", 8), ("user:alice pid:813", 4), ("process:/usr/sbin/*", 1), ("-user:*", len(lines) - 9)):
        shown = synfin("-r", log, "--show", show, "--log", "-", "--log-format", "json").stdout.decode().splitlines()
        check(len(shown) == count, f"--show {show} selects {len(shown)} records, not {count}")


def names(folder):
    """The names that a log holds are selected by --show; those of a capture would come too late, which is an error."""
    log = folder / "names.json"
    log_of(ROOT / "pcaps/sample.pcap", log, "json")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines[0]["orig_name"] = "www.example.org"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    named = sum(lines[0]["id.orig_h"] in (line["id.orig_h"], line["id.resp_h"]) for line in lines)
    shown = synfin("-r", log, "--show", "name:example.org", "--log", "-", "--log-format", "json").stdout.decode().splitlines()
    check(len(shown) == named, f"--show name: selects {len(shown)} records, not {named}")
    for words in (["--show", "name:example.org", "--resolve-names"], ["--show", "process:curl"]):
        run = synfin("-r", ROOT / "pcaps/sample.pcap", *words)
        check(run.returncode == 2 and b"needs live traffic or a log" in run.stderr, f"{words}: {run.stderr}")


def unknown(folder):
    """What Zeek's log does not have is null, not 0."""
    fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state history".split()
    row = "1300475168.5 CHh 192.0.2.1 40000 192.0.2.2 443 tcp ssl 1.25 100 2000 SF ShADadFf".split()
    path = folder / "zeek.log"
    path.write_text("#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\t" + "\t".join(fields) + "\n" + "\t".join(row) + "\n")
    report, ran = report_of("-r", path)
    check(ran.returncode == 0 and report["connections"]["total"] == 1, "a short log of Zeek")
    check(report["connections"]["syn_retries"] is None and report["connections"]["evicted"] is None, "retries are unknown")
    check(report["capture"]["packets"]["received"] is None and report["capture"]["mode"] == "log", "packets are unknown")
    check("synack_rtt" in report["capture"]["log"]["missing"] and report["capture"]["remarks"], "the report says what is unknown")
    check(report["services"][0]["synack_rtt_ms"]["p50"] is None, "handshake times are unknown")
    line = {key: value for key, value in zip(fields, row)}
    line.update({"ts": 1300475168.5, "id.orig_p": 40000, "id.resp_p": 443, "duration": 1.25, "orig_bytes": 100, "resp_bytes": 2000, "tunnel_parents": ["a", "b"]})
    for ts in (1300475168.5, 1300475168500, "2011-03-18T19:06:08.500000Z"):
        path.write_text(json.dumps({**line, "ts": ts}) + "\n")
        other, ran = report_of("-r", path)
        check(other.get("edges") == report["edges"], f"JSON with the time {ts}: {ran.stderr}")
    again = synfin("-r", path, "--view", "none", "--log", "-", "--log-format", "json").stdout
    check(b"syn_retries" not in again and b"evicted" not in again, "the log of a log claims nothing")


def sizes(folder):
    """Bytes that a log does not have are unknown in every output, not zero."""
    full = folder / "sizes.json"
    log_of(ROOT / "pcaps/sample.pcap", full, "json")
    zeek = folder / "zeek.json"
    columns = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "duration", "conn_state", "history")
    rows = [json.loads(line) for line in full.read_text().splitlines()]
    zeek.write_text("".join(json.dumps({k: row[k] for k in columns if k in row}) + "\n" for row in rows))
    again = folder / "again.json"
    log_of(zeek, again, "json")
    counts = ("orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes")
    check(not any(f'"{count}"' in again.read_text() for count in counts), "counts that no log has are written")
    for form, unset in (("zeek", "-"), ("csv", "")):
        path = folder / f"sizes.{form}"
        log_of(zeek, path, form)
        separator = "," if form == "csv" else "\t"
        lines = path.read_text().splitlines()
        names = next(line for line in lines if "orig_bytes" in line).removeprefix("#fields\t").split(separator)
        values = {line.split(separator)[names.index(count)] for line in lines if line[:1].isdigit() for count in counts}
        check(values == {unset}, f"counts in {form}: {values}")
    for log in (zeek, again):
        report, _ = report_of("-r", log)
        check({report["connections"]["orig_bytes"], report["services"][0]["bytes"], report["edges"][0]["bytes"], report["hosts"][0]["bytes_sent"],
               report["longest"][0]["resp_bytes"], report["timeline"]["buckets"][0]["bytes"]} == {None}, f"bytes of {log.name} in JSON")
        text = synfin("-r", log, "--view", "none", "--report", "-").stdout.decode()
        check("connections" in text and " sent" not in text and " 0 B" not in text, f"bytes of {log.name} in text: {text[:400]}")
        tables = synfin("-r", log, "--view", "none", "--report", folder / "tables.csv")
        check(tables.returncode == 0, f"CSV: {tables.stderr}")
    ran = subprocess.run([SYNFIN, "diff", full, zeek, "--format", "json"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    check('"volume"' not in ran.stdout, f"volumes without bytes: {ran.stdout[:300]}")
    control, _ = folder / "control.json", log_of(ROOT / "pcaps/normal-close.pcap", folder / "control.json", "json", "--packets", "control")
    check('"missed_bytes":0,' in control.read_text(), "missed bytes of control packets")


def main():
    global SYNFIN
    SYNFIN = sys.argv[1]
    captures = [pathlib.Path(p) for p in sys.argv[2:]] or [ROOT / "pcaps" / f"{name}.pcap" for name in CAPTURES]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for capture in captures:
            compare(capture, folder)
        for part in (inputs, limits, damage, inventories, processes, names, unknown, sizes):
            part(folder)
    print(f"{len(captures)} captures, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
