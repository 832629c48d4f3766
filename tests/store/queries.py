#!/usr/bin/env python3
"""The commands that query a store print what they print for the captures that were imported.

    queries.py SYNFIN ROOT [CASE...]

Skipped (77) without clickhouse-server. Prints each fault; exits 1 if there is one.
"""
import contextlib
import http.server
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from clickhouse import Cluster, Server, ServerError, ZOOKEEPER_JARS, skip_without

CAPTURES = ("sample.pcap", "failures.pcap", "syn-scan.pcap", "syn-flood.pcap", "ipv6.pcap", "backscatter.pcap", "midstream.pcap", "normal-close.pcap")
EXACT = ("total", "by_state", "by_outcome", "orig_bytes", "resp_bytes", "evicted", "syn_retries")


def has_zookeeper():
    return pathlib.Path(ZOOKEEPER_JARS).exists() and shutil.which("java") is not None


class Lab:
    def __init__(self, synfin, root, folder, server):
        self.synfin, self.root, self.folder, self.server, self.faults = synfin, pathlib.Path(root), pathlib.Path(folder), server, []

    def expect(self, truth, sentence):
        if not truth:
            self.faults.append(sentence)

    def run(self, *words, status=0, sudo_user=None):
        """`status` may be None: any. `sudo_user`: as if this user had called sudo."""
        environment = {**os.environ, "SUDO_USER": sudo_user} if sudo_user else None
        done = subprocess.run([self.synfin, *map(str, words)], capture_output=True, text=True, timeout=120, env=environment)
        self.expect(status in (None, done.returncode), f"{words}: exit {done.returncode}: {done.stderr}")
        return done

    def load(self, database, *captures, sensor="lab"):
        """A database of its own with the records of these captures."""
        url = self.server.url(database)
        self.run("store", "init", url)
        self.run("store", "import", *captures, "--store", url, "--sensor", sensor, "--spool", self.folder / f"spool-{database}")
        return url

    def report(self, *words):
        return json.loads(self.run("report", "--report-format", "json", *words).stdout)


def key_of(row):
    return tuple(str(row.get(k)) for k in ("ip", "orig", "resp", "port", "ts", "cause"))


def differences(what, stored, captured, loose=(), least=0.03):
    """Yields what differs between two lists of objects. Members of `loose` are estimates."""
    if len(stored) != len(captured):
        yield f"{what}: {len(stored)} rows, from the capture {len(captured)}"
    for number, (a, b) in enumerate(zip(stored, captured)):
        for name in sorted(set(a) | set(b)):
            x, y = a.get(name), b.get(name)
            if name in loose:
                continue
            if x != y:
                yield f"{what} {number}, {name}: {x}, from the capture {y}: {key_of(b)}"


def close_percentiles(what, stored, captured):
    """Estimates of percentiles are between neighbouring samples, so they are compared loosely where there are many."""
    for a, b in zip(stored, captured):
        x, y = a.get("synack_rtt_ms"), b.get("synack_rtt_ms")
        if (x is None) != (y is None):
            yield f"{what}: percentiles {x}, from the capture {y}"
        elif x and x.get("samples", 0) >= 100 and not 0.9 * y["p50"] <= x["p50"] <= 1.1 * y["p50"]:
            yield f"{what}: a median of {x['p50']}, from the capture {y['p50']}"


def same_reports(lab):
    """For each capture, the report from the store is that from the capture."""
    for number, name in enumerate(CAPTURES):
        capture = lab.root / "pcaps" / name
        url = lab.load(f"report{number}", capture)
        truth_file = lab.folder / "truth.json"
        lab.run("-r", capture, "--view", "none", "-n", "--no-geoip", "-o", truth_file)
        truth = json.loads(truth_file.read_text())
        for words in ((), ("--since", "1970-01-01T00:00:01Z")):  # from days, and from connections
            found = lab.report("--from", url, *words)
            where = f"{name} {' '.join(words)}"
            for key in EXACT:
                lab.expect(found["connections"].get(key) == truth["connections"].get(key),
                           f"{where}: {key}: {found['connections'].get(key)}, from the capture {truth['connections'].get(key)}")
            for table in ("services", "edges", "hosts", "scanners", "longest", "largest"):
                lab.faults += differences(f"{where}: {table}", found.get(table, []), truth.get(table, []), loose=("synack_rtt_ms",))
                lab.faults += close_percentiles(f"{where}: {table}", found.get(table, []), truth.get(table, []))
            lab.expect(found["timeline"] == truth["timeline"], f"{where}: the timelines differ")


