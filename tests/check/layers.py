#!/usr/bin/env python3
"""Who may include whom: reads every #include under include/synfin and src and prints each that breaks the rule.

    layers.py [ROOT]

Exits 0 when there is none, 1 when there is one, 2 when there is nothing to read.
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
    "capture": {"base"},
    "decode": {"base"},
    "track": {"base", "stats", "decode"},
    "enrich": {"base", "stats", "track"},
    # The live filter expression runs BPF programs on packets and on the tuples that decode finds in tunnels.
    "filter": {"base", "stats", "capture", "decode", "track", "enrich"},
    "inventory": AGGREGATES,
    "report": AGGREGATES,
    "view": OUTPUTS,
    "log": OUTPUTS,
    "notify": OUTPUTS,
    "store": OUTPUTS,
}
MAY_INCLUDE["app"] = set(MAY_INCLUDE)

# Each of these libraries is the business of one layer, and of its .cc files only.
ONE_LAYER = re.compile(r"^(?:.*/)?n?(pcap|maxminddb|ares|sqlite3|curl|curses)\.h$|^(pcap|curl|bpf)/|^[a-z_]+\.(skel)\.h$")

# The core stands on the C++ standard library, the compiler's own vector instructions, POSIX and fmt.
STANDARD = re.compile(r"^[a-z0-9_]+$|^(?:[a-z]mmintrin|immintrin|arm_neon)\.h$|^(?:sys|netinet|arpa|net)/[a-z0-9_]+\.h$|^fmt/[a-z]+\.h$")
POSIX = {"fcntl.h", "unistd.h", "errno.h", "signal.h", "poll.h", "pthread.h", "netdb.h", "time.h", "stdlib.h", "string.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources(root):
    for top in (root / "include" / "synfin", root / "src"):
        yield from sorted(p for p in top.rglob("*") if p.suffix in (".h", ".cc"))


def layer_of(root, path):
    parts = path.relative_to(root / "include" / "synfin" if "include" in path.relative_to(root).parts else root / "src").parts
    return parts[0] if len(parts) > 1 else "app"  # main.cc belongs to the wiring


def own_include(layer, name):
    """What is wrong with including the installed header `name` from `layer`, or None."""
    other = name.split("/")[1] if name.count("/") >= 2 else ""
    if other not in MAY_INCLUDE:
        return f"{name}: there is no layer '{other}'"
    if other != layer and other not in MAY_INCLUDE[layer]:
        return f"{name}: {layer} may not include {other}"
    return None


def private_include(root, layer, path, name):
    """What is wrong with including `name`, a header beside its .cc under src/, or None."""
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
        return f"{name}: the core stands on the standard library, POSIX and fmt"
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
                problem = None if first == layer else f"{name}: already the business of {first}"
            if problem:
                yield f"{where}: {problem}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    if not any(sources(root)):
        print(f"no sources under {root}", file=sys.stderr)
        return 2
    found = list(violations(root))
    print("\n".join(found) or "every include keeps to its layer")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
