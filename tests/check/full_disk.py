#!/usr/bin/env python3
"""Every command that only prints an answer reports a full disk with one sentence and exit status 1.

    full_disk.py SYNFIN ROOT

So does a run whose --log-file is there. /dev/full stands for the disk. Exits 0 if all commands do, 1 if not.
"""
import pathlib
import subprocess
import sys

LOG_SENTENCE = "synfin: cannot write the log file /dev/full: No space left on device; lines are missing in it\n"
SENTENCE = "synfin: cannot write standard output: No space left on device\n"


def commands(capture):
    yield from (["--help"], ["--version"], ["-D"], ["-d", "-r", capture, "port", "80"])
    yield from (["config", "check", "--width", "80"], ["config", "--help"], ["notify", "--help"], ["store", "--help"])
    yield ["store", "init", "clickhouse://127.0.0.1/synfin", "--print"]
    for words in ("config check", "config import", "notify test", "store init", "store import", "inventory", "path", "diff"):
        yield [*words.split(), "--help"]
    for words in ("report", "connections", "diff", "inventory"):
        yield [words, "--from", "clickhouse://127.0.0.1/synfin", "--help"]
    yield ["-q", "-r", capture]


def main():
    synfin, capture = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve() / "pcaps" / "sample.pcap")
    wrong = 0
    for words in commands(capture):
        printed = subprocess.run([synfin, *words], capture_output=True, text=True)
        if printed.returncode != 0 or not printed.stdout:
            print(f"{' '.join(words)}: exit status {printed.returncode}, {printed.stderr}")
            wrong += 1
        with open("/dev/full", "w") as full:
            run = subprocess.run([synfin, *words], stdout=full, stderr=subprocess.PIPE, text=True)
        if run.returncode != 1 or run.stderr != SENTENCE:
            print(f"{' '.join(words)} > /dev/full: exit status {run.returncode}, {run.stderr!r}")
            wrong += 1
    run = subprocess.run([synfin, "-q", "-r", capture, "--log-file", "/dev/full"], capture_output=True, text=True)
    if run.returncode != 1 or run.stderr != LOG_SENTENCE or not run.stdout:
        print(f"--log-file /dev/full: exit status {run.returncode}, {run.stderr!r}")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