def same_connections(lab):
    """The rows of a store are those of the log, with and without an expression, in each format."""
    capture = lab.root / "pcaps" / "sample.pcap"
    url = lab.load("rows", capture)
    for expression in ([], ["port:443"], ["host:198.51.100.0/24", "not outcome:closed"], ["--", "-outcome:closed"], ["outcome:refused,reset"], ["orig:192.0.2.66"], ["198.51.100.54"]):
        shown = ["--show", " ".join(expression).removeprefix("-- ")] if expression else []
        for form in ("json", "csv", "zeek"):
            truth = lab.run("-r", capture, "--view", "none", "-n", "--no-geoip", "--log", "-", "--log-format", form, *shown).stdout
            found = lab.run("connections", "--from", url, "--log-format", form, *expression).stdout
            a, b = (sorted(line for line in text.splitlines() if not line.startswith("#")) for text in (found, truth))
            lab.expect(a == b and (b or expression), f"{expression} {form}: {len(a)} rows of the store, {len(b)} of the capture; the first that differ: "
                       f"{next(((x, y) for x, y in zip(a, b) if x != y), None)}")


def annotations(lab):
    """Names, countries and processes that sensors stored are those of reports and rows, and each sensor has its ledger."""
    url = lab.load("about", lab.root / "pcaps" / "normal-close.pcap", sensor="one")
    known = {"sensor": "'two'", "batch": "toUInt64(2)", "orig_h": "IPv6StringToNum('2001:db8::7')", "orig_name": "'client.example'", "orig_cc": "'DE'", "orig_asn": "toUInt32(64500)",
             "orig_as_org": "'Example Net'", "orig_pid": "toUInt32(42)", "orig_user": "'alice'", "orig_exe": "'/usr/bin/curl'", "process_basis": "'socket'"}
    columns = lab.server.sql("SELECT name FROM system.columns WHERE database = 'about' AND table = 'connections' AND default_kind = ''").split()
    lab.server.sql(f"INSERT INTO about.incoming ({', '.join(columns)}) SELECT {', '.join(known.get(name, name) for name in columns)} FROM about.connections")
    rows = lab.server.number("SELECT count() FROM about.connections WHERE sensor = 'two'")
    for words in ((), ("--since", "1970-01-01T00:00:01Z")):
        found = lab.report("--from", url, *words)
        hosts = {host["ip"]: host for host in found["hosts"]}
        about = {key: hosts["2001:db8::7"].get(key) for key in ("hostname", "country", "asn", "as_org")}
        lab.expect(about == {"hostname": "client.example", "country": "DE", "asn": 64500, "as_org": "Example Net"}, f"{words}: the host is {about}")
        lab.expect([(c["country"], c["connections"]) for c in found["countries"]] == [("DE", rows)], f"{words}: countries {found['countries']}")
        lab.expect([(n["asn"], n["as_org"]) for n in found["networks"]] == [(64500, "Example Net")], f"{words}: networks {found['networks']}")
        sensors = [(s["sensor"], s["received"] == s["decoded"] > 0, s["dropped"]) for s in found["sensors"]]
        lab.expect(sensors == [("one", True, 0)], f"{words}: sensors {found['sensors']}")
    lab.expect("client.example" in lab.run("report", "--from", url).stdout, "the report in text has no name")
    for expression in ("user:alice", "process:curl", "pid:42", "name:client.example"):
        chosen = [json.loads(line) for line in lab.run("connections", "--from", url, "--log-format", "json", expression).stdout.splitlines()]
        lab.expect(len(chosen) == rows and all((c["orig_pid"], c["orig_user"], c["orig_exe"], c["process_basis"]) == (42, "alice", "/usr/bin/curl", "socket") for c in chosen),
                   f"{expression} selects {chosen}")


