"""Live cases of run.py about processes. The pid of each call is compared with the one in synfin's record."""
import os
import shutil
import socket
import subprocess
import sys
import threading

from cases import Skipped, by_port, case, expect
from lab import V4

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
