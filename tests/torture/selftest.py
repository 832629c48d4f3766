#!/usr/bin/env python3
"""Prove that run.py and kill.py notice each kind of failure."""
import pathlib
import sys
import tempfile
import types

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import kill  # noqa: E402
import run  # noqa: E402

failed = 0


def expect(what, wrong, wanted):
    global failed
    if bool(wrong) != wanted:
        failed += 1
        print(f"{what}: {'nothing noticed' if wanted else wrong}")


def torture():
    with tempfile.TemporaryDirectory() as folder:
        torture = run.Torture(pathlib.Path("synfin"), pathlib.Path("library"), pathlib.Path(folder))
        good = {"log": b"a\n", "printed": b"x\n"}
        said = b"synfin: cannot write log: No space left on device\n"
        for what, status, text, outputs, wanted in (
                ("a run without a failure", 0, b"", good, False),
                ("a failure that is reported", 1, said, {"printed": b""}, False),
                ("a hang", None, b"", good, True),
                ("a crash", -11, b"", good, True),
                ("a lost file", 0, said, {"printed": b"x\n"}, True),
                ("a changed file", 0, b"", {**good, "log": b"b\n"}, True),
                ("no sentence", 1, b"", good, True)):
            expect(what, torture.violation(status, text, outputs, good, "open"), wanted)
        expected = {"report.json": b'{"a": 1}\n'}
        for what, content, wanted in (("the old report", run.OLD, False), ("a new report", b'{"a": 2}\n', False), ("half a report", b'{"a":', True)):
            expect(what, torture.violation(1, said, {"report.json": content}, expected, "write"), wanted)


def killed():
    expected = types.SimpleNamespace(log=[b"a", b"b"], events=[b"1", b"2"], seen=[b"1", b"2"], report=b"new\n", packets=0)
    for what, log, events, report, paused, wanted in (
            ("a whole run", b"a\nb\n", b"1\n2\n", b"new\n", True, False),
            ("a cut last line", b"a\nb", b"1\n", kill.OLD, False, False),
            ("a line that is no other", b"a\nx\n", b"1\n", kill.OLD, False, True),
            ("a cut line in the middle", b"\nb\n", b"1\n", kill.OLD, False, True),
            ("an old event that is missing", b"a\n", b"1\n", kill.OLD, True, True),
            ("half a report", b"a\n", b"1\n", b"ne", False, True)):
        with tempfile.TemporaryDirectory() as top:
            folder = pathlib.Path(top)
            (folder / "log").write_bytes(log)
            (folder / "events").write_bytes(events)
            (folder / "report.json").write_bytes(report)
            expect(what, list(kill.check(None, folder, expected, paused)), wanted)


def killed_spool():
    whole = b"synfin-spool 1 connections 1 1 1 3 0 80 192.0.2.1 12345 4\nrows"
    for what, batch, log, records, wanted in (
            ("a whole spool", whole, b"#h\na\nb\nc\n", 3, False),
            ("a cut batch", whole[:-1], b"", 3, True),
            ("records too many", whole, b"", 2, True),
            ("a record that only the log has", whole, b"a\nb\nc\nd\n", 4, True)):
        with tempfile.TemporaryDirectory() as top:
            folder = pathlib.Path(top)
            (folder / "spool").mkdir()
            (folder / "spool" / f"{1:020}.connections").write_bytes(batch)
            (folder / "log").write_bytes(log)
            expect(what, list(kill.check_spool(folder, types.SimpleNamespace(records=records), True)), wanted)


torture()
killed()
killed_spool()
print("each failure is noticed" if not failed else f"{failed} are not")
sys.exit(1 if failed else 0)
