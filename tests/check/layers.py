#!/usr/bin/env python3
"""Check the layers: reads every #include under include/synfin and src and prints each that breaks a rule.

    layers.py [ROOT]

A layer includes itself and the layers of MAY_INCLUDE, which the table in CONTRIBUTING.md repeats. A header under include/ is installed: it is listed in
tests/check/installed_headers.txt, and another layer or another installed header includes it; else it belongs into src/. A line of
the list may end with the word "api": then the header is installed for users of the libraries, even if only its own layer includes it.
Exits 0 if all rules hold, 1 if not, 2 if there is nothing to read.
"""
import pathlib
import re
import sys

CORE = {"base", "stats", "decode", "track"}
INPUTS = {"base", "stats", "capture", "decode", "track", "enrich", "filter"}
AGGREGATES = {"base", "stats", "track", "enrich"}
OUTPUTS = INPUTS | {"inventory", "report"}
MAY_INCLUDE = {  # beside itself
    "base": {"stats"},
    "stats": {"base"},
    # Its reader of configuration files gives up all rights before.
    "cli": {"base", "sandbox"},
    "capture": {"base"},
    "decode": {"base"},
    "track": {"base", "stats", "decode"},
    "enrich": {"base", "stats", "track"},
    # The live filter expression runs BPF programs on packets and on the tuples that decode finds in tunnels.
    "filter": {"base", "stats", "capture", "decode", "track", "enrich"},
    "inventory": AGGREGATES | {"cli", "report", "sandbox"},
    "report": AGGREGATES | {"cli"},
    "view": OUTPUTS,
    "log": OUTPUTS,
    # Its process is started and confined as that of `notify`, and it writes records as `log` does.
    "publish": OUTPUTS | {"cli", "sandbox", "net", "log"},
    "metrics": AGGREGATES | {"cli", "net", "report"},
    # Its process is started and confined as the helpers are.
    "notify": OUTPUTS | {"cli", "sandbox", "net"},
    # The helper process for processes runs the search of `enrich`.
    "sandbox": {"base", "enrich"},
    # It reads its own captures and confines itself before, as a run does.
    "path": {"base", "capture", "decode", "report", "cli", "sandbox"},
    # It sends as `notify` does.
    "store": OUTPUTS | {"cli", "sandbox", "net", "log"},
    "net": {"base"},
}
MAY_INCLUDE["app"] = set(MAY_INCLUDE)

# One layer uses each of these libraries, and only in .cc files.
ONE_LAYER = re.compile(r"^(?:.*/)?n?(pcap|maxminddb|ares|sqlite3|curl|curses|microhttpd)\.h$|^(pcap|curl|bpf|librdkafka)/|^[a-z_]+\.(skel)\.h$")

