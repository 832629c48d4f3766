#!/usr/bin/env python3
"""Check the tree as a whole: its top level, and that no text is about anything but the software.

    tree.py [ROOT]

The top level holds the names of TOP and dot files, nothing else. No tracked text names a path of one machine, a package mirror or
the circumstances of writing. Each test that a comment under include/ or src/ names exists.
Reads the files that git tracks, or all files if this is no git repository. Exits 0 if all is well, 1 if not.
"""
import pathlib
import re
import subprocess
import sys

TOP = {"CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "geoip", "include", "pcaps", "src", "tests", "tools"}
NEEDED = TOP
# The brackets prevent each pattern from matching its own text.
FOREIGN = (
    ("a path of one machine", re.compile(r"(?<![\w.~$}-])/(?:w[o]rk|ho[m]e/\w+|ro[o]t|Us[e]rs/\w+)/|/tmp/buil[d]|/tmp/ba[s]h")),
    ("a package mirror", re.compile(r"(?:deb|snapshot|security)\.debia[n]\.org|py[p]i\.org|files\.pytho[n]hosted|registry\.np[m]js|"
                                    r"doc[k]er\.io|gh[c]r\.io|artifa[c]tory", re.I)),
    ("how it was written", re.compile(r"\b(?:cl[a]ude|anthr[o]pic|chatg[p]t|op[e]nai|copil[o]t|l[l]ms?)\b", re.I)),
    ("unfinished work", re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b")),
)

TEST = re.compile(r"\btests/[\w./-]+\.(?:cc|py|sh)\b")


def tracked(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        return [root / name for name in listed.stdout.decode().split("\0") if name]
    skipped = {"build", ".git", ".cache"}
    return [p for p in root.rglob("*") if p.is_file() and p.relative_to(root).parts[0] not in skipped]


def problems(root, files):
    top = {p.relative_to(root).parts[0] for p in files}
    yield from (f"{name}: does not belong to the top level" for name in sorted(top - TOP) if not name.startswith("."))
    yield from (f"{name}: missing at the top level" for name in sorted(NEEDED - top))
    for path in files:
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            for what, pattern in FOREIGN:
                if match := pattern.search(line):
                    yield f"{path.relative_to(root)}:{number}: {what}: {match[0]}"
    yield from missing_tests(root, files)


def missing_tests(root, files):
    for path in files:
        where = path.relative_to(root)
        if where.parts[0] not in ("include", "src") or path.suffix not in (".h", ".cc") or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for test in TEST.findall(line.partition("//")[2]):
                if not (root / test).is_file():
                    yield f"{where}:{number}: names a test that does not exist: {test}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    found = list(problems(root, tracked(root)))
    print("\n".join(found) or "the tree is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
