#!/usr/bin/env python3
"""Run `synfin path` on the two captures of one path, and compare its output with the expected files.

    path.py [--update] SYNFIN

tests/golden/path/ holds the expected output in each format. --update rewrites it; review the diff. The example of synfin-path(1)
must be the text output, but for line breaks. Also: a capture compared with itself is equal, a damaged one is an error, and wrong command lines are
refused. Exits 0 if all agree, 1 if not.
"""
import difflib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXPECTED = HERE / "path"
PAIR = ["pcaps/path-client.pcap", "pcaps/path-server.pcap"]
MANUAL = ROOT / "tools" / "man" / "synfin-path.1.md"
USER = ["-Z", "root"] if os.geteuid() == 0 else []


def run(synfin, words, status, stdin=subprocess.DEVNULL):
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    ran = subprocess.run([synfin, "path", *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, stdin=stdin)
    if ran.returncode != status:
        sys.exit(f"{words}: exit {ran.returncode} instead of {status}: {ran.stderr}")
    return ran


def differs(name, expected, got):
    lines = list(difflib.unified_diff(expected.splitlines(), got.splitlines(), name, "now", lineterm=""))
    print("\n".join(lines), end="\n" if lines else "")
    return bool(lines)


def example():
    """The first fenced block of the manual page."""
    return MANUAL.read_text().split("```\n")[1]


def words_of(text):
    """The words, one a line: the manual's example is wrapped for the narrower lines of a page."""
    return "\n".join(text.split())


def pcap(order, magic, records):
    """A pcap file of (seconds, fraction, bytes)."""
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, 1)
    return head + b"".join(struct.pack(order + "IIII", s, f, len(data), len(data)) + data for s, f, data in records)


def records_of(path):
    """The seconds, nanoseconds and bytes of each packet, and the byte order."""
    data = path.read_bytes()
    order = next(o for o in "<>" if struct.unpack(o + "I", data[:4])[0] in (0xA1B2C3D4, 0xA1B23C4D))
    unit = 1 if struct.unpack(order + "I", data[:4])[0] == 0xA1B23C4D else 1000
    at, records = 24, []
    while at < len(data):
        seconds, fraction, size, _ = struct.unpack(order + "IIII", data[at : at + 16])
        records.append((seconds, fraction * unit, data[at + 16 : at + 16 + size]))
        at += 16 + size
    return order, records


def check_times(synfin, folder):
    """A copy in microseconds shows neither a stepping clock nor swapped captures, and what is on its way as a capture ends counts
    at both points or at none."""
    order, records = records_of(ROOT / "pcaps/nanosecond.pcap")
    copies = {"ns": (0xA1B23C4D, 1, 0), "us": (0xA1B2C3D4, 1000, 0), "near": (0xA1B23C4D, 1, 400)}
    for name, (magic, unit, later) in copies.items():
        moved = [divmod(s * 10**9 + ns + later, 10**9) + (data,) for s, ns, data in records]
        (folder / name).write_bytes(pcap(order, magic, [(s, ns // unit, data) for s, ns, data in moved]))
    for one, other in (("ns", "us"), ("us", "ns"), ("near", "us"), ("us", "near")):
        said = run(synfin, [*USER, str(folder / one), str(folder / other)], 0).stdout
        assert "stepped" not in said and "swapped" not in said, f"{one} {other}: {said}"
    order, sample = records_of(ROOT / "pcaps/sample.pcap")
    for limit in range(20, len(sample), 37):
        cut = folder / "cut"
        cut.write_bytes(pcap(order, 0xA1B23C4D, [divmod(s * 10**9 + ns + 500_000, 10**9) + (data,) for s, ns, data in sample[:limit]]))
        lines = run(synfin, [*USER, "--format", "json", "pcaps/sample.pcap", str(cut)], 0).stdout.splitlines()
        for line in map(json.loads, lines):
            for way in ("to_server", "to_client"):
                counts = line.get(way, {})
                if line["kind"] == "connection" and not counts["lost"]:
                    assert counts["sent"] == counts["arrived"], f"{limit} packets: {line}"


def check_other_runs(synfin):
    sample = "pcaps/sample.pcap"
    run(synfin, [*USER, sample, sample], 0)
    for words in ([], [sample], [*PAIR, sample], ["--format", "csv", *PAIR], ["-", "-"], ["-o", PAIR[0], *PAIR], ["-o", "x.html", *PAIR], ["-o", "x.foo", *PAIR]):
        run(synfin, words, 2)
    run(synfin, [*USER, sample, "pcaps/absent.pcap"], 1)
    assert "no connection in common" in run(synfin, [*USER, sample, PAIR[0]], 1).stderr
    with (ROOT / PAIR[0]).open("rb") as client:
        assert "41 of 43" in run(synfin, [*USER, "-", PAIR[1]], 3, stdin=client).stdout
    with tempfile.TemporaryDirectory() as folder:
        cut, out = pathlib.Path(folder, "cut.pcap"), pathlib.Path(folder, "out.md")
        cut.write_bytes((ROOT / sample).read_bytes()[:-7])
        os.chmod(folder, 0o777)
        run(synfin, [*USER, str(cut), sample, "-o", str(out)], 1)
        assert out.read_text().startswith("# cut"), "what was readable is compared, in the format of the name"
        check_times(synfin, pathlib.Path(folder))
        bounded = run(synfin, [*USER, "--max-packets", "20", *PAIR], 3).stdout
        assert "up to the limit" in bounded, bounded


def main():
    synfin = str(pathlib.Path(sys.argv[-1]).resolve())
    failed = False
    for name, words in {"output.txt": ["--rows", "3"], "output.json": ["--format", "json"], "output.md": ["--format", "md"]}.items():
        text = run(synfin, [*USER, "--utc", *words, *PAIR], 3).stdout
        if "--update" in sys.argv:
            EXPECTED.mkdir(exist_ok=True)
            (EXPECTED / name).write_text(text)
            if name == "output.txt" and words_of(example()) != words_of(text):
                MANUAL.write_text(MANUAL.read_text().replace(f"```\n{example()}```", f"```\n{text}```"))
        failed |= differs(name, (EXPECTED / name).read_text(), text)
        if name == "output.txt":
            failed |= differs(MANUAL.name, words_of(example()), words_of(text))
    check_other_runs(synfin)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
