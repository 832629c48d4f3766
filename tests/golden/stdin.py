#!/usr/bin/env python3
"""Check that synfin reads a capture from standard input through a pipe as it reads it from the file.

    stdin.py SYNFIN

Each capture is written in small pieces into `synfin -r -`; the events and the connection log must equal those of
`synfin -r FILE`. A reader that leaves is reported once. Exits 0 if they do, 1 if not.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ("normal-close.pcap", "mixed-links.pcapng", "gzipped.pcap.gz", "zstandard.pcap.zst", "truncated.pcap")
PIECE = 100  # bytes per write: less than a packet record, so that records arrive in parts


def run(synfin, source, data=None):
    """Returns the exit code, the events and the connection log of a run on `source`."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "conn.json")
        command = [synfin, "-r", source, "--view", "events", "--log", str(log), "--log-format", "json"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "TZ": "UTC"})
        for at in range(0, len(data or b""), PIECE):
            process.stdin.write(data[at:at + PIECE])
            process.stdin.flush()
        events = process.communicate()[0]
        return process.returncode, events, log.read_bytes() if log.exists() else b""


def check_reader_leaves(synfin):
    """One sentence is enough if the reader of the only output leaves."""
    process = subprocess.Popen([synfin, "-r", "-", "--view", "events"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    errors = process.communicate((ROOT / "pcaps" / "normal-close.pcap").read_bytes())[1].decode()
    said = errors.count("has closed the pipe") + errors.count("nobody reads")
    if process.returncode == 1 and said == 1:
        return 0
    print(f"a reader that leaves: exit {process.returncode}, {errors}")
    return 1


def main():
    synfin = sys.argv[1]
    failures = 0
    for name in CAPTURES:
        path = ROOT / "pcaps" / name
        expected = run(synfin, str(path))
        actual = run(synfin, "-", path.read_bytes())
        if not expected[1]:
            print(f"{name}: no events")
            failures += 1
        if actual != expected:
            print(f"{name}: standard input gives exit {actual[0]} and {len(actual[1])} bytes of events, "
                  f"the file exit {expected[0]} and {len(expected[1])} bytes")
            failures += 1
    failures += check_reader_leaves(synfin)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
