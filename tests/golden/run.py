#!/usr/bin/env python3
"""Run synfin on golden cases and compare its output with the expected files.

    run.py [--update] [--root DIR] SYNFIN [CASE…]

A case is a folder beside this file. Its `args` holds synfin's options, `-r` among them, with paths from the root of
the source tree; `#` begins a comment. The files in the folder determine what is compared:

    events.txt    standard output with --view events        conn.log      --log, --log-format zeek
    summary.txt   standard output with --view summary; likewise   conn.json     --log, --log-format json
                  timeline, endpoints, clients, services, netstat
    report.txt    --report, with --view timeline
    report.json   --report                                  conn.csv      --log, --log-format csv
    events.json   --events                                  stderr.txt    standard error (of the first run)
    exit          the exit code, if it is not 0

--update rewrites these files (in a new case events.txt, conn.log and report.json); review the diff. Times and
versions that differ between runs are replaced by a word. Times are UTC, colours are off, and only --geoip looks anything up.
Exits 0 if all files agree, 1 if not, 2 if synfin could not run.
"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIRST = ("events.txt", "conn.log", "report.json")
VIEWS = {f"{view}.txt": view for view in ("events", "timeline", "endpoints", "clients", "services", "netstat", "summary")}
LOGS = {"conn.log": "zeek", "conn.json": "json", "conn.csv": "csv"}
KNOWN = {*VIEWS, *LOGS, "report.json", "report.txt", "events.json", "stderr.txt", "exit"}
VARYING = (
    (re.compile(r"^(#(?:open|close)\t).*$", re.M), r"\1TIME"),
    (re.compile(r'("version":\s*)"[^"]*"'), r'\1"VERSION"'),
)


def normal(text):
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return text


def runs_for(names):
    """Groups the wanted files into runs of synfin: one view and one log format each, the first without a view."""
    views = [None, *(n for n in names if n in VIEWS)]
    logs = [n for n in names if n in LOGS]
    for i in range(max(len(views), len(logs), 1)):
        view = views[i] if i < len(views) else None
        log = logs[i] if i < len(logs) else None
        yield view, log


def produce(synfin, root, args, names):
    """Runs synfin and returns its output by file name."""
    got = {}
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    with tempfile.TemporaryDirectory() as folder:
        temp = pathlib.Path(folder)
        for number, (view, log) in enumerate(runs_for(names)):
            options = ["--utc", "--no-color", "--view", VIEWS.get(view, "none")]
            if "--geoip" not in args:
                options.append("--no-geoip")
            others = ("report.json", "events.json") if number == 0 else ("report.txt",) if view == "timeline.txt" else ()
            written = {n: temp / n for n in (log, *others) if n in names}
            for name, path in written.items():
                flag = "--log" if name in LOGS else "--events" if name == "events.json" else "--report"
                options += [flag, str(path)]
            if log:
                options += ["--log-format", LOGS[log]]
            ran = subprocess.run([synfin, *options, *args], cwd=root, env=env, capture_output=True, timeout=120,
                                 stdin=subprocess.DEVNULL)
            if ran.returncode not in (0, 1, 2):
                sys.exit(f"synfin ended with {ran.returncode}: {ran.stderr.decode(errors='replace')}")
            if view:
                got[view] = ran.stdout
            if number == 0:
                got["exit"] = b"%d\n" % ran.returncode
                got["stderr.txt"] = ran.stderr.replace(folder.encode(), b"TEMP")
            for name, path in written.items():
                got[name] = path.read_bytes() if path.exists() else b""
    return {name: normal(data.decode("utf-8", "backslashreplace")) for name, data in got.items()}


def arguments(case):
    lines = (case / "args").read_text().splitlines()
    return [word for line in lines for word in shlex.split(line, comments=True)]


def update(case, names, got):
    for name in names:
        (case / name).write_bytes(got.get(name, "").encode())
    if got["exit"].strip() != "0":
        (case / "exit").write_text(got["exit"])
    elif (case / "exit").exists():
        (case / "exit").unlink()


def differences(case, names, got):
    if got["exit"] != (expected := (case / "exit").read_text() if (case / "exit").exists() else "0\n"):
        yield f"exit code {got['exit'].strip()}, expected {expected.strip()}\n{got['stderr.txt']}"
    for name in names:
        want = (case / name).read_bytes().decode()  # as they are: a CSV line ends in CR LF
        if want != got.get(name, ""):
            yield "\n".join(difflib.unified_diff(want.splitlines(), got.get(name, "").splitlines(),
                                                 f"{case.name}/{name}", "this run", lineterm="", n=2))


def main():
    parser = argparse.ArgumentParser(description="Compare synfin's output with golden files.")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parents[1])
    parser.add_argument("--cases", type=pathlib.Path, default=HERE)
    parser.add_argument("synfin", type=lambda text: str(pathlib.Path(text).resolve()))
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    cases = [options.cases / name for name in options.case] or sorted(p.parent for p in options.cases.glob("*/args"))
    if not cases:
        print("no golden cases", file=sys.stderr)
        return 2
    failed = False
    for case in cases:
        present = sorted(p.name for p in case.iterdir() if p.name in KNOWN - {"exit"})
        names = present or list(FIRST)
        if not present and not options.update:
            print(f"{case.name}: nothing to compare with; run with --update", file=sys.stderr)
            failed = True
            continue
        got = produce(options.synfin, options.root, arguments(case), names)
        if options.update:
            update(case, names, got)
            continue
        for difference in differences(case, names, got):
            print(difference)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
