#!/usr/bin/env python3
"""Validates reports against the installed JSON Schema, tools/report/report.schema.json.

    schema.py SYNFIN

Each key of the sections about causes must be on the manual page. Every golden report must be valid, the report that SYNFIN writes now must be, and so must the one that an HTML report embeds. Reports that are
changed in one place must be invalid, which proves that the schema requires something. Exits 77 if python3-jsonschema is absent.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCHEMA = ROOT / "tools" / "report" / "report.schema.json"
CAPTURE = ROOT / "pcaps" / "sample.pcap"


def changed(report):
    """Yields (what, report) for reports that no version may write."""
    def spoiled(change):
        copied = copy.deepcopy(report)
        change(copied)
        return copied
    yield "no services", spoiled(lambda r: r.pop("services"))
    yield "a negative count", spoiled(lambda r: r["connections"].update(total=-1))
    yield "a number as text", spoiled(lambda r: r["services"][0].update(attempts="5"))
    yield "an unknown outcome", spoiled(lambda r: r["longest"][0].update(outcome="ok"))
    yield "a time without zone", spoiled(lambda r: r["hosts"][0].update(first_seen="2026-03-01 12:00:00"))
    yield "a ledger without a counter", spoiled(lambda r: r["capture"]["packets"].pop("late"))


def keys_of(schema):
    """The names of all members that `schema` describes, at any depth."""
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from keys_of(member)
    yield from keys_of(schema["items"]) if "items" in schema else ()


def undocumented(schema):
    """Yields keys of the sections about causes that CAUSES IN REPORTS of synfin-records(7) does not name."""
    page = (ROOT / "tools" / "man" / "synfin-records.7.md").read_text()
    section = page.split("\n## CAUSES IN REPORTS\n")[1].split("\n## ")[0]
    words = {word for bold in re.findall(r"\*\*([^*]+)\*\*", section) for word in re.split(r"[., ]+", bold)}
    of_addresses = re.compile(r"(orig_|resp_|)(hostname|hostname_confirmed|country|asn|as_org)")
    for part in ("failures", "hangups", "handshakes"):
        for key in keys_of(schema["properties"][part]):
            if key not in words and not of_addresses.fullmatch(key):
                yield f"{part}: {key}"


def main():
    schema = json.loads(SCHEMA.read_text())
    lacking = list(undocumented(schema))
    for key in lacking:
        print(f"synfin-records(7) does not describe {key}")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    golden = [path for path in sorted(HERE.glob("*/report.json")) if (path.parent / "args").exists()]  # others are results of subcommands
    reports = {str(path.relative_to(HERE)): json.loads(path.read_text()) for path in golden}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("report.json", "report.html"):
            subprocess.run([sys.argv[1], "-q", "-r", str(CAPTURE), "--view", "none", "--no-geoip", "--report", f"{folder}/{name}"], check=True)
        reports["written now"] = json.loads(pathlib.Path(folder, "report.json").read_text())
        log = f"{folder}/conn.log"
        subprocess.run([sys.argv[1], "-q", "-r", str(CAPTURE), "--view", "none", "--log", log], check=True)
        subprocess.run([sys.argv[1], "-q", "-r", log, "--view", "none", "--no-geoip", "--report", f"{folder}/log.json"], check=True)
        reports["of a log"] = json.loads(pathlib.Path(folder, "log.json").read_text())
        page = pathlib.Path(folder, "report.html").read_text()
        reports["embedded in HTML"] = json.loads(re.search(r'id="report">(.*?)</script>', page, re.S)[1])
    failed = 0
    for name, report in reports.items():
        for error in list(validator.iter_errors(report))[:3]:
            failed += 1
            print(f"{name}: {error.json_path}: {error.message[:200]}")
    for what, report in changed(reports["written now"]):
        if validator.is_valid(report):
            failed += 1
            print(f"the schema accepts {what}")
    print(f"{len(reports)} reports, {failed} faults")
    return 1 if failed or lacking or len(reports) < 3 else 0


if __name__ == "__main__":
    sys.exit(main())
