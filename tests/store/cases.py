#!/usr/bin/env python3
"""The store with a real server: what arrives, and that it arrives once, whatever fails meanwhile.

    cases.py SYNFIN CASE
    cases.py --list

Exits 77 if the server is not installed, 1 with a sentence if a case fails.
"""
import base64
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

import clickhouse
import traffic

CASES = {}
SCHEMA = re.search(r"kSchemaVersion = (\d+)", (pathlib.Path(__file__).resolve().parents[2] / "src/store/schema.h").read_text()).group(1)


def case(function):
    CASES[function.__name__] = function
    return function


INSIDE = {}


def isolated(function):
    """A case that runs in a network and a mount namespace of its own."""
    name = function.__name__

    def outside(synfin, folder):
        if os.geteuid() != 0 or subprocess.run(["unshare", "-nm", "true"], capture_output=True).returncode != 0:
            print("skipped: namespaces need root")
            sys.exit(clickhouse.SKIP)
        inner = subprocess.run(["unshare", "-nm", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, __file__, str(synfin), name, str(folder)], timeout=170)
        check(inner.returncode == 0, "the run in the namespace failed")

    INSIDE[name] = function
    CASES[name] = outside
    return function


def check(condition, sentence):
    if not condition:
        raise AssertionError(sentence)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def run(synfin, *words, expect=0):
    ran = subprocess.run([str(synfin), *map(str, words)], capture_output=True, text=True, timeout=120)
    check(ran.returncode == expect, f"{' '.join(map(str, words))} ends with {ran.returncode} instead of {expect}: {ran.stderr}")
    return ran.stdout + ran.stderr


def config_of(server, folder):
    path = pathlib.Path(folder) / "synfin.conf"
    secret = pathlib.Path(folder) / "password"
    secret.write_text(server.password + "\n")
    secret.chmod(0o600)
    path.write_text(f"[clickhouse]\nuser = {server.user}\npassword-file = {secret}\n" if server.password else f"[clickhouse]\nuser = {server.user}\n")
    path.chmod(0o600)
    return path


def init(synfin, server, config, *words):
    return run(synfin, "store", "init", server.url(), "--config", config, *words)


def store_import(synfin, server, config, spool, *files, expect=0, words=()):
    return run(synfin, "store", "import", *files, "-Z", "root", "--no-geoip", "--store", server.url(), "--config", config, "--spool", spool, *words, expect=expect)


def check_counts(server, wanted, database="synfin"):
    """Rows, distinct rows and the sums of both aggregates."""
    rows, distinct = server.sql(f"SELECT count(), uniqExact(sensor, uid) FROM {database}.connections").split()
    equal((int(rows), int(distinct)), (wanted, wanted), "rows and distinct rows of connections")
    for table in ("minutes", "days", "traffic"):
        equal(server.number(f"SELECT sum(connections) FROM {database}.{table}"), wanted, f"the connections that {table} counts")
    equal(server.sql(f"SELECT sum(orig_bytes), sum(resp_bytes) FROM {database}.days"), server.sql(f"SELECT sum(orig_bytes), sum(resp_bytes) FROM {database}.connections"),
          "the bytes of days and of connections")
    columns = "sensor, uid, ts, duration, orig_bytes, resp_bytes, stream, batch"
    equal(*(server.sql(f"SELECT count(), uniqExact(uid), sum(cityHash64({columns})) FROM (SELECT DISTINCT {columns} FROM {database}.{table} {notable})")
            for table, notable in (("extremes", ""), ("connections", "WHERE notable = 1"))), "the rows of extremes and the notable connections")


def batches(spool):
    return sorted(p for p in pathlib.Path(spool).glob("*.*") if p.name[:20].isdigit())


