#!/usr/bin/env python3
"""Failures of every kind, made in network namespaces, and the causes that synfin names.

    causes.py SYNFIN

A client reaches a server through a router, which drops, rejects and resets by nftables. synfin captures at the client, once with all
packets and once with control packets only, and must name each failure, while healthy connections have no cause. Exits 0, 1 if something is
wrong, or 77 if this machine cannot run it.
"""
import os
import select
import socket
import struct
import sys
import threading
import time

from lab import SKIPPED, Lab, Namespace, missing, sh

SERVER, AWAY = "10.9.21.1", "10.9.22.9"
OPEN = (22, 80)
PORT = {"refused": 81, "refused_on_path": 82, "filtered": 83, "unreachable": 84, "prohibited": 85, "handshake_incomplete": 86,
        "accepted_dropped": 87, "mtu_black_hole": 88, "reset_on_path": 89, "host_away": 80, "backscatter": 90}
CAUSE = {"prohibited": "unreachable"}
ROUTER_RULES = f"""
table inet failures {{
  chain forward {{
    type filter hook forward priority 0;
    tcp dport {PORT['refused_on_path']} reject with tcp reset
    tcp dport {PORT['filtered']} drop
    ip daddr 10.9.22.0/24 drop
    tcp dport {PORT['unreachable']} reject with icmp type host-unreachable
    tcp dport {PORT['prohibited']} reject with icmp type admin-prohibited
    tcp dport {PORT['mtu_black_hole']} meta length > 1000 drop
    tcp dport {PORT['reset_on_path']} tcp flags & psh == psh reject with tcp reset
  }}
}}
"""
CLIENT_RULES = f"""
table inet failures {{
  chain input {{
    type filter hook input priority 0;
    tcp sport {PORT['handshake_incomplete']} drop
    tcp sport {PORT['backscatter']} drop
  }}
}}
"""


class Server(threading.Thread):
    """Echoes once on OPEN, and fails on the other ports as their names say."""

    def __init__(self, space):
        super().__init__(daemon=True)
        self.listeners = {}
        self.stuck = []
        with space:
            for name in (*OPEN, "handshake_incomplete", "accepted_dropped", "mtu_black_hole", "reset_on_path"):
                port = PORT.get(name, name)
                self.listeners[socket.create_server((SERVER, port), backlog=64)] = port

    def run(self):
        while True:
            for listener in select.select(list(self.listeners), [], [], 0.1)[0]:
                self.accept(listener)
            for connection, deadline in list(self.stuck):
                if time.monotonic() > deadline:
                    connection.shutdown(socket.SHUT_WR)
                    self.stuck.remove((connection, deadline))
                    self.keep = connection

    def accept(self, listener):
        connection, _ = listener.accept()
        port = self.listeners[listener]
        if port in OPEN:
            connection.sendall(connection.recv(1000))
            connection.recv(1)
            connection.close()
        elif port == PORT["accepted_dropped"]:
            connection.close()
        elif port == PORT["mtu_black_hole"]:
            self.stuck.append((connection, time.monotonic() + 5))
        else:
            self.stuck.append((connection, time.monotonic() + 60))


def connect_spaces(lab, server):
    """left (client) – right (router) – server."""
    router = lab.right
    sh("ip", "link", "add", "eth0", "netns", server.name, "type", "veth", "peer", "name", "vs", "netns", router.name)
    router.ip("addr", "add", "10.9.21.254/24", "dev", "vs")
    router.ip("link", "set", "vs", "up")
    server.ip("addr", "add", f"{SERVER}/24", "dev", "eth0")
    server.ip("link", "set", "eth0", "up")
    server.ip("route", "add", "default", "via", "10.9.21.254")
    lab.left.ip("route", "add", "10.9.16.0/20", "via", "10.9.0.2")
    router.ip("route", "add", "10.9.22.0/24", "via", SERVER)
    sh(*router.command("sysctl", "-qw", "net.ipv4.ip_forward=1"))
    for space, rules in ((router, ROUTER_RULES), (lab.left, CLIENT_RULES)):
        file = lab.folder / f"rules-{space.name}"
        file.write_text(rules)
        sh(*space.command("nft", "-f", str(file)))


