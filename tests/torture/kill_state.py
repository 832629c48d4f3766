#!/usr/bin/env python3
"""Kill synfin at random moments, as kill -9 does, and check the state file.

    kill_state.py SYNFIN [--kills N] [--seed N]

Connections to new ports arrive through a pipe, many every second, and all runs share one state file. A host has a thousand of them,
because an inventory knows no more than 1024 ports of a host one by one. These rules hold after each kill:

  - the file opens, and `synfin inventory` reads it;
  - each port that was proven open more than a second before the kill is in it;
  - no change has occurred twice: no id repeats, and no port is new twice.

Prints each violation; exits 1 if there is one.
"""
import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time

ALLOWED = 1.0  # seconds that a kill may lose
READING = 0.5  # seconds from the pipe to the inventory, on a busy machine
EVERY = 0.02
FIRST_PORT = 1000
PORTS_PER_HOST = 1000
SYN, ACK = 2, 16


def host_of(port):
    return bytes((198, 51, 100, port // PORTS_PER_HOST))


def frame(up, port, flags, seq, ack, client_port):
    ends = [(b"\xc0\x00\x02\x01", client_port), (host_of(port), port)]
    (source, sport), (target, dport) = ends if up else reversed(ends)
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64240, 0, 0)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + target
    return b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + tcp


def packet(when, *words):
    data = frame(*words)
    return struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(data), len(data)) + data


def connection(when, port):
    """A handshake with the server's `port`."""
    client = 20000 + port % 40000
    return (packet(when, True, port, SYN, 1000, 0, client) + packet(when + 0.001, False, port, SYN | ACK, 5000, 1001, client)
            + packet(when + 0.002, True, port, ACK, 1001, 5001, client))


def start(synfin, folder):
    command = [synfin, "-q", "-r", "-", "-Z", "root", "--view", "none", "--no-geoip", "--state", "net.db", "--max-connections", "4096"]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    process.stdin.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    process.stdin.flush()
    return process


def inventory(synfin, folder, *words):
    ran = subprocess.run([synfin, "inventory", "--state", "net.db", "--format", "json", *words], cwd=folder, capture_output=True, text=True)
    if ran.returncode != 0:
        return None, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()], ""


def changed_ports(changes):
    """The ports that became known with their hosts, in the order of changes."""
    for change in changes:
        if change["change"] == "new_port":
            yield change["ip"], change["port"]
        elif change["change"] == "new_host":
            yield from ((change["ip"], port["port"]) for port in change["ports"])


def run_once(synfin, folder, port, lifetime):
    """Sends connections until the kill. Returns (port, time of sending before the kill) and the next port."""
    process = start(synfin, folder)
    killer = threading.Timer(lifetime, process.kill)
    sent = []
    killer.start()
    try:
        while process.poll() is None:
            process.stdin.write(connection(time.time(), port))
            process.stdin.flush()
            sent.append((port, time.monotonic()))
            port += 1
            time.sleep(EVERY)
    except BrokenPipeError:
        pass
    process.wait()
    killed = time.monotonic()
    killer.cancel()
    process.stderr.read()
    return [(number, killed - when) for number, when in sent], port


def violations(synfin, folder, old, port):
    hosts, error = inventory(synfin, folder)
    if hosts is None:
        return [f"the state cannot be read: {error}"]
    changes, error = inventory(synfin, folder, "--changes")
    if changes is None:
        return [f"the changes cannot be read: {error}"]
    known = {(host["ip"], entry["port"]) for host in hosts for entry in host["ports"] if entry["state"] == "open"}
    wrong = [f"port {number}, proven {age:.2f} s before the kill, is missing" for number, age in old
             if (".".join(map(str, host_of(number))), number) not in known]
    announced = list(changed_ports(changes))
    wrong += [f"port {number} is new twice" for number in set(announced) if announced.count(number) > 1]
    ids = [change["id"] for change in changes]
    if len(set(ids)) != len(ids):
        wrong.append("two changes share an id")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("synfin")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    synfin = str(pathlib.Path(args.synfin).resolve())
    chance = random.Random(args.seed)
    failed = checked = 0
    with tempfile.TemporaryDirectory() as folder:
        port = FIRST_PORT
        for number in range(args.kills):
            sent, port = run_once(synfin, folder, port, chance.uniform(0.3, 3.0))
            old = [entry for entry in sent if entry[1] > ALLOWED + READING]
            checked += len(old)
            if not (pathlib.Path(folder) / "net.db").exists():
                continue  # killed before it opened the file
            for violation in violations(synfin, folder, old, port):
                failed += 1
                print(f"kill {number + 1}: {violation}")
    print(f"{args.kills} kills, {checked} ports that had to survive, {failed} violations")
    return 1 if failed or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
