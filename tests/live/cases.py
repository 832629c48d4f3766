"""The cases of run.py: each makes real traffic and compares synfin's records with it."""
import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import frames
from lab import V4, V6, read_log, sh, transfer, wait_for

CASES = {}


class Skipped(Exception):
    pass


def case(function):
    CASES[function.__name__] = function
    return function


def by_port(records, port):
    found = [r for r in records if port in (r["id.orig_p"], r["id.resp_p"])]
    assert len(found) == 1, f"{len(found)} records of port {port}: {found}"
    return found[0]


def expect(record, **wanted):
    for key, value in wanted.items():
        assert record.get(key) == value, f"{key} is {record.get(key)!r}, not {value!r}, in {record}"


def without_locality(records):
    """Returns records without local_orig and local_resp, which only a live capture knows."""
    return sorted(str({k: v for k, v in r.items() if not k.startswith("local_")}) for r in records)


def raw_sender(lab):
    with lab.right:
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind(("vb", 0))
    return sender


@case
def arms(lab):
    """Each branch of the kernel filter passes its SYN and, tunnels aside, no data, on one interface and on any."""
    syns, data = frames.arms(frames.SYN), frames.arms(frames.ACK | frames.PSH, b"x" * 64)
    sender = raw_sender(lab)
    for interface in ("va", "any"):
        with lab.listen(["-i", interface, "--view", "none"]) as run:
            for _, _, frame, _ in (*syns, *data):
                sender.send(frame)
            sender.send(frames.icmp_about(syns[0][1]))
            sender.send(frames.icmp6_about(syns[1][1]))
        records = run.records
        for name, port, _, tunnel in syns:
            record = by_port(records, port)
            assert ("tunnel" in record) == (tunnel and name != "MPLS"), f"{name} on {interface}: {record}"
        expect(by_port(records, syns[0][1]), outcome="unreachable")
        expect(by_port(records, syns[1][1]), outcome="unreachable")
        tunnels = sum(tunnel for *_, tunnel in data)
        assert run.count("received by filter") == len(syns) + tunnels + 2, run.errors


@case
def busy_start(lab):
    """Packets that arrive before the filter is installed count neither as received nor as dropped."""
    sender, started = raw_sender(lab), threading.Event()
    data = frames.ethernet(0x0800, frames.ip4(17, frames.udp(9, b"x" * 64)))

    def flood():
        end = time.monotonic() + 20
        while not started.is_set() and time.monotonic() < end:
            sender.send(data)

    for interface in ("va", "any"):
        started.clear()
        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            with lab.listen(["-i", interface, "-B", "1024", "--view", "none"]) as run:
                sender.send(frames.arms(frames.SYN)[0][2])
        finally:
            started.set()
            flooding.join()
        expect(by_port(run.records, frames.arms(frames.SYN)[0][1]), conn_state="S0")
        assert run.count("received by filter") == 1 and run.count("dropped by kernel") == 0, run.errors


@case
def expression(lab):
    """A filter expression means what it means to tcpdump; ICMP errors and tunnel packets match by their content."""
    syns = {name: (port, frame) for name, port, frame, _ in frames.arms(frames.SYN)}
    sender = raw_sender(lab)
    wanted = ("IPv4", "IPv6", "VLAN", "QinQ", "GRE", "VXLAN")
    ports = " or ".join(f"port {syns[name][0]}" for name in wanted)
    for where, words in (("va", ports), ("any", ports), ("va", f"vlan 7 and port {syns['VLAN'][0]}"),
                         ("va", f"ip6 protochain 6 and port {syns['IPv6'][0]}")):
        with lab.listen(["-i", where, "--view", "none", *words.split()]) as run:
            for _, frame in syns.values():
                sender.send(frame)
            sender.send(frames.icmp_about(syns["IPv4"][0]))
        seen = {r["id.orig_p"] for r in run.records}
        if words == ports:
            # Live, the outer tag is no part of what the expression sees; in QinQ the inner one still is.
            expected = {syns[name][0] for name in wanted if name != "QinQ"}
            assert seen == expected, f"{words} on {where}: {seen} instead of {expected}"
            expect(by_port(run.records, syns["IPv4"][0]), outcome="unreachable")
        else:
            name = "VLAN" if "vlan" in words else "IPv6"
            assert seen == {syns[name][0]}, f"{words}: {seen}"


