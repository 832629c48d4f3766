#!/usr/bin/env python3
"""Check that synfin reads a capture from standard input through a pipe as it reads it from the file.

    stdin.py SYNFIN

Each capture is written in small pieces into `synfin -r -`; the events and the connection log must equal those of
`synfin -r FILE`. A reader that leaves is reported once. While the pipe pauses, -w is flushed and opened again on
SIGHUP. Exits 0 if all of this holds, 1 if not.
"""
import gzip
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ("normal-close.pcap", "mixed-links.pcapng", "gzipped.pcap.gz", "zstandard.pcap.zst", "truncated.pcap")
PIECE = 100  # bytes per write: less than a packet record, so that records arrive in parts
STATISTICS = 52  # the bytes of the block that ends a packet file


def write_in_pieces(process, data):
    for at in range(0, len(data), PIECE):
        process.stdin.write(data[at:at + PIECE])
        process.stdin.flush()


def run(synfin, source, data=None):
    """Returns the exit code, the events and the connection log of a run on `source`."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "conn.json")
        command = [synfin, "-r", source, "--view", "events", "--log", str(log), "--log-format", "json"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "TZ": "UTC"})
        write_in_pieces(process, data or b"")
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


def becomes_true(condition, seconds=20):
    """Waits until `condition` holds; False if it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def check_packets_in_pause(synfin, threads, compressed):
    """While a pipe pauses, -w holds all packets so far, and SIGHUP opens it again."""
    with tempfile.TemporaryDirectory() as folder:
        whole, path, moved = (pathlib.Path(folder, file) for file in ("whole", "packets", "moved"))
        command = [synfin, "--threads", threads, "--view", "none"]
        source = ROOT / "pcaps" / "sample.pcap"
        subprocess.run([*command, "-r", str(source), "-w", str(whole)], check=True, stderr=subprocess.DEVNULL)
        process = subprocess.Popen([*command, "-r", "-", "-w", str(path)], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        write_in_pieces(process, gzip.compress(source.read_bytes()) if compressed else source.read_bytes())
        packets = whole.read_bytes()[:-STATISTICS]
        flushed = becomes_true(lambda: path.exists() and path.read_bytes() == packets)
        reopened = False
        if flushed:
            path.rename(moved)
            process.send_signal(signal.SIGHUP)
            reopened = becomes_true(path.exists)
        process.communicate()
    if flushed and reopened and process.returncode == 0:
        return 0
    print(f"{threads} threads, compressed {compressed}: while the pipe pauses, -w is {'' if flushed else 'not '}flushed and "
          f"{'' if reopened else 'not '}opened again; exit {process.returncode}")
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
    for threads in ("1", "2"):
        failures += sum(check_packets_in_pause(synfin, threads, compressed) for compressed in (False, True))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
