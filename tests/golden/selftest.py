#!/usr/bin/env python3
"""Check that run.py can fail: a stand-in for synfin writes known text, and run.py must detect one changed byte."""
import os
import pathlib
import subprocess
import sys
import tempfile

RUN = pathlib.Path(__file__).resolve().parent / "run.py"
STAND_IN = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --log) printf '#open\\t%s\\n1.5\\tSF\\n#close\\t%s\\n' "$(date +%s%N)" "$(date +%s%N)" > "$2"; shift ;;
    --report) echo '{"synfin": {"version": "'$$'"}, "total": 1}' > "$2"; shift ;;
    --view) [ "$2" != events ] || echo 'SYN 192.0.2.1'; shift ;;
  esac
  shift
done
exit ${STAND_IN_EXIT:-0}
"""


def run(root, *options, **env):
    command = [sys.executable, str(RUN), "--root", str(root), "--cases", str(root / "cases"), *options, str(root / "synfin")]
    return subprocess.run(command, capture_output=True, env={**os.environ, **env}).returncode


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "synfin").write_text(STAND_IN)
        (root / "synfin").chmod(0o755)
        case = root / "cases" / "one"
        case.mkdir(parents=True)
        (case / "args").write_text("-r nothing.pcap  # a comment\n")
        checks = [("a case without files", run(root) == 1), ("--update", run(root, "--update") == 0), ("agreement", run(root) == 0),
                  ("another exit code", run(root, STAND_IN_EXIT="1") == 1)]
        for name in ("events.txt", "conn.log", "report.json"):
            whole = (case / name).read_text()
            (case / name).write_text(whole.replace("1", "2", 1))
            checks.append((f"a change in {name}", run(root) == 1))
            (case / name).write_text(whole)
        checks.append(("agreement again", run(root) == 0))
    for what, passed in checks:
        print(("ok    " if passed else "FAIL  ") + what)
    return 0 if all(passed for _, passed in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
