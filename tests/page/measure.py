#!/usr/bin/env python3
"""Measures HTML reports: their size, how long writing them takes beside JSON, and how long Chromium takes to open them.

    measure.py SYNFIN CAPTURE...

Times are medians of five runs. Writing is measured as CPU time of the process, because other work on the machine does not change that much; opening
is the wall-clock time from the request to the drawn page. Exits 1 if a bound is exceeded: 5 MB, 0.3 s for writing, 2 s for opening.
"""
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import browser

RUNS = 5
MAX_BYTES, MAX_WRITING, MAX_OPENING = 5_000_000, 0.3, 2.0


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    if reason := browser.missing():
        print(f"skipped: {reason}")
        return 77
    synfin, captures = sys.argv[1], sys.argv[2:]
    exceeded = False
    with tempfile.TemporaryDirectory() as folder, browser.Browser() as chromium:
        tab = chromium.tab()
        tab.size(1280)
        for capture in captures:
            times = {}
            for _ in range(RUNS):
                for extension in ("html", "json"):
                    report = pathlib.Path(folder, f"report.{extension}")
                    command = [synfin, "-q", "-r", capture, "--view", "none", "--no-geoip", "--report", str(report)]
                    times.setdefault(extension, []).append(cpu_seconds(command))
            page = pathlib.Path(folder, "report.html")
            writing = statistics.median(times["html"]) - statistics.median(times["json"])
            opening = statistics.median(tab.open(page.as_uri()) for _ in range(RUNS))
            size = page.stat().st_size
            exceeded |= size > MAX_BYTES or writing > MAX_WRITING or opening > MAX_OPENING
            print(f"{pathlib.Path(capture).name}: {size:,} bytes; writing adds {writing:.2f} s to {statistics.median(times['json']):.2f} s; opens in {opening:.2f} s")
    return 1 if exceeded or tab.errors else 0


if __name__ == "__main__":
    sys.exit(main())
