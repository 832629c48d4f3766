#!/usr/bin/env python3
"""Let each allocation, write, read, mapping, opening, rename, sync and thread of a run fail in turn, as curl's torture tests do.

    run.py SYNFIN LIBRARY [--most N] [--after N] [--kinds KIND,…] [--kafka DRIVER] [CASE…]

For each case and kind of call, a first run counts the calls. Then the case is run once for each call, which fails in that run. In
each process that the run forks, the call with the same number fails, too. These rules hold for each run:

  - it ends by itself within seconds, and not by a signal;
  - if it has the exit status of the first run, all its outputs equal those of the first run; otherwise its exit status is not 0, and a message says why;
  - a report that existed before is either the old one or a complete new one.

What a run sends to a server is an output, too. --kafka names tests/support/kafka_driver; without it, the case publish is left out.
--most N: at most N calls of each kind, evenly spread (0: all). --after N: only those after the N-th; the first 4,700 allocations are
made by the parser of options, and equal in all cases. Prints the number of runs by case and kind, and each violation; exits 1
if there is one.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import servers

TOP = pathlib.Path(__file__).resolve().parents[2]
CAPTURE = TOP / "pcaps" / "mixed-links.pcapng"
KINDS = ("malloc", "write", "read", "mmap", "open", "rename", "fsync", "thread")
OLD = b"an old report\n"
SECONDS = 20

VIEWS = ("events", "timeline", "endpoints", "clients", "services", "netstat", "summary")
CASES = {f"view-{view}": ["-r", str(CAPTURE), "--view", view] for view in VIEWS}
CASES |= {f"log-{form}": ["-r", str(CAPTURE), "--view", "none", "--log", "{out}/log", "--log-format", form] for form in ("zeek", "json", "csv")}
CASES |= {f"report-{form}": ["-r", str(CAPTURE), "--view", "timeline", "-o", "{out}/report." + form] for form in ("txt", "json", "csv", "html", "md")}
CASES |= {
    "events": ["-r", str(CAPTURE), "--view", "none", "--events", "{out}/events"],
    "all": ["-r", str(CAPTURE), "--view", "events", "--log", "{out}/log", "--events", "{out}/events", "-o", "{out}/report.json", "-w", "{out}/w.pcapng"],
    "rotated": ["-r", str(CAPTURE), "--view", "none", "-w", "{out}/w.pcapng", "--log", "{out}/log", "-C", "500"],
    "compressed": ["-r", str(TOP / "pcaps" / "gzipped.pcap.gz"), "--threads", "2", "--log", "{out}/log"],
    "two-threads": ["-r", str(CAPTURE), "--view", "none", "--threads", "2", "--log", "{out}/log", "-o", "{out}/report.json"],
    "several": ["-r", str(TOP / "pcaps" / "vlan.pcap"), "-r", str(CAPTURE), "--view", "none", "--log", "{out}/log"],
    "filtered": ["-r", str(CAPTURE), "--filter-file", "{in}/addresses", "--rules", "{in}/rules", "--geoip", "{in}/places.csv", "--log", "{out}/log", "tcp"],
    "databases": ["-r", str(CAPTURE), "--view", "endpoints", "--geoip", str(TOP / "geoip" / "test" / "dbip-country-lite.mmdb"),
                  "--geoip", str(TOP / "geoip" / "test" / "dbip-asn.csv.gz"), "-o", "{out}/report.json"],
    "names": ["-r", str(CAPTURE), "--view", "endpoints", "--resolve-names", "--dns-server", "{dns}", "--dns-wait", "10s"],
    "read-log": ["-r", "{in}/conn.log", "-r", "{in}/conn.json", "--view", "summary", "-o", "{out}/report.json"],
    "frequent": ["-r", str(CAPTURE), "--view", "none", "--save-threshold", "1"],
    "state": ["-r", str(CAPTURE), "--view", "inventory", "--state", "{out}/net.db", "--learn", "0s", "--expect", "{in}/addresses",
              "-o", "{out}/report.html"],
    "watched": ["-r", str(CAPTURE), "--view", "none", "--state", "{out}/net.db", "--watch-file", "{in}/addresses", "--first-contact"],
    "notify": ["-r", str(CAPTURE), "--view", "none", "--state", "{out}/net.db", "--learn", "0s", "--config", "{in}/synfin.conf"],
    "store": ["-r", str(CAPTURE), "--view", "none", "--store", "{store}", "--spool", "{out}/spool", "--sensor", "s"],
    "publish": ["-r", str(CAPTURE), "--view", "none", "--publish", "{kafka}", "--publish-config", "{in}/kafka.conf"],
    "publish-refused": ["-r", str(CAPTURE), "--view", "none", "--publish", "kafka://127.0.0.1:1/t", "--publish-config", "{in}/refused.conf"],
    "metrics": ["-r", "-", "--view", "none", "--metrics", "127.0.0.1:{metrics}"],
    "diagnostics": ["-r", str(CAPTURE), "--view", "none", "-v", "--log-file", "{out}/said", "--log", "{out}/log"],
    "path": ["path", str(TOP / "pcaps" / "path-client.pcap"), str(TOP / "pcaps" / "path-server.pcap"), "-o", "{out}/report.md"],
}
CASES |= {f"diff-{form}": ["diff", "{in}/before.json", str(TOP / "pcaps" / "inventory-after.pcap"), "-o", "{out}/report." + form] for form in ("txt", "json", "html", "md")}
CASES |= {f"inventory-{form}": ["inventory", "--state", "{in}/net.db", "-o", "{out}/report." + form, "--format", name]
          for form, name in (("txt", "text"), ("json", "json"), ("csv", "csv"), ("html", "html"))}
SUBCOMMANDS = ("diff", "inventory", "path")
# 3: the inputs differ. 1: no broker takes the records.
EXPECTED_STATUS = {"publish-refused": 1, "path": 3, **{case: 3 for case in CASES if case.startswith("diff-")}}
# The sandbox would refuse the file to which the library writes its count.
COMMON = ["-Z", "root", "--sandbox", "off", "--utc", "--max-connections", "64", "--max-hosts", "16"]
# A notification that was not delivered waits in the state file. The next run must deliver it.
WAITING = b"in the state file for the next run"
VARYING = re.compile(rb"^#(?:open|close)\t.*$", re.M)


def scrape(port, process):
    """Reads the metrics once, as soon as they are served. Returns whether it could."""
    end = time.monotonic() + 3
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
                return b"synfin_" in answer.read()
        except (OSError, urllib.error.URLError):
            time.sleep(0.02)
    return False


class Torture:
    def __init__(self, synfin, library, folder, kafka=None):
        self.synfin, self.library, self.folder = synfin, library, folder
        self.web = servers.WebServer()
        self.brokers = servers.Brokers(kafka.resolve()) if kafka else None
        self.resolver = servers.resolver()
        self.metrics_port = servers.free_port()
        folder.chmod(0o755)
        self.inputs = folder / "in"
        self.inputs.mkdir()
        self.violations = collections.Counter()

    def write_inputs(self):
        texts = {"addresses": "203.0.113.0/24\n198.51.100.7\n", "rules": "[a]\nremote_ips: 203.0.113.0/24\n", "places.csv": "192.0.2.0,192.0.2.255,AU\n",
                 "kafka.conf": "linger.ms = 0\n", "refused.conf": "message.timeout.ms = 200\nlinger.ms = 0\n",
                 "synfin.conf": "[notify]\nname = s\ngroup-delay = 0s\nretry-delay = 50ms\ninterval = 0s\n\n[notify.hook]\nkind = webhook\n"
                                f"url = http://127.0.0.1:{self.web.port}/notify\nplain-http = true\n"}
        for name, text in texts.items():
            (self.inputs / name).write_text(text)
            (self.inputs / name).chmod(0o600)
        made = [str(self.synfin), "-q", "-r", str(CAPTURE), *COMMON, "--no-geoip", "--view", "none"]
        subprocess.run([*made, "--state", str(self.inputs / "net.db")], check=True)
        for name, form in (("conn.log", "zeek"), ("conn.json", "json")):
            subprocess.run([*made, "--log", str(self.inputs / name), "--log-format", form], check=True)
        made = [str(self.synfin), "-q", "-r", str(TOP / "pcaps" / "inventory-before.pcap"), *COMMON, "--no-geoip", "--view", "none", "-o", str(self.inputs / "before.json")]
        subprocess.run(made, check=True)

    def arguments(self, case, out):
        names = {"out": out, "in": self.inputs, "metrics": self.metrics_port, "dns": self.resolver.server,
                 "store": f"clickhouse://127.0.0.1:{self.web.port}/synfin", "kafka": self.brokers.url if self.brokers else ""}
        words = [re.sub(r"{(\w+)}", lambda name: str(names[name.group(1)]), word) for word in CASES[case]]
        if words[0] in SUBCOMMANDS:
            return [str(self.synfin), *words, "--utc", "--sandbox", "off"]
        places = [] if "--geoip" in words else ["--no-geoip"]
        threads = [] if "--threads" in words else ["--threads", "1"]
        at = len(words) - 1 if case == "filtered" else len(words)
        return [str(self.synfin), *words[:at], *COMMON, *places, *threads, *words[at:]]

    def prepare(self, case):
        """An empty folder, with the reports that existed before."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        names = [word.removeprefix("{out}/") for word in CASES[case] if word.startswith("{out}/report.")]
        for name in names:
            if name == "report.csv" and not case.startswith("inventory"):
                (out / name).mkdir()
                (out / name / "capture.csv").write_bytes(OLD)
            else:
                (out / name).write_bytes(OLD)
        return out

    def close(self):
        self.web.close()
        if self.brokers:
            self.brokers.close()

    def receiver(self, case):
        return {"notify": self.web, "store": self.web, "publish": self.brokers}.get(case)

    def start(self, case, out, env):
        """Returns exit status and messages; None as the status if the run did not end."""
        piped = CASES[case][1] == "-"
        process = subprocess.Popen(self.arguments(case, out), cwd=out, env=env, stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        found = []

        def feed():
            try:
                process.stdin.write(CAPTURE.read_bytes())
                process.stdin.flush()
                found.append(scrape(self.metrics_port, process))
                process.stdin.close()
            except BrokenPipeError:
                pass

        try:
            if piped:
                # communicate() would close the input at once.
                feeder, process.feed = threading.Thread(target=feed), process.stdin
                feeder.start()
                feeder.join(SECONDS)
                process.stdin = None
            printed, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return None, process.communicate()[1], b""
        if piped and found == [True]:
            printed += b"served"
        return process.returncode, said, printed

    def run(self, case, kind, at, count=None, wanted=None):
        """Returns exit status, messages and outputs. `wanted`: the outputs that are expected."""
        out = self.prepare(case)
        receiver = self.receiver(case)
        if receiver:
            receiver.forget()
        env = {**os.environ, "LD_PRELOAD": str(self.library), "FAIL_KIND": kind, "FAIL_AT": str(at), "LC_ALL": "C"}  # no other locale is loaded
        if count:
            env["FAIL_COUNT"] = str(count)
        status, said, printed = self.start(case, out, env)
        if status is None:
            return None, said, {}
        outputs = {"printed": printed}
        if (out / "net.db").exists():
            outputs["net.db"] = self.stored(out)
        if case == "notify" and wanted and status == 0 and WAITING in said:
            self.start(case, out, os.environ)
        for path in out.iterdir():
            if path.name.startswith("net.db") or path.name == "said":
                path.unlink()
        shutil.rmtree(out / "spool", ignore_errors=True)  # what was not sent is missing at the server
        # The name of the file of --save-threshold holds the time.
        outputs |= {re.sub(r"\d{8}-\d{6}", "TIME", p.name): VARYING.sub(b"", p.read_bytes()) for p in sorted(out.rglob("*")) if p.is_file()}
        if receiver:
            outputs["received"] = receiver.content((wanted or {}).get("received")) if status == EXPECTED_STATUS.get(case, 0) else b""
            if WAITING in said and set(wanted["received"].splitlines()) <= set(outputs["received"].splitlines()):
                outputs["received"] = wanted["received"]  # and what is new for the next run
        return status, said, outputs

    def stored(self, out):
        """What the state file holds. A file that cannot be read is an error."""
        text = b""
        for more in ([], ["--changes"]):
            ran = subprocess.run([str(self.synfin), "inventory", "--state", str(out / "net.db"), "--format", "json", "--utc", *more], capture_output=True)
            text += ran.stdout if ran.returncode == 0 else b"unreadable: " + ran.stderr
        return text

    def violation(self, status, said, outputs, expected, kind, normal=0, describes=True):
        """A sentence about what is wrong with a run, or nothing. `normal` is the exit status of a run without a failure. `describes`: a report
        may differ because it describes the failure."""
        if status is None:
            return "did not end"
        if status < 0:
            return f"ended by {signal.Signals(-status).name}"
        if status in (0, normal):
            wrong = sorted(name for name in {*outputs, *expected} if outputs.get(name) != expected.get(name))
            if b"cannot read the database" in said:  # only countries are missing then, and a sentence says so
                return ""
            if status != normal:
                return f"exit status {status} instead of {normal}"
            return f"lost {', '.join(wrong)}, although the exit status is that of success" if wrong else ""
        if not said.strip() and kind not in ("write", "malloc"):
            return f"exit status {status} without a sentence"
        for name, content in outputs.items():
            if name.startswith(("report.", "capture.")) and content not in (OLD, expected[name]) and not (describes and self.complete(name, content)):
                return f"{name} is neither the old nor a new one"
            if name.startswith("."):
                return "a temporary file is left"
            # A new file that is still empty can be used by the next run.
            if name == "net.db" and b"unreadable" in content and b"it is empty" not in content:
                return "the state file cannot be read"
        return ""

    @staticmethod
    def complete(name, content):
        """True for a whole report that differs only because it describes the failure."""
        if name.endswith("json"):
            try:
                return bool(json.loads(content))
            except ValueError:
                return False
        return content.endswith(b"\n") and len(content) > len(OLD)

    def torture(self, case, kind, most, after=0):
        counted = self.folder / "count"
        counted.write_text("")
        counted.chmod(0o666)  # synfin diff becomes another user
        normal = EXPECTED_STATUS.get(case, 0)
        status, said, expected = self.run(case, kind, 0, counted)
        if status != normal:
            sys.exit(f"{case} ends with {status} without a failing call: {said.decode(errors='replace')}")
        calls = max(map(int, counted.read_text().split()))
        step = max(1, calls // most) if most else 1
        numbers = range(max(after + 1, 1 + (calls - 1) % step if step > 1 else 1), calls + 1, step)
        found = 0
        for at in numbers:
            status, said, outputs = self.run(case, kind, at, wanted=expected)
            wrong = self.violation(status, said, outputs, expected, kind, normal, not case.startswith("diff"))
            if wrong:
                found += 1
                self.violations[wrong] += 1
                if self.violations[wrong] <= 12:
                    print(f"{case}, {kind} {at} of {calls}: {wrong}\n    {said.decode(errors='replace').strip()[:300]}", flush=True)
        print(f"{case}, {kind}: {len(numbers)} runs of {calls} calls, {found} violations", flush=True)
        return len(numbers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synfin", type=pathlib.Path)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--kafka", type=pathlib.Path, metavar="DRIVER")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_intermixed_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"there is no case {case}: {', '.join(CASES)}")
    with tempfile.TemporaryDirectory(prefix="torture.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        torture = Torture(options.synfin.resolve(), options.library.resolve(), pathlib.Path(folder), options.kafka)
        torture.write_inputs()
        cases = options.cases or [case for case in CASES if options.kafka or case != "publish"]
        runs = sum(torture.torture(case, kind, options.most, options.after) for case in cases for kind in options.kinds.split(","))
        torture.close()
    for wrong, n in torture.violations.most_common():
        print(f"{n:6} runs: {wrong}")
    print(f"{runs} runs, {sum(torture.violations.values())} violations")
    return 1 if torture.violations else 0


if __name__ == "__main__":
    sys.exit(main())
