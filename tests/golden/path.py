#!/usr/bin/env python3
"""Run `synfin path` on the two captures of one path, and compare its output with the expected files.

    path.py [--update] SYNFIN

tests/golden/path/ holds the expected output in each format. --update rewrites it; review the diff. The example of synfin-path(1)
must be the text output. Also: a capture compared with itself is equal, a damaged one is an error, and wrong command lines are
refused. Exits 0 if all agree, 1 if not.
"""
import difflib
import os
import pathlib
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


def check_other_runs(synfin):
    sample = "pcaps/sample.pcap"
    run(synfin, [*USER, sample, sample], 0)
    for words in ([], [sample], [*PAIR, sample], ["--format", "csv", *PAIR], ["-", "-"], ["-o", PAIR[0], *PAIR], ["-o", "x.html", *PAIR]):
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
            if name == "output.txt":
                MANUAL.write_text(MANUAL.read_text().replace(f"```\n{example()}```", f"```\n{text}```"))
        failed |= differs(name, (EXPECTED / name).read_text(), text)
        if name == "output.txt":
            failed |= differs(MANUAL.name, example(), text)
    check_other_runs(synfin)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