@case
def whole(synfin, folder):
    """Schema, import, values, and the same import again under another name."""
    with clickhouse.Server(password=clickhouse.PASSWORD) as server:
        config = config_of(server, folder)
        check("version 3" in init(synfin, server, config), "init does not name the version")
        check("already" in init(synfin, server, config), "a second init does not say that there is nothing to do")
        file = traffic.capture(folder / "c.pcap", 2500)
        odd = "o'dd \\ s;nsor\t--"
        store_import(synfin, server, config, folder / "spool", file, words=("--sensor", odd))
        check_counts(server, 2500)
        row = server.sql("SELECT sensor, IPv6NumToString(orig_h), IPv6NumToString(resp_h), orig_p, resp_p, outcome, conn_state, orig_bytes, resp_bytes, cause, day, ts "
                         "FROM synfin.connections ORDER BY ts LIMIT 1 FORMAT JSONCompact")
        check(all(text in row for text in ("::ffff:10.1.0.0", "::ffff:192.0.2.1", "20000", "closed", "SF", '"100"', '"300"', "2026-02-28")), f"the first row is {row}")
        equal(server.sql("SELECT DISTINCT sensor FROM synfin.connections FORMAT TabSeparatedRaw"), odd + "\n", "the sensor's name")
        equal(server.number("SELECT uniqMerge(originators) FROM synfin.minutes"), 1, "originators")
        quantile = float(server.sql("SELECT exp2(10 + (arrayElement(quantilesTimingMerge(0.5, 0.99)(handshake_steps), 1) + 0.5) / 32) FROM synfin.days"))
        check(abs(quantile / (10**9 / 5000 / 7) - 1) < 0.011, f"the median handshake is {quantile} ns")
        store_import(synfin, server, config, folder / "spool", file, words=("--sensor", "other"))
        check_counts(server, 5000)
        equal(server.sql("SELECT received, decoded FROM synfin.runs FINAL"), "15000\t15000\n" * 2, "the ledgers")
        equal(batches(folder / "spool"), [], "the spool afterwards")
        run(synfin, "store", "import", file, expect=2)


def check_community_ids(synfin, server, folder, *files):
    """The Community IDs that the store computes are those of a log, for IPv4, IPv6 and either direction."""
    logged = set()
    for file in files:
        log = folder / f"{file.stem}.json"
        run(synfin, "-r", file, "-Z", "root", "--view", "none", "--no-geoip", "--log", log, "--log-format", "json")
        records = map(json.loads, log.read_text().splitlines())
        logged |= {(record["uid"], record["community_id"]) for record in records}
    stored = {tuple(line.split("\t")) for line in server.sql("SELECT uid, community_id FROM synfin.connections FORMAT TabSeparatedRaw").splitlines()}
    equal(stored, logged, "uid and Community ID of each connection")
    digest = base64.b64decode(min(stored)[1].removeprefix("1:")).hex()
    equal(server.sql(f"SELECT uid FROM synfin.connections WHERE community_digest = unhex('{digest}')").split(), [min(stored)[0]], "the connection of a digest")


@case
def community_ids(synfin, folder):
    """Community IDs, on one server."""
    captures = pathlib.Path(__file__).resolve().parents[2] / "pcaps"
    files = [captures / name for name in ("ipv6.pcap", "failures.pcap", "half-open.pcap", "reuse.pcap", "mixed-links.pcapng")]
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        for file in files:
            store_import(synfin, server, config, folder / "spool", file)
        check_community_ids(synfin, server, folder, *files)


class RecordingServer(http.server.BaseHTTPRequestHandler):
    """A server of release 19.6 with the tables of synfin, which records what it is to change."""
    changes = []

    def do_POST(self):
        statement = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = "19.6.2.11\n" if "version()" in statement else SCHEMA + "\t\n" if "schema_version" in statement else ""
        if "system.columns" in statement:
            answer = "schema_version\tversion\tUInt32\n"
        elif not answer:
            self.changes.append(statement)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


@case
def keep(synfin, folder):
    """--keep changes existing tables, or init reports that the server cannot."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        check("--keep has no effect" in init(synfin, server, config, "--keep", "30"), "init does not say that --keep has no effect")
        check("--keep" not in init(synfin, server, config), "init speaks of --keep that is not given")
    with http.server.HTTPServer(("127.0.0.1", 0), RecordingServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"clickhouse://127.0.0.1:{server.server_port}/synfin"
        run(synfin, "store", "init", url)
        equal(RecordingServer.changes, [], "without --keep it changes")
        check("keep rows for 30 days" in run(synfin, "store", "init", url, "--keep", "30"), "init does not say what it changed")
        check("ALTER TABLE synfin.connections MODIFY TTL day + toIntervalDay(30)" in RecordingServer.changes, f"it changes {RecordingServer.changes}")
        equal(len(RecordingServer.changes), 10, "the changes")
        server.shutdown()


@case
def logs(synfin, folder):
    """A log of synfin and one of Zeek's columns give the same rows as the capture."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        file = traffic.capture(folder / "c.pcap", 300)
        for form, sensor in (("zeek", "tsv"), ("json", "json")):
            log = folder / f"conn.{form}"
            run(synfin, "-r", file, "-Z", "root", "--view", "none", "--no-geoip", "--log", log, "--log-format", form)
            store_import(synfin, server, config, folder / "spool", log, words=("--sensor", sensor, "--sandbox", "strict"))
        store_import(synfin, server, config, folder / "spool", file, words=("--sensor", "capture"))
        check_counts(server, 900)
        same = server.sql("SELECT count() FROM (SELECT uid, orig_p, resp_p, orig_bytes, resp_bytes, conn_state, outcome, count() AS n FROM synfin.connections "
                          "GROUP BY uid, orig_p, resp_p, orig_bytes, resp_bytes, conn_state, outcome) WHERE n = 3")
        equal(int(same), 300, "connections that all three inputs give alike")


