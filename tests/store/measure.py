#!/usr/bin/env python3
"""Figures of the store on this machine, each with the command that repeats it. Needs the programs that cases.py needs.

    measure.py SYNFIN million      1 M connections of four sensors at once; the server is killed twice
    measure.py SYNFIN outage       the server is away while an hour at 1000 connections a second is recorded; size of the spool, catching up
    measure.py SYNFIN rows [N]     N (default: 100 M) rows by INSERT … SELECT; the time of aggregations over a day and over everything
"""
import pathlib
import sys
import tempfile
import time

import cases
import clickhouse
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


def rows(server, count):
    """Copies of connections over 30 days, 50 services and some thousand hosts."""
    columns = [line.split("\t") for line in server.sql("SELECT name, type FROM system.columns WHERE database = 'synfin' AND table = 'connections'").splitlines()]
    values = {
        "day": "toDate(20500 + intDiv(number * 30, {count}))", "ts": "(20500 + intDiv(number * 30, {count})) * 86400000000000 + (number * 7919) % 86400000 * 1000000",
        "sensor": "concat('sensor-', toString(number % 4))", "stream": "toUInt32(1)", "batch": "toUInt64(1)",
        "uid": "toFixedString(substring(concat('C', lower(hex(cityHash64(number))), 'x'), 1, 18), 18)",
        "orig_h": "toFixedString(concat(unhex('00000000000000000000FFFF0A00'), char(intHash32(number) % 8, intHash32(number + 1) % 250)), 16)",
        "resp_h": "toFixedString(concat(unhex('00000000000000000000FFFFC00002'), char(number % 100)), 16)",
        "resp_p": "toUInt16([80, 443, 22, 5432, 53, 25, 8080, 3306][1 + intDiv(number, 100) % 8])", "orig_p": "toUInt16(20000 + number % 40000)", "ip_proto": "toUInt8(6)",
        "duration": "toInt64(intHash32(number) * 2)", "orig_bytes": "toUInt64(intHash32(number) % 10000)", "resp_bytes": "toUInt64(intHash32(number + 7) % 100000)",
        "orig_pkts": "toUInt64(5)", "resp_pkts": "toUInt64(5)", "synack_rtt": "toInt64(1000000 + intHash32(number) % 50000000)",
        "conn_state": "CAST(if(number % 20 = 0, 'REJ', 'SF'), '{conn_state}')", "outcome": "CAST(if(number % 20 = 0, 'refused', 'closed'), '{outcome}')",
        "cause": "CAST(if(number % 20 = 0, 'refused', 'none'), '{cause}')", "history": "'ShAaFf'",
    }
    types = {name: kind.replace("'", "\\'") for name, kind in columns}
    chosen = {name: value.format(count=count, **types) for name, value in values.items()}
    begin = time.monotonic()
    step = 2_000_000
    for first in range(0, count, step):
        server.sql(f"INSERT INTO synfin.incoming ({', '.join(chosen)}) SELECT {', '.join(chosen.values())} FROM (SELECT number FROM numbers({first}, {min(step, count - first)}))",
                   timeout=3600, max_threads=1, max_insert_block_size=step)
    print(f"{count} rows in {time.monotonic() - begin:.0f} s; bytes on disk and rows of each table:")
    print(server.sql("SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'synfin' GROUP BY table"))
    aggregate = ("SELECT resp_p, IPv6NumToString(resp_h), sum(connections), sum(orig_bytes + resp_bytes), quantilesTDigestMerge(0.5, 0.99)(handshake) "
                 "FROM synfin.{table} {where} GROUP BY resp_p, resp_h ORDER BY 3 DESC LIMIT 100")
    raw = ("SELECT resp_p, IPv6NumToString(resp_h), count(), sum(orig_bytes + resp_bytes), uniq(orig_h), quantilesTDigest(0.5, 0.99)(synack_rtt) "
           "FROM synfin.connections {where} GROUP BY resp_p, resp_h ORDER BY 3 DESC LIMIT 100")
    for what, statement in (("a day of minutes", aggregate.format(table="minutes", where="WHERE day = toDate(20510)")),
                            ("all of days", aggregate.format(table="days", where="")),
                            ("a day of connections", raw.format(where="WHERE day = toDate(20510)")), ("all connections", raw.format(where=""))):
        best = min(timed(server, statement) for _ in range(3))
        print(f"{what}: {best:.2f} s")


def timed(server, statement):
    begin = time.monotonic()
    server.sql(statement, timeout=600)
    return time.monotonic() - begin


def main():
    synfin, what = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    clickhouse.skip_without()
    with tempfile.TemporaryDirectory(prefix="synfin-store-") as folder, clickhouse.Server() as server:
        folder = pathlib.Path(folder)
        config = cases.config_of(server, folder)
        cases.init(synfin, server, config)
        if what == "rows":
            rows(server, int(sys.argv[3]) if len(sys.argv) > 3 else 100_000_000)
        else:
            {"million": million, "outage": outage}[what](synfin, folder, server, config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
