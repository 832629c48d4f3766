#!/usr/bin/env python3
"""Figures of the store on this machine, each with the command that repeats it. Needs the programs that cases.py needs.

    measure.py SYNFIN million      1 M connections of four sensors at once; the server is killed twice
    measure.py SYNFIN outage       the server is away while an hour at 1000 connections a second is recorded; size of the spool, catching up
    measure.py SYNFIN live [S [N]] 20 000 connections a second on an interface for S seconds (default: 60): N times (default: 3) without the store,
                                   with it, and with a connection log instead, in turn; medians of the processor time of all processes
    measure.py SYNFIN rows [N]     N (default: 100 M) rows of 30 days by INSERT … SELECT; the time of `synfin report --from` for a day and for everything,
                                   and with the sums of ten times as many rows
    measure.py SYNFIN shards [N]   the same for N (default: 30 M) rows on two shards of two replicas
"""
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import cases
import clickhouse
import rows
import traffic


def million(synfin, folder, server, config):
    sensors = [traffic.Sensor(synfin, server.url(), folder / f"s{i}", i, 4000, config) for i in range(1, 5)]
    begin = time.monotonic()
    for sensor in sensors:
        sensor.start(1000)
    kills = 0
    while sum(sensor.sent for sensor in sensors) < 1_000_000:
        time.sleep(0.1)
        if kills < 2 and sum(sensor.sent for sensor in sensors) > 300_000 * (kills + 1):
            server.kill()
            time.sleep(3)
            server.start()
            kills += 1
    for sensor in sensors:
        sensor.stop = True
    for sensor in sensors:
        cases.equal(sensor.wait(), 0, f"the status of {sensor.name}")
    sent = sum(sensor.sent for sensor in sensors)
    cases.check_counts(server, sent)
    print(f"{sent} connections of 4 sensors in {time.monotonic() - begin:.0f} s, {kills} kills: none is missing, none is there twice")


def outage(synfin, folder, server, config):
    spool, seconds, rate = folder / "spool", 3600, 1000
    files = [traffic.capture(folder / f"{i}.pcap", 360_000, sensor=i, per_second=rate, start_ns=(1_772_300_000 + 360 * i) * 10**9) for i in range(10)]
    server.stop()
    # Reading captures makes batches of 100 000 rows or half a second; live, each has 500 rows: so the reader is slowed down to live batches.
    words = [word for file in files for word in ("-r", file)]
    begin = time.monotonic()
    said = cases.run(synfin, *words, "-Z", "root", "--view", "none", "--no-geoip", "--store", server.url(), "--config", config, "--spool", spool, expect=1)
    size = sum(p.stat().st_size for p in cases.batches(spool))
    print(f"{seconds * rate} connections wait in {len(cases.batches(spool))} batches and {size / 2**20:.0f} MiB after {time.monotonic() - begin:.0f} s: {said.strip()}")
    server.start()
    begin = time.monotonic()
    traffic.deliver(synfin, server.url(), spool, config)
    taken = time.monotonic() - begin
    cases.check_counts(server, seconds * rate)
    print(f"they were sent in {taken:.1f} s: {seconds / taken:.0f} times the live rate")


def thread_seconds(pid):
    """Processor seconds of each thread of a process and of its children, by name."""
    ticks, used = os.sysconf("SC_CLK_TCK"), {}
    for process in (pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
        for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
            name, fields = thread.joinpath("stat").read_text().split("(", 1)[1].rsplit(")", 1)
            name += "" if process == pid else " (child)"
            used[name] = used.get(name, 0) + (int(fields.split()[11]) + int(fields.split()[12])) / ticks
    return {name: seconds for name, seconds in used.items() if seconds >= 0.05}


def live_run(synfin, file, rate, words):
    """One run while the capture is replayed. Returns the processor seconds of all its processes, its packet counts, and the seconds of each thread."""
    command = [str(synfin), "-i", "v1", "-Z", "root", "--view", "none", "--no-geoip", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while "listening" not in (line := process.stderr.readline()):
        cases.check(line, "synfin ended")
    subprocess.run(["tcpreplay", "-q", "-i", "v0", f"--pps={6 * rate}", str(file)], check=True, capture_output=True)
    time.sleep(7)
    threads = thread_seconds(process.pid)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    cases.equal(status, 0, f"the status, and it says {said}")
    return usage.ru_utime + usage.ru_stime, "; ".join(line for line in said.splitlines() if "packets" in line), threads


def live(synfin, folder, server, config, seconds, pairs):
    """20 000 connections a second on a veth pair, without and with the store in turn. REQUIRES: a network namespace of its own."""
    rate = 20_000
    file = traffic.capture(folder / "live.pcap", rate * seconds, per_second=rate)
    for words in (["link", "add", "v0", "type", "veth", "peer", "name", "v1"], ["link", "set", "v0", "up"], ["link", "set", "v1", "up"]):
        subprocess.run(["ip", *words], check=True)
    report = ["-o", str(folder / "report.json")]
    outputs = {"without the store": report, "with it": [*report, "--store", server.url(), "--config", str(config), "--spool", str(folder / "spool")],
               "with a log instead": [*report, "--log", str(folder / "conn.log")]}
    used = {name: [] for name in outputs}
    for pair in range(pairs):
        for name, words in outputs.items():
            taken, counts, threads = live_run(synfin, file, rate, words)
            used[name].append(taken)
            print(f"{name}: {taken:.2f} s of processor time; {counts}; " + ", ".join(f"{thread} {s:.2f}" for thread, s in sorted(threads.items(), key=lambda t: -t[1])),
                  flush=True)
    medians = {name: statistics.median(figures) for name, figures in used.items()}
    without, store, log = medians.values()
    print(f"medians of {pairs}: {without:.2f} s, with the store {store:.2f} s (+ {100 * (store / without - 1):.0f} %), with a log {log:.2f} s (+ {100 * (log / without - 1):.0f} %)")
    rows, distinct = server.sql("SELECT count(), uniqExact(sensor, uid, stream) FROM synfin.connections").split()
    print(f"rows in the store: {rows}, distinct: {distinct}, sent: {rate * seconds * pairs}")


def main():
    synfin, what = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    if what == "live" and "SYNFIN_INSIDE" not in os.environ:
        os.environ["SYNFIN_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv])
    clickhouse.skip_without(zookeeper=what == "shards")
    if what == "shards":
        with tempfile.TemporaryDirectory(prefix="synfin-store-") as folder, clickhouse.Cluster() as servers:
            config = cases.config_of(servers.servers[0], folder)
            cases.run(synfin, "store", "init", servers.url(), "--config", config, "--cluster", servers.NAME)
            rows.measure_cluster(synfin, servers, config, int(sys.argv[3]) if len(sys.argv) > 3 else 30_000_000)
        return 0
    with tempfile.TemporaryDirectory(prefix="synfin-store-") as folder, clickhouse.Server() as server:
        folder = pathlib.Path(folder)
        config = cases.config_of(server, folder)
        cases.init(synfin, server, config)
        if what == "rows":
            rows.measure(synfin, server, config, int(sys.argv[3]) if len(sys.argv) > 3 else 100_000_000)
        elif what == "live":
            live(synfin, folder, server, config, int(sys.argv[3]) if len(sys.argv) > 3 else 60, int(sys.argv[4]) if len(sys.argv) > 4 else 3)
        else:
            {"million": million, "outage": outage}[what](synfin, folder, server, config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