@case
def migration(synfin, folder):
    """A schema with missing columns and shorter enumerations is brought up to date, and keeps its rows."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        store_import(synfin, server, config, folder / "spool", traffic.capture(folder / "a.pcap", 100, sensor=1))
        for statement in ("ALTER TABLE synfin.connections DROP COLUMN orig_unit", "ALTER TABLE synfin.changes DROP COLUMN vendor", "ALTER TABLE synfin.counters DROP COLUMN open_skipped",
                          "ALTER TABLE synfin.connections MODIFY COLUMN bytes_basis Enum8('none'=0, 'seen'=1, 'fin'=2)", "DROP TABLE synfin.schema_version",
                          "CREATE VIEW synfin.schema_version AS SELECT toUInt32(0) AS version, '' AS cluster"):
            server.sql(statement)
        init(synfin, server, config)
        store_import(synfin, server, config, folder / "spool", traffic.capture(folder / "b.pcap", 100, sensor=2))
        check_counts(server, 200)
        equal(server.number("SELECT count() FROM system.columns WHERE database = 'synfin' AND table = 'counters' AND name = 'open_skipped'"), 1, "the column that was missing")
        check("socket" in server.sql("SELECT type FROM system.columns WHERE database = 'synfin' AND table = 'connections' AND name = 'bytes_basis'"), "the enumeration did not grow")
        server.sql("DROP TABLE synfin.schema_version")
        server.sql("CREATE VIEW synfin.schema_version AS SELECT toUInt32(99) AS version, '' AS cluster")
        check("newer" in run(synfin, "store", "init", server.url(), "--config", config, expect=1), "a newer schema is not recognized")


@case
def refused(synfin, folder):
    """A wrong password, no tables and no server: rows wait, one sentence says why, and the next run sends them."""
    with clickhouse.Server(password="right") as server:
        config = config_of(server, folder)
        file = traffic.capture(folder / "c.pcap", 200)
        spool = folder / "spool"
        live = ("-r", file, "-Z", "root", "--view", "none", "--no-geoip", "--store", server.url(), "--spool", spool, "--sensor", "s")
        wrong = folder / "other.conf"
        wrong.write_text("[clickhouse]\nuser = default\npassword = mistaken\n")
        wrong.chmod(0o600)
        said = run(synfin, *live, "--config", wrong, expect=1)
        check("refuses" in said and said.count("refuses") == 1 and "waits in" in said and "mistaken" not in said, f"it says {said}")
        said = run(synfin, *live, "--config", config, expect=1)
        check("synfin store init" in said, f"it says {said}")
        check(len(batches(spool)) >= 4, "the batches do not wait")
        init(synfin, server, config)
        status, said = traffic.deliver(synfin, server.url(), spool, config)
        equal(status, 0, f"the status of the delivery, which says {said}")
        rows, distinct = server.sql("SELECT count(), uniqExact(uid) FROM synfin.connections").split()
        equal((rows, distinct), ("400", "200"), "rows of two runs over the same capture")
        run(synfin, "-r", file, "-Z", "root", "--store", "clickhouse://192.0.2.1/synfin", "--config", config, "--spool", spool, expect=2)  # the password without TLS


@case
def tls(synfin, folder):
    """HTTPS: a certificate of an unknown authority is refused, and one of ca-file is accepted."""
    key, certificate = folder / "key", folder / "certificate"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    port = clickhouse.free_ports(4)[3]
    extra = (f"<https_port>{port}</https_port><openSSL><server><certificateFile>{certificate}</certificateFile><privateKeyFile>{key}</privateKeyFile>"
             "<verificationMode>none</verificationMode></server></openSSL>")
    with clickhouse.Server(extra=extra, password="right") as server:
        config = config_of(server, folder)
        url = f"clickhouses://localhost:{port}/synfin"
        check("ertificate" in run(synfin, "store", "init", url, "--config", config, expect=1), "the certificate is accepted")
        equal(server.sql("SELECT name FROM system.databases WHERE name = 'synfin'"), "", "databases after the refusal")
        with config.open("a") as file:
            file.write(f"ca-file = {certificate}\n")
        run(synfin, "store", "init", url, "--config", config)
        file = traffic.capture(folder / "c.pcap", 100)
        run(synfin, "store", "import", file, "-Z", "root", "--no-geoip", "--store", url, "--config", config, "--spool", folder / "spool")
        check_counts(server, 100)


@isolated
def live(synfin, folder):
    """Live on an interface: connections, counters and a run arrive."""
    folder.chmod(0o755)  # synfin becomes another user
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        spool = folder / "spool"
        words = [synfin, "-i", "lo", "-q", "--view", "none", "--no-geoip", "--linger", "0s", "--sandbox", "strict", "--store", server.url(), "--config", config, "--spool", spool, "--sensor", "lab",
                 "--state", folder / "state" / "state.db", "port", "7777"]
        process = subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True)
        listener = socket.create_server(("127.0.0.1", 7777), backlog=500)
        while not (folder / "spool" / "lock").exists() and process.poll() is None:
            time.sleep(0.05)
        time.sleep(1)
        for _ in range(200):
            with socket.create_connection(("127.0.0.1", 7777)):
                listener.accept()[0].close()
        time.sleep(1)
        process.terminate()
        said = process.communicate(timeout=60)[1]
        equal(process.returncode, 0, f"the status, and it says {said}")
        equal(server.number("SELECT count() FROM synfin.connections WHERE resp_p = 7777"), 200, "connections")
        check(server.number("SELECT sum(received) FROM synfin.counters FINAL") > 200 * 3, "the counters lack packets")
        equal(server.sql("SELECT live, sensor FROM synfin.runs FINAL"), "1\tlab\n", "runs")
        check(server.number("SELECT count() FROM synfin.changes FINAL WHERE port = 7777 OR kind = 'new_host'") > 0, "no change of the inventory arrives")


class LiveRun:
    """A live run on one end of a link, whose other end sends conversations."""

    def __init__(self, synfin, url, folder, config, *words):
        self.link, self.spool, self.output = traffic.Link(), folder / "spool", folder / "output"
        command = [synfin, "-i", self.link.watched, "-Z", "root", "--view", "none", "--no-geoip", "--linger", "0s", "--store", url, "--config", config, "--spool", self.spool,
                   "--sensor", "lab", *words]
        self.process = subprocess.Popen(list(map(str, command)), stdout=self.output.open("w"), stderr=subprocess.STDOUT)
        self.wait_for("listening")

    def said(self):
        return self.output.read_text()

    def wait_for(self, text):
        self.wait_until(lambda: text in self.said(), f"it never says {text}")

    def wait_until(self, holds, sentence, seconds=60):
        end = time.monotonic() + seconds
        while not holds():
            check(time.monotonic() < end and self.process.poll() is None, f"{sentence}: {self.said()}")
            time.sleep(0.05)

    def end(self):
        self.process.terminate()
        return self.process.wait(60)


@isolated
def silence(synfin, folder):
    """If a server or a name server never answers, the run ends after 10 s, and the batches wait."""
    config, resolver = folder / "synfin.conf", folder / "resolv.conf"
    config.touch()
    resolver.write_text("nameserver 127.0.0.2\nnameserver 127.0.0.3\n")
    subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
        first.bind(("127.0.0.2", 53))
        second.bind(("127.0.0.3", 53))
        hosts = {"server": f"127.0.0.1:{server.getsockname()[1]}", "name": "db.example.net"}
        for name, host in hosts.items():
            (folder / name).mkdir()
            run_ = LiveRun(synfin, f"clickhouse://{host}/synfin", folder / name, config)
            run_.link.send(0, 20)
            run_.wait_until(lambda: batches(run_.spool), "no batch waits")
            begun = time.monotonic()
            equal(run_.end(), 1, f"the status with a silent {name}, and it says {run_.said()}")
            check(time.monotonic() - begun < 13, f"a silent {name} delays the end by {time.monotonic() - begun:.1f} s")
            check("the rest waits" in run_.said() and batches(run_.spool), f"with a silent {name} it says {run_.said()}")
            run_.link.close()


@isolated
def live_outage(synfin, folder):
    """The server is away for some seconds of a live run: packets are read meanwhile, and each record arrives once."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        run_ = LiveRun(synfin, server.url(), folder, config)
        run_.link.send(0, 300)
        run_.wait_until(lambda: server.number("SELECT count() FROM synfin.connections") > 0, "nothing arrives")
        server.stop()
        run_.link.send(300, 300)
        run_.wait_for("does not answer")
        time.sleep(2)
        run_.link.send(600, 300)
        check(batches(run_.spool), "no batch waits")
        server.start()
        run_.wait_for("answers again")
        run_.link.send(900, 100)
        time.sleep(0.5)
        equal(run_.end(), 0, f"the status, and it says {run_.said()}")
        check("0 packets dropped" in run_.said(), f"packets were dropped: {run_.said()}")
        check_counts(server, 1000)
        equal(server.number("SELECT sum(records) FROM synfin.counters FINAL"), 1000, "the records that were counted")
        equal(batches(run_.spool), [], "the spool afterwards")


