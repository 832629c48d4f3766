#!/usr/bin/env python3
"""Prove that the checks can fail: each runs on a small good tree and on trees with one defect."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LAYERS = "".join(line for line in (HERE.parents[1] / "CONTRIBUTING.md").read_text().splitlines(True) if line.startswith("| `"))

GOOD = {
    "include/synfin/base/time.h": "#include <chrono>\n#include <netinet/in.h>\n",
    "include/synfin/track/event.h": '#include "synfin/base/time.h"\n#include "synfin/decode/segment.h"\n#include "synfin/track/inner.h"\n',
    "include/synfin/decode/segment.h": "#include <fmt/format.h>\n",
    "src/base/time.cc": '// Tested in tests/unit/one_test.cc.\n#include "synfin/base/time.h"\nint one() { return 1; }\n',
    "src/capture/savefile.cc": "#include <pcap.h>\n#include <zlib.h>\n",
    "src/view/events.cc": '#include "synfin/report/summary.h"\n#include <ncurses.h>\n',
    "src/track/slot.h": '#include "synfin/base/time.h"\n',
    "src/track/table.cc": '#include "track/slot.h"\n',
    "src/main.cc": '#include "app/options.h"\n#include "synfin/notify/email.h"\n',
    "src/app/options.h": '#include "synfin/track/event.h"\n',
    "include/synfin/track/inner.h": "",
    "include/synfin/capture/for_users.h": "",
    "CONTRIBUTING.md": LAYERS,
    "tests/check/installed_headers.txt": "# A comment.\nsynfin/base/time.h\nsynfin/capture/for_users.h api\nsynfin/decode/segment.h\n"
                                         "synfin/track/event.h\nsynfin/track/inner.h\n",
    **{name: "" for name in ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "geoip/README.md",
                             "pcaps/README.md", "tools/run", "tests/unit/one_test.cc")},
}
LONG = "int f() {\n" + "  g();\n" * 90 + "}\n"
BAD = {  # check → (file, text) that it must reject
    "layers.py": [
        ("src/base/bad.cc", '#include "synfin/track/event.h"\n'),
        ("include/synfin/decode/bad.h", '#include "synfin/capture/packet_source.h"\n'),
        ("src/track/bad.cc", '#include "synfin/report/summary.h"\n'),
        ("src/track/bad2.cc", "#include <nlohmann/json.hpp>\n"),
        ("src/decode/bad.cc", "#include <zlib.h>\n"),
        ("src/report/bad.cc", '#include "synfin/view/event_lines.h"\n'),
        ("src/log/bad.cc", '#include "synfin/app/options.h"\n'),
        ("src/enrich/bad.cc", "#include <pcap/pcap.h>\n"),
        ("src/report/bad3.cc", "  #  include   <curses.h>\n"),
        ("include/synfin/capture/bad.h", "#include <pcap.h>\n"),
        ("include/synfin/enrich/bad.h", "#include <bpf/libbpf.h>\n"),
        ("src/report/bad2.cc", '#include "summary_tables.h"\n'),
        ("src/cellar/bad.cc", "#include <vector>\n"),
        ("src/log/bad2.cc", '#include "synfin/cellar/barrel.h"\n'),
        ("include/synfin/track/lonely.h", ""),
        ("include/synfin/app/options.h", ""),
        ("src/base/bad2.cc", '#include "track/slot.h"\n'),
        ("include/synfin/track/bad.h", '#include "track/slot.h"\n'),
        ("CONTRIBUTING.md", ""),
        ("CONTRIBUTING.md", LAYERS.replace("| `net` |", "| `nets` |")),
        ("CONTRIBUTING.md", LAYERS.replace("| `base` `enrich` |", "| `base` |")),
    ],
    "sizes.py": [
        ("src/base/long.cc", LONG),
        ("src/base/long2.cc", "struct S {\n  void f() {\n" + "    g();\n" * 90 + "  }\n};\n"),
        ("src/base/long3.cc", "void f(int a,\n       int b) {\n  if (a) {\n" + "    g();\n" * 90 + "  }\n}\n"),
        ("src/base/longfile.cc", "// a line\n" * 401),
        ("src/base/wide.h", "class Wide {\n  void f() { g(); }\n\n private:\n" + "".join(f"  std::map<int, int> m{i}_{{}};  // one\n" for i in range(13))
                            + "};\n"),
        ("src/base/wide2.cc", "class A::Wide final : public B {\n  int " + ", ".join(f"m{i}_ = 0" for i in range(13)) + ";\n};\n"),
    ],
    "words.py": [
        ("src/a.cc", "// What has been to" + "ld stays.\n"),
        ("include/synfin/base/a.h", "/// The Sto" + "ry of a connection.\n"),
        ("tools/man/a.md", "Say good" + "bye.\n"),
        ("CONTRIBUTING.md", "Its whe" + "reabouts are unknown.\n"),
    ],
    "tree.py": [
        ("notes.txt", "hello\n"),
        ("scratch/a.cc", "\n"),
        ("tests/a.py", "open('/wo" + "rk/main/x')\n"),
        ("tools/b", "cd /ho" + "me/someone/project\n"),
        ("tools/c", "curl https://py" + "pi.org/simple\n"),
        ("src/d.cc", "// TO" + "DO\n"),
        ("src/e.cc", "// Tested in tests/unit/one_test.cc and\n// tests/unit/two_test.cc.\n"),
        ("include/synfin/base/f.h", "int f;  ///< tests/live/none.py\n"),
    ],
}


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def passes(check, root):
    ran = subprocess.run([sys.executable, str(HERE / check), str(root)], capture_output=True, text=True)
    return ran.returncode == 0


def formatted(text, root):
    shutil.copy(HERE.parents[1] / ".clang-format", root)
    for folder in ("include", "src", "tests"):
        (root / folder).mkdir(exist_ok=True)
    (root / "src" / "one.cc").write_text(text)
    return subprocess.run([str(HERE / "format.sh"), str(root)], capture_output=True).returncode == 0


def succeeds(*command):
    return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0


def program(path, text):
    """Writes a shell script that prints `text`."""
    path.write_text("#!/bin/sh\ncat <<'END'\n" + text + "END\n")
    path.chmod(0o755)
    return path


def check_pages(root, expect):
    """man.sh accepts pages that equal their source, and no others."""
    (root / "tools").mkdir()
    shutil.copytree(HERE.parents[1] / "tools" / "man", root / "tools" / "man")
    shutil.copy(HERE.parents[1] / "CMakeLists.txt", root)
    source = root / "tools" / "man" / "synfin-live.7.md"
    expect("man.sh: pages that equal their source", True, succeeds(HERE / "man.sh", root))
    pages = source.read_text()
    source.write_text(pages + "\nOne more line.\n")
    expect("man.sh: a changed source", False, succeeds(HERE / "man.sh", root))
    for fault in ("A **stray mark.", "A `stray mark.", "A \\stray mark.", "    " + 70 * "x"):
        source.write_text(pages + f"\n{fault}\n")
        succeeds(root / "tools" / "man" / "make", "update")
        expect(f"man.sh: {fault.strip()}", False, succeeds(HERE / "man.sh", root))


def check_options(root, expect):
    """tools/options accepts completions and a synfin(1) that agree with the table, and no others."""
    (root / "tools" / "man").mkdir(parents=True)
    (root / "tools" / "completions").mkdir()
    options = shutil.copy(HERE.parents[1] / "tools" / "options", root / "tools")
    cells = "\tInput\t-r,--read\tFILE\t1\tfile\t\tread packets\n"
    row = cells + "path" + cells
    page = root / "tools" / "man" / "synfin.1"
    page.write_text(".SH OPTIONS\n.SS Input\n.TP\n\\fB\\-r, \\-\\-read\\fR \\fIFILE\\fR\nRead packets.\n")
    command = root / "tools" / "man" / "synfin-path.1"
    shutil.copy(page, command)
    table = program(root / "table", row)
    expect("options: generated completions", True, succeeds(options, "update", table) and succeeds(options, "check", table))
    more = program(root / "more", row + "\tInput\t-d\t\t0\tnone\t\tprint\n")
    expect("options: an option that the completions lack", False, succeeds(options, "check", more))
    expect("options: an option that synfin(1) lacks", False, succeeds(options, "update", more))
    succeeds(options, "update", table)
    command.write_text(".SH OPTIONS\n")
    expect("options: an option that the page of a subcommand lacks", False, succeeds(options, "check", table))
    shutil.copy(page, command)
    page.write_text(page.read_text() + ".TP\n\\fB\\-\\-state\\fR\nNo such option.\n")
    expect("options: an option that only synfin(1) has", False, succeeds(options, "check", table))


def check_readme(root, expect):
    """readme.py accepts the sample that the program prints, in a README of at most 9 KiB."""
    synfin = program(root / "synfin", "Packets\n  1\n\nConnections\n  2\n\nFailing\n  3\n")
    sample = "    $ synfin -r pcaps/sample.pcap    # four of its sections\n    Connections\n      2\n\n    Failing\n      3\n\nMore.\n"
    check = (sys.executable, HERE / "readme.py", synfin, root)
    for what, want, text in (("the sample that is printed", True, sample), ("another sample", False, sample.replace("3", "4")),
                             ("a README that is too long", False, sample + "word " * 2000)):
        (root / "README.md").write_text(text)
        expect(f"readme.py: {what}", want, succeeds(*check))


def check_examples(root, expect):
    """examples.py accepts examples that succeed in silence and write their files, and no others."""
    synfin = root / "synfin"
    good = "#!/bin/sh\n[ $# -gt 4 ] && echo > log\nexit 0\n"
    examples = "    synfin --log x y\n    synfin -r a\n"
    check = (sys.executable, HERE / "examples.py", synfin, root)
    (root / "pcaps").mkdir()
    (root / "pcaps" / "sample.pcap").write_text("")
    for what, want, script, text in (("examples that work", True, good, examples * 5), ("too few examples", False, good, examples),
                                     ("an example that fails", False, good.replace("exit 0", "exit 1"), examples * 5),
                                     ("an example that complains", False, good + "echo why >&2\n", examples * 5),
                                     ("a file that is missing", False, good.replace("echo > log", "true"), examples * 5),
                                     ("a wrong option of a store", False, good.replace("[", "[ $1 != report ] || exit 1\n[", 1),
                                      examples * 5 + "    synfin report --from clickhouse://h/d --wrong\n")):
        synfin.write_text(script.replace("exit 0\necho", "echo"))
        synfin.chmod(0o755)
        (root / "README.md").write_text(text)
        expect(f"examples.py: {what}", want, succeeds(*check))


def check_rotation(folder, expect):
    """On the examples of the tree, as they are and with one defect."""
    shutil.copytree(HERE.parents[1] / "tools/service", folder / "tools/service")
    expect("rotation.py: the examples", True, passes("rotation.py", folder))
    for name, old, new in (("synfin.logrotate", "    copytruncate\n", ""), ("synfin.logrotate", "conn*.log", "*.log"), ("synfin.logrotate", "*.json", "*.csv"),
                           ("synfin.service", "User=synfin\n", "User=synfin\nDynamicUser=yes\n")):
        path = folder / "tools/service" / name
        good = path.read_text()
        path.write_text(good.replace(old, new))
        expect(f"rotation.py: {name} with {new!r} for {old!r}", False, passes("rotation.py", folder))
        path.write_text(good)


def main():
    failed = 0

    def expect(what, want, got):
        nonlocal failed
        failed += want != got
        print(f"{'ok   ' if want == got else 'FAIL '} {what}: {'accepted' if got else 'rejected'}")

    header_list = GOOD["tests/check/installed_headers.txt"]
    for what, text in (("a header that is not listed", header_list.replace("synfin/track/inner.h\n", "")),
                       ("a listed header that does not exist", header_list + "synfin/track/gone.h\n"),
                       ("a private header that is not marked as API", header_list.replace(" api", ""))):
        with tempfile.TemporaryDirectory() as folder:
            write(pathlib.Path(folder), {**GOOD, "tests/check/installed_headers.txt": text})
            expect(f"layers.py: {what}", False, passes("layers.py", pathlib.Path(folder)))
    for check, cases in BAD.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            write(root, GOOD)
            expect(f"{check}: a good tree", True, passes(check, root))
            for name, text in cases:
                write(root, {name: text})
                expect(f"{check}: {name}", False, passes(check, root))
                write(root, {name: GOOD[name]}) if name in GOOD else (root / name).unlink()
            if check == "sizes.py":
                many = {f"src/app/many{i}.cc": "int x;\n" * 390 for i in range(8)}
                write(root, many)
                expect("sizes.py: too many lines in src/app", False, passes(check, root))
                write(root, {name: "int x;\n" * 300 for name in many})
                expect("sizes.py: not quite so many", True, passes(check, root))
            (root / "README.md").unlink()
            if check == "tree.py":
                expect(f"{check}: README.md missing", False, passes(check, root))
    for check in (check_pages, check_options, check_readme, check_examples, check_rotation):
        with tempfile.TemporaryDirectory() as folder:
            check(pathlib.Path(folder), expect)
    if shutil.which("clang-format"):
        with tempfile.TemporaryDirectory() as folder:
            expect("format.sh: formatted", True, formatted("int one() { return 1; }\n", pathlib.Path(folder)))
            expect("format.sh: not formatted", False, formatted("int   one(){return 1;}\n", pathlib.Path(folder)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
