#!/usr/bin/env python3
"""Reject words that this project's comments and texts once used in a private sense.

    words.py [ROOT]

Reads src, include, tools and README.md under ROOT. Exits 0 if none of the words occurs, 1 if one does.
"""
import pathlib
import re
import sys

WORDS = re.compile(r"\b(?:told|untold|story|stories|deeds|diet|forsake|vouch(?:ed)?|whereabouts|happenings|goodbye|any more|any longer)\b", re.I)
READ = ("src", "include", "tools", "README.md", "CONTRIBUTING.md")


def files(root):
    for name in READ:
        path = root / name
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path] if path.is_file() else []


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    found = 0
    for path in files(root):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for word in WORDS.findall(line):
                print(f"{path.relative_to(root)}:{number}: say '{word}' in plain words")
                found += 1
    print(f"{found} words to replace" if found else "the words are plain")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