@isolated
def live_full_spool(synfin, folder):
    """A spool that is full during a live run: rows are dropped, counted and reported, packets are read, and later rows are stored."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        server.pause()
        run_ = LiveRun(synfin, server.url(), folder, config, "--spool-size", "1M")
        sent = 0
        while "the spool of the store is full" not in run_.said():
            check(sent < 500_000, "the spool is never full")
            run_.link.send(sent, 5000)
            sent += 5000
        size = sum(p.stat().st_size for p in batches(run_.spool))
        check(size <= 2**20, f"the spool has {size} bytes")
        server.resume()
        run_.wait_for("rows were not stored")
        run_.wait_until(lambda: not batches(run_.spool), "the spool is not sent")
        run_.link.send(sent, 100)
        time.sleep(0.5)
        equal(run_.end(), 1, f"the status, and it says {run_.said()}")
        rows, distinct = map(int, server.sql("SELECT count(), uniqExact(uid) FROM synfin.connections").split())
        equal(rows, distinct, "distinct rows")
        lost = server.number("SELECT sum(unstored) FROM synfin.gaps FINAL")
        records, unstored = map(int, server.sql("SELECT sum(records), sum(unstored) FROM synfin.counters FINAL").split())
        check(lost > 0, "no gap has the rows that were lost")
        equal((rows + lost, unstored), (records, lost), "the rows that were stored or lost")
        check(f"{lost} rows were not stored" in run_.said(), f"it says {run_.said()}")


@case
def killed_server(synfin, folder):
    """Two sensors, a server that is killed at three moments and once paused: each record arrives once."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        sensors = [traffic.Sensor(synfin, server.url(), folder / f"s{i}", i, 3000, config).start(9) for i in (1, 2)]
        for moment in (1.13, 1.57, 1.91):
            time.sleep(moment)
            server.kill()
            time.sleep(0.5)
            server.start()
        server.pause()
        time.sleep(1)
        server.resume()
        for sensor in sensors:
            equal(sensor.wait(), 0, f"the status of {sensor.name}: {(sensor.folder / 'output').read_text()}")
        check_counts(server, sum(sensor.sent for sensor in sensors))
        check(all("answers again" in (sensor.folder / "output").read_text() for sensor in sensors), "no sensor noticed the outages")