def healthy(lab, port):
    with lab.socket() as client:
        client.connect((SERVER, port))
        client.sendall(b"hello")
        assert client.recv(1000) == b"hello"


def begin(lab, address, port):
    """Starts to connect and does not wait for the result."""
    client = lab.socket()
    client.setblocking(False)
    client.connect_ex((address, port))
    return client


def lone_synack(server):
    """Sends a SYN-ACK to a port of the client that sent no SYN, as a host does that answers a forged address."""
    tcp = struct.pack("!HHIIBBHHH", PORT["backscatter"], 40001, 7, 8, 0x50, 0x12, 1000, 0, 0)
    with server:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    pseudo = socket.inet_aton(SERVER) + socket.inet_aton("10.9.0.1") + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    raw.sendto(tcp[:16] + struct.pack("!H", ~total & 0xFFFF) + tcp[18:], ("10.9.0.1", 0))
    raw.close()


def make_failures(lab, server):
    for _ in range(5):
        for port in OPEN:
            healthy(lab, port)
    held = []
    for name in ("refused", "refused_on_path", "filtered", "unreachable", "prohibited", "handshake_incomplete"):
        held += [begin(lab, SERVER, PORT[name]) for _ in range(2)]
    held += [begin(lab, AWAY, PORT["host_away"]) for _ in range(2)]
    for name, size in (("accepted_dropped", 0), ("mtu_black_hole", 50_000), ("reset_on_path", 100)):
        for _ in range(2):
            client = lab.socket()
            client.connect((SERVER, PORT[name]))
            if size:
                client.sendall(b"x" * size)
            held.append(client)
    lone_synack(server)
    time.sleep(8)  # the kernel repeats the segments of the black hole, and SYNs are pending for 3 s
    for _ in range(3):
        healthy(lab, OPEN[0])
    return held


def judge(records, scope):
    wrong = []
    names = {port: name for name, port in PORT.items() if name != "host_away"}
    seen = {}
    for r in records:
        name = "host_away" if r["id.resp_h"] == AWAY else names.get(r["id.resp_p"]) or names.get(r["id.orig_p"])
        seen.setdefault(name or "healthy", []).append(r)
    for name in ("healthy", *PORT):
        rows = seen.get(name, [])
        print(f"  {name:22}", [(r.get("cause"), r.get("cause_confidence"), r.get("cause_evidence")) for r in rows[:2]])
        if not rows:
            wrong.append(f"{scope}: no record of {name}")
        if scope == "control" and name == "mtu_black_hole":
            continue  # control packets do not show data
        expected = None if name == "healthy" else CAUSE.get(name, name)
        for r in rows:
            if r.get("cause") != expected:
                wrong.append(f"{scope}: {name}: {r.get('cause')}, {r.get('cause_evidence')}, {r['history']}")
    for name in ("unreachable", "prohibited"):
        for r in seen.get(name, []):
            if not r.get("cause_evidence", "").endswith("from 10.9.0.2"):
                wrong.append(f"{scope}: {name}: the sender of the ICMP error is not named: {r.get('cause_evidence')}")
    for r in seen.get("filtered", []):
        if "answers on" not in r.get("cause_evidence", ""):
            wrong.append(f"{scope}: filtered without the ports that answer: {r.get('cause_evidence')}")
    return wrong


def main():
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    server = Namespace(f"synfin-s{os.getpid()}")
    wrong = []
    try:
        with Lab(sys.argv[1]) as lab:
            connect_spaces(lab, server)
            Server(server).start()
            options = ["-i", "va", "--view", "none", "--no-geoip"]
            with lab.listen([*options, "--packets", "all"]) as everything, lab.listen([*options, "--packets", "control"]) as control:
                held = make_failures(lab, server)
            for run, scope in ((everything, "all"), (control, "control")):
                print(f"{scope} packets:")
                wrong += judge(run.records, scope)
            for client in held:
                client.close()
    finally:
        server.remove()
    for sentence in wrong:
        print("wrong:", sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
