#!/usr/bin/env python3
"""`synfin path` on two captures of one real path: client ── router ── server, each a network namespace of its own.

    path.py SYNFIN [--keep FOLDER] [CASE…]

The router loses, delays, rewrites or resets, by nftables and netem, and tcpdump captures on both hosts. Each case compares
what synfin finds with what the router was made to do. Exits 0, 1 if a case fails, 77 if this machine cannot run any.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True

from lab import SKIPPED, Namespace, missing, sh, wait_for  # noqa: E402

NETWORK = {1: "192.0.2", 2: "198.51.100"}  # of the client, of the server; the router has the address 1
NETWORK6 = {1: "2001:db8:1::", 2: "2001:db8:2::"}
SERVER, SERVER6 = "198.51.100.80", "2001:db8:2::80"
PORT = 8080


class Skip(Exception):
    pass


class PathLab:
    def __init__(self, synfin, folder):
        self.synfin, self.folder = str(pathlib.Path(synfin).resolve()), folder

    def __enter__(self):
        tag = os.getpid()
        self.client, self.router, self.server = (Namespace(f"synfin-p{tag}{name}") for name in "crs")
        for number, own, host in ((1, 10, self.client), (2, 80, self.server)):
            sh("ip", "link", "add", "eth0", "netns", host.name, "type", "veth", "peer", "name", f"r{number}", "netns", self.router.name)
            for space, device, last in ((host, "eth0", own), (self.router, f"r{number}", 1)):
                space.ip("addr", "add", f"{NETWORK[number]}.{last}/24", "dev", device)
                space.ip("addr", "add", f"{NETWORK6[number]}{last}/64", "dev", device, "nodad")
                space.ip("link", "set", device, "up")
            host.ip("route", "add", "default", "via", f"{NETWORK[number]}.1")
            host.ip("-6", "route", "add", "default", "via", f"{NETWORK6[number]}1")
        for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            sh(*self.router.command("sysctl", "-qw", f"{name}=1"))
        wait_for(lambda: "state UP" in self.server.ip("link", "show", "eth0"), "the link to come up")
        self.listener = self.listen(PORT)
        self.listener6 = self.listen(PORT, SERVER6)
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.listener6.close()
        for space in (self.client, self.router, self.server):
            space.remove()

    def listen(self, port, address=SERVER):
        """A server that answers each request of N bytes, "N M\\n" and filling, with M bytes."""
        with self.server:
            listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=256)
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()
        return listener

    def serve(self, listener):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    def nft(self, rules):
        subprocess.run(self.router.command("nft", "-f", "-"), input=rules, text=True, check=True, capture_output=True)

    def netem(self, device, *words):
        done = subprocess.run(self.router.command("tc", "qdisc", "replace", "dev", device, "root", "netem", *words), capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"no netem: {done.stderr.strip()}")

    @contextlib.contextmanager
    def capturing(self, name):
        """Captures on both hosts while its body runs."""
        self.files = [self.folder / f"{name}-{side}.pcap" for side in ("client", "server")]
        processes = []
        for space, file in zip((self.client, self.server), self.files):
            command = space.command("tcpdump", "-i", "eth0", "-s", "100", "-U", "--immediate-mode", "-Z", "root", "-w", str(file), "tcp")
            errors = file.with_suffix(".errors")
            with errors.open("w") as said:
                processes.append(subprocess.Popen(command, stderr=said))
            wait_for(lambda errors=errors: "listening on" in errors.read_text(), "tcpdump to listen")
        try:
            yield
            time.sleep(0.3)
        finally:
            for process in processes:
                process.terminate()
                process.wait(10)

    def run(self, *options, status, delays=False):
        """Runs synfin on the captures, returns its JSON objects by kind. Without `status`, differences do not matter.

        A busy machine delays packets, so that changed delays are found only if `delays` says so.
        """
        words = [self.synfin, "path", "-Z", "root", "--sandbox", "strict", *map(str, self.files), *options]
        text = subprocess.run([*words, "--utc"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        print(text.stdout + text.stderr)
        done = subprocess.run([*words, "--format", "json"], capture_output=True, text=True)
        assert done.returncode == text.returncode, (text.returncode, done.returncode, done.stderr)
        assert done.returncode == status if status is not None else done.returncode in (0, 3), done.returncode
        result = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            result.setdefault(row["kind"], []).append(row)
        self.found = {(row["finding"], row.get("way")): row for row in result.get("finding", [])}
        # A busy machine delays packets, and its processors reorder them.
        for name in ("reordered", *(() if delays else ("delay_changed",))):
            for way in ("to_client", "to_server"):
                self.found.pop((name, way), None)
        return result

    def socket(self, address=SERVER):
        with self.client:
            return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)

    def ask(self, request=100, response=1000, address=SERVER, port=PORT, timeout=5.0, using=None):
        """One connection; False if it fails."""
        s = using or self.socket(address)
        s.settimeout(timeout)
        try:
            s.connect((address, port))
            s.sendall(f"{request} {response}\n".encode().ljust(request, b"."))
            s.shutdown(socket.SHUT_WR)
            got = 0
            while data := s.recv(65536):
                got += len(data)
            return got == response
        except OSError:
            return False
        finally:
            s.close()

    def ask_many(self, count, **how):
        # One thread makes all sockets, because a namespace is entered by one thread at a time.
        threads = [threading.Thread(target=self.ask, kwargs={**how, "using": self.socket()}) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def answer(connection):
    with connection, contextlib.suppress(OSError, ValueError):
        text = connection.recv(65536)
        request, response = map(int, text.split(b"\n")[0].split())
        got = len(text)
        while got < request:
            got += len(connection.recv(65536))
        connection.sendall(b"y" * response)


TABLE = """table inet t {
  chain f {
    type filter hook forward priority 0
    %s
  }
}
"""


def healthy(lab):
    with lab.capturing("healthy"):
        for _ in range(10):
            assert lab.ask()
            assert lab.ask(address=SERVER6)
    rows = lab.run(status=None)
    assert rows["match"][0]["by_tuple"] == 20 and not lab.found, lab.found
    assert all(d["min_ttl_steps"] == d["max_ttl_steps"] == 1 for d in rows["delay"]), rows["delay"]
    clock = rows["clock"][0]
    assert abs(clock["offset"]) <= clock["bound"] + 1e-6 < 0.05, "the clocks are one clock"


def syn_ack_lost(lab):
    lab.nft(TABLE % "tcp sport 8081 tcp flags & (syn | ack) == (syn | ack) drop")
    lab.listen(8081)
    with lab.capturing("syn-ack-lost"):
        assert lab.ask()
        lab.ask_many(41, port=8081, timeout=1.6)
        assert lab.ask()
    lab.run(status=3)
    lost = lab.found["syn_ack_lost", "to_client"]
    assert (lost["connections"], lost["of"]) == (41, 43), lost
    assert set(lab.found) == {("syn_ack_lost", "to_client"), ("packets_lost", "to_client")}, lab.found


def syn_lost(lab):
    lab.nft(TABLE % "tcp dport 8082 tcp flags & (syn | ack) == syn drop")
    with lab.capturing("syn-lost"):
        assert lab.ask()
        lab.ask_many(5, port=8082, timeout=0.7)
        assert lab.ask()
    rows = lab.run(status=3)
    assert lab.found["syn_lost", "to_server"]["connections"] == 5, lab.found
    assert len(rows["lone"]) == 5 and all(r["reason"] == "syn_lost" for r in rows["lone"])


def nat(lab):
    lab.nft("table ip n {\n chain p {\n type nat hook postrouting priority 100\n oifname r2 masquerade fully-random\n }\n}\n")
    with lab.capturing("nat"):
        for _ in range(20):
            assert lab.ask()
    rows = lab.run(status=3)
    assert rows["match"][0]["by_numbers"] == 20, rows["match"]
    assert lab.found["orig_address", None]["to"] == "198.51.100.1"
    assert {name for name, _ in lab.found} == {"orig_address", "orig_port"}, lab.found


def injected_rst(lab):
    lab.nft(TABLE % "tcp dport 8083 tcp flags & (psh | ack) == (psh | ack) reject with tcp reset")
    lab.listen(8083)
    with lab.capturing("injected-rst"):
        assert lab.ask()
        for _ in range(4):
            lab.ask(port=8083)
        time.sleep(0.3)
        assert lab.ask()
    lab.run(status=3)
    assert lab.found["rst_injected", "to_client"]["connections"] == 4, lab.found


def mss_clamped(lab):
    lab.nft(TABLE % "tcp flags syn tcp option maxseg size set 1200")
    with lab.capturing("mss"):
        for _ in range(5):
            assert lab.ask(response=100_000)
    lab.run(status=3)
    assert {name for name, _ in lab.found} == {"mss"}, lab.found
    mss = lab.found["mss", None]
    assert (mss["from"], mss["to"], mss["connections"]) == ("1460", "1200", 5), mss


def offloaded(lab):
    """The server sends segments of up to 64 kB, which the router divides."""
    lab.router.ip("link", "set", "r1", "gso_max_segs", "1")
    with lab.capturing("offloaded"):
        assert lab.ask(response=3_000_000)
    rows = lab.run(status=None)
    # Acknowledgements do overtake each other if several processors forward them.
    assert not lab.found, lab.found
    sides = {c["point"]: c["tcp_packets"] for c in rows["capture"]}
    if sides["client"] < 1.3 * sides["server"]:
        raise Skip(f"segments are not divided here: {sides}")


def lossy(lab):
    lab.client.ip("link", "set", "eth0", "gso_max_segs", "1")  # the rule counts what the sender's capture shows
    lab.nft(TABLE % "iifname r1 tcp dport 8080 numgen random mod 100 < 3 counter drop")
    with lab.capturing("lossy"):
        for _ in range(20):
            lab.ask(request=50_000, timeout=10)
    lab.run("--whole", status=3)
    rules = json.loads(sh(*lab.router.command("nft", "-j", "list", "ruleset")))["nftables"]
    dropped = next(e["counter"]["packets"] for r in rules if "rule" in r for e in r["rule"]["expr"] if "counter" in e)
    lost = sum(row["packets"] for (name, way), row in lab.found.items() if name == "packets_lost" and way == "to_server")
    assert dropped > 0 and abs(lost - dropped) <= 1 + dropped // 10, (lost, dropped)


def delayed(lab):
    lab.netem("r2", "delay", "20ms")
    lab.netem("r1", "delay", "20ms")
    with lab.capturing("delayed"):
        for _ in range(6):
            assert lab.ask()
    rows = lab.run(status=0)
    assert all(0.019 < d["p50"] < 0.04 for d in rows["delay"]), rows["delay"]


CASES = {f.__name__: f for f in (healthy, syn_ack_lost, syn_lost, nat, injected_rst, mss_clamped, offloaded, lossy, delayed)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("synfin")
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--keep")
    options = parser.parse_args()
    reason = missing() or (None if shutil.which("tcpdump") else "tcpdump is not installed")
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    wanted, failed, skipped = options.cases or list(CASES), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            with PathLab(options.synfin, pathlib.Path(options.keep or folder)) as lab:
                try:
                    CASES[name](lab)
                    print(f"{name}: passed")
                except Skip as why:
                    skipped += 1
                    print(f"{name}: skipped: {why}")
                except Exception:
                    failed += 1
                    print(f"{name}: failed")
                    traceback.print_exc()
    return 1 if failed else SKIPPED if skipped == len(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
