"""Live cases of run.py about processes. The pid of each call is compared with the one in synfin's record."""
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

from cases import Skipped, by_port, case, expect
from lab import V4, wait_for

EBPF = "eBPF on sock:inet_sock_set_state"
# Without these capabilities the kernel loads no eBPF program.
UNPRIVILEGED = ("setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon")
CONNECT = "exec 3<>/dev/tcp/$0/$1"
STAY = CONNECT + "; read -t 0.01 <&3"


def call(listener, script, address, argument, through=()):
    """Runs a process that connects and ends, executed by `through`. Returns its pid, its end of the connection and its command line."""
    command = ["bash", "-c", script, address, str(listener.getsockname()[1]), argument]
    process = subprocess.Popen([*through, *command], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peers = []

    def serve():  # on a thread that ends at once; its sockets belong to the process
        server, peer = listener.accept()
        peers.append(peer)
        process.stderr.read()
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    process.wait()
    return process.pid, (peers[0][0].removeprefix("::ffff:"), peers[0][1]), " ".join(command)


def calls(lab, script, count, under=(), through=()):
    """Runs `count` short processes one after another. Returns them and the run of synfin."""
    options = ["-i", "lo", "--no-geoip", "--process", "--cmdline", "--view", "netstat", "-v"]
    with lab.left:
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with listener, lab.listen(options, under=under) as run, lab.left:
        addresses = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
        done = [call(listener, script, addresses[i % 3], f"call-{i}", through) for i in range(count)]
    return done, run


def named(done, run):
    """Counts the originators with the right pid, executable and command line, and the responders that are this process.

    In a chroot the kernel reports paths from its own root, so that a path may only end like the expected one."""
    records = {(record["id.orig_h"], record["id.orig_p"]): record for record in run.records}
    lines = run.output.splitlines()
    shell = os.path.realpath(shutil.which("bash"))
    orig = resp = 0
    for pid, end, command in done:
        record = records[end]
        assert record.get("orig_pid") in (pid, None), f"{record['orig_pid']} is not {pid}: {record}"
        assert record.get("resp_pid") in (os.getpid(), None), f"{record['resp_pid']} is not {os.getpid()}: {record}"
        whole = any(f" {pid} " in line and line.endswith(f"{shell} {command}") for line in lines)
        orig += record.get("orig_pid") == pid and record.get("orig_exe", "").endswith(shell) and whole
        resp += record.get("resp_pid") == os.getpid() and record.get("resp_exe", "").endswith(os.path.realpath(sys.executable))
    return orig, resp


@case
def processes(lab):
    """Processes that end as soon as they have connected, over IPv4, IPv6 and mapped IPv4: eBPF finds all of them."""
    count = 150
    done, run = calls(lab, CONNECT, count)
    if EBPF not in run.errors:
        raise Skipped(run.errors)
    orig, resp = named(done, run)
    assert orig >= 0.99 * count and resp >= 0.99 * count, f"{orig} and {resp} of {count}"


@case
def processes_below_a_mount(lab):
    """The path of the executable crosses a folder that is mounted on itself."""
    count = 20
    through = ("unshare", "--mount", "sh", "-c", 'mount --bind /usr /usr && exec "$@"', "sh")
    probe = subprocess.run([*through, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise Skipped(f"cannot mount a folder on itself: {probe.stderr.strip()}")
    done, run = calls(lab, CONNECT, count, through=through)
    if EBPF not in run.errors:
        raise Skipped(run.errors)
    orig, _ = named(done, run)
    assert orig == count, f"{orig} of {count}"


@case
def processes_without_ebpf(lab):
    """Processes that live for some milliseconds: the socket table and /proc find most of them."""
    if not shutil.which("setpriv"):
        raise Skipped("setpriv is not installed")
    count = 150
    done, run = calls(lab, STAY, count, UNPRIVILEGED)
    assert "eBPF is not permitted" in run.errors and EBPF not in run.errors, run.errors
    orig, _ = named(done, run)
    assert orig >= 0.8 * count, f"{orig} of {count}"


@case
def processes_of_containers(lab):
    """A process in another network namespace is found too, because it is on this host."""
    for under in ((), ("setpriv", "--bounding-set=-bpf,-perfmon")):
        with lab.left:
            listener = socket.create_server((V4["left"], 0))
        script = CONNECT if under == () else CONNECT + "; read -t 0.5 <&3"
        with listener, lab.listen(["-i", "va", "--process", "--view", "none", "-v"], under=under) as run, lab.right:
            pid, (_, port), _ = call(listener, script, V4["left"], "far")
        if under == () and EBPF not in run.errors:
            continue
        expect(by_port(run.records, port), orig_pid=pid, resp_pid=os.getpid(), process_basis="socket")


@case
def processes_accept_in_containers(lab):
    """The process that accepts in another network namespace is found: with eBPF when it closes the connection, else while it is open."""
    for under in ((), ("setpriv", "--bounding-set=-bpf,-perfmon")):
        script = STAY if under == () else CONNECT + "; read -t 0.5 <&3"
        with lab.right:
            listener = socket.create_server((V4["right"], 0))
        with listener, lab.listen(["-i", "va", "--process", "--view", "none", "-v"], under=under) as run, lab.left:
            done = [call(listener, script, V4["right"], f"call-{i}") for i in range(3)]
        if under == () and EBPF not in run.errors:
            continue
        for pid, (_, port), _ in done:
            expect(by_port(run.records, port), orig_pid=pid, resp_pid=os.getpid(), process_basis="socket")


def shell_lines(run, word):
    return [line.split() for line in run.output.splitlines() if word in line]


@case
def udp_sockets(lab):
    """UDP sockets in a netstat: one that was there, one that comes later with its process, and one that --rules hides."""
    rules = lab.folder / "rules"
    rules.write_text("[hidden]\nexe: " + os.path.realpath(shutil.which("bash")) + "\nremote_ports: 9\n")
    options = ["-i", "lo", "--no-geoip", "--cmdline", "--view", "netstat", "--rules", str(rules)]
    with lab.left:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
    port = server.getsockname()[1]
    script = "exec 3<>/dev/udp/127.0.0.1/$0; read -t 2.5 <&3"  # the shell itself holds the socket
    with server, lab.listen(options) as run, lab.left:
        seen = subprocess.Popen(["bash", "-c", script, str(port), "later"])
        hidden = subprocess.Popen(["bash", "-c", script, "9", "hidden"])
        wait_for(lambda: "later" in run.output, "the later socket")
        seen.wait()
        hidden.wait()
    first = shell_lines(run, f" 127.0.0.1:{port} ")[0]
    assert first[2] == "udp" and first[4] == "root" and first[7] == "NONE", first
    assert first[8] == str(os.getpid()), f"{first} is not of {os.getpid()}"
    later = shell_lines(run, "later")
    assert len(later) == 1, run.output
    assert later[0][2] == "udp" and later[0][6] == f"127.0.0.1:{port}" and later[0][7] == "ESTABLISHED", later
    assert later[0][8] == str(seen.pid) and later[0][9].endswith("bash"), f"{later} is not of {seen.pid}"
    assert "hidden" not in run.output, run.output


@case
def processes_view(lab):
    """The view of processes and its table in a report agree with what the processes did."""
    report = lab.folder / "report.json"
    with lab.left:
        listener = socket.create_server(("127.0.0.1", 0))
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
    options = ["-i", "lo", "--no-geoip", "--view", "processes", "-o", str(report)]
    with listener, closed, lab.listen(options) as run, lab.left:
        for i in range(5):
            call(listener, STAY, "127.0.0.1", f"call-{i}")
        for _ in range(3):
            refused = ("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$0; sleep 0.2", str(closed.getsockname()[1]))
            subprocess.run(refused, stderr=subprocess.DEVNULL, check=False)
        time.sleep(0.5)
    rows = {os.path.basename(row.get("exe", "")): row for row in json.loads(report.read_text())["processes"]}
    shell, python = rows["bash"], rows[os.path.basename(os.path.realpath(sys.executable))]
    assert int(python["accepts"]) == 5, rows
    assert 5 <= int(shell["connects"]) <= 8 and shell["user"] == "root", rows
    assert "bash" in run.output and "Accepts" in run.output, run.output


@case
def show_expression(lab):
    """--show selects by address, port, outcome and process, and counts what it omits."""
    report = lab.folder / "report.json"
    with lab.left:
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    wanted, other = (listener.getsockname()[1] for listener in listeners)
    options = ["-i", "lo", "--no-geoip", "--view", "events", "-o", str(report)]
    options += ["--show", f"port:{wanted} host:127.0.0.0/8 process:bash -outcome:refused"]
    with listeners[0], listeners[1], lab.listen(options) as run, lab.left:
        for i in range(4):
            call(listeners[i % 2], STAY, "127.0.0.1", f"call-{i}")
    assert len(run.records) == 2, run.records
    assert {record["id.resp_p"] for record in run.records} == {wanted}, run.records
    assert "OPEN" in run.output and f":{other}" not in run.output, run.output
    assert json.loads(report.read_text())["capture"]["hidden"]["show"] == 2, report.read_text()