@case
def killed_sensor(synfin, folder):
    """A sensor that is killed: all records that were written a second before arrive once, by the next run."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        sensor = traffic.Sensor(synfin, server.url(), folder / "s", 1, 2000, config)
        written = set()
        for seconds in (1.31, 0.7, 1.02):
            sensor.start(30)
            time.sleep(seconds)
            children = sensor.children()
            check(children, "no process sends the spool")
            written |= set(sensor.kill())
        end = time.monotonic() + 5
        while any(pathlib.Path(f"/proc/{child}").exists() for child in children):
            check(time.monotonic() < end, "the process that sends outlives its run")
            time.sleep(0.05)
        status, said = traffic.deliver(synfin, server.url(), sensor.folder / "spool", config)
        equal(status, 0, f"the status of the delivery, and it says {said}")
        stored = server.sql("SELECT uid FROM synfin.connections").split()
        equal(len(stored), len(set(stored)), "distinct rows")
        check(len(written) > 1000, f"only {len(written)} records were written")
        check(written <= set(stored), f"{len(written - set(stored))} of {len(written)} records are missing")
        for table in ("minutes", "days", "traffic"):
            equal(server.number(f"SELECT sum(connections) FROM synfin.{table}"), len(stored), f"the connections that {table} counts")


@case
def full_spool(synfin, folder):
    """A spool that is full makes the reader of a pipe wait, so that nothing is lost, and is reported."""
    with clickhouse.Server() as server:
        config = config_of(server, folder)
        init(synfin, server, config)
        server.pause()
        sensor = traffic.Sensor(synfin, server.url(), folder / "s", 1, 16000, config, ("--spool-size", "1M")).start(4)
        time.sleep(4)
        server.resume()
        sensor.wait()
        output = (sensor.folder / "output").read_text()
        check("the spool is full, so reading waits" in output, f"it says {output}")
        check_counts(server, sensor.sent)


@case
def full_disk(synfin, folder):
    """The server's disk is full for a while: it refuses, and each record arrives once afterwards."""
    place = folder / "small"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], capture_output=True).returncode != 0:
        print("skipped: a small file system needs root")
        sys.exit(clickhouse.SKIP)
    try:
        with clickhouse.Server(data=place / "data") as server:
            config = config_of(server, folder)
            init(synfin, server, config)
            filler = place / "filler"
            store_import(synfin, server, config, folder / "spool", traffic.capture(folder / "a.pcap", 500, sensor=1))
            descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
            try:
                while os.write(descriptor, bytes(4096)):
                    pass
            except OSError:
                os.close(descriptor)
            sensor = traffic.Sensor(synfin, server.url(), folder / "s", 2, 2000, config).start(3)
            time.sleep(2)
            filler.unlink()
            equal(sensor.wait(), 0, f"the status: {(sensor.folder / 'output').read_text()}")
            check_counts(server, 500 + sensor.sent)
            check("refuses" in (sensor.folder / "output").read_text(), "the server never refused")
    finally:
        subprocess.run(["umount", "-l", place], check=False)


