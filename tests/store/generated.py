#!/usr/bin/env python3
"""The report of a store against the truth of generated captures, each of 50 000 connections or more.

    generated.py SYNFIN GENERATE [SCALE]     SCALE (default: 1): so many times larger captures

Exact: totals, rows of tables, distinct numbers. Percentiles of handshake times: within 1.1 % of a sample whose rank is at most one off.
Skipped (77) without clickhouse-server. Prints each fault; exits 1 if there is one.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
from clickhouse import Server, skip_without  # noqa: E402
from queries import Lab, differences  # noqa: E402
from truth import TOTALS, without_zeros  # noqa: E402

SHAPES = {"mixed": 0.0834, "short": 0.0501, "flood": 0.011}
ERROR = 0.011
TABLES = ("services", "edges", "hosts", "scanners", "longest", "largest", "failing")


def without_times(rows):
    return [{k: v for k, v in row.items() if k != "synack_rtt_ms"} for row in rows]


def check_totals(lab, where, found, truth):
    for name in TOTALS:
        got, want = without_zeros(found["connections"].get(name)), without_zeros(truth["connections"][name])
        lab.expect(got == want, f"{where}: {name}: {got}, in truth {want}")
    packets = sum(sensor["decoded"] for sensor in found["sensors"])
    lab.expect(packets == truth["packets"], f"{where}: {packets} packets, in truth {truth['packets']}")


def check_percentiles(lab, where, database, services):
    """Against the samples themselves."""
    checked = 0
    for line in lab.server.sql("SELECT replaceRegexpOne(IPv6NumToString(resp_h), '^::ffff:', ''), resp_p, uniqExact(orig_h), countIf(synack_rtt >= 0), "
                               "arraySort(groupArrayIf(synack_rtt, synack_rtt >= 0)) FROM "
                               f"{database}.connections WHERE outcome != 'backscatter' GROUP BY resp_h, resp_p").splitlines():
        ip, port, clients, samples, times = line.split("\t")
        row = services.get((ip, int(port)))
        if row is None:
            continue
        lab.expect(row["clients"] == int(clients), f"{where}: {row['clients']} clients of {ip}:{port} instead of {clients}")
        n, times = int(samples), [t / 1e6 for t in json.loads(times)]
        if n == 0:
            continue
        lab.expect(row["synack_rtt_ms"]["samples"] == n, f"{where}: {row['synack_rtt_ms']} of {n} samples")
        for key, percent in (("p50", 50), ("p99", 99)):
            at = (n * percent + 99) // 100 - 1
            least, largest, value = times[max(at - 1, 0)], times[min(at + 1, n - 1)], row["synack_rtt_ms"][key]
            lab.expect(least * (1 - ERROR) - 0.001 <= value <= largest * (1 + ERROR) + 0.001, f"{where}: {key} of {ip}:{port}: {value} ms is not from {least} to {largest}")
        checked += 1
    return checked


def check_shape(lab, generate, shape, scale):
    capture = lab.folder / f"{shape}.pcap"
    subprocess.run([generate, shape, capture, "--scale", str(scale)], check=True)
    truth = json.loads(pathlib.Path(f"{capture}.truth.json").read_text())
    total = truth["connections"]["total"]
    lab.expect(total >= 50_000, f"{shape}: only {total} connections")
    url = lab.load(shape, capture)
    own = lab.folder / "own.json"
    lab.run("-r", capture, "--view", "none", "-n", "--no-geoip", "-o", own)
    own = json.loads(own.read_text())
    for words in ((), ("--since", "1970-01-01T00:00:01Z")):  # from days, and from connections
        where = f"{shape} {' '.join(words)}"
        found = lab.report("--from", url, *words)
        check_totals(lab, where, found, truth)
        for table in TABLES:
            lab.faults += list(differences(f"{where}: {table}", without_times(found[table]), without_times(own[table])))[:5]
        lab.expect(found["timeline"] == own["timeline"], f"{where}: the timelines differ")
        lab.expect([f["ip"] for f in found["floods"]] == [f["ip"] for f in own["floods"]], f"{where}: floods {found['floods']}, from the capture {own['floods']}")
        checked = check_percentiles(lab, where, shape, {(s["ip"], s["port"]): s for s in found["services"]})
    lab.expect(checked > 0, f"{shape}: no service has percentiles")
    rows, extremes = (lab.server.number(f"SELECT count() FROM {shape}.{table}") for table in ("connections", "extremes"))
    print(f"{shape}: {total} connections, {rows} rows, {extremes} of them notable, percentiles of {checked} services")
    capture.unlink()


def main():
    skip_without()
    scale = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)  # for the user that root becomes
        lab = Lab(sys.argv[1], ".", folder, server)
        for shape, least in SHAPES.items():
            begun = time.monotonic()
            check_shape(lab, sys.argv[2], shape, least * scale)
            print(f"{shape}: {time.monotonic() - begun:.1f} s", flush=True)
    print("\n".join(lab.faults) or "the reports are those of the truth")
    return 1 if lab.faults else 0


if __name__ == "__main__":
    sys.exit(main())
