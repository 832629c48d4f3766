"""Very many rows in a store, made by the server itself, and the time of `synfin report --from` over them. See measure.py."""
import os
import pathlib
import statistics
import subprocess
import time

DAYS, FIRST_DAY = 30, 20500  # 2026-02-16
DAY_NS = 86400 * 10**9
RUNS = 5

# What a table has of times, besides the day, and how it is shifted by days.
SHIFTS = {
    "connections": {"ts": "ts + {ns}"},
    "minutes": {"minute": "minute + {d} * 86400"},
    "traffic": {"minute": "minute + {d} * 86400"},
    "days": {"first": "arrayReduce('minState', [finalizeAggregation(first) + {ns}])", "last": "arrayReduce('maxState', [finalizeAggregation(last) + {ns}])",
             "last_begin": "arrayReduce('maxState', [finalizeAggregation(last_begin) + {ns}])"},
    "extremes": {"ts": "ts + {ns}"},
}


def columns_of(server, table):
    return dict(line.split("\t") for line in server.sql(f"SELECT name, type FROM system.columns WHERE database = 'synfin' AND table = '{table}' AND default_kind = ''").splitlines())


def make_day(server, count, prefix="sensor"):
    """A day of connections of 2000 clients to 800 services, most to few of them, through the views. Returns the seconds that it took."""
    types = columns_of(server, "connections")  # the server has escaped the quotes in them
    # A connection is notable if it is among the best 1000 of its sensor so far: of values that are spread evenly, the share 1000 / (number / 4).
    best = "{value} * toFloat64(number) / 4 > ({most}) * (toFloat64(number) / 4 - 1000)"
    values = {
        "day": f"toDate({FIRST_DAY})", "ts": "%d * 86400000000000 + intDiv(toInt64(number) * 86400, {count}) * 1000000000 + intHash32(number) %% 1000000000" % FIRST_DAY,
        "sensor": f"concat('{prefix}-', toString(pair % 4))", "stream": "toUInt32(1)", "batch": "toUInt64(1)",
        "uid": "toFixedString(substring(concat('C', hex(cityHash64(number)), 'x'), 1, 18), 18)",
        "orig_h": "IPv4ToIPv6(toUInt32(167772160 + pair % 2000))", "resp_h": "IPv4ToIPv6(toUInt32(3221225984 + pair % 100))",
        "resp_p": "toUInt16([80, 443, 22, 5432, 53, 25, 8080, 3306][1 + intDiv(pair, 100) % 8])", "orig_p": "toUInt16(20000 + number % 40000)", "ip_proto": "toUInt8(6)",
        "duration": "toInt64(intHash32(number) * 2)", "orig_bytes": "toUInt64(intHash32(number) % 10000)", "resp_bytes": "toUInt64(intHash32(number + 7) % 100000)",
        "orig_pkts": "toUInt64(5)", "resp_pkts": "toUInt64(5)", "synack_rtt": "toInt64(1000000 + intHash32(number) % 50000000)",
        "conn_state": "CAST(if(number % 20 = 0, 'REJ', 'SF'), '{conn_state}')", "outcome": "CAST(if(number % 20 = 0, 'refused', 'closed'), '{outcome}')",
        "closed_by": "CAST(if(number % 20 = 0, 'none', 'orig'), '{closed_by}')",
        "cause": "CAST(if(number % 20 = 0, 'refused', 'none'), '{cause}')", "history": "'ShAaFf'",
        "carries_data": "toUInt8(1)", "cause_evidence": "if(number % 20 = 0, 'RST to the SYN', '')", "orig_cc": "['', 'DE', 'FR', 'US'][1 + pair % 4]",
        "notable": "(%s) OR (%s)" % (best.format(value="(intHash32(number) * 2)", most="8589934592"),
                                     best.format(value="(intHash32(number) % 10000 + intHash32(number + 7) % 100000)", most="110000")),
    }
    chosen = {name: value.format(count=count, **types) for name, value in values.items()}
    begin, step = time.monotonic(), 500_000
    for first in range(0, count, step):
        server.sql(f"INSERT INTO synfin.incoming ({', '.join(chosen)}) SELECT {', '.join(chosen.values())} FROM "
                   f"(SELECT number, intHash32(number) % (1 + intHash32(number + 1) % 20000) AS pair FROM numbers({first}, {min(step, count - first)}))",
                   timeout=3600, max_threads=1, max_insert_block_size=step)
    return time.monotonic() - begin


