#!/usr/bin/env python3
"""Hosts whose services come and go, in namespaces of their own, and the inventory of synfin between them and their client.

    inventory.py SYNFIN [--hosts N] [--seconds N] [--rate N]

A client tries every port of every host again and again, beside `--rate` connections a second to one more port. At the end,
the open ports of the inventory must be those that `ss -ltn` lists in each namespace; a change may only say what was true at
its time; and the state file costs no packet. The lines for cron that the manual shows print a digest as root. Exits 0, 1 if
something is wrong, or 77 if this machine cannot run it.
"""
import argparse
import calendar
import copy
import json
import os
import pathlib
import random
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from lab import SKIPPED, Lab, Namespace, missing, sh, wait_for

PAGES = pathlib.Path(__file__).resolve().parents[2] / "tools" / "man"
PORTS = (22, 80, 443, 5432)
BUSY = 9000  # the port of other traffic, on the first host
TOLERANCE = 1.0  # seconds between a socket's call and the first packet that shows it


class Host:
    """A namespace on the bridge with an address, and sockets that listen while their service is up."""

    def __init__(self, lab, number):
        self.address = f"10.9.7.{number + 1}"
        self.space = Namespace(f"synfin-h{os.getpid()}-{number}")
        self.listeners = {}
        self.history = {port: [] for port in PORTS}  # (time, is up)
        sh("ip", "link", "add", "eth0", "netns", self.space.name, "type", "veth", "peer", "name", f"h{number}", "netns", lab.right.name)
        lab.right.ip("link", "set", f"h{number}", "master", "br0", "up")
        self.space.ip("addr", "add", f"{self.address}/16", "dev", "eth0")
        self.space.ip("link", "set", "eth0", "up")

    def start(self, port):
        with self.space:
            listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, port))
        listener.listen(4096)
        listener.setblocking(False)
        self.listeners[port] = listener
        if port in self.history:
            self.history[port].append((time.time(), True))
        return listener

    def stop(self, port):
        self.history[port].append((time.time(), False))
        self.listeners.pop(port).close()

    def was(self, port, when, up):
        """True if the service was `up` at some moment around `when`."""
        state, best = False, None
        for time_of_change, after in [*self.history[port], (float("inf"), None)]:
            if state == up and time_of_change >= when - TOLERANCE:
                best = time_of_change
                break
            if time_of_change > when + TOLERANCE:
                break
            state = after
        return best is not None or state == up

    def listening(self):
        lines = sh("ip", "netns", "exec", self.space.name, "ss", "-Hltn").splitlines()
        return {int(line.split()[3].rsplit(":", 1)[1]) for line in lines}


class Acceptor(threading.Thread):
    """Accepts and closes connections of all hosts."""

    def __init__(self, hosts):
        super().__init__(daemon=True)
        self.hosts, self.ending = hosts, False

    def run(self):
        while not self.ending:
            listeners = [listener for host in self.hosts for listener in list(host.listeners.values()) if listener.fileno() >= 0]
            try:
                ready, _, _ = select.select(listeners, [], [], 0.05)
                for listener in ready:
                    for _ in range(256):
                        listener.accept()[0].close()
            except (OSError, ValueError):
                pass  # nothing is left to accept, or the service has just stopped


def connect(space, address, port):
    with space:
        client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no TIME_WAIT
    client.settimeout(1)
    try:
        client.connect((address, port))
    except OSError:
        pass
    client.close()


class OtherTraffic(threading.Thread):
    def __init__(self, lab, host, rate):
        super().__init__(daemon=True)
        self.host, self.rate, self.ending, self.made = host, rate, False, 0
        self.space = copy.copy(lab.left)  # which keeps where its thread came from

    def run(self):
        begin = time.monotonic()
        while not self.ending:
            for _ in range(max(1, min(50, int((time.monotonic() - begin) * self.rate) - self.made))):
                connect(self.space, self.host.address, BUSY)
                self.made += 1
            if self.made > (time.monotonic() - begin) * self.rate:
                time.sleep(0.005)


def come_and_go(lab, hosts, seconds, chance):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for host in hosts:
            port = chance.choice(PORTS)
            if chance.random() < 0.3:
                host.stop(port) if port in host.listeners else host.start(port)
            for port in PORTS:
                connect(lab.left, host.address, port)
        time.sleep(0.05)


def read_inventory(synfin, state, *words):
    text = sh(synfin, "inventory", "--state", str(state), "--format", "json", *words)
    return [json.loads(line) for line in text.splitlines()]


