#!/usr/bin/env python3
"""Hold --max-memory: the peak of runs on a flood from a million addresses, for each view with a report and logs.

    memory.py SYNFIN GENERATE MEASURE

Exits 1 if a peak exceeds the limit.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

VIEWS = ("events", "timeline", "endpoints", "clients", "services", "netstat", "summary")
LIMITS = (64, 256)


def main():
    synfin, generate, measure = sys.argv[1:4]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="memory.") as folder:
        capture = pathlib.Path(folder) / "flood.pcap"
        subprocess.run([generate, "flood", str(capture), "--scale", "0.2", "--seed", "3"], check=True, stdout=subprocess.DEVNULL)
        for limit in LIMITS:
            for view in VIEWS:
                command = [synfin, "-q", "-r", str(capture), "--no-geoip", "-Z", "root", "--max-memory", f"{limit}M", "--view", view,
                           "--log", "/dev/null", "--events", "/dev/null", "-o", f"{folder}/report.json"]
                result = pathlib.Path(folder) / "result"
                subprocess.run([measure, str(result), "600", *command], check=True, stdout=subprocess.DEVNULL)
                ran = json.loads(result.read_text())
                peak = ran["peak_kib"] / 1024
                wrong = f"exit {ran['exit']}" if ran["exit"] != 0 else "too much" if peak > limit else ""
                failed += bool(wrong)
                print(f"--max-memory {limit}M --view {view}: peak {peak:.1f} MiB {wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
