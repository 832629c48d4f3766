#!/usr/bin/env python3
"""Every command of synfin that README.md and the manual show works, on a sample capture in the place of theirs. Of those that
read a store, which is a server, the options are checked.

    examples.py SYNFIN ROOT

Reads the indented lines that run synfin or tools/run. A capture or an interface that an example names is replaced by the
sample, and the files that the example writes must exist afterwards. Exits 0 if all work, 1 if not.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

LEAST = 10  # fewer examples than this mean that this script no longer finds them
STORE_COMMANDS = ("connections", "diff", "inventory", "report", "store")
# A digest, and the lines that name its changes.
DIGEST = re.compile(r"synfin: (digest |New host |\S+: port |and [\d,]+ more change)")
OUTPUTS = ("--log", "--report", "-o", "--events", "-w")


def commands(root):
    """Yields the file and the words behind "synfin" of each example."""
    for page in (root / "README.md", *sorted((root / "tools" / "man").glob("*.md"))):
        for line in page.read_text().replace("\\\n", " ").splitlines():
            found = re.match(r" {4}(?:.*\| )?(?:\$ )?(?:sudo )?(?:synfin|tools/run)(?: (.*))?$", line)
            if found:
                yield page.name, shlex.split(found[1] or "", comments=True)


def on_sample(words, sample):
    """The words with captures and interfaces replaced by the sample."""
    replaced = []
    for word in words:
        if replaced and replaced[-1] in ("-r", "-i"):
            replaced[-1] = "-r"
            word = word if word == "-" else sample
        replaced.append(word)
    return replaced if "-r" in replaced else ["-r", sample, *replaced]


def on_samples(words, sample, folder):
    """The words of a diff with both inputs replaced by the sample, and with a list of what is ignored."""
    replaced = words[:1]
    for word in words[1:]:
        if replaced[-1] == "--ignore":
            pathlib.Path(folder, word).write_text("# nothing\n")
        is_input = not word.startswith("-") and not replaced[-1].startswith("-")
        replaced.append(sample if is_input else word)
    return replaced


def main():
    synfin, root = sys.argv[1], pathlib.Path(sys.argv[2])
    sample = str(root.resolve() / "pcaps" / "sample.pcap")
    shown = wrong = 0
    for page, words in commands(root):
        needs_server = any(word.startswith("clickhouse") for word in words)
        if needs_server and words[0] not in STORE_COMMANDS:
            continue  # a run that stores; tests/store/ has servers
        shown += 1
        with tempfile.TemporaryDirectory() as folder, open(sample, "rb") as capture:
            user = ["-Z", "root"] if os.geteuid() == 0 else []
            start = [os.path.abspath(synfin), *user]
            if needs_server:
                options, start = [*words, "--help"], start[:1]
            elif words[:1] == ["inventory"]:  # of a state file that another example has written
                state = words[words.index("--state") + 1]
                subprocess.run([*start, "-q", "-r", sample, "--view", "none", "--state", state], cwd=folder, check=True)
                options, start = words, start[:1]
            elif words[:1] == ["path"]:  # the sample does not differ from itself
                options, start = ["path", *user, *words[1:-2], sample, sample], start[:1]
            elif words[:1] == ["diff"]:
                options, start = on_samples(words, sample, folder), start[:1]
            else:
                options = on_sample(words, sample)
            run = subprocess.run([*start, *options], cwd=folder, stdin=capture, capture_output=True, text=True)
            expected = 0 if "--help" in options else sum(word in OUTPUTS for word in words)
            complaints = [line for line in run.stderr.splitlines() if not DIGEST.match(line)]
            if run.returncode != 0 or complaints or len(os.listdir(folder)) < expected:
                wrong += 1
                print(f"{page}: {' '.join(words)}: exit status {run.returncode}, {run.stderr or os.listdir(folder)}")
    if shown < LEAST:
        print(f"only {shown} examples were found")
    return 1 if wrong or shown < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
