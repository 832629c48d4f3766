#!/usr/bin/env python3
"""Every command that only prints an answer reports that it cannot print with one sentence and exit status 1.

    full_disk.py SYNFIN ROOT

Three standard outputs are tried: a full disk, for which /dev/full stands, a pipe whose reader has ended, and a closed one.
Exits 0 if all commands do, 1 if not.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

SENTENCE = "synfin: cannot write standard output: %s\n"
DIFFERENCES = 3
NO_READER = "synfin: nobody reads the only output\n"  # a run may notice it before it writes


def run_full(synfin, words):
    with open("/dev/full", "w") as full:
        return subprocess.run([synfin, *words], stdout=full, stderr=subprocess.PIPE, text=True)


def run_without_reader(synfin, words):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as output:
        return subprocess.run([synfin, *words], stdout=output, stderr=subprocess.PIPE, text=True)


def run_closed(synfin, words):
    return subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', synfin, *words], stderr=subprocess.PIPE, text=True)


OUTPUTS = {"/dev/full": (run_full, (SENTENCE % "No space left on device",)),
           "a pipe without a reader": (run_without_reader, (SENTENCE % "its reader has closed the pipe", NO_READER)),
           "a closed output": (run_closed, (SENTENCE % "Bad file descriptor",))}


def commands(capture, state):
    yield from (["--help"], ["--version"], ["-D"], ["-d", "-r", capture, "port", "80"])
    yield from (["config", "check", "--width", "80"], ["config", "--help"], ["notify", "--help"], ["store", "--help"])
    yield ["store", "init", "clickhouse://127.0.0.1/synfin", "--print"]
    for words in ("config check", "config import", "notify test", "store init", "store import", "inventory", "path", "diff"):
        yield [*words.split(), "--help"]
    for words in ("report", "connections", "diff", "inventory"):
        yield [words, "--from", "clickhouse://127.0.0.1/synfin", "--help"]
    yield ["-q", "-r", capture]
    for words in ("path", "diff"):
        yield [words, capture, str(pathlib.Path(capture).with_name("half-open.pcap"))]
    yield ["inventory", "--state", state]


def main():
    synfin, capture = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve() / "pcaps" / "sample.pcap")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)  # root becomes another user, who writes the state file
        state = f"{folder}/state"
        subprocess.run([synfin, "-q", "-r", capture, "--view", "none", "--state", state], check=True)
        for words in commands(capture, state):
            printed = subprocess.run([synfin, *words], capture_output=True, text=True)
            if printed.returncode not in (0, DIFFERENCES) or not printed.stdout:
                print(f"{' '.join(words)}: exit status {printed.returncode}, {printed.stderr}")
                wrong += 1
            for output, (run, sentences) in OUTPUTS.items():
                ran = run(synfin, words)
                if ran.returncode != 1 or ran.stderr not in sentences:
                    print(f"{' '.join(words)} > {output}: exit status {ran.returncode}, {ran.stderr!r}")
                    wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
