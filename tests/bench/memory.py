#!/usr/bin/env python3
"""Hold --max-memory: the peak of runs on a flood from a million addresses, for each view with a report and logs; and with
the inventory, of a scan in which thousands of hosts answer on many ports.

    memory.py SYNFIN GENERATE MEASURE

Exits 1 if a peak exceeds the limit.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

VIEWS = ("events", "timeline", "endpoints", "clients", "services", "netstat", "summary")
LIMITS = (64, 256)
SCANNED = (3000, 100)  # hosts, and ports that each of them answers on
ACK, SYN = 0x10, 0x02


def frame(time, source, target, ports, flags, numbers):
    """A record of a capture: a TCP segment over IPv4 over Ethernet, without checksums. Addresses are numbers of hosts."""
    tcp = struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40, 0, 0, 64, 6, 0, 0x0A000001 + source, 0x0A000001 + target)
    packet = bytes(12) + b"\x08\x00" + ip + tcp
    return struct.pack("<IIII", 1700000000 + time // 1000000, time % 1000000, len(packet), len(packet)) + packet


def write_scan(path):
    """A capture in which one client completes a handshake with each port of each host."""
    hosts, ports = SCANNED
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        time = 0
        for port in range(1, ports + 1):
            for host in range(1, hosts + 1):
                time += 300
                there, back = (40000 + port, port), (port, 40000 + port)
                out.write(frame(time, 0, host, there, SYN, (1, 0)) + frame(time + 100, host, 0, back, SYN | ACK, (1, 2)) +
                          frame(time + 200, 0, host, there, ACK, (2, 2)))


def measured(measure, folder, limit, title, command):
    """Whether the run kept the limit of `limit` MiB; prints its peak."""
    result = pathlib.Path(folder) / "result"
    subprocess.run([measure, str(result), "600", *command, "--max-memory", f"{limit}M"], check=True, stdout=subprocess.DEVNULL)
    ran = json.loads(result.read_text())
    peak = ran["peak_kib"] / 1024
    wrong = f"exit {ran['exit']}" if ran["exit"] != 0 else "too much" if peak > limit else ""
    print(f"--max-memory {limit}M {title}: peak {peak:.1f} MiB {wrong}", flush=True)
    return not wrong


def main():
    synfin, generate, measure = sys.argv[1:4]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="memory.") as folder:
        flood, scan = f"{folder}/flood.pcap", f"{folder}/scan.pcap"
        subprocess.run([generate, "flood", flood, "--scale", "0.2", "--seed", "3"], check=True, stdout=subprocess.DEVNULL)
        write_scan(scan)
        start = [synfin, "-q", "--no-geoip", "-Z", "root"]
        outputs = ["--log", "/dev/null", "--events", "/dev/null", "-o", f"{folder}/report.json"]
        for limit in LIMITS:
            for view in VIEWS:
                command = [*start, "-r", flood, "--view", view, *outputs]
                failed += not measured(measure, folder, limit, f"--view {view}", command)
            command = [*start, "-r", scan, "--view", "inventory", "--state", f"{folder}/{limit}.state", *outputs]
            failed += not measured(measure, folder, limit, "with the inventory", command)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
