#!/usr/bin/env python3
"""The example of a configuration file works as it is, and each key that it shows as a comment is a valid one. The file of a port
scanner becomes one with which a run watches what the scanner did, without editing.

    config_example.py SYNFIN ROOT

Exits 0 if so, 1 if not.
"""
import json
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


PORT_MONITOR = """[General]
output_dir = ./out
[Scan]
ip_list_file = unique_ips.txt
ports = 22,8000-8090
[Slack]
enabled = false
webhook_url = https://hooks.slack.example.net/services/A/B/C
"""


def imported(synfin, root, folder):
    """Yields what is wrong with a run whose configuration is that of a port scanner."""
    user = ["-Z", "root"] if os.geteuid() == 0 else []
    (folder / "port_monitor.conf").write_text(PORT_MONITOR)
    (folder / "unique_ips.txt").write_text("198.51.100.7\n198.51.100.9 # new\n")

    def run(*words):
        return subprocess.run([synfin, *words], capture_output=True, text=True, cwd=folder, timeout=60)

    done = run("config", "import", "-o", "synfin.conf", "--watch-file", "watched.txt", "port_monitor.conf")
    if done.returncode != 0 or done.stderr:
        yield f"config import: exit status {done.returncode}, {done.stderr}"
    if (folder / "synfin.conf").stat().st_mode & 0o777 != 0o600:
        yield "the configuration file, which holds secrets, can be read by others"
    for day in ("before", "after"):
        done = run("--config", "synfin.conf", *user, "-r", str(root / "pcaps" / f"inventory-{day}.pcap"))
        digest = re.fullmatch(r"synfin: digest .*\n(synfin: (New host |\S+: port ).*\n)+", done.stderr)
        if done.returncode != 0 or not digest:
            yield f"a run with the imported file: exit status {done.returncode}, {done.stderr}"
    done = run("inventory", "--state", "out/synfin.db", "--format", "json")
    hosts = {host["ip"]: sorted(port["port"] for port in host["ports"]) for host in map(json.loads, done.stdout.splitlines())}
    if hosts != {"198.51.100.7": [22, 8080]}:  # nothing on the watched ports of the other host has answered
        yield f"what is watched: {hosts}, {done.stderr}"


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
    with tempfile.TemporaryDirectory() as folder:
        for fault in imported(synfin, root.resolve(), pathlib.Path(folder)):
            wrong += 1
            print(fault)
    if shown < LEAST:
        print(f"only {shown} keys were found")
    return 1 if wrong or shown < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
