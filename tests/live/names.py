#!/usr/bin/env python3
"""Name resolution never delays a line, even if the resolver is dead or slow.

    names.py SYNFIN dead|slow|moved

Each of 10 000 hosts completes a handshake. `dead`: the resolver never answers; each line appears as soon after its packet as
without --resolve-names, and the run takes at most --dns-wait longer. `slow`: it answers after 20 ms; all names are known
within 5 s. Only loopback is used, and no privilege is needed. `moved`: /etc/resolv.conf is replaced and names another server, which
is asked from then on. This needs root, who gets namespaces with an /etc and a loopback of their own; else it is skipped (77).
"""
import collections
import os
import pathlib
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HOSTS = 10_000
PER_SECOND = 2_500
WAIT = 2.0
LATER = 0.2  # seconds by which a busy machine may delay a line; a resolver's first time-out is 1.5 s
SYN, SYN_ACK, ACK = 0x02, 0x12, 0x10
SERVER = bytes((198, 51, 100, 80))


def address(i):
    return bytes((100, 64 + i // 62_500, i // 250 % 250, 1 + i % 250))


def text(raw):
    return ".".join(map(str, raw))


def packet(at, source, destination, ports, numbers, flags):
    tcp = struct.pack(">HHIIBBHHH", *ports, *numbers, 5 << 4, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + source + destination
    return struct.pack("<IIII", int(at), int(at % 1 * 1e6), 40, 40) + ip + tcp


def handshake(i, at):
    host = address(i)
    return (packet(at, host, SERVER, (40000, 443), (1000, 0), SYN) + packet(at, SERVER, host, (443, 40000), (2000, 1001), SYN_ACK)
            + packet(at, host, SERVER, (40000, 443), (1001, 2001), ACK))


def header():
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)


class Resolver(threading.Thread):
    """A DNS server on loopback. It answers each PTR question after `delay` seconds, or never if that is None."""

    def __init__(self, delay, at=("127.0.0.1", 0)):
        super().__init__(daemon=True)
        self.delay, self.questions = delay, 0
        self.socket = socket.socket(socket.AF_INET6 if ":" in at[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(at)
        self.server = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def run(self):
        due = collections.deque()
        while True:
            if select.select([self.socket], [], [], 0.001 if due else None)[0]:
                question, peer = self.socket.recvfrom(1500)
                self.questions += 1
                if self.delay is not None:
                    due.append((time.monotonic() + self.delay, self.answer(question), peer))
            while due and due[0][0] <= time.monotonic():
                self.socket.sendto(*due.popleft()[1:])

    @staticmethod
    def answer(question):
        end = question.index(b"\0", 12) + 5
        name = b"\x04host\x07example\x00"
        record = b"\xc0\x0c\x00\x0c\x00\x01\x00\x00\x01\x2c" + struct.pack(">H", len(name)) + name
        is_ptr = question[end - 3] == 12
        found = (b"\0\1", record) if is_ptr else (b"\0\0", b"")
        return question[:2] + b"\x81\x80\x00\x01" + found[0] + b"\0\0\0\0" + question[12:end] + found[1]


def run(synfin, options):
    """Sends packets at a steady pace. Returns the sorted delays of the first lines, the duration of the run, and stderr."""
    command = [synfin, "-r", "-", "--view", "events", "-l", "--no-geoip", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    sent, seen = {}, {}

    def read():
        with open(process.stdout.fileno(), "rb", closefd=False) as lines:
            for line in lines:
                found = re.search(rb"100\.\d+\.\d+\.\d+", line)
                if found:
                    seen.setdefault(found[0].decode(), time.monotonic())

    errors = []
    readers = [threading.Thread(target=read), threading.Thread(target=lambda: errors.append(process.stderr.read().decode()))]
    for reader in readers:
        reader.start()
    process.stdin.write(header())
    begin = time.monotonic()
    for i in range(HOSTS):
        if (ahead := begin + i / PER_SECOND - time.monotonic()) > 0.002:
            time.sleep(ahead)
        sent[text(address(i))] = time.monotonic()
        process.stdin.write(handshake(i, time.time()))
    process.stdin.close()
    process.wait(60)
    took = time.monotonic() - begin
    for reader in readers:
        reader.join()
    assert process.returncode == 0 and len(seen) == HOSTS, f"{len(seen)} lines of {HOSTS}: {errors}"
    return sorted(seen[host] - sent[host] for host in sent), took, errors[0]


def dead(synfin):
    resolver = Resolver(None)
    without, short, _ = run(synfin, [])
    late, took, errors = run(synfin, ["--resolve-names", "--dns-server", resolver.server, "--dns-wait", f"{WAIT:g}s"])
    print(f"latest line {without[-1] * 1e3:.1f} ms after its packet without names, {late[-1] * 1e3:.1f} ms with them; "
          f"median {without[HOSTS // 2] * 1e3:.2f} and {late[HOSTS // 2] * 1e3:.2f} ms; run {short:.2f} and {took:.2f} s; "
          f"{resolver.questions} questions")
    assert resolver.questions > 100, "the resolver got no question"
    assert "DNS did not answer for" in errors, errors
    assert late[-1] <= without[-1] + LATER, "a line was late"
    assert took <= short + WAIT + 0.5, "the run was late"


def slow(synfin):
    resolver = Resolver(0.02)
    capture = header() + b"".join(handshake(i, 1_700_000_000 + i / 1000) for i in range(HOSTS))
    begin = time.monotonic()
    options = ["--view", "none", "--report", "-", "--report-format", "json", "--no-geoip", "--resolve-names"]
    done = subprocess.run([synfin, "-r", "-", *options, "--dns-server", resolver.server, "--dns-wait", "20s"],
                          input=capture, capture_output=True)
    took = time.monotonic() - begin
    print(f"{HOSTS} names in {took:.2f} s, {resolver.questions} questions")
    assert done.returncode == 0 and b"no answer" not in done.stderr, done.stderr
    assert done.stdout.count(b"host.example") >= 100, "names are missing"
    assert took < 5, "too slow"


def moved(synfin):
    if os.geteuid() != 0:
        print("skipped: namespaces need root")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        setup = 'ip link set lo up && cp -a /etc "$0" && mount --bind "$0/etc" /etc && exec "$@"'
        inside = ["unshare", "--mount", "--net", "sh", "-c", setup, folder]
        if subprocess.call([*inside, "true"]) != 0:
            print("skipped: this system permits no namespaces or mounts")
            sys.exit(77)
        sys.exit(subprocess.call([*inside, sys.executable, __file__, synfin, "moved-inside"]))


def moved_inside(synfin):
    """In the namespaces that moved() makes."""
    def use(resolver):
        pathlib.Path("/etc/resolv.conf.new").write_text(f"nameserver {resolver}\n")
        os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")

    resolvers = {at: Resolver(0, (at, 53)) for at in ("127.0.0.2", "::1")}
    use("127.0.0.2")
    command = [synfin, "-r", "-", "--view", "events", "-l", "-v", "--no-geoip", "--resolve-names"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, bufsize=0)
    process.stdin.write(header())
    hosts = iter(range(HOSTS))
    for at, resolver in resolvers.items():
        use(at)
        until = time.monotonic() + 30
        while not resolver.questions and time.monotonic() < until:
            process.stdin.write(handshake(next(hosts), time.time()))
            time.sleep(0.1)
        assert resolver.questions, f"{at} was not asked"
    before = resolvers["127.0.0.2"].questions
    for _ in range(10):
        process.stdin.write(handshake(next(hosts), time.time()))
        time.sleep(0.1)
    process.stdin.close()
    errors = process.stderr.read().decode()
    assert process.wait(60) == 0, errors
    assert resolvers["127.0.0.2"].questions == before, "the old server is still asked"
    print("a new server is asked;", next((line for line in errors.splitlines() if "Landlock" in line), "without Landlock"))


if __name__ == "__main__":
    {"dead": dead, "slow": slow, "moved": moved, "moved-inside": moved_inside}[sys.argv[2]](sys.argv[1])