@case
def lives(lab):
    """Connections of known size and end, over IPv4 and IPv6."""
    truth = {}
    with lab.listen(["-i", "va", "--view", "none"]) as run:
        for address in (V4["right"], V6["right"]):
            with lab.serving(address) as listener:
                for size, closer in ((0, "client"), (1, "server"), (100_000, "client"), (3_000_000, "server")):
                    truth[lab.exchange(listener, size // 3, size, closer)] = (size // 3, size, closer)
                reset = lab.socket(listener.family)
                reset.connect(listener.getsockname()[:2])
                accepted, _ = listener.accept()
                transfer(reset, accepted, 777)
                truth[reset.getsockname()[1]] = (777, 0, "reset")
                reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                reset.close()
                accepted.close()
    assert len(run.records) == len(truth), run.records
    for port, (request, response, closer) in truth.items():
        record = by_port(run.records, port)
        expect(record, orig_bytes=request, resp_bytes=response, local_orig=True, local_resp=False)
        if closer == "reset":
            expect(record, outcome="reset", conn_state="RSTO", closed_by="orig")
        else:
            expect(record, outcome="closed", conn_state="SF", closed_by="orig" if closer == "client" else "resp")
    assert run.exit_code == 0


@case
def refused_and_lost(lab):
    """A closed port, a port whose SYNs a firewall drops, one that it rejects with ICMP, and a host that does not exist."""
    sh(*lab.right.command("nft", "add table ip t; add chain ip t c { type filter hook input priority 0; };"
                          "add rule ip t c tcp dport 82 drop;"
                          "add rule ip t c tcp dport 83 reject with icmp type admin-prohibited;"))
    with lab.listen(["-i", "va", "--view", "events", "--utc"]) as run:
        for port in (81, 82, 83):
            client = lab.socket()
            client.settimeout(2.5)
            try:
                client.connect((V4["right"], port))
                raise AssertionError(f"port {port} took a connection")
            except (OSError, TimeoutError):
                client.close()
    expect(by_port(run.records, 81), outcome="refused", conn_state="REJ")
    expect(by_port(run.records, 83), outcome="unreachable")
    lost = by_port(run.records, 82)
    assert lost["outcome"] in ("pending", "unanswered") and lost["syn_retries"] >= 1, lost
    assert "RETRY" in run.output and "REFUSED" in run.output and "UNREACHABLE" in run.output, run.output


@case
def iperf3(lab):
    """The bytes of a fast transfer, from control packets and from all packets."""
    if not shutil.which("iperf3"):
        raise Skipped("iperf3 is not installed")
    server = subprocess.Popen(lab.right.command("iperf3", "-s", "-1", "-p", "5201"), stdout=subprocess.DEVNULL)
    wait_for(lambda: ":5201" in sh(*lab.right.command("ss", "-tln")), "iperf3")
    with lab.listen(["-i", "va", "--view", "none"]) as control:
        with lab.listen(["-i", "va", "--view", "none", "--packets", "all", "-B", "65536"]) as every:
            sh(*lab.left.command("iperf3", "-c", V4["right"], "-p", "5201", "-t", "1", "-b", "500M"))
            server.wait(10)
    for run in (control, every):
        transferred = max(run.records, key=lambda r: r["orig_bytes"])
        assert transferred["orig_bytes"] > 50_000_000, transferred
    sizes = [sorted((r["orig_bytes"], r["resp_bytes"]) for r in run.records) for run in (control, every)]
    assert sizes[0] == sizes[1], sizes
    assert control.count("captured") < 60, control.errors


@case
def vlan_device(lab):
    """The record has the tag of a VLAN device, which the kernel stores beside the frame."""
    for namespace, device, address in ((lab.left, "va", "10.9.7.1"), (lab.right, "vb", "10.9.7.2")):
        if subprocess.run(["ip", "-n", namespace.name, "link", "add", "link", device, "name", "probe", "type", "vlan", "id", "6"],
                          capture_output=True).returncode != 0:
            raise Skipped("the kernel has no VLAN devices; the case arms sends tagged frames")
        namespace.ip("link", "add", "link", device, "name", "tagged", "type", "vlan", "id", "7")
        namespace.ip("addr", "add", f"{address}/24", "dev", "tagged")
        namespace.ip("link", "set", "tagged", "up")
    with lab.listen(["-i", "va", "--view", "none"]) as run:
        with lab.listen(["-i", "any", "--view", "none"]) as everywhere:
            with lab.serving("10.9.7.2") as listener:
                port = lab.exchange(listener, 10, 20)
    expect(by_port(run.records, port), outcome="closed", vlan=7, orig_bytes=10, resp_bytes=20)
    expect(by_port(everywhere.records, port), outcome="closed")


@case
def mtu_cut(lab):
    """The MTU of a link shrinks during a connection."""
    with lab.listen(["-i", "va", "--view", "none"]) as run:
        with lab.serving(V4["right"]) as listener:
            client = lab.socket()
            client.connect(listener.getsockname())
            server, _ = listener.accept()
            transfer(client, server, 100_000)
            for namespace, device in ((lab.left, "va"), (lab.right, "vb")):
                namespace.ip("link", "set", device, "mtu", "600")
            transfer(client, server, 50_000)
            port = client.getsockname()[1]
            client.close()
            assert server.recv(1) == b""
            server.close()
    expect(by_port(run.records, port), outcome="closed", orig_bytes=150_000, resp_bytes=0)


@case
def all_equals_control(lab):
    """All packets and control packets yield the same records, except for what control packets cannot prove."""
    unprovable = ("history", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes", "ack_rtt", "bytes_basis",
                  "rst_basis", "missed_bytes", "duration")
    times = ("ts", "uid", "synack_rtt")  # each socket of the kernel stamps its own copy
    with lab.listen(["-i", "va", "--view", "none"]) as control:
        with lab.listen(["-i", "va", "--view", "none", "--packets", "all"]) as every:
            with lab.serving(V4["right"]) as listener, lab.serving(V6["right"]) as listener6:
                for number in range(200):
                    lab.exchange(listener6 if number % 3 == 0 else listener, number * 10, number * 37,
                                 "server" if number % 2 else "client")
            for port in range(90, 95):
                lab.socket().connect_ex((V4["right"], port))
    assert len(control.records) == 205

    def provable(run):
        rows = [{k: v for k, v in r.items() if k not in unprovable + times} for r in run.records]
        return sorted(rows, key=lambda r: (r["id.resp_p"], r["id.orig_p"]))

    for left, right in zip(provable(control), provable(every), strict=True):
        assert left == right, f"\n{left}\n{right}"


@case
def copies(lab):
    """A packet that crosses several interfaces counts once: with a bridge, and with "any"."""
    bridge = subprocess.run(["ip", "-n", lab.left.name, "link", "add", "br", "type", "bridge"], capture_output=True)
    if bridge.returncode == 0:
        lab.left.ip("addr", "flush", "dev", "va")
        lab.left.ip("link", "set", "va", "master", "br")
        lab.left.ip("addr", "add", f"{V4['left']}/24", "dev", "br")
        lab.left.ip("link", "set", "br", "up")
    for options in (["-i", "any"], ["-i", "br", "-i", "va"]) if bridge.returncode == 0 else (["-i", "any", "-i", "va"],):
        with lab.listen([*options, "--view", "none", "-o", str(lab.folder / "report.json")]) as run:
            with lab.serving(V4["right"]) as listener:
                port = lab.exchange(listener, 1000, 2000)
        expect(by_port(run.records, port), outcome="closed", orig_pkts=2, resp_pkts=2)
        assert '"ledger_closes": true' in (lab.folder / "report.json").read_text()


@case
def socket_table(lab):
    """Connections that were open before, their ends, and the bytes of those that are open at the end."""
    with lab.serving(V4["right"]) as listener:
        pairs = []
        for _ in range(2):
            client = lab.socket()
            client.connect(listener.getsockname())
            pairs.append((client, listener.accept()[0]))
        transfer(*pairs[0], 1234)
        transfer(*reversed(pairs[0]), 99)
        with lab.listen(["-i", "va", "--view", "events"]) as run:
            wait_for(lambda: run.output.count("MIDSTREAM") == 2, "both MIDSTREAM events")
            for end in pairs[1]:
                end.close()
            wait_for(lambda: "CLOSE" in run.output, "the end of one")
        still, ended = (pair[0].getsockname()[1] if pair is pairs[0] else None for pair in pairs)
        record = by_port(run.records, still)
        expect(record, outcome="open", direction_basis="socket", bytes_basis="socket", orig_bytes=1234, resp_bytes=99)
        other = next(r for r in run.records if r is not record and r["id.orig_p"] != still)
        expect(other, outcome="closed", direction_basis="socket", closed_by="orig")
        expect(other, **{"id.resp_p": listener.getsockname()[1]})


@case
def interface_comes_and_goes(lab):
    """An interface goes down and up, disappears and returns: each is reported once, and capture continues."""
    report = lab.folder / "report.json"
    with lab.listen(["-i", "va", "--view", "none", "-o", str(report)]) as run:
        lab.left.ip("link", "set", "va", "down")
        wait_for(lambda: "va is down" in run.errors, "word of it")
        lab.left.ip("link", "set", "va", "up")
        wait_for(lambda: run.errors.count("va is back") == 1, "word of it")
        lab.left.ip("link", "del", "va")
        wait_for(lambda: "va is gone" in run.errors, "word of it")
        lab.connect()
        wait_for(lambda: run.errors.count("va is back") == 2, "word of it")
        with lab.serving(V4["right"]) as listener:
            port = lab.exchange(listener, 5, 6)
    expect(by_port(run.records, port), outcome="closed", orig_bytes=5, resp_bytes=6)
    assert report.read_text().count("va captured nothing from") == 2
    assert run.errors.count("va is down") == run.errors.count("va is gone") == 1


@case
def files(lab):
    """The file of -w yields the same records, rotated or not; a full disk is reported once, and capture continues."""
    capture = lab.folder / "capture.pcapng"
    with lab.serving(V4["right"]) as listener:
        with lab.listen(["-i", "va", "--view", "none", "-w", str(capture)]) as run:
            for size in range(20):
                lab.exchange(listener, size, size * 100)
        again = lab.folder / "again.json"
        sh(lab.synfin, "-r", str(capture), "--view", "none", "--log", str(again), "--log-format", "json", "-Z", "root")
        assert without_locality(read_log(again)) == without_locality(run.records), "the file gives other records"

        with lab.listen(["-i", "va", "--view", "none", "-w", str(lab.folder / "ring"), "-C", "2k"]) as run:
            for size in range(40):
                lab.exchange(listener, size, size * 100)
        rings = sorted(str(p) for p in lab.folder.glob("ring*"))
        assert len(rings) > 3, rings
        options = [word for ring in rings for word in ("-r", ring)]
        sh(lab.synfin, *options, "--view", "none", "--log", str(again), "--log-format", "json", "-Z", "root")
        logs = [r for part in lab.folder.glob(f"{run.log.name}*") for r in read_log(part)]  # -C is for --log, too
        assert len(logs) == 40 and without_locality(read_log(again)) == without_locality(logs), "the files give other records"

        small = lab.folder / "small"
        small.mkdir()
        sh("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small))
        try:
            with lab.listen(["-i", "va", "--view", "none", "-w", str(small / "full")]) as run:
                for size in range(200):
                    lab.exchange(listener, size, 10)
            assert len(run.records) == 200, "capture stopped with the disk"
            assert run.errors.count("No space left on device; the other outputs continue") == 1, run.errors
            assert "bytes lost" in run.errors and run.exit_code == 1, run.errors
        finally:
            sh("umount", str(small))


@case
def signals(lab):
    """SIGUSR1 prints statistics, SIGHUP reopens a moved log, SIGINT ends with tcpdump's counts."""
    with lab.serving(V4["right"]) as listener:
        with lab.listen(["-i", "va", "--view", "none", "--linger", "0s"]) as run:
            lab.exchange(listener, 1, 1)
            time.sleep(0.5)
            run.signal(signal.SIGUSR1)
            wait_for(lambda: "connections open" in run.errors, "statistics")
            moved = run.log.with_suffix(".old")
            run.log.rename(moved)
            run.signal(signal.SIGHUP)
            wait_for(run.log.exists, "a new log")
            lab.exchange(listener, 2, 2)
        assert len(read_log(moved)) + len(run.records) == 2
        assert len(run.records) >= 1
        lines = run.errors.splitlines()[-3:]
        assert [line.split(" ", 2)[2] for line in lines] == ["captured", "received by filter", "dropped by kernel"], lines
        assert run.exit_code == 0


@case
def two_signals(lab):
    """timeout(1) signals synfin and then the group of both: that is one request, and the report is written."""
    report = lab.folder / "two-signals.txt"
    options = ["-i", "va", "--view", "none", "-o", str(report)]
    for _ in range(5):
        report.unlink(missing_ok=True)
        run = subprocess.run(lab.left.command("timeout", "0.7", lab.synfin, "-Z", "root", *options), capture_output=True, text=True)
        assert run.returncode == 124, run
        assert report.read_text().startswith("synfin report"), run
    report.unlink()
    with lab.listen(options) as run:
        run.signal(signal.SIGTERM)
        run.signal(signal.SIGTERM)
        started = time.monotonic()
        assert run.process.wait(10) == 0, run.errors
        assert time.monotonic() - started < 2
    assert report.read_text().startswith("synfin report")


@case
def last_look(lab):
    """A request to end comes after the packets that the kernel still holds."""
    with lab.serving(V4["right"]) as listener:
        for _ in range(3):
            with lab.listen(["-i", "va", "--view", "none"]) as run:
                for _ in range(20):
                    lab.exchange(listener, 1, 1)
                run.signal(signal.SIGTERM)
                assert run.process.wait(10) == 0, run.errors
            assert [record["outcome"] for record in run.records] == ["closed"] * 20, run.records


@case
def pipe_reopens(lab):
    """While a pipe brings nothing, SIGHUP opens a moved log again; what follows is in the new one."""
    capture = (pathlib.Path(__file__).parents[2] / "pcaps" / "sample.pcap").read_bytes()
    fifo, log, moved = (lab.folder / name for name in ("fifo", "pipe.json", "pipe.old"))
    os.mkfifo(fifo)
    run = subprocess.Popen([lab.synfin, "-r", str(fifo), "--view", "none", "-Z", "root", "--log", str(log), "--log-format", "json",
                            "--linger", "0s"])
    with fifo.open("wb", 0) as pipe:
        pipe.write(capture[: len(capture) // 2])
        wait_for(lambda: log.exists() and log.stat().st_size > 0, "the first records")
        log.rename(moved)
        run.send_signal(signal.SIGHUP)
        wait_for(log.exists, "a new log")
        pipe.write(capture[len(capture) // 2 :])
    assert run.wait(10) == 0
    whole = lab.folder / "whole.json"
    sh(lab.synfin, "-r", str(pathlib.Path(__file__).parents[2] / "pcaps" / "sample.pcap"), "--view", "none", "-Z", "root", "--log",
       str(whole), "--log-format", "json", "--linger", "0s")
    assert read_log(log) and read_log(moved) + read_log(log) == read_log(whole)


@case
def unstarted_run(lab):
    """A run that cannot start leaves old files alone and creates none."""
    (lab.folder / "old.log").write_text("yesterday")
    for options in (["-i", "none-such"], ["-i", "va", "port", "nowhere"], ["-i", "va", "--rules", "/none-such"]):
        run = subprocess.run(lab.left.command(lab.synfin, "--view", "none", "--log", str(lab.folder / "old.log"), "-o",
                                              str(lab.folder / "new.txt"), *options), capture_output=True, text=True)
        assert run.returncode in (1, 2) and run.stderr, run
    assert (lab.folder / "old.log").read_text() == "yesterday"
    assert not (lab.folder / "new.txt").exists()


@case
def privileges(lab):
    """Started as root, synfin says as whom it runs. Without rights, a message names the remedy."""
    with lab.listen(["-i", "va", "--view", "none", "-v"], user="nobody") as run:
        assert "running as nobody" in run.errors, run.errors
    refused = subprocess.run(lab.left.command("setpriv", "--reuid=65534", "--clear-groups", lab.synfin, "-i", "va"),
                             capture_output=True, text=True)
    assert refused.returncode == 1 and "setcap cap_net_raw=ep" in refused.stderr, refused


@case
def stuck_output(lab):
    """If nobody reads the event lines, they are dropped and counted; the log still has the end of each connection."""
    reader, writer = os.pipe()
    log = lab.folder / "stuck.json"
    run = subprocess.Popen(lab.left.command(lab.synfin, "-i", "va", "-Z", "root", "--events", "/dev/stdout", "--view", "none",
                                            "--max-connections", "100000"),
                           stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "listening" in run.stderr.readline()
    count = 6000
    with lab.serving(V4["right"]) as listener:
        for _ in range(count):
            lab.exchange(listener, 1, 1)
    # The packet thread lives: it has seen everything though nothing could be written.
    def seen():
        run.send_signal(signal.SIGUSR1)
        line = run.stderr.readline()
        while not line.endswith(" captured\n"):
            line = run.stderr.readline()
        return int(line.split()[0])
    wait_for(lambda: seen() >= 4 * count, "every packet to be seen", 20)
    assert (now := seen()) == 4 * count, now
    run.send_signal(signal.SIGINT)
    with os.fdopen(reader) as output:
        ended = sum('"event":"record"' in line for line in output)
    errors = run.stderr.read()
    run.wait(20)
    assert ended == count, f"{ended} ends of {count}: {errors}"
    assert "events dropped, because the output was too slow" in errors, errors


@case
def stuck_display(lab):
    """If nobody reads the view, its lines are left out and counted, with the minutes; no file misses anything."""
    reader, writer = os.pipe()
    events, log, report = (lab.folder / name for name in ("e.json", "l.json", "r.json"))
    run = subprocess.Popen(lab.left.command(lab.synfin, "-i", "va", "-Z", "root", "--view", "events", "--events", str(events), "--log", str(log),
                                            "--log-format", "json", "-o", str(report), "--linger", "0s"),
                           stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "listening" in run.stderr.readline()
    count = 1500  # four lines each, of more than a pipe and the program hold
    with lab.serving(V4["right"]) as listener:
        for _ in range(count):
            lab.exchange(listener, 1, 1)
    wait_for(lambda: len(read_log(log)) == count, "the log, although the display is stuck", 20)
    run.send_signal(signal.SIGINT)
    with os.fdopen(reader) as output:
        lines = len(output.readlines())
    errors = run.stderr.read()
    assert run.wait(20) == 0, errors
    kinds = collections.Counter(event["event"] for event in read_log(events))
    assert kinds["syn"] == kinds["open"] == kinds["record"] == count, kinds
    shown = sum(kinds.values()) - count  # all but records
    missing = [gap for gap in json.loads(report.read_text())["capture"]["gaps"] if gap.startswith("event lines are incomplete from ")]
    assert missing and lines < shown, (lines, shown, errors)
    left_out = sum(int(gap.rsplit(": ", 1)[1].split()[0]) for gap in missing)
    assert shown - left_out <= lines <= shown - left_out + 2, (lines, left_out, shown)  # and the date
    assert json.loads(report.read_text())["capture"]["packets"]["dropped_ring"] == 0
