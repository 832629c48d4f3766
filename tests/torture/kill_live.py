#!/usr/bin/env python3
"""Kill synfin at random moments of a live run, as kill -9 does, and check the outputs.

    kill_live.py SYNFIN [--kills N] [--seed N]

Real connections pass a veth pair in network namespaces. These rules hold after each kill:

  - events: whole lines, of which only the last one may be cut; each connection that ended more than a second before has all its events;
  - log: the same, for records of connections that ended more than a second and --linger before;
  - -w: synfin reads all files but the last one without a complaint;
  - a report that existed before is complete: the old one or a new one;
  - no helper process is left.

Prints each violation; exits 1 if there is one, and 77 if this machine cannot run it.
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "live"))
import lab as labs  # noqa: E402

OLD = '{"old": 1}\n'
# What an output may lack: the last second, and the time that packets and the clock take to reach it.
LAST = 2.0


class Traffic:
    """Connections one after the other, until stop(). `ended` holds the originator's port and the time of the end of each."""

    def __init__(self, lab):
        self.lab, self.ended, self.stopped = lab, [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with self.lab.serving(labs.V4["right"]) as listener:
            while not self.stopped.is_set():
                self.ended.append((self.lab.exchange(listener, 10, 10), time.monotonic()))
                time.sleep(0.01)

    def stop(self):
        self.stopped.set()
        self.thread.join()


def whole_lines(path):
    content = path.read_text(errors="replace") if path.exists() else ""
    return content[: content.rfind("\n") + 1].splitlines()


def parsed(path):
    """The lines of a file of JSON. Raises ValueError if a whole line is none."""
    return [json.loads(line) for line in whole_lines(path)]


def alive(pid):
    try:
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def check(synfin, folder, linger, ended, killed, helpers):
    due = lambda seconds: {port for port, at in ended if at < killed - seconds}
    try:
        events = parsed(folder / "events")
        log = [record for file in folder.glob("log*") for record in parsed(file)]
    except ValueError as wrong:
        yield f"a line is no JSON: {wrong}"
        return
    for kind in ("syn", "open", "close"):
        missing = due(LAST) - {event["id.orig_p"] for event in events if event["event"] == kind}
        if missing:
            yield f"{len(missing)} events {kind} are missing"
    missing = due(LAST + linger) - {record["id.orig_p"] for record in log}
    if missing:
        yield f"{len(missing)} records are missing"
    report = (folder / "report.json").read_text()
    try:
        json.loads(report)
    except ValueError:
        yield "the report is neither the old nor a new one"
    files = sorted((p for p in folder.glob("w*") if p.stat().st_size > 0), key=lambda p: int(p.name[1:] or 0))
    for file in files[:-1]:
        read = subprocess.run([synfin, "-r", str(file), "-Z", "root", "--view", "none", "--no-geoip"], capture_output=True, text=True)
        if read.returncode != 0:
            yield f"the ended file {file.name} is damaged: {read.stderr.strip()}"
    if any(p.name.startswith(".report") for p in folder.iterdir()) and report != OLD:
        yield "a temporary file is left beside a new report"
    for _ in range(50):
        if not any(alive(helper) for helper in helpers):
            return
        time.sleep(0.02)
    yield "a helper process is left"


def one_kill(lab, number, moments):
    folder = lab.folder / str(number)
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "report.json").write_text(OLD)
    linger = number % 2  # seconds
    with (folder / "said").open("w+") as said:
        run = subprocess.Popen(lab.left.command(lab.synfin, "-i", "va", "-Z", "nobody" if number % 3 else "root", "--view", "none", "--no-geoip",
                                                "--linger", f"{linger}s", "--log", str(folder / "log"), "--log-format", "json", "--events",
                                                str(folder / "events"), "-o", str(folder / "report.json"), "-w", str(folder / "w"), "-C", "20k"),
                               stderr=said)
        labs.wait_for(lambda: "listening on" in (folder / "said").read_text() or run.poll() is not None, "synfin to listen", 20)
        helpers = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        traffic = Traffic(lab)
        time.sleep(moments.uniform(0, LAST + 2))
        killed = time.monotonic()
        run.kill()
        run.wait()
        traffic.stop()
    yield from check(lab.synfin, folder, linger, traffic.ended, killed, helpers)
    shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synfin", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if reason := labs.missing():
        print(f"skipped: {reason}")
        return labs.SKIPPED
    moments = random.Random(options.seed)
    violations = 0
    with labs.Lab(options.synfin) as lab:
        for number in range(options.kills):
            for wrong in one_kill(lab, number, moments):
                violations += 1
                print(f"kill {number}: {wrong}", flush=True)
    print(f"{options.kills} kills, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
