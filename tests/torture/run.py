#!/usr/bin/env python3
"""Let each allocation, write, read, mapping, opening, rename and sync of a run fail in turn, as curl's torture tests do.

    run.py SYNFIN LIBRARY [--most N] [CASE…]

For each case and kind of call, a first run counts the calls. Then the case is run once for each call, which fails in that run.
Holds for each run:

  - it ends by itself within seconds, and not by a signal;
  - exit status 0: all outputs are those of the first run; otherwise the loss is in the exit status, and a sentence says why;
  - a report that existed before is either the old one or a complete new one.

--most N: at most N calls of each kind, evenly spread (0: all). Prints each violation; exits 1 if there is one.
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
    "several": ["-r", str(TOP / "pcaps" / "vlan.pcap"), "-r", str(CAPTURE), "--view", "none", "--log", "{out}/log"],
    "filtered": ["-r", str(CAPTURE), "--filter-file", "{in}/addresses", "--rules", "{in}/rules", "--geoip", "{in}/places.csv", "--log", "{out}/log", "tcp"],
    "frequent": ["-r", str(CAPTURE), "--view", "none", "--save-threshold", "1"],
}
# The sandbox would refuse the file to which the library writes its count.
COMMON = ["-Z", "root", "--sandbox", "off", "--utc", "--max-connections", "64", "--max-hosts", "16"]
VARYING = re.compile(rb"^#(?:open|close)\t.*$", re.M)


class Torture:
    def __init__(self, synfin, library, folder):
        self.synfin, self.library, self.folder = synfin, library, folder
        self.inputs = folder / "in"
        self.inputs.mkdir()
        (self.inputs / "addresses").write_text("203.0.113.0/24\n")
        (self.inputs / "rules").write_text("[a]\nremote_ips: 203.0.113.0/24\n")
        (self.inputs / "places.csv").write_text("192.0.2.0,192.0.2.255,AU\n")
        self.violations = collections.Counter()

    def arguments(self, case, out):
        words = [word.replace("{out}", str(out)).replace("{in}", str(self.inputs)) for word in CASES[case]]
        places = [] if "--geoip" in words else ["--no-geoip"]
        threads = [] if "--threads" in words else ["--threads", "1"]
        at = len(words) - 1 if case == "filtered" else len(words)
        return [str(self.synfin), *words[:at], *COMMON, *places, *threads, *words[at:]]

    def run(self, case, kind, at, count=None):
        """Returns exit status, messages and outputs; None as the status if the run did not end."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        if any(word.endswith("report.csv") for word in CASES[case]):
            (out / "report.csv").mkdir()
            (out / "report.csv" / "capture.csv").write_bytes(OLD)
        for report in ("report.txt", "report.json", "report.html", "report.md"):
            if any(word.endswith(report) for word in CASES[case]):
                (out / report).write_bytes(OLD)
        env = {**os.environ, "LD_PRELOAD": str(self.library), "FAIL_KIND": kind, "FAIL_AT": str(at), "LC_ALL": "C"}  # no other locale is loaded
        if count:
            env["FAIL_COUNT"] = str(count)
        process = subprocess.Popen(self.arguments(case, out), cwd=out, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            printed, said = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, said = process.communicate()
            return None, said, {}
        # The name of the file of --save-threshold holds the time.
        outputs = {re.sub(r"\d{8}-\d{6}", "TIME", p.name): VARYING.sub(b"", p.read_bytes()) for p in sorted(out.rglob("*")) if p.is_file()}
        return process.returncode, said, {**outputs, "printed": printed}

    def violation(self, status, said, outputs, expected, kind):
        if status is None:
            return "did not end"
        if status < 0:
            return f"ended by {signal.Signals(-status).name}"
        if status == 0:
            wrong = sorted(name for name in {*outputs, *expected} if outputs.get(name) != expected.get(name))
            if b"cannot read the database" in said:  # only countries are missing then, and a sentence says so
                return ""
            return f"lost {', '.join(wrong)} without a word in the exit status" if wrong else ""
        if not said.strip() and kind not in ("write", "malloc"):
            return f"exit status {status} without a sentence"
        for name, content in outputs.items():
            if name.startswith(("report.", "capture.")) and content not in (OLD, expected[name]) and not self.complete(name, content):
                return f"{name} is neither the old nor a new one"
            if name.startswith("."):
                return "a temporary file is left"
        return ""

    @staticmethod
    def complete(name, content):
        """True for a report that tells of the failure itself."""
        if name.endswith("json"):
            try:
                return bool(json.loads(content))
            except ValueError:
                return False
        return content.endswith(b"\n") and len(content) > len(OLD)

    def torture(self, case, kind, most):
        counted = self.folder / "count"
        counted.unlink(missing_ok=True)
        status, said, expected = self.run(case, kind, 0, counted)
        if status != 0:
            sys.exit(f"{case} fails without a failing call: {said.decode(errors='replace')}")
        calls = int(counted.read_text())
        step = max(1, calls // most) if most else 1
        numbers = range(1 + (calls - 1) % step if step > 1 else 1, calls + 1, step)
        for at in numbers:
            status, said, outputs = self.run(case, kind, at)
            wrong = self.violation(status, said, outputs, expected, kind)
            if wrong:
                self.violations[wrong] += 1
                if self.violations[wrong] <= 12:
                    print(f"{case}, {kind} {at} of {calls}: {wrong}\n    {said.decode(errors='replace').strip()[:300]}", flush=True)
        return len(numbers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synfin", type=pathlib.Path)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    for case in options.cases:
        if case not in CASES:
            parser.error(f"there is no case {case}: {', '.join(CASES)}")
    with tempfile.TemporaryDirectory(prefix="torture.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        torture = Torture(options.synfin.resolve(), options.library.resolve(), pathlib.Path(folder))
        runs = sum(torture.torture(case, kind, options.most) for case in options.cases or CASES for kind in options.kinds.split(","))
    for wrong, n in torture.violations.most_common():
        print(f"{n:6} runs: {wrong}")
    print(f"{runs} runs, {sum(torture.violations.values())} violations")
    return 1 if torture.violations else 0


if __name__ == "__main__":
    sys.exit(main())
