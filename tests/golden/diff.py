#!/usr/bin/env python3
"""Check `synfin diff` with generated traffic, of which the differences are known.

    diff.py SYNFIN [SEED...]

Traffic is written as Zeek's JSON log, or as synfin's with handshake times; captures of pcaps/ are compared with themselves. For each
seed and each shape of traffic (regular, random, rare, bursts, changing addresses): two halves have no difference; with edges added,
removed, broken and slowed, exactly these are found. Exits 0 if all is as expected, 1 if not.
"""
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPAN = 600.0  # seconds of each half
START = 1_772_375_400.0
SEEDS = (1, 2, 3)
failures = []


def check(ok, what):
    if not ok:
        failures.append(what)
        print("failed:", what)


def run(*words):
    return subprocess.run([SYNFIN, "diff", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env={**os.environ, "TZ": "UTC"}, timeout=120)


def rows_of(*words):
    """The exit status, and the rows as (kind, change, orig, resp, port)."""
    ran = run(*words, "--format", "json")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    rows = [row for row in rows if row["kind"] != "note"]
    return ran.returncode, rows, ran.stderr


class Traffic:
    """Pairs with their rates, sizes and handshake times."""

    def __init__(self, seed, shape):
        self.dice = random.Random(seed * 100 + len(shape))
        self.shape = shape
        self.clients = [f"10.1.{n // 200}.{n % 200 + 1}" for n in range(24)]
        self.services = [(f"192.0.2.{n + 1}", port) for n, port in enumerate((80, 443, 443, 22, 5432, 3306, 8080, 25))]
        pairs = [(c, *s) for c in self.clients for s in self.services]
        self.dice.shuffle(pairs)
        self.pairs = pairs[:120]
        self.spare = pairs[120:160]
        mean = {"rare": lambda: self.dice.choice((1, 1, 2, 3, 6)), "random": lambda: self.dice.uniform(12, 60),
                "bursts": lambda: self.dice.uniform(4, 9), "changing": lambda: self.dice.uniform(12, 40),
                "few": lambda: 4, "regular": lambda: self.dice.uniform(8, 40)}[shape]
        self.rate = {pair: mean() for pair in self.pairs + self.spare}
        slowest = 0.015 if shape == "few" else 0.04  # four handshakes of 40 ms do not prove that one is slower by 50 ms
        self.rtt = {pair: self.dice.uniform(0.001, slowest) for pair in self.pairs + self.spare}

    def poisson(self, mean):
        count, at = 0, self.dice.expovariate(1)
        while at < mean:
            count += 1
            at += self.dice.expovariate(1)
        return count

    def starts(self, pair):
        rate, dice = self.rate[pair], self.dice
        if self.shape in ("regular", "few"):
            n = int(rate)
            return [(i + dice.random() * 0.5) * SPAN / n for i in range(n)]
        if self.shape == "bursts":
            bursts = [(i + dice.random()) * SPAN / int(rate) for i in range(int(rate))]
            return [min(b + dice.random(), SPAN - 1e-3) for b in bursts for _ in range(dice.randrange(1, 30))]
        return [dice.random() * SPAN for _ in range(self.poisson(rate))]

    def half(self, number, pairs, broken=(), slowed=(), rtts=True):
        dice, begin, lines = self.dice, START + number * SPAN, []
        for pair in pairs:
            orig, resp, port = pair
            for start in self.starts(pair):
                fails = pair in broken or dice.random() < 0.004
                rtt = self.rtt[pair] * dice.lognormvariate(0, 0.25) + (0.05 if pair in slowed else 0)
                lines.append(self.record(begin + start, orig, resp, port, fails, rtt if rtts else None))
        if self.shape == "changing":  # visitors with a new address each
            for n in range(300):
                orig = f"{dice.randrange(20, 200)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
                lines.append(self.record(begin + dice.random() * SPAN, orig, "192.0.2.1", 80, False, dice.uniform(0.01, 0.3) if rtts else None))
            for n in range(60):  # privacy extensions in one network
                orig = f"2001:db8:1:2:{dice.randrange(65536):x}:{dice.randrange(65536):x}:{dice.randrange(65536):x}:{dice.randrange(1, 65536):x}"
                lines.append(self.record(begin + dice.random() * SPAN, orig, "2001:db8:9::1", 443, False, 0.02 if rtts else None))
        lines.sort(key=lambda line: line["ts"])
        return lines

    def record(self, ts, orig, resp, port, fails, rtt):
        line = {"ts": round(ts, 6), "id.orig_h": orig, "id.orig_p": self.dice.randrange(1024, 65536), "id.resp_h": resp, "id.resp_p": port,
                "proto": "tcp", "conn_state": "REJ" if fails else "SF", "history": "Sr" if fails else "ShADadFf", "missed_bytes": 0}
        if not fails:
            size = int(self.dice.lognormvariate(8, 1))
            line.update({"duration": 0.2, "orig_bytes": 200, "resp_bytes": size})
        if rtt is not None:
            line.update({"outcome": "refused" if fails else "closed", "syn_retries": 0, "bytes_basis": "seen", "direction_basis": "syn",
                         **({} if fails else {"synack_rtt": round(rtt, 6), "closed_by": "orig"})})
        return line


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def report(path, log):
    subprocess.run([SYNFIN, "-q", "--no-geoip", "-r", log, "--view", "none", "--report", path], check=True, stdin=subprocess.DEVNULL)
    return path


def halves(folder, seed, shape):
    """Two halves of one traffic have no difference, whether compared as logs, as reports, or one of each."""
    traffic = Traffic(seed, shape)
    logs = [write(folder / f"{n}.log", traffic.half(n, traffic.pairs)) for n in (0, 1)]
    status, rows, error = rows_of(*logs)
    check(status == 0 and not rows, f"halves, {shape}, seed {seed}: exit {status}, {rows[:3]} {error}")
    if shape in ("regular", "random"):
        reports = [report(folder / f"{n}.json", log) for n, log in enumerate(logs)]
        for pair in ((reports[0], reports[1]), (logs[0], reports[1])):
            status, rows, error = rows_of(*pair)
            check(status == 0 and not rows, f"halves by reports, {shape}, seed {seed}: exit {status}, {rows[:3]} {error}")


def new_services(folder, seed):
    """One connection to a service that nobody used before is a difference beside clients that come and go; --all lists those, too."""
    traffic = Traffic(seed, "rare")
    logs = [traffic.half(n, traffic.pairs) for n in (0, 1)]
    logs[1].append(traffic.record(START + 1.5 * SPAN, "10.1.0.1", "192.0.2.77", 8443, False, 0.01))
    paths = [write(folder / f"service{n}.log", log) for n, log in enumerate(logs)]
    status, rows, error = rows_of(*paths)
    found = sorted((row["kind"], row["change"], row.get("host") or row["resp"]) for row in rows)
    want = [("edge", "new", "192.0.2.77"), ("host", "new", "192.0.2.77"), ("service", "new", "192.0.2.77")]
    check(status == 3 and found == want, f"a new service, seed {seed}: {found[:5]} {error}")
    used = [{(line["id.orig_h"], line["id.resp_h"], line["id.resp_p"]) for line in log} for log in logs]
    status, rows, error = rows_of("--all", *paths)
    got = edges_of(rows)
    check(got.get("new") == used[1] - used[0] and got.get("gone") == used[0] - used[1], f"--all, seed {seed}: {error}")


def strangers(folder, seed):
    """Everybody connects to everybody once: halves of that have no difference, though hardly a pair is in both."""
    dice = random.Random(seed)
    traffic = Traffic(seed, "random")
    logs = []
    for n in (0, 1):
        lines = [traffic.record(START + (n + dice.random()) * SPAN, f"10.2.{dice.randrange(250)}.{dice.randrange(1, 250)}",
                                f"198.18.{dice.randrange(20)}.{dice.randrange(1, 250)}", dice.choice((22, 25, 80, 443, 993)), False, 0.01) for _ in range(4000)]
        logs.append(write(folder / f"strangers{n}.log", sorted(lines, key=lambda line: line["ts"])))
    status, rows, error = rows_of(*logs)
    check(status == 0 and not rows, f"strangers, seed {seed}: exit {status}, {len(rows)} rows, {rows[:2]} {error}")


def edges_of(rows):
    found = collections.defaultdict(set)
    for row in rows:
        if row["kind"] == "edge":
            found[row["change"]].add((row["orig"], row["resp"], row["port"]))
    return dict(found)


def edits(folder, seed, shape):
    """10 added, 10 removed, 5 broken, 5 slowed: exactly those."""
    traffic = Traffic(seed, shape)
    removed, broken, slowed, kept = traffic.pairs[:10], traffic.pairs[10:15], traffic.pairs[15:20], traffic.pairs[20:]
    added = traffic.spare[:10]
    before = write(folder / "before.log", traffic.half(0, removed + broken + slowed + kept))
    after = write(folder / "after.log", traffic.half(1, broken + slowed + kept + added, broken, slowed))
    status, rows, error = rows_of(before, after)
    want = {"new": set(added), "gone": set(removed), "failing": set(broken), "slower": set(slowed)}
    got = edges_of(rows)
    check(status == 3 and got == want, f"edits, {shape}, seed {seed}: exit {status}; " + error + "; ".join(
        f"{change}: missing {sorted(want.get(change, set()) - got.get(change, set()))}, extra {sorted(got.get(change, set()) - want.get(change, set()))}"
        for change in sorted(set(want) | set(got)) if want.get(change) != got.get(change)))
    status, rows, _ = rows_of(after, before)
    got = edges_of(rows)
    check(status == 3 and got.get("working") == set(broken) and got.get("new") == set(removed), f"the other way, {shape}, seed {seed}: {got}")
    return before, after, added


def formats(folder, before, after, added):
    """Every format, --ignore, and what stops a diff."""
    text = run(before, after)
    check(text.returncode == 3 and "new" in text.stdout and added[0][0] in text.stdout, "text")
    check("<h1>synfin diff" in run(before, after, "--format", "html").stdout, "html")
    check("| new" in run(before, after, "--format", "md").stdout, "md")
    out = folder / "diff.md"
    check(run("-o", out, before, after).returncode == 3 and "| new" in out.read_text(), "the name of the output chooses the format")
    status, rows, _ = rows_of(before, after)
    ignore = folder / "ignore"
    ignore.write_text("# all of these\n" + "".join(f"{row['orig']} {row['resp']}:{row['port']}\n" for row in rows if row["kind"] == "edge"))
    status, rows, error = rows_of(before, after, "--ignore", ignore)
    check(status == 0 and not rows, f"ignored edges: {status} {rows} {error}")
    ignore.write_text("10.0.0.0/8  # every client\n")
    check(rows_of(before, after, "--ignore", ignore)[0] == 0, "ignored networks")
    ignore.write_text("10.0.0.1/99\n")
    check(run(before, after, "--ignore", ignore).returncode == 1, "a wrong ignore list")
    check(run(before).returncode == 2 and run(before, after, "-o", folder / "x.csv").returncode == 2, "wrong command lines")
    check(run(before, folder / "none").returncode == 1, "an input that does not exist")
    named = run(before, after, "-o", folder / "x.foo")
    check(named.returncode == 2 and "--format chooses" in named.stderr and "csv" not in named.stderr, f"an unknown name: {named.stderr}")
    (folder / "other.json").write_text('{"synfin": 1}')
    check(run(before, folder / "other.json").returncode == 1, "a report without edges")


def kinds(folder):
    """Rows of each kind with their keys; causes; volume; a list that is cut off."""
    traffic = Traffic(9, "regular")
    pairs = traffic.pairs
    before, after = traffic.half(0, pairs), traffic.half(1, pairs)
    loser = pairs[0]
    for lines, state, outcome in ((before, "REJ", "refused"), (after, "S0", "unanswered")):
        for line in lines:
            if (line["id.orig_h"], line["id.resp_h"], line["id.resp_p"]) == loser:
                line.update({"conn_state": state, "outcome": outcome, "history": "Sr" if state == "REJ" else "S"})
    for line in after:
        if line["id.resp_h"] == "192.0.2.4" and "resp_bytes" in line:
            line["resp_bytes"] *= 40
    for n in range(12):
        after.append(traffic.record(START + SPAN + 40 * n, "10.9.9.9", "192.0.2.99", 9000, False, 0.01))
    after.sort(key=lambda line: line["ts"])
    logs = [write(folder / f"k{n}.log", lines) for n, lines in enumerate((before, after))]
    status, rows, error = rows_of(*logs)
    found = {(row["kind"], row["change"]) for row in rows}
    check(found == {("edge", "cause"), ("edge", "new"), ("host", "new"), ("service", "new"), ("volume", "more")}, f"kinds: {found} {error}")
    new = next(row for row in rows if (row["kind"], row["change"]) == ("edge", "new"))
    check(new["before"] is None and new["after"]["attempts"] == 12 and new["orig"] == "10.9.9.9" and new["port"] == 9000, f"keys: {new}")
    cause = next(row for row in rows if row["change"] == "cause")
    check((cause["before"]["cause"], cause["after"]["cause"]) == ("refused", "unanswered"), f"cause: {cause}")
    reports = [report(folder / f"k{n}.json", log) for n, log in enumerate(logs)]
    _, rows, _ = rows_of(*reports)
    check({("edge", "cause"), ("edge", "new")} <= {(row["kind"], row["change"]) for row in rows}, f"kinds by reports: {rows}")
    document = json.loads(reports[1].read_text())
    document["approximate"] = document["approximations"]["edges"] = True
    document["edges"] = document["edges"][:20]
    cut = folder / "cut.json"
    cut.write_text(json.dumps(document))
    ran = run(reports[0], cut, "--format", "json")
    check('"gone"' not in ran.stdout and "does not list all pairs" in ran.stdout, f"a list that is cut off: {ran.stdout[:300]}")


def captures():
    for name in ("sample.pcap", "mixed-links.pcapng", "half-open.pcap", "gzipped.pcap.gz"):
        status, rows, error = rows_of(ROOT / "pcaps" / name, ROOT / "pcaps" / name, "--sandbox", "strict")
        check(status == 0 and not rows, f"{name} and itself: {status} {rows[:2]} {error}")
    status, rows, _ = rows_of(ROOT / "pcaps/inventory-before.pcap", ROOT / "pcaps/inventory-after.pcap")
    found = {(row["kind"], row["change"], row.get("host") or f"{row['resp']}:{row['port']}") for row in rows}
    check(status == 3 and {("service", "new", "198.51.100.7:8080"), ("service", "new", "198.51.100.9:53"), ("service", "new", "198.51.100.9:853"),
                           ("host", "new", "198.51.100.9"), ("edge", "gone", "198.51.100.7:443")} <= found, f"two small captures: {found}")
    check(("service", "gone", "198.51.100.8:26") not in found, "a port that only refused is no service")
    ran = run(ROOT / "pcaps/sample.pcap", ROOT / "pcaps/syn-flood.pcap")
    check(ran.returncode == 3, f"two captures: {ran.returncode} {ran.stderr}")


def damaged(folder):
    """What is readable of a damaged input is compared, and the damage is reported."""
    sample, whole = ROOT / "pcaps/inventory-before.pcap", ROOT / "pcaps/inventory-after.pcap"
    cut = folder / "cut.pcap"
    cut.write_bytes(whole.read_bytes()[:-5])
    ran = run(sample, cut)
    check(ran.returncode == 1 and "198.51.100.9" in ran.stdout, f"a capture that is cut off: {ran.returncode} {ran.stdout}")
    check("cut.pcap" in ran.stderr and "what was readable is compared" in ran.stderr, f"the sentences about damage: {ran.stderr}")
    traffic = Traffic(11, "regular")
    before, after = traffic.half(0, traffic.pairs), traffic.half(1, traffic.pairs)
    after += [traffic.record(START + SPAN + 40 * n, "10.9.9.9", "192.0.2.99", 9000, False, 0.01) for n in range(12)]
    logs = [write(folder / f"damaged{n}.log", sorted(lines, key=lambda line: line["ts"])) for n, lines in enumerate((before, after))]
    status, whole_rows, _ = rows_of(*logs)
    with logs[1].open("a") as log:
        log.write("{\n")
    status, rows, error = rows_of(*logs)
    check(status == 1 and rows == whole_rows and rows, f"a log with a bad line: {status} {rows}")
    check("damaged1.log" in error and "is no record" in error, f"the bad line: {error}")


def main():
    global SYNFIN
    SYNFIN = sys.argv[1]
    seeds = [int(seed) for seed in sys.argv[2:]] or SEEDS
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for seed in seeds:
            for shape in ("regular", "few", "random", "rare", "bursts", "changing"):
                halves(folder, seed, shape)
            new_services(folder, seed)
            strangers(folder, seed)
            for shape in ("regular", "few", "random", "bursts", "changing"):
                last = edits(folder, seed, shape)
        formats(folder, *last)
        kinds(folder)
        damaged(folder)
    captures()
    print(f"{len(seeds)} seeds, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
