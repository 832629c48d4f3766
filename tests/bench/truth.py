"""Compares synfin's report and log with the truth of the generator."""
import collections
import json
import pathlib

TOTALS = ("total", "by_state", "by_outcome", "orig_bytes", "resp_bytes", "syn_retries")
LOG_SUMS = ("orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes", "syn_retries")


def without_zeros(value):
    return {k: v for k, v in value.items() if v} if isinstance(value, dict) else value


def report_differences(report, truth):
    """Yields a line for each figure of the JSON report that differs from the truth."""
    found = json.loads(pathlib.Path(report).read_text())
    packets = found["capture"]["packets"]
    for name in ("received", "decoded"):
        if packets[name] != truth["packets"]:
            yield f"packets {name}: {packets[name]}, in truth {truth['packets']}"
    for name in TOTALS:
        got, want = without_zeros(found["connections"].get(name)), without_zeros(truth["connections"][name])
        if got != want:
            yield f"{name}: {got}, in truth {want}"


def log_differences(log, truth):
    """The same for the sums over a Zeek log, which is read line by line because it is long."""
    sums, states, names = collections.Counter(), collections.Counter(), []
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#fields\t"):
                names = line.rstrip("\n").split("\t")[1:]
                columns = [(name, names.index(name)) for name in LOG_SUMS]
                state = names.index("conn_state")
            elif not line.startswith("#"):
                row = line.rstrip("\n").split("\t")
                states[row[state]] += 1
                sums.update({name: int(row[at]) for name, at in columns if row[at] != "-"})
    for name in LOG_SUMS:
        if sums[name] != truth["connections"][name]:
            yield f"log, sum of {name}: {sums[name]}, in truth {truth['connections'][name]}"
    if states != truth["connections"]["by_state"]:
        yield f"log, conn_state: {dict(states)}, in truth {truth['connections']['by_state']}"