# The core uses the C++ standard library, the compiler's vector instructions, POSIX and fmt, and nothing else.
STANDARD = re.compile(r"^[a-z0-9_]+$|^(?:[a-z]mmintrin|immintrin|arm_neon)\.h$|^(?:sys|netinet|arpa|net)/[a-z0-9_]+\.h$|^fmt/[a-z]+\.h$")
POSIX = {"dirent.h", "fcntl.h", "unistd.h", "errno.h", "signal.h", "poll.h", "pthread.h", "netdb.h", "time.h", "stdlib.h", "string.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources(root):
    for top in (root / "include" / "synfin", root / "src"):
        yield from sorted(p for p in top.rglob("*") if p.suffix in (".h", ".cc"))


def layer_of(root, path):
    parts = path.relative_to(root / "include" / "synfin" if "include" in path.relative_to(root).parts else root / "src").parts
    return parts[0] if len(parts) > 1 else "app"  # main.cc


def own_include(layer, name):
    """Return what is wrong with including the installed header `name` from `layer`, or None."""
    other = name.split("/")[1] if name.count("/") >= 2 else ""
    if other not in MAY_INCLUDE:
        return f"{name}: there is no layer '{other}'"
    if other != layer and other not in MAY_INCLUDE[layer]:
        return f"{name}: {layer} may not include {other}"
    return None


def private_include(root, layer, path, name):
    """Return what is wrong with including `name`, a header under src/, or None."""
    other = name.split("/")[0]
    if "include" in path.relative_to(root).parts:
        return f"{name}: an installed header may not include one that is not installed"
    if other != layer:
        return f"{name}: private to {other}; {layer} may not include it"
    return None


def foreign_include(layer, path, quote, name):
    if ONE_LAYER.match(name) and path.suffix != ".cc":
        return f"{name}: in .cc files only"
    if quote == '"' and not ONE_LAYER.match(name):
        return f'"{name}": own headers are included as "synfin/<layer>/…" or, if private, "<layer>/…"'
    if layer in CORE and not STANDARD.match(name) and name not in POSIX:
        return f"{name}: the core may include the standard library, POSIX and fmt only"
    return None


def violations(root):
    layers = {}  # library → the first layer that includes it
    for path in sources(root):
        layer = layer_of(root, path)
        where = path.relative_to(root)
        if layer not in MAY_INCLUDE:
            yield f"{where}: there is no layer '{layer}'"
            continue
        for quote, name in INCLUDE.findall(path.read_text(errors="replace")):
            if name.startswith("synfin/"):
                problem = own_include(layer, name)
            elif (root / "src" / name).is_file():
                problem = private_include(root, layer, path, name)
            else:
                problem = foreign_include(layer, path, quote, name)
            library = ONE_LAYER.match(name)
            if library and not problem:
                first = layers.setdefault(library[1] or library[2] or library[3], layer)
                problem = None if first == layer else f"{name}: only {first} may include it"
            if problem:
                yield f"{where}: {problem}"


def listed_headers(root):
    """The list of installed headers: name → whether it is marked as API."""
    path = root / "tests" / "check" / "installed_headers.txt"
    lines = path.read_text().splitlines() if path.is_file() else []
    return {line.split()[0]: line.endswith(" api") for line in lines if line and not line.startswith("#")}


def needed_headers(root, listed):
    """The headers under include/ that are API, that another layer includes, or that such a header includes."""
    needed = {name for name, api in listed.items() if api}
    includes = {}  # header under include/ → the headers that it includes
    for path in sources(root):
        layer = layer_of(root, path)
        names = {name for _, name in INCLUDE.findall(path.read_text(errors="replace")) if name.startswith("synfin/")}
        if path.is_relative_to(root / "include"):
            includes[str(path.relative_to(root / "include"))] = names
        needed |= {name for name in names if name.split("/")[1] != layer}
    waiting = list(needed)
    while waiting:
        new = includes.get(waiting.pop(), set()) - needed
        needed |= new
        waiting += new
    return needed


def header_violations(root):
    listed = listed_headers(root)
    needed = needed_headers(root, listed)
    found = {str(path.relative_to(root / "include")) for path in (root / "include" / "synfin").rglob("*.h")}
    for name in sorted(found - needed):
        yield f"include/{name}: only its own layer includes it, so it belongs into src/{name.split('/')[1]}"
    for name in sorted(found - set(listed)):
        yield f"include/{name}: not in tests/check/installed_headers.txt"
    for name in sorted(set(listed) - found):
        yield f"tests/check/installed_headers.txt: there is no {name}"
    yield from (f"include/{name}: app installs no header" for name in sorted(found) if name.startswith("synfin/app/"))


def table_violations(root):
    """The rows of the table in CONTRIBUTING.md that differ from MAY_INCLUDE."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", (root / "CONTRIBUTING.md").read_text(), re.M)
    described = {layer: set(MAY_INCLUDE) - {layer} if cell == "all" else set(re.findall(r"`(\w+)`", cell)) for layer, cell in rows}
    for layer in sorted(set(MAY_INCLUDE) | set(described)):
        if layer not in described:
            yield f"CONTRIBUTING.md: the table of layers lacks {layer}"
        elif described[layer] != MAY_INCLUDE.get(layer):
            yield f"CONTRIBUTING.md: the row of {layer} differs from MAY_INCLUDE in tests/check/layers.py"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    if not any(sources(root)):
        print(f"no sources under {root}", file=sys.stderr)
        return 2
    found = [*violations(root), *header_violations(root), *table_violations(root)]
    print("\n".join(found) or "every include and every header keeps to its layer")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