def confined(lab):
    """Each command works in the strict sandbox, which -v names, and replaces its output there."""
    url = lab.load("confined", lab.root / "pcaps" / "sample.pcap")
    output = lab.folder / "answers"
    output.mkdir(mode=0o777, exist_ok=True)
    output.chmod(0o777)
    for command, words, status in (("report", ("-o", output / "report.html"), 0), ("inventory", ("-o", output / "inventory.json"), 0),
                                   ("connections", ("--log", output / "conn.log"), 0), ("diff", ("-o", output / "diff.txt", "..2026-03-01", "2026-03-01.."), None)):
        plain = lab.run(command, "--from", url, *words, status=status)
        file = words[1]
        truth = file.read_text()
        said = lab.run(command, "--from", url, "--sandbox", "strict", "-v", *words, status=plain.returncode).stderr
        lab.expect(("Landlock" in said and "seccomp" in said) or "instrumented" in said, f"{command} says {said}")
        lab.expect(without_clock(file.read_text()) == without_clock(truth), f"{command} writes something else in the strict sandbox")
        lab.expect("no sandbox" in lab.run(command, "--from", url, "--sandbox", "off", "-v", *words, status=plain.returncode).stderr, f"{command} has a sandbox with off")


def repeated_by_sudo(lab):
    """Each command replaces its own output, which belongs to the user that called sudo, in a folder where everybody may write."""
    url = lab.load("repeated", lab.root / "pcaps" / "sample.pcap")
    folder = lab.folder / "common"
    folder.mkdir()
    folder.chmod(0o1777)
    for command, option, words, status in (("report", "-o", (), 0), ("inventory", "-o", (), 0), ("diff", "-o", ("..2026-03-01", "2026-03-01.."), None), ("connections", "--log", (), 0)):
        file = folder / f"{command}.txt"
        for _ in range(2):
            lab.run(command, "--from", url, option, file, *words, status=status, sudo_user="daemon")
            if os.geteuid() == 0:
                lab.expect(file.exists() and pwd.getpwuid(file.stat().st_uid).pw_name == "daemon", f"{command} by sudo: the output is not the user's")


def outputs(lab):
    """A query that fails leaves the output as it was, and one that succeeds replaces it, also in a folder of root alone."""
    url, nothing = lab.load("outputs", lab.root / "pcaps" / "sample.pcap"), lab.server.url("nothing")
    folder = lab.folder / "kept"
    folder.mkdir(mode=0o700)
    for command, option, words, status in (("report", "-o", (), 0), ("inventory", "-o", (), 0), ("diff", "-o", ("..2026-03-01", "2026-03-01.."), None), ("connections", "--log", (), 0)):
        old, new = folder / f"{command}.old.txt", folder / f"{command}.new.txt"
        old.write_text("precious")
        old.chmod(0o640)
        before = old.stat()
        for file in (old, new):
            lab.run(command, "--from", nothing, option, file, *words, status=1)
        lab.expect(old.read_text() == "precious", f"{command} destroys its output")
        lab.expect(not new.exists(), f"{command} leaves an empty output")
        for file in (old, new):
            lab.run(command, "--from", url, option, file, *words, status=status)
        lab.expect("198.51.100" in old.read_text() and "198.51.100" in new.read_text(), f"{command} writes no result")
        lab.expect(old.stat().st_mode & 0o777 == 0o640 and old.stat().st_uid == before.st_uid, f"{command} changes mode or owner of its output")
        lab.expect(command == "connections" or old.stat().st_ino != before.st_ino, f"{command} overwrites its output in place")
    lab.expect(len(list(folder.iterdir())) == 8, f"temporary files are left: {list(folder.iterdir())}")


def without_clock(text):
    return [line for line in text.splitlines() if not line.startswith(("#open", "#close"))]


def differences_of_days(lab):
    """Two ranges of a store differ as the reports of two captures do."""
    before, after = (lab.root / "pcaps" / f"{name}.pcap" for name in ("failures", "sample"))
    url = lab.load("days", before, after)
    files = []
    for capture in (before, after):
        files.append(lab.folder / f"{capture.stem}.json")
        lab.run("-r", capture, "--view", "none", "-n", "--no-geoip", "-o", files[-1])
    first = json.loads(files[1].read_text())["capture"]["first_packet"]
    truth = lab.run("diff", "--format", "json", *files, status=3).stdout
    found = lab.run("diff", "--format", "json", "--from", url, f"..{first}", f"{first}..", status=3).stdout
    edges = []
    for text in (found, truth):
        edges.append([edge for edge in map(json.loads, text.splitlines()) if edge["kind"] == "edge"])
        for edge in edges[-1]:
            for side in ("before", "after"):
                (edge[side] or {}).pop("synack_rtt_ms", None)  # estimates
    lab.expect(edges[0] and edges[0] == edges[1], f"diff: {edges[0]}, from the reports {edges[1]}")
    lab.run("diff", "--from", url, "yesterday", "today", status=2)


