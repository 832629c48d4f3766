#!/usr/bin/env python3
"""Kill synfin at random moments, as kill -9 does, and check the outputs.

    kill.py SYNFIN [--kills N] [--seed N]

Packets arrive through a pipe in small pieces. These rules hold after each kill:

  - logs of connections, in each format in turn, and of events: whole lines, which are the first ones of an undisturbed run; only the
    last line may be cut;
  - -w: the first packets of an undisturbed run; only the last file may be cut;
  - a report that existed before is complete: the old one or the new one;
  - the spool of --store: whole batches, with no more records than an undisturbed run.

In some runs, the packets pause for longer than a second before the kill. No event that was due before the pause may be missing then,
and the spool has all records that the log has.
Prints each violation; exits 1 if there is one.
"""
import argparse
import concurrent.futures
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CAPTURE = TOP / "pcaps" / "sample.pcap"
OLD = b'{"old": 1}\n'
PIECES = 60
PAUSE = 1.3
FORMATS = ("zeek", "json", "csv")
VARYING = re.compile(rb"^#(?:open|close)\t.*$", re.M)


def start(synfin, folder, source, form):
    (folder / "report.json").write_bytes(OLD)
    command = [str(synfin), "-q", "-r", "-", "-Z", "root", "--view", "none", "--no-geoip", "--log", "log", "--log-format", form, "--events", "events", "-o", "report.json",
               "-w", "w", "-C", "20k", "--max-connections", "1024", "--store", "clickhouse://127.0.0.1:1/s", "--spool", "spool", "--sensor", "s"]
    return subprocess.Popen(command, cwd=folder, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def feed(process, data, seconds, until):
    """Writes `data` in pieces over `seconds`, at most until the time `until`. Returns True if all of it is written."""
    size = len(data) // PIECES + 1
    for at in range(0, len(data), size):
        if time.monotonic() >= until:
            return False
        process.stdin.write(data[at:at + size])
        process.stdin.flush()
        time.sleep(seconds / PIECES)
    return True


def whole_lines(content):
    return content[: content.rfind(b"\n") + 1].splitlines()


def log_lines(content):
    """The whole lines of records. -C starts the log anew, too, so that it may have several headings."""
    return [line for line in whole_lines(content) if not line.startswith((b"#", b"ts,"))]


def records_of_spool(folder):
    """The number of records in whole batches, and the names of batches that are not whole."""
    records, damaged = 0, []
    for file in sorted(folder.glob("[0-9]*.*")):
        line, _, blocks = file.read_bytes().partition(b"\n")
        words = line.split()
        if len(words) < 9 or words[0] != b"synfin-spool" or int(words[-1]) != len(blocks):
            damaged.append(file.name)
        elif file.suffix == ".connections":
            records += int(words[6])
    return records, damaged


def packets(synfin, files):
    """The number of whole packets in files of -w."""
    if not files:
        return 0
    words = [word for file in files for word in ("-r", str(file))]
    ran = subprocess.run([str(synfin), "-q", *words, "-Z", "root", "--view", "none", "--no-geoip", "-o", "-", "--report-format", "json"], capture_output=True)
    return json.loads(ran.stdout)["capture"]["packets"]["received"] if ran.stdout else 0


def written_files(folder):
    """The files of -w in the order in which they were written: w, w1, w2…"""
    return sorted((p for p in folder.glob("w*") if p.stat().st_size > 0), key=lambda p: int(p.name[1:] or 0))


class Expected:
    def __init__(self, synfin, folder, data, form):
        folder.mkdir()
        process = start(synfin, folder, subprocess.PIPE, form)
        said = process.communicate(data)[1]
        if process.returncode != 1 or said.count(b"\n") > 2 or b"waits in spool" not in said:  # no server takes the spool
            sys.exit(f"an undisturbed run fails: {said.decode(errors='replace')}")
        self.log = whole_lines(VARYING.sub(b"", (folder / "log").read_bytes()))
        self.events = whole_lines((folder / "events").read_bytes())
        self.records, damaged = records_of_spool(folder / "spool")
        if damaged or self.records == 0:
            sys.exit(f"an undisturbed run leaves {self.records} records in the spool, and damages {damaged}")
        self.report = (folder / "report.json").read_bytes()
        self.packets = packets(synfin, written_files(folder))
        # Events of packets; the others are due to timers, or to the end of the input.
        self.seen = [line for line in self.events if json.loads(line)["event"] in ("syn", "open", "midstream")]


def check(synfin, folder, expected, paused):
    for name, wanted in (("log", expected.log), ("events", expected.events)):
        content = (folder / name).read_bytes() if (folder / name).exists() else b""
        lines = whole_lines(VARYING.sub(b"", content))
        if lines != wanted[: len(lines)]:
            yield f"{name} holds other lines than an undisturbed run"
        if paused and name == "events" and not set(expected.seen) <= set(lines):
            yield f"{len(set(expected.seen) - set(lines))} events are missing that were due more than a second before"
    report = (folder / "report.json").read_bytes()
    if report not in (OLD, expected.report):
        yield "the report is neither the old nor the new one"
    if any(p.name.startswith(".report") for p in folder.iterdir()) and report == expected.report:
        yield "a temporary file is left beside a new report"
    files = written_files(folder)
    for file in files[:-1]:
        whole = subprocess.run([str(synfin), "-r", str(file), "-Z", "root", "--view", "none", "--no-geoip"], capture_output=True)
        if whole.returncode != 0:
            yield f"the ended file {file.name} is damaged: {whole.stderr.decode(errors='replace').strip()}"
    if packets(synfin, files) > expected.packets:
        yield "-w holds more packets than an undisturbed run"


def check_spool(folder, expected, paused):
    records, damaged = records_of_spool(folder / "spool")
    yield from (f"the batch {name} is not whole" for name in damaged)
    if records > expected.records:
        yield f"the spool has {records} records of {expected.records}"
    logged = sum(len(log_lines(file.read_bytes())) for file in folder.glob("log*"))
    if paused and records < logged:
        yield f"the spool has {records} of the {logged} records that the log has"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synfin", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    synfin, data = options.synfin.resolve(), CAPTURE.read_bytes()
    moments = random.Random(options.seed)
    violations = 0
    with tempfile.TemporaryDirectory(prefix="kill.") as top:
        with concurrent.futures.ThreadPoolExecutor() as pool:  # at its end, each run waits for a server for seconds
            expected = dict(zip(FORMATS, pool.map(lambda form: Expected(synfin, pathlib.Path(top) / form, data, form), FORMATS)))
        survived = 0
        for number in range(options.kills):
            folder = pathlib.Path(top) / str(number)
            folder.mkdir()
            form = FORMATS[number % len(FORMATS)]
            process = start(synfin, folder, subprocess.PIPE, form)
            begin = time.monotonic()
            paused = number % 10 == 9
            after = moments.uniform(0, 0.5)
            whole = feed(process, data, 0.3, begin + (60 if paused else after))
            if paused:
                time.sleep(PAUSE)
            elif whole:  # the end, at which the report is written, is a likely moment, too
                process.stdin.close()
                time.sleep(max(0, min(0.02, begin + after - time.monotonic())))
            process.kill()
            process.wait()
            survived += records_of_spool(folder / "spool")[0]
            for wrong in [*check(synfin, folder, expected[form], paused), *check_spool(folder, expected[form], paused)]:
                violations += 1
                print(f"{form}, kill {number} after {after:.3f} s: {wrong}")
    print(f"{options.kills} kills, {survived} records survived in spools, {violations} violations")
    return 1 if violations or survived == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
