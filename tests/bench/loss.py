#!/usr/bin/env python3
"""A generated capture without a part of its packets: loss.py SYNFIN GENERATE [SCALE]

The bytes of each tuple stay within those of the whole capture, because the remaining packets cannot prove more. Nearly
all connections and bytes are still found. With nothing removed, the totals are those of the generator."""
import collections
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from truth import report_differences

FILE_HEADER, RECORD_HEADER = 24, 16


def analyze(synfin, capture, folder, scope):
    """Returns the bytes by tuple and by end, and the number of records."""
    log, report = folder / "log.json", folder / "report.json"
    command = [synfin, "-r", capture, "--view", "none", "--no-geoip", "--packets", scope, "--log", log, "--log-format", "json",
               "--report", report]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sums, records = collections.Counter(), 0
    for line in log.read_text().splitlines():
        r = json.loads(line)
        records += 1
        orig, resp = (r["id.orig_h"], r["id.orig_p"]), (r["id.resp_h"], r["id.resp_p"])
        key = min(orig, resp), max(orig, resp)
        sums[key, orig] += r.get("orig_bytes") or 0
        sums[key, resp] += r.get("resp_bytes") or 0
    return sums, records


def without_some(data, seed, one_in):
    """The capture without one packet in `one_in`, at random."""
    rng, kept, at = random.Random(seed), [data[:FILE_HEADER]], FILE_HEADER
    while at < len(data):
        size = RECORD_HEADER + struct.unpack_from("<I", data, at + 8)[0]
        if rng.randrange(one_in):
            kept.append(data[at:at + size])
        at += size
    return b"".join(kept)


def main():
    synfin, generate = sys.argv[1], sys.argv[2]
    scale = sys.argv[3] if len(sys.argv) > 3 else "0.005"
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        whole, lossy = folder / "whole.pcap", folder / "lossy.pcap"
        subprocess.run([generate, "mixed", whole, "--scale", scale], check=True, capture_output=True)
        data = whole.read_bytes()
        for scope in ("all", "control"):
            bytes_by_end, connections = analyze(synfin, whole, folder, scope)
            if scope == "all":
                truth = json.loads((folder / "whole.pcap.truth.json").read_text())
                faults += report_differences(folder / "report.json", truth)
            for seed in range(4):
                lossy.write_bytes(without_some(data, seed, 100))
                found, records = analyze(synfin, lossy, folder, scope)
                # An acknowledgement in a FIN may include the other side's lost FIN.
                slack = 1 if scope == "control" else 0
                more = [end for end, n in found.items() if n > bytes_by_end[end] + slack]
                faults += [f"{scope}, seed {seed}: {end}: {found[end]} bytes of {bytes_by_end[end]}" for end in more]
                if not 0.99 * connections < records < 1.01 * connections:
                    faults.append(f"{scope}, seed {seed}: {records} records of {connections}")
                if scope == "all" and sum(found.values()) < 0.98 * sum(bytes_by_end.values()):
                    faults.append(f"seed {seed}: {sum(found.values())} bytes of {sum(bytes_by_end.values())}")
    print("\n".join(faults[:20]) or "no tuple has more bytes than the whole capture shows")
    return len(faults) > 0


sys.exit(main())