def inventories(lab):
    """Hosts and ports of a store are those of a state file, and so are the changes that a sensor stored."""
    capture = lab.root / "pcaps" / "sample.pcap"
    url = lab.server.url("hosts")
    lab.run("store", "init", url)
    state = lab.folder / "state" / "net.db"
    state.parent.mkdir()
    state.parent.chmod(0o777)
    lab.run("store", "import", capture, "--store", url, "--sensor", "lab", "--spool", lab.folder / "spool-hosts", "--state", state)

    def ports(*words):
        lines = lab.run("inventory", "--format", "json", *words).stdout.splitlines()
        return {(host["ip"], port["port"]): (port["state"], port.get("witnesses")) for host in map(json.loads, lines) for port in host["ports"]
                if port["state"] == "open"}
    truth, found = ports("--state", state), ports("--from", url)
    lab.expect(truth and truth == found, f"open ports: {found}, of the state file {truth}")
    lab.expect(ports("--from", url, "--port", "5432", "--since", "1970-01-01T00:00:01Z") == {k: v for k, v in truth.items() if k[1] == 5432}, "--port selects")
    lab.expect(lab.run("inventory", "--from", url, "198.51.100.54").stdout.count("open") >= 3, "a host has rows for its ports")
    truth, found = (lab.run("inventory", "--changes", "--format", "json", *words).stdout.splitlines() for words in (("--state", state), ("--from", url)))
    kept = ("id", "time", "change", "ip", "port", "evidence")
    a, b = ([{k: c.get(k) for k in kept} for c in map(json.loads, lines)] for lines in (found, truth))
    lab.expect(b and a == b, f"changes: {a[:2]}, of the state file {b[:2]}")


