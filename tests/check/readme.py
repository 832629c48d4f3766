#!/usr/bin/env python3
"""The sample in README.md is what the command above it prints.

    readme.py [--update] SYNFIN ROOT

Exits 0 if it is, 1 if not; --update writes the sample anew. README.md may have at most MAX_BYTES.
"""
import os
import pathlib
import subprocess
import sys

MAX_BYTES = 9 * 1024
COMMAND = "    $ synfin -r pcaps/sample.pcap    # four of its sections"
SECTIONS = ("Connections", "Scanners", "Services", "Failing")  # those that the sample shows


def sample(synfin, root):
    """The SECTIONS of the summary, as README.md indents them."""
    run = subprocess.run([synfin, "-r", "pcaps/sample.pcap", "-q", "--utc", "--no-geoip", "--width", "92"], cwd=root, check=True,
                         capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    lines = []
    for section in run.stdout.split("\n\n"):
        if section.startswith(SECTIONS):
            lines += ["", *(f"    {line}".rstrip() for line in section.rstrip().splitlines())]
    return lines[1:]


def main():
    update = "--update" in sys.argv
    synfin, root = (word for word in sys.argv[1:] if word != "--update")
    readme = pathlib.Path(root) / "README.md"
    lines = readme.read_text().splitlines()
    begin = lines.index(COMMAND) + 1
    end = next(n for n in range(begin, len(lines)) if lines[n] and not lines[n].startswith("    "))
    wanted = sample(synfin, root) + [""]
    if update:
        readme.write_text("\n".join(lines[:begin] + wanted + lines[end:]) + "\n")
        return 0
    if (size := readme.stat().st_size) > MAX_BYTES:
        print(f"README.md has {size} bytes; more than {MAX_BYTES} belong into a man page")
        return 1
    if lines[begin:end] != wanted:
        print("the sample in README.md differs from what the command prints: run tests/check/readme.py --update SYNFIN ROOT")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