@case
def cluster(synfin, folder):
    """Two shards of two replicas: rows are distributed, a replica disappears and returns, and each record arrives once."""
    clickhouse.skip_without(zookeeper=True)
    with clickhouse.Cluster() as servers:
        first = servers.servers[0]
        config = config_of(first, folder)
        run(synfin, "store", "init", servers.url(), "--config", config, "--cluster", servers.NAME)
        check("already" in run(synfin, "store", "init", servers.url(), "--config", config), "a second init changes something")
        sensors = [traffic.Sensor(synfin, servers.url(), folder / f"s{i}", i, 1000, config).start(6) for i in (1, 2, 3)]
        time.sleep(1.5)
        servers.servers[0].kill()
        servers.servers[3].kill()
        time.sleep(2)
        servers.servers[0].start()
        servers.servers[3].start()
        for sensor in sensors:
            equal(sensor.wait(), 0, f"the status of {sensor.name}: {(sensor.folder / 'output').read_text()}")
        for server in servers.servers:
            for table in ("connections", "minutes", "days", "traffic", "extremes"):
                server.sql(f"SYSTEM SYNC REPLICA synfin.{table}_local")
        sent = sum(sensor.sent for sensor in sensors)
        check_counts(servers.servers[1], sent)
        equal(servers.servers[1].number("SELECT count() FROM synfin.connections WHERE community_id LIKE '1:%='"), sent, "rows with a Community ID")
        shards = [servers.servers[i].number("SELECT count() FROM synfin.connections_local") for i in range(4)]
        check(shards[0] == shards[1] > 0 and shards[2] == shards[3] > 0, f"the replicas hold {shards} rows")


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return 0
    synfin, name = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    clickhouse.skip_without()
    with tempfile.TemporaryDirectory(prefix="synfin-store-") as folder:
        try:
            if len(sys.argv) > 3:
                INSIDE[name](synfin, pathlib.Path(sys.argv[3]))
                return 0
            CASES[name](synfin, pathlib.Path(folder))
        except (AssertionError, clickhouse.ServerError) as wrong:
            print(f"{name}: {wrong}")
            return 1
    print(f"{name}: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
