#!/usr/bin/env python3
"""The example of a configuration file works as it is, and each key that it shows as a comment is a valid one.

    config_example.py SYNFIN ROOT

Exits 0 if so, 1 if not.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LEAST = 20  # fewer keys than this mean that this script no longer finds them


def keys(text):
    """Yields the lines of the file with one more key in force each time, from the top, and that key's line."""
    lines = text.splitlines() + [""]
    channel = None  # a section of which all keys are needed at once
    for number, line in enumerate(lines):
        if not line and channel:
            yield lines, channel
        if line.startswith(("#[notify", "#[clickhouse")) or not line:
            channel = line[1:] if line else None
        if re.match(r"#[a-zA-Z][\w-]* = \S|#\[[\w.-]+\]$", line):
            lines[number] = line[1:]
            if not channel:
                yield lines, line[1:]


def check(synfin, folder, lines):
    path = pathlib.Path(folder) / "synfin.conf"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return subprocess.run([synfin, "config", "check", "--config", str(path)], capture_output=True, text=True)


def main():
    synfin, root = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = (root / "tools" / "service" / "synfin.conf").read_text()
    wrong = shown = 0
    with tempfile.TemporaryDirectory() as folder:
        for lines, line in keys(text):
            shown += 1
            done = check(synfin, folder, lines)
            if done.returncode != 0 or line not in done.stdout:
                wrong += 1
                print(f"{line}: exit status {done.returncode}, {done.stderr or done.stdout}")
        path = pathlib.Path(folder) / "synfin.conf"
        path.write_text(text)
        sample = str(root.resolve() / "pcaps" / "sample.pcap")
        user = ["-Z", "root"] if os.geteuid() == 0 else []
        done = subprocess.run([synfin, "--config", str(path), *user, "-r", sample], capture_output=True, text=True)
        if done.returncode != 0 or done.stderr or "connections" not in done.stdout:
            wrong += 1
            print(f"a run with the example: exit status {done.returncode}, {done.stderr}")
    if shown < LEAST:
        print(f"only {shown} keys were found")
    return 1 if wrong or shown < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
