#!/usr/bin/env python3
"""Failures of every kind beside healthy connections: does synfin name each failure, and blame no healthy connection?

    causes.py SYNFIN [--each N] [--healthy N] [--seed N] [--timer-runs N] [--keep FILE]

Builds a capture with N failures of each kind and N healthy connections, which are meant to be mistaken: their packets are
lost and repeated, the TTL of their hosts changes, servers close idle connections or answer nothing, clients reset. synfin reads it with all
packets and with control packets only. At least 99 % of the failures that the packets prove must have the right cause, and at most 0.1 % of
the healthy connections any cause. Then builds resets after random silences, with an idle timer of 300 s among them, which must be found with its value,
and `--timer-runs` times without one, which must never be claimed. Exits 0, or 1 if something is wrong.
"""
import argparse
import collections
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHER = b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
MSS = 1448
BEGIN = 1_790_000_000
CONTROL_CANNOT_PROVE = {"mtu_black_hole"}


class Capture:
    """Packets of Ethernet, IPv4 and IPv6, written in order of time."""

    def __init__(self):
        self.packets = []

    def add(self, time, source, target, protocol, payload, ttl, ident=0, wire=None):
        length = len(payload) if wire is None else wire
        if len(source) == 4:
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, ident, 0x4000, ttl, protocol, 0, source, target)
            frame = ETHER + b"\x08\x00" + header
        else:
            frame = ETHER + b"\x86\xdd" + struct.pack("!IHBB16s16s", 0x60000000, length, protocol, ttl, source, target)
        self.packets.append((time, len(self.packets), frame + payload, len(frame) + length))

    def write(self, path):
        with open(path, "wb") as out:
            out.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for time, _, frame, wire in sorted(self.packets):
                micros = round((BEGIN + time) * 1e6)
                out.write(struct.pack("<IIII", micros // 10**6, micros % 10**6, len(frame), wire) + frame)


class Host:
    """A responder with its distance, which for some hosts changes with the path."""

    def __init__(self, rng, address):
        self.rng, self.address = rng, address
        self.initial = rng.choice((64, 64, 64, 128, 255))
        self.hops = rng.randrange(1, 20)
        self.several_paths = rng.random() < 0.1
        self.delay = rng.uniform(0.0005, 0.08)

    def ttl(self):
        return self.initial - self.hops - (self.rng.randrange(3) if self.several_paths else 0)


class Connection:
    """Writes the packets of one connection; `c` sends from the client, `s` from the server."""

    def __init__(self, capture, rng, client, port, host, service, time):
        self.capture, self.rng, self.host, self.time = capture, rng, host, time
        self.ends = {"c": (client, port), "s": (host.address, service)}
        self.next = {"c": rng.randrange(2**32), "s": rng.randrange(2**32)}
        self.key = (text(client), port, text(host.address), service)

    def send(self, side, flags, size=0, wait=None, ttl=None, seq=None, ack=None, ident=None):
        """Sends the next segment. `seq`: another number, as of a retransmission, which does not advance."""
        self.time += self.host.delay * self.rng.uniform(0.8, 1.3) if wait is None else wait
        other = "s" if side == "c" else "c"
        number = self.next[side] if seq is None else seq
        acked = (self.next[other] if ack is None else ack) if flags & ACK else 0
        (source, sport), (target, dport) = self.ends[side], self.ends[other]
        segment = struct.pack("!HHIIBBHHH", sport, dport, number % 2**32, acked % 2**32, 0x50, flags, 64000, 0, 0)
        own = 60 if side == "c" else self.host.ttl()
        self.capture.add(self.time, source, target, 6, segment, own if ttl is None else ttl,
                         self.rng.randrange(1, 65536) if ident is None else ident, 20 + size)
        if seq is None:
            self.next[side] = (number + size + bool(flags & SYN) + bool(flags & FIN)) % 2**32
        return number

    def shake(self):
        self.send("c", SYN, wait=0)
        self.send("s", SYN | ACK)
        self.send("c", ACK)

    def syns(self, linear=False, most=6):
        """A SYN and its retries, by Linux's backoff or linear as on newer kernels."""
        first = self.send("c", SYN, wait=0)
        wait = 1.0
        for _ in range(self.rng.randrange(2, most + 1)):
            self.send("c", SYN, wait=wait + self.rng.uniform(0, 0.01), seq=first)
            wait = 1.0 if linear else wait * 2

    def close(self, first="c"):
        second = "s" if first == "c" else "c"
        self.send(first, FIN | ACK)
        self.send(second, FIN | ACK)
        self.send(first, ACK)


def text(address):
    import ipaddress
    return str(ipaddress.ip_address(address))


# ---- Failures: functions of (connection, scene) ----

def refused(c, scene):
    c.send("c", SYN, wait=0)
    c.send("s", RST | ACK, seq=0)


def refused_on_path(c, scene):
    c.send("c", SYN, wait=0)
    c.send("s", RST | ACK, seq=0, ttl=64 - scene.rng.randrange(c.host.hops) if c.host.initial == 64 else 63)


def filtered(c, scene):
    c.syns(linear=scene.rng.random() < 0.3)


def host_away(c, scene):
    c.syns(linear=scene.rng.random() < 0.3)


def icmp(c, scene, code):
    first = c.send("c", SYN, wait=0)
    (client, cport), (server, sport) = c.ends["c"], c.ends["s"]
    quoted = struct.pack("!HHI", cport, sport, first)
    if len(client) == 4:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0x4000, 55, 6, 0, client, server)
        message, protocol = struct.pack("!BBHI", 3, code, 0, 0) + header + quoted, 1
        router = bytes([192, 0, 2, 254])
    else:
        header = struct.pack("!IHBB16s16s", 0x60000000, 20, 6, 55, client, server)
        message, protocol = struct.pack("!BBHI", 1, {1: 3, 13: 1}[code], 0, 0) + header + quoted, 58
        router = client[:8] + b"\0\0\0\0\0\0\0\xfe"
    c.capture.add(c.time + 0.01, router, client, protocol, message, 62)


def unreachable(c, scene):
    icmp(c, scene, 1)


def prohibited(c, scene):
    icmp(c, scene, 13)


def handshake_incomplete(c, scene):
    syn = c.send("c", SYN, wait=0)
    number = c.send("s", SYN | ACK)
    for wait in (1, 2, 4):
        if scene.rng.random() < 0.5:
            c.send("c", SYN, seq=syn, wait=wait - 0.1)
        c.send("s", SYN | ACK, seq=number, wait=0.1 if scene.rng.random() < 0.5 else wait)


def accepted_dropped(c, scene):
    c.shake()
    asked = scene.rng.random() < 0.5
    if asked:
        c.send("c", PSH | ACK, scene.rng.randrange(1, 1400))
    if scene.rng.random() < 0.5:
        c.send("s", RST | ACK, wait=scene.rng.uniform(0.0001, 0.2))
    else:
        c.send("s", FIN | ACK, wait=scene.rng.uniform(0.0001, 3))
        c.send("c", FIN | ACK)
        c.send("s", ACK)


def mtu_black_hole(c, scene):
    c.shake()
    c.send("c", PSH | ACK, scene.rng.randrange(50, 400))
    c.send("s", ACK)
    sender, other = scene.rng.choice(("cs", "sc"))
    number = c.send(sender, ACK, MSS)
    c.send(sender, ACK, MSS)
    wait = 0.2
    for _ in range(scene.rng.randrange(5, 9)):
        c.send(sender, ACK, MSS, wait=wait, seq=number)
        wait *= 2
    c.send(other, FIN | ACK, ack=number)
    c.send(sender, ACK)
    c.send(other, RST, wait=1, ack=number)


def backscatter(c, scene):
    c.send("s", scene.rng.choice((SYN | ACK, RST | ACK)))


FAILURES = {f.__name__: f for f in (refused, refused_on_path, filtered, host_away, unreachable, prohibited, handshake_incomplete,
                                    accepted_dropped, mtu_black_hole, backscatter)}
CAUSE = {"prohibited": "unreachable"}


# ---- Healthy connections ----

def plain(c, rng):
    c.shake()
    for _ in range(rng.randrange(1, 4)):
        c.send("c", PSH | ACK, rng.randrange(1, 1400))
        for _ in range(rng.randrange(1, 6)):
            c.send("s", PSH | ACK, rng.randrange(1, MSS))
        c.send("c", ACK)
    c.close(rng.choice("cs"))


def client_says_nothing(c, rng):
    """A connection opened in advance, which the server closes later without a byte."""
    c.shake()
    c.send("s", FIN | ACK, wait=rng.uniform(15, 90))
    c.send("c", FIN | ACK)
    c.send("s", ACK)


def one_way(c, rng):
    """A client that sends and closes, as loggers do; nothing answers it."""
    c.shake()
    for _ in range(rng.randrange(1, 9)):
        c.send("c", PSH | ACK, rng.randrange(1, 1400), wait=rng.uniform(0, 2))
        c.send("s", ACK)
    c.close("c")


def probe(c, rng):
    """A health check."""
    c.shake()
    c.close("c") if rng.random() < 0.5 else c.send("c", RST | ACK)


def lossy(c, rng):
    """Full segments are repeated several times before they are acknowledged."""
    c.shake()
    c.send("c", PSH | ACK, 300)
    for _ in range(4):
        number = c.send("s", ACK, MSS)
        wait = 0.2
        for _ in range(rng.randrange(0, 5)):
            c.send("s", ACK, MSS, wait=wait, seq=number)
            wait *= 2
        c.send("c", ACK)
    c.close(rng.choice("cs"))


def reset(c, rng):
    c.shake()
    c.send("c", PSH | ACK, 200)
    c.send("s", PSH | ACK, 900)
    c.send(rng.choice("cs"), RST | ACK, wait=rng.uniform(0, 20))


def slow_start(c, rng):
    """The first SYN is lost."""
    first = c.send("c", SYN, wait=0)
    c.send("c", SYN, seq=first, wait=1)
    c.send("s", SYN | ACK)
    c.send("c", ACK)
    c.send("c", PSH | ACK, 100)
    c.send("s", PSH | ACK, 100)
    c.close("s")


def stays_open(c, rng):
    c.shake()
    c.send("c", PSH | ACK, 100)
    c.send("s", PSH | ACK, 100)


HEALTHY = ([plain] * 10 + [probe, lossy, lossy, reset, slow_start, one_way, client_says_nothing, stays_open])


class Scene:
    """Hosts with services that answer, the addresses of hosts that are away, and clients."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.capture = Capture()
        self.hosts = [Host(self.rng, bytes([198, 51, 100, n])) for n in range(1, 41)]
        self.hosts += [Host(self.rng, b"\x20\x01\x0d\xb8\0\2" + bytes(9) + bytes([n])) for n in range(1, 11)]
        self.away = [Host(self.rng, bytes([203, 0, 113, n])) for n in range(1, 100)]
        self.ports = collections.Counter()

    def connection(self, host, service, time):
        """A connection from one of twenty clients, each of which uses each port once."""
        client = self.rng.randrange(20)
        self.ports[client] += 1
        v4 = len(host.address) == 4
        address = bytes([192, 0, 2, 1 + client]) if v4 else b"\x20\x01\x0d\xb8\0\1" + bytes(9) + bytes([1 + client])
        return Connection(self.capture, self.rng, address, 20000 + self.ports[client], host, service, time)


def build(args, path):
    """Writes the capture. Returns the kind of each connection by its key."""
    scene = Scene(args.seed)
    rng = scene.rng
    span = max(300, args.healthy * 0.2)
    kinds = {}
    for host in scene.hosts:  # what everybody needs, from the start
        for service in (22, 443):
            c = scene.connection(host, service, rng.uniform(0, 20))
            plain(c, rng)
            kinds[c.key] = "healthy"
    for _ in range(args.healthy):
        c = scene.connection(rng.choice(scene.hosts), rng.choice((22, 80, 443)), rng.uniform(20, span))
        rng.choice(HEALTHY)(c, rng)
        kinds[c.key] = "healthy"
    for number, (name, failure) in enumerate(FAILURES.items()):
        for _ in range(args.each):
            hosts = scene.away if name in ("host_away", "backscatter") else scene.hosts
            host = rng.choice([h for h in hosts if not (h.several_paths and name == "refused_on_path") and h.hops > 1])
            c = scene.connection(host, 5000 + number, rng.uniform(60, span))
            failure(c, scene)
            kinds[c.key] = name
    scene.capture.write(path)
    return kinds


def run(synfin, capture, folder, *options):
    log, report = folder / "conn.json", folder / "report.json"
    log.unlink(missing_ok=True)
    command = [synfin, "-r", capture, "--view", "none", "--no-geoip", "--log", log, "--log-format", "json", "--report", report, *options]
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL)
    return [json.loads(line) for line in log.read_text().splitlines()], json.loads(report.read_text())


def judge(kinds, records, control):
    """Returns sentences about what is wrong, and prints the table."""
    found = collections.defaultdict(collections.Counter)
    for r in records:
        key = (r["id.orig_h"], r["id.orig_p"], r["id.resp_h"], r["id.resp_p"])
        flipped = (r["id.resp_h"], r["id.resp_p"], r["id.orig_h"], r["id.orig_p"])
        kind = kinds.get(key) or kinds.get(flipped) or "unknown"
        found[kind][r.get("cause", "-")] += 1
    wrong = []
    right = total = 0
    for name in FAILURES:
        causes, cause = found[name], CAUSE.get(name, name)
        print(f"  {name:22}", ", ".join(f"{c} {n}" for c, n in causes.most_common()))
        if control and name in CONTROL_CANNOT_PROVE:
            continue
        right += causes[cause]
        total += sum(causes.values())
    blamed = sum(found["healthy"].values()) - found["healthy"]["-"]
    healthy = sum(found["healthy"].values())
    print(f"  {right} of {total} failures named right; {blamed} of {healthy} healthy connections blamed", dict(found["healthy"]))
    if right < 0.99 * total:
        wrong.append(f"only {right} of {total} failures are named right")
    if blamed > 0.001 * healthy:
        wrong.append(f"{blamed} of {healthy} healthy connections are blamed")
    if found["unknown"]:
        wrong.append(f"{sum(found['unknown'].values())} records of no connection")
    return wrong


def build_resets(path, seed, connections, timers):
    """Healthy connections, a fifth of which are reset after a random silence, and `timers` that are reset after 300 s ± 0.5 s."""
    scene = Scene(seed)
    rng = scene.rng
    target = scene.hosts[8]
    silences = (lambda: rng.uniform(5, 900), lambda: 5 + rng.expovariate(1 / 60), lambda: 5 + rng.lognormvariate(4, 1))
    silence = rng.choice(silences)
    for i in range(connections):
        timer = i < timers
        c = scene.connection(target if timer else rng.choice(scene.hosts), 443, rng.uniform(0, 7200))
        c.shake()
        c.send("c", PSH | ACK, 200)
        c.send("s", PSH | ACK, 900)
        c.send("c", ACK)
        if timer:
            c.send("s", RST | ACK, wait=300 + rng.uniform(-0.5, 0.5), ttl=60)
        elif rng.random() < 0.2:
            c.send(rng.choice("cs"), RST | ACK, wait=silence())
        else:
            c.close(rng.choice("cs"))
    scene.capture.write(path)
    return text(target.address)


def check_timers(args, folder):
    wrong = []
    capture = folder / "resets.pcap"
    host = build_resets(capture, args.seed, args.healthy, max(20, round(0.012 * args.healthy)))
    timers = run(args.synfin, capture, folder)[1]["hangups"]["idle_timers"]
    print("  with a timer:", [(t["resp"], t["seconds"], t["plus_minus_seconds"], t["resets"], t["chance"]) for t in timers])
    if len(timers) != 1 or timers[0]["resp"] != host or abs(timers[0]["seconds"] - 300) > 1:
        wrong.append("the idle timer of 300 s is not found")
    for n in range(args.timer_runs):
        build_resets(capture, args.seed + 1 + n, args.healthy, 0)
        report = run(args.synfin, capture, folder)[1]
        claimed = report["hangups"]["idle_timers"]
        if claimed or not report["hangups"]["idle_resets"]:
            wrong.append(f"run {n} without a timer claims {claimed} of {report['hangups']['idle_resets']} resets")
    print(f"  {args.timer_runs} runs without one: {'a false claim' if len(wrong) > 1 else 'nothing claimed'}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("synfin")
    parser.add_argument("--each", type=int, default=50, metavar="N")
    parser.add_argument("--healthy", type=int, default=5000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--timer-runs", type=int, default=20, metavar="N")
    parser.add_argument("--keep", metavar="FILE", help="copy the capture to FILE")
    args = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        capture = folder / "causes.pcap"
        kinds = build(args, capture)
        if args.keep:
            pathlib.Path(args.keep).write_bytes(capture.read_bytes())
        for scope in ("all", "control"):
            print(f"{scope} packets:")
            records, _ = run(args.synfin, capture, folder, "--packets", scope)
            wrong += judge(kinds, records, scope == "control")
        print("idle timers:")
        wrong += check_timers(args, folder)
    for sentence in wrong:
        print("wrong:", sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
