#!/usr/bin/env python3
"""Sizes of files, functions and classes: half of the functions under 8 lines, none over 70 (80 in tests, some
of which are tables); no file over 400 lines;
no class in src and include with more than 12 data members; src/app at most 3000 lines.

    sizes.py [ROOT]

A function extends from the line of its name to its closing brace, as clang-format indents them. A data member of a class
is a declaration whose name ends with an underscore; structs are plain data and may be larger.
Prints the figures; exits 1 if a bound is exceeded, 2 if there is nothing to read.
"""
import pathlib
import re
import statistics
import sys

FOLDERS = ("include", "src", "tests")
MAX_FUNCTION = 70
MAX_TEST_FUNCTION = 80
MEDIAN_FUNCTION = 8
MAX_FILE = 400
MAX_MEMBERS = 12
MAX_APP_LINES = 3000

COMMENT_OR_TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'", re.S)
CLASS = re.compile(r"\bclass\s+(?:\[\[\w+\]\]\s*)?([A-Za-z_][\w:]*)(?:\s+final)?(?:\s*:[^;{]*)?\s*\{")
NO_DATA = re.compile(r"\s*(?:static|using|friend|typedef|enum|template|return)\b")
MEMBER = re.compile(r"\b[A-Za-z]\w*_(?=\s*(?:[;,=]|\{|\[|$))")

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


def statements(text, start):
    """Yields the declarations directly inside the braces that open before `start`; nested braces become `{}`."""
    depth, statement = 1, ""
    for at in range(start, len(text)):
        c = text[at]
        if c == "{":
            depth += 1
            statement += "{" if depth == 2 else ""
        elif c == "}":
            depth -= 1
            if depth == 0:
                return
            if depth == 1:
                follows = text[at + 1 :].lstrip()[:1]
                statement = statement + "}" if follows in (";", ",") else ""  # else a function's body
        elif depth == 1 and c == ";":
            yield re.sub(r"\b(?:public|private|protected):", "", statement)
            statement = ""
        elif depth == 1:
            statement += c


def classes(text):
    """Yields (line number, name, data members) of each class defined in `text`."""
    text = COMMENT_OR_TEXT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for found in CLASS.finditer(text):
        if re.search(r"\benum\s+$", text[: found.start()]):
            continue
        members = sum(len(MEMBER.findall(s)) for s in statements(text, found.end()) if not NO_DATA.match(s))
        yield text.count("\n", 0, found.start()) + 1, found[1], members


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    files = sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in (".h", ".cc"))
    if not files:
        print(f"no sources under {root}", file=sys.stderr)
        return 2
    lengths, long_functions, long_files, wide_classes = [], [], [], []
    app_lines = 0
    for path in files:
        text = path.read_text(errors="replace")
        where = path.relative_to(root)
        if (count := text.count("\n")) > MAX_FILE:
            long_files.append(f"{where}: {count} lines")
        app_lines += count if where.parts[:2] == ("src", "app") else 0
        if where.parts[0] != "tests":
            wide_classes += [f"{where}:{line}: class {name}: {members} data members"
                             for line, name, members in classes(text) if members > MAX_MEMBERS]
        for line, length, name in functions(text):
            lengths.append(length)
            if length > (MAX_TEST_FUNCTION if where.parts[0] == "tests" else MAX_FUNCTION):
                long_functions.append(f"{where}:{line}: {length} lines: {name}")
    median = statistics.median(lengths or [0])
    print(f"{len(files)} files, {len(long_files)} over {MAX_FILE} lines; {len(lengths)} functions, median {median:g} lines, "
          f"{len(long_functions)} over {MAX_FUNCTION}; {len(wide_classes)} classes over {MAX_MEMBERS} data members; "
          f"src/app {app_lines} lines of {MAX_APP_LINES}")
    print("\n".join(long_files + long_functions + wide_classes))
    exceeded = long_functions or long_files or wide_classes or median >= MEDIAN_FUNCTION or app_lines > MAX_APP_LINES
    return 1 if exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
