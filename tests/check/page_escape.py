#!/usr/bin/env python3
"""Check that the page of a report escapes the same characters as the other outputs: reads the ranges of both lists.

    page_escape.py SOURCE_DIR
"""
import pathlib
import re
import sys


def ranges(pattern, text):
    found = set()
    for first, last in re.findall(pattern, text):
        found.add((int(first, 16), int(last or first, 16)))
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    source = (root / "src/base/escape.cc").read_text()
    table = re.search(r"kUnsafe\[\] = \{(.*?)\};", source, re.DOTALL).group(1)
    page = re.search(r"kUnsafe = /\[(.*?)\]/gu", (root / "src/report/page/base.js").read_text()).group(1)
    here = ranges(r"\{0x([0-9A-F]+), 0x([0-9A-F]+)\}", table)
    there = ranges(r"\\u\{([0-9a-f]+)\}(?:-\\u\{([0-9a-f]+)\})?", page)
    for name, more, less in (("escape.cc", here, there), ("base.js", there, here)):
        for first, last in sorted(more - less):
            print(f"only {name} has U+{first:04X} to U+{last:04X}")
    print(f"{len(here)} ranges of unsafe characters")
    return 1 if here != there or len(here) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
