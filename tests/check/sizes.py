#!/usr/bin/env python3
"""How long files and functions are: half of the functions under 8 lines, none over 80; no file over 400.

    sizes.py [ROOT]

A function runs from the line on which its name stands to its closing brace, as clang-format indents them.
Prints the figures; exits 1 when a bound is broken, 2 when there is nothing to read.
"""
import pathlib
import re
import statistics
import sys

FOLDERS = ("include", "src", "tests")
MAX_FUNCTION = 80
MEDIAN_FUNCTION = 8
MAX_FILE = 400

NO_FUNCTION = re.compile(r"\s*(?:namespace|class|struct|union|enum|extern|if|for|while|switch|else|do|try|catch|return|case|default)\b"
                         r"|\s*[#/}*]|\s*(?:public|private|protected):")


def functions(text):
    """Yields (line number, lines, first line) of each function defined in `text`."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if start is None or indent <= start[1]:
            opens = indent in (0, 1, 2, 4) and "(" in line and not NO_FUNCTION.match(line) and not line.rstrip().endswith(";")
            if start is not None and line.startswith(" " * start[1] + "}"):
                yield start[0] + 1, number - start[0] + 1, lines[start[0]].strip()
                start = None
            elif opens and line.rstrip().endswith("}") and "{" in line:
                yield number + 1, 1, line.strip()
            elif opens:
                start = (number, indent)
        elif line.rstrip().endswith(";") and not any("{" in seen for seen in lines[start[0] : number + 1]):
            start = None  # a declaration over several lines


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    files = sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in (".h", ".cc"))
    if not files:
        print(f"no sources under {root}", file=sys.stderr)
        return 2
    lengths, long_functions, long_files = [], [], []
    for path in files:
        text = path.read_text(errors="replace")
        where = path.relative_to(root)
        if (count := text.count("\n")) > MAX_FILE:
            long_files.append(f"{where}: {count} lines")
        for line, length, name in functions(text):
            lengths.append(length)
            if length > MAX_FUNCTION:
                long_functions.append(f"{where}:{line}: {length} lines: {name}")
    median = statistics.median(lengths or [0])
    print(f"{len(files)} files, {len(long_files)} over {MAX_FILE} lines; {len(lengths)} functions, median {median:g} lines, "
          f"{len(long_functions)} over {MAX_FUNCTION}")
    print("\n".join(long_files + long_functions))
    return 1 if long_functions or long_files or median >= MEDIAN_FUNCTION else 0


if __name__ == "__main__":
    sys.exit(main())