def large_inventories(lab):
    """What does not fit into a list is counted, and the newest changes are kept."""
    url = lab.server.url("large")
    lab.run("store", "init", url)
    lab.server.sql("INSERT INTO large.incoming (sensor, day, ts, orig_h, resp_h, resp_p, outcome, direction_basis) SELECT 'lab', toDate(20000), toInt64(20000) * 86400 * 1000000000 + number, "
                   "toFixedString('client', 16), toFixedString(unhex(concat('20010db800000000000000000000000', toString(intDiv(number, 50000)))), 16), toUInt16(number % 50000 + 1), 'closed', 'syn' "
                   "FROM system.numbers LIMIT 200002")
    total = lab.server.number("SELECT uniqExact(resp_h, resp_p) FROM large.days")
    done = lab.run("inventory", "--from", url, "--format", "json", status=1)
    lab.expect(f"{total - 200_000} ports are not printed" in done.stderr, f"ports: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    lab.expect(lines[-1] == {"left_out": {"ports": total - 200_000}}, f"the last line is {lines[-1]}")
    lab.expect(sum(len(host["ports"]) for host in lines[:-1]) == 200_000, "ports are missing")
    lab.expect("left_out" not in lab.run("inventory", "--from", url, "--format", "json", "--since", "1970-01-01T00:00:01Z", lines[-2]["ip"]).stdout, "one host is not complete")
    lab.server.sql("INSERT INTO large.changes (sensor, day, ts, id, kind, state, was, host) SELECT 'lab', toDate(20000), toInt64(number) * 1000000000, toString(number), "
                   "'closed', 'closed', 'open', toFixedString('', 16) FROM system.numbers LIMIT 100003")
    done = lab.run("inventory", "--from", url, "--changes", "--format", "json", status=1)
    lab.expect("3 older changes are not printed" in done.stderr, f"changes: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    lab.expect((lines[0]["id"], lines[-2]["id"], lines[-1]) == ("3", "100002", {"left_out": {"changes": 3}}), f"changes: {lines[0]}, {lines[-2:]}")
    lab.expect("left_out" not in lab.run("inventory", "--from", url, "--changes", "--format", "json", "1970-01-01T01:00:00Z").stdout, "SINCE selects too many")


def scopes(lab):
    """--sensor, --port, --net, --since and --until select; hostile texts select nothing."""
    url = lab.load("scopes", lab.root / "pcaps" / "sample.pcap", sensor="it's \\ \" a 'sensor'")
    lab.run("store", "import", lab.root / "pcaps" / "normal-close.pcap", "--store", url, "--sensor", "other", "--spool", lab.folder / "spool-other")

    def total(*words):
        return lab.report("--from", url, *words)["connections"]["total"]
    everything = total()
    lab.expect(total("--sensor", "it's \\ \" a 'sensor'") == 204, "a sensor with quotes in its name has its rows")
    lab.expect(total("--sensor", "other") == everything - 204, "the other sensor has the rest")
    lab.expect(total("--sensor", "x') OR 1 = 1 --") == 0, "a text is no SQL")
    lab.expect(total("--port", "6379") == 12, "--port selects")
    lab.expect(total("--net", "192.0.2.66") == 124, "--net selects an address")
    lab.expect(total("--net", "2001:db8::/32", "--sensor", "it's \\ \" a 'sensor'") == 12, "--net selects a network")
    lab.expect(total("--until", "2026-11-21T13:06:57Z", "--sensor", "it's \\ \" a 'sensor'") + total("--since", "2026-11-21T13:06:57Z", "--sensor", "it's \\ \" a 'sensor'") == 204, "two halves are the whole")
    lab.expect(total("--since", "2026-11-21", "--until", "2026-11-22", "--utc", "--sensor", "it's \\ \" a 'sensor'") == 204, "a day selects")
    for words in (("--net", "192.0.2.66"), ("--port", "443"), ("--net", "203.0.113.77")):
        days, rows = (lab.report("--from", url, *words, *since) for since in ((), ("--since", "1970-01-01T00:00:01Z")))
        differing = [key for key in days if days[key] != rows[key] and key != "synfin"]
        lab.expect(not differing, f"{words}: {differing} of days and of rows differ")
        lines = lab.run("connections", "--from", url, "--log-format", "json", *words).stdout.splitlines()
        lab.expect(len(lines) == days["connections"]["total"], f"{words}: {len(lines)} lines, {days['connections']['total']} in the report")
    empty = lab.run("connections", "--from", url, "--log-format", "json", "port:1234")
    lab.expect(empty.stdout == "", "no rows are no lines")


def errors(lab):
    """Wrong addresses and databases, and a server that is away, have a sentence and a status."""
    for words, status, sentence in (
        (["report"], 2, "usage: synfin report --from URL"),
        (["report", "--from", "http://x"], 2, "clickhouse://"),
        (["report", "--from", lab.server.url("nothing")], 1, "nothing"),
        (["report", "--from", "clickhouse://127.0.0.1:1/synfin"], 1, "does not answer"),
        (["connections", "--from", lab.server.url("nothing")], 1, "nothing"),
        (["connections", "--from", lab.server.url("nothing"), "port:x"], 2, "port"),
        (["report", "--from", lab.server.url("x"), "--since", "yesterday"], 2, "--since"),
    ):
        done = lab.run(*words, status=status)
        lab.expect(sentence in done.stderr, f"{words}: no sentence with {sentence!r}, but {done.stderr}")


@contextlib.contextmanager
def stranger(answer, status=200):
    """The address of an HTTP server that is no ClickHouse: `answer` makes each answer from the statement."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            text = answer(self.rfile.read(int(self.headers["Content-Length"])).decode()).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the client may have enough
                self.wfile.write(text)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"clickhouse://127.0.0.1:{server.server_port}/synfin"
        server.shutdown()


def strangers(lab):
    """An answer that is no result ends a query with a sentence, however long it is."""
    for text, sentence in (("<html>" + "x" * 3_000_000, "is no result of a query"), ('{"a":1}\n' * 500_000, "standard input")):
        with stranger(lambda _, text=text: text) as url:
            done = lab.run("connections", "--from", url, status=1)
            lab.expect(sentence in done.stderr, f"no sentence with {sentence!r}, but {done.stderr}")
    with stranger(lambda _: "moved", 302) as url:
        done = lab.run("report", "--from", url, status=1)
        lab.expect("a redirect, which synfin does not follow" in done.stderr, f"a redirect: {done.stderr}")
    with stranger(lambda _: "9\t5\t1\t7\n") as url:
        done = lab.run("report", "--from", url, status=1)
        lab.expect("makes no sense" in done.stderr, f"a connection that ends before it begins: {done.stderr}")


def dashboard(lab):
    """Each query of the dashboard runs, so that each table and column that it names exists."""
    lab.load("grafana", lab.root / "pcaps" / "sample.pcap")
    shown = json.loads((lab.root / "tools" / "grafana" / "synfin-clickhouse.json").read_text())
    queries = [t["rawSql"] for p in shown["panels"] for t in p["targets"]] + [v["query"] for v in shown["templating"]["list"] if v["type"] == "query"]
    rows = 0
    for query in queries:
        plain = re.sub(r"\$__timeFilter\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", r"(\1) IS NOT NULL", query).replace("${sensor:singlequote}", "'lab'")
        lab.expect("$" not in plain.replace("$'", ""), f"a macro is left: {plain}")
        try:
            rows += len(lab.server.sql(plain + " FORMAT TabSeparated", database="grafana").splitlines())
        except ServerError as error:
            lab.expect(False, f"{query}: {str(error)[:200]}")
    lab.expect(len(queries) > 10 and rows > 20, f"{len(queries)} queries have {rows} rows")


def cluster(lab):
    """Two shards answer as one server does."""
    with Cluster() as servers:
        url = servers.url()
        lab.run("store", "init", url, "--cluster", servers.NAME)
        for number, name in enumerate(("sample.pcap", "failures.pcap")):
            shard = servers.url(servers=servers.servers[2 * number:2 * number + 2])
            lab.run("store", "import", lab.root / "pcaps" / name, "--store", shard, "--spool", lab.folder / f"spool-shard{number}")
        one = lab.load("one", lab.root / "pcaps" / "sample.pcap")
        lab.run("store", "import", lab.root / "pcaps" / "failures.pcap", "--store", one, "--spool", lab.folder / "spool-one")
        for words in ((), ("--since", "1970-01-01T00:00:01Z"), ("--net", "192.0.2.66")):
            end = time.monotonic() + 20
            truth = lab.report("--from", one, *words)
            while (found := lab.report("--from", url, *words))["connections"] != truth["connections"] and time.monotonic() < end:
                time.sleep(0.2)  # the other replica may lag
            for key in ("connections", "hosts", "scanners", "longest", "largest", "timeline"):
                lab.expect(found[key] == truth[key], f"{words}: {key} of the cluster differ")
        rows = [lab.run("connections", "--from", where, "--log-format", "json").stdout.splitlines() for where in (one, url)]
        lab.expect(len(rows[0]) == 215 and rows[0] == rows[1], "the rows of the cluster differ")


def cancelled(lab):
    """Ctrl-C ends the query on the server."""
    url = lab.load("slow", lab.root / "pcaps" / "sample.pcap")
    columns = lab.server.sql("SELECT name FROM system.columns WHERE database = 'slow' AND table = 'connections' AND default_kind = ''").split()
    names = ", ".join(columns)
    lab.server.sql(f"INSERT INTO slow.connections ({names}) SELECT {names} FROM slow.connections CROSS JOIN (SELECT number FROM system.numbers LIMIT 5000)")
    run = subprocess.Popen([lab.synfin, "connections", "--from", url, "--log", "/dev/null"], stderr=subprocess.PIPE, text=True, start_new_session=True)

    def queries():
        return lab.server.number("SELECT count() FROM system.processes WHERE query LIKE '%FORMAT JSONEachRow%' AND query NOT LIKE '%system.processes%'")
    end = time.monotonic() + 20
    while queries() == 0 and time.monotonic() < end:
        time.sleep(0.02)
    lab.expect(run.poll() is None, "the query ended before it was cancelled")
    child = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()[0]
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{child}/status").read_text().splitlines())
    instrumented = "instrumented" in lab.run("report", "--from", url, "-v", "-o", "/dev/null").stderr
    lab.expect(status["NoNewPrivs"] == "1" and status["CapEff"] == "0000000000000000" and (instrumented or status["Seccomp"] == "2"),
               f"the process that asks is not confined: {status['Seccomp']} {status['NoNewPrivs']} {status['CapEff']}")
    os.killpg(run.pid, signal.SIGINT)
    run.wait(20)
    run.stderr.close()
    end = time.monotonic() + 10
    while queries() and time.monotonic() < end:
        time.sleep(0.05)
    lab.expect(queries() == 0, "the query still runs")


def main():
    skip_without()
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)  # for the user that root becomes
        lab = Lab(sys.argv[1], sys.argv[2], folder, server)
        cases = [same_reports, same_connections, annotations, confined, repeated_by_sudo, outputs, differences_of_days, inventories, large_inventories, scopes, errors, strangers, dashboard, cancelled]
        if has_zookeeper():
            cases.append(cluster)
        for case in [case for case in cases if case.__name__ in (sys.argv[3:] or [case.__name__])]:
            begun = time.monotonic()
            case(lab)
            print(f"{case.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
    print("\n".join(lab.faults) or "the store answers as the captures do")
    return 1 if lab.faults else 0


if __name__ == "__main__":
    sys.exit(main())