def copy_day(server, days, suffix="", first=1, tables=tuple(SHIFTS)):
    """Copies of the first day, each with its own times."""
    for table in tables:
        shifts = SHIFTS[table]
        server.sql(f"OPTIMIZE TABLE synfin.{table}{suffix} FINAL", timeout=3600)
        names = list(columns_of(server, table))
        for d in range(first, days):
            shifted = {"day": "day + {d}", **shifts}
            chosen = ", ".join(shifted.get(n, n).format(d=d, ns=d * DAY_NS) for n in names)
            server.sql(f"INSERT INTO synfin.{table}{suffix} ({', '.join(names)}) SELECT {chosen} FROM synfin.{table}{suffix} WHERE day = toDate({FIRST_DAY})", timeout=3600)


def make(server, count):
    taken = make_day(server, count // DAYS)
    print(f"{count // DAYS} rows through the views in {taken:.1f} s: {count / DAYS / taken:.0f} a second")
    begin = time.monotonic()
    copy_day(server, DAYS)
    print(f"{count // DAYS * DAYS} rows after {time.monotonic() - begin:.0f} s more; rows and bytes on disk of each table:")
    print(server.sql("SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'synfin' GROUP BY table ORDER BY table"))


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def time_report(synfin, url, config, pids, *words):
    """The seconds of a report, and the processor seconds that the servers spent."""
    used, begin = sum(map(processor_seconds, pids)), time.monotonic()
    subprocess.run([str(synfin), "report", "--from", url, "--config", str(config), "--utc", *words], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin, sum(map(processor_seconds, pids)) - used


REPORTS = (("a day", ("--since", "2026-02-26", "--until", "2026-02-27")), ("everything", ()),
           ("an hour within a day", ("--since", "2026-02-26T10:00:00Z", "--until", "2026-02-26T11:00:00Z")),
           ("everything to a port", ("--port", "443")), ("everything of a host", ("--net", "10.0.0.7/32")))


def measure_report(synfin, url, config, pids, reports=REPORTS):
    for what, words in reports:
        runs = [time_report(synfin, url, config, pids, *words) for _ in range(RUNS)]
        seconds, used = ([run[i] for run in runs] for i in (0, 1))
        print(f"report of {what}: median {statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), {statistics.median(used):.2f} s of the servers' "
              f"processor time; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)


def measure(synfin, server, config, count):
    make(server, count)
    measure_report(synfin, server.url(), config, [server.process.pid])
    # A report of whole days reads no rows of connections, so that ten times the days stand for ten times the rows.
    copy_day(server, 10 * DAYS, first=DAYS, tables=("traffic", "days", "extremes"))
    print(f"with the sums of {count // DAYS * 10 * DAYS} rows in {10 * DAYS} days:")
    measure_report(synfin, server.url(), config, [server.process.pid], REPORTS[:2])


def measure_cluster(synfin, servers, config, count):
    """The same for two shards, each of which has half of the rows."""
    for shard in (0, 1):
        server = servers.servers[2 * shard]
        make_day(server, count // DAYS // 2, f"shard{shard}")
        copy_day(server, DAYS, "_local")
    for server in servers.servers:
        for table in SHIFTS:
            server.sql(f"SYSTEM SYNC REPLICA synfin.{table}_local", timeout=3600)
    print(f"{servers.servers[1].number('SELECT count() FROM synfin.connections')} rows in two shards of two replicas each")
    measure_report(synfin, servers.url(), config, [server.process.pid for server in servers.servers])
