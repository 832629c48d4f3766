#!/usr/bin/env python3
"""Every command that only prints an answer reports that it cannot print with one sentence and exit status 1. No other file receives
what a closed descriptor would have received.
A stack that is too small gets a sentence, too.

    full_disk.py SYNFIN ROOT

Three standard outputs are tried: a full disk, for which /dev/full stands, a pipe whose reader has ended, and a closed one.
A run whose --log-file is on a full disk says so, too.
Exits 0 if all commands do, 1 if not.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

SENTENCE = "synfin: cannot write standard output: %s\n"
DIFFERENCES = 3
NO_READER = "synfin: nobody reads the only output\n"  # a run may notice it before it writes
LOG_SENTENCE = "synfin: cannot write the log file /dev/full: No space left on device; lines are missing in it\n"


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
        yield [words, *(str(pathlib.Path(capture).with_name(f"path-{side}.pcap")) for side in ("client", "server"))]
    yield ["inventory", "--state", state]


def run_without(descriptors, command, **more):
    """Runs a command in which these descriptors are closed."""
    def close_them():
        for descriptor in descriptors:
            os.close(descriptor)

    return subprocess.run(command, preexec_fn=close_them, text=True, timeout=60, **more)


def closed_in_subcommands(synfin, capture, folder):
    """Subcommands open sockets and files, which must not get the number of a closed descriptor."""
    report, out = folder / "report.json", folder / "out.txt"
    subprocess.run([synfin, "-q", "-r", capture, "--view", "none", "-o", report], check=True)
    command = [synfin, "diff", report, capture]
    expected = subprocess.run(command, capture_output=True, text=True).stdout
    wrong = 0
    run = run_without([1], command, stderr=subprocess.PIPE)
    if not run.stderr.endswith(SENTENCE % "Bad file descriptor") or run.returncode < 1:
        print(f"diff >&-: exit status {run.returncode}, {run.stderr!r}")
        wrong += 1
    run_without([0, 1, 2], [*command, "-o", out])
    if out.read_text() != expected:
        print(f"diff -o {out} <&- >&- 2>&-: the file has {out.read_text()[:200]!r}")
        wrong += 1
    unanswered = [synfin, "report", "--from", "clickhouse://127.0.0.1:1/x", "-v", "-o", out]
    run_without([0, 1, 2], unanswered)
    if out.read_text() != expected:
        print(f"report -o {out} <&- >&- 2>&-: the file has {out.read_text()[:200]!r}")
        wrong += 1
    return wrong


def main():
    synfin, capture = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve() / "pcaps" / "sample.pcap")
    wrong = 0
    run = subprocess.run([synfin, "--version"], capture_output=True, text=True,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (64 << 10, 64 << 10)))
    if run.returncode != 1 or "the stack is limited" not in run.stderr:
        print(f"ulimit -s 64: exit status {run.returncode}, {run.stderr!r}")
        wrong += 1
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
        wrong += closed_in_subcommands(synfin, capture, pathlib.Path(folder))
    run = subprocess.run([synfin, "-q", "-r", capture, "--log-file", "/dev/full"], capture_output=True, text=True)
    if run.returncode != 1 or run.stderr != LOG_SENTENCE or not run.stdout:
        print(f"--log-file /dev/full: exit status {run.returncode}, {run.stderr!r}")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