def compare(lab, hosts, state):
    known = {host["ip"]: host for host in read_inventory(lab.synfin, state)}
    wrong = []
    for host in hosts:
        ports = known.get(host.address, {"ports": []})["ports"]
        opened = {entry["port"] for entry in ports if entry["state"] == "open"}
        if opened != host.listening():
            wrong.append(f"{host.address}: the inventory has {sorted(opened)} open, ss lists {sorted(host.listening())}")
    by_address = {host.address: host for host in hosts}
    changes = read_inventory(lab.synfin, state, "--changes")
    for change in changes:
        host = by_address.get(change["ip"])
        if host is None:
            wrong.append(f"a change of a host that does not exist: {change}")
            continue
        up = change["change"] in ("new_host", "new_port", "reopened")
        when = time_of(change["time"])
        for port in [entry["port"] for entry in change.get("ports", [])] or [change["port"]]:
            if port in host.history and change["change"] != "new_host" and not host.was(port, when, up):
                wrong.append(f"not true: {change}; {host.history[port]}")
        if change["change"] not in ("new_host", "new_port", "closed", "reopened"):
            wrong.append(f"nothing of this kind happened: {change}")
    return wrong, changes


def time_of(text):
    whole, _, part = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{part or 0}")


def run(lab, args):
    lab.right.ip("link", "add", "br0", "type", "bridge")
    lab.right.ip("addr", "flush", "dev", "vb")
    lab.right.ip("link", "set", "vb", "master", "br0")
    lab.right.ip("link", "set", "br0", "up")
    lab.left.ip("addr", "add", "10.9.8.1/16", "dev", "va")
    hosts = [Host(lab, number) for number in range(args.hosts)]
    try:
        for host in hosts:
            for port in PORTS[:2]:
                host.start(port)
        hosts[0].start(BUSY)
        acceptor = Acceptor(hosts)
        acceptor.start()
        time.sleep(1)  # the bridge learns
        state = lab.folder / "net.db"
        with lab.listen(["-i", "va", "--view", "none", "--no-geoip", "--state", str(state)]) as listening:
            other = OtherTraffic(lab, hosts[0], args.rate)
            other.start()
            come_and_go(lab, hosts, args.seconds, random.Random(7))
            other.ending = True
            other.join()
            for _ in range(2):  # what is listening and contacted
                for host in hosts:
                    for port in PORTS:
                        connect(lab.left, host.address, port)
                time.sleep(0.3)
            wait_for(lambda: read_inventory(lab.synfin, state), "the state file while synfin runs")
        acceptor.ending = True
        acceptor.join()
        wrong, changes = compare(lab, hosts, state)
        lost = [line for line in listening.errors.splitlines() if "dropped by kernel" in line]
        if listening.exit_code != 0:
            wrong.append(listening.errors)
        if listening.count("dropped by kernel"):
            wrong.append(f"packets were lost: {lost}")
        print(f"{args.hosts} hosts, {args.seconds} s, {other.made} other connections ({other.made / args.seconds:.0f}/s), "
              f"{len(changes)} changes, {lost}")
        return wrong
    finally:
        for host in hosts:
            host.space.remove()


def run_cron_line(lab, page):
    """Runs the line of a page as cron does, for a second and with a state file in a folder that root may write. Returns what is wrong."""
    command = re.search(r"^ *0 \*/4 \* \* \* (synfin .*)$", (PAGES / page).read_text(), re.M)[1]
    command = re.sub(r"--duration \S+", "--duration 1s", command.replace("eth0", "va"))
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # as /var/lib
        os.symlink(os.path.abspath(lab.synfin), f"{folder}/synfin")
        words = [f"PATH={folder}:/usr/bin:/bin", f"S={folder}/state/net.db", "sh", "-c", command]
        done = subprocess.run(lab.left.command("env", "-i", *words), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        kept = os.path.exists(f"{folder}/state/net.db")
    right = done.returncode == 0 and kept and not done.stdout and done.stderr.count("synfin: digest ") == 1
    return [] if right else [f"{page}: {command}: exit status {done.returncode}, {done.stdout}{done.stderr}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("synfin")
    parser.add_argument("--hosts", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--rate", type=int, default=200)
    args = parser.parse_args()
    if reason := missing():
        print(f"skipped: {reason}")
        return SKIPPED
    with Lab(args.synfin) as lab:
        wrong = run(lab, args)
        for page in ("synfin-live.7.md", "synfin-inventory.7.md"):
            wrong += run_cron_line(lab, page)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
