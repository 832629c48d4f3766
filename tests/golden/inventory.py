#!/usr/bin/env python3
"""Run synfin on two captures of one network with one state file, and compare what changed with the expected files.

    inventory.py [--update] SYNFIN

tests/golden/inventory/ holds the expected outputs: `before` and `after` of each run (digest, changes of --events and the report), and what
`synfin inventory` prints afterwards in each format. --update rewrites them; review the diff. Exits 0 if all agree, 1 if not.
"""
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXPECTED = HERE / "inventory"
COMMANDS = {
    "hosts.txt": [], "hosts.json": ["--format", "json"], "ports.csv": ["--format", "csv"], "host.txt": ["198.51.100.7"],
    "changes.txt": ["--changes"], "changes.json": ["--changes", "--format", "json"], "changes.csv": ["--changes", "--format", "csv"],
    "changes.html": ["--changes", "--format", "html"], "accept.txt": ["accept"],
}


def run(synfin, words, folder):
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    ran = subprocess.run([synfin, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if ran.returncode != 0:
        sys.exit(f"{words}: exit {ran.returncode}: {ran.stderr}")
    return ran


def produce(synfin):
    got = {}
    with tempfile.TemporaryDirectory() as temp:
        os.chmod(temp, 0o777)  # a run as root changes to another user, which writes the state file
        for name in ("before", "after"):
            capture = ROOT / "pcaps" / f"inventory-{name}.pcap"
            ran = run(synfin, ["-r", str(capture), "--state", "net.db", "--view", "inventory", "--no-geoip", "--no-color", "--utc",
                               "--events", f"{name}.jsonl", "-o", f"{name}.json"], temp)
            events = (pathlib.Path(temp) / f"{name}.jsonl").read_text().splitlines()
            lines = [line for line in events if json.loads(line)["event"] in ("change", "digest")]
            report = json.loads((pathlib.Path(temp) / f"{name}.json").read_text())
            got[f"{name}.txt"] = "\n".join([ran.stdout, ran.stderr, *lines, json.dumps(report["changes"], indent=1), ""])
        for file, words in COMMANDS.items():
            text = run(synfin, ["inventory", "--state", "net.db", "--utc", *words], temp).stdout
            got[file] = re.sub(r"^# What was open at \S+", "# What was open at TIME", text)
    return got


def main():
    update = "--update" in sys.argv
    synfin = str(pathlib.Path(sys.argv[-1]).resolve())
    failed = False
    for name, text in produce(synfin).items():
        path = EXPECTED / name
        if update:
            EXPECTED.mkdir(exist_ok=True)
            path.write_text(text)
            continue
        expected = path.read_text() if path.is_file() else ""
        if text != expected:
            failed = True
            sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), str(path), "got"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
