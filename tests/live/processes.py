"""The cases of run.py about processes: compare the pid of each process with the records of its connection."""
import os
import shutil
import socket
import subprocess
import sys
import threading

from cases import Skipped, by_port, case, expect
from lab import V4

EBPF = "eBPF on sock:inet_sock_set_state"
# Without these the kernel takes no eBPF program.
UNPRIVILEGED = ("setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon")
CONNECT = "exec 3<>/dev/tcp/$0/$1"
STAY = CONNECT + "; read -t 0.01 <&3"


def call(listener, script, address, word, through=()):
    """Runs a process by `through` that connects and exits. Returns its pid, its end of the connection and its command line."""
    words = ["bash", "-c", script, address, str(listener.getsockname()[1]), word]
    process = subprocess.Popen([*through, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peers = []

    def serve():  # on a thread that ends at once: what it holds is its process's
        server, peer = listener.accept()
        peers.append(peer)
        process.stderr.read()
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    process.wait()
    return process.pid, (peers[0][0].removeprefix("::ffff:"), peers[0][1]), " ".join(words)


def calls(lab, script, count, under=(), through=()):
    """Runs short processes one after another. Returns them, synfin's records and its lines."""
    options = ["-i", "lo", "--no-geoip", "--process", "--cmdline", "--view", "netstat", "-v"]
    with lab.left:
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with listener, lab.listen(options, under=under) as run, lab.left:
        addresses = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
        done = [call(listener, script, addresses[i % 3], f"call-{i}", through) for i in range(count)]
    return done, run


def named(done, run):
    """Counts originators with the right pid, executable and command line, and responders that are this process.

    In a chroot, paths from the kernel begin at its own root, so they may end in the path that is seen here."""
    records = {(record["id.orig_h"], record["id.orig_p"]): record for record in run.records}
    lines = run.output.splitlines()
    shell = os.path.realpath(shutil.which("bash"))
    orig = resp = 0
    for pid, end, words in done:
        record = records[end]
        assert record.get("orig_pid") in (pid, None), f"{record['orig_pid']} is not {pid}: {record}"
        assert record.get("resp_pid") in (os.getpid(), None), f"{record['resp_pid']} is not {os.getpid()}: {record}"
        whole = any(f" {pid} " in line and line.endswith(f"{shell} {words}") for line in lines)
        orig += record.get("orig_pid") == pid and record.get("orig_exe", "").endswith(shell) and whole
        resp += record.get("resp_pid") == os.getpid() and record.get("resp_exe", "").endswith(os.path.realpath(sys.executable))
    return orig, resp


@case
def processes(lab):
    """Processes that exit after they connected, by IPv4, IPv6 and IPv4 on an IPv6 socket: eBPF finds all."""
    count = 150
    done, run = calls(lab, CONNECT, count)
    if EBPF not in run.errors:
        raise Skipped(run.errors)
    orig, resp = named(done, run)
    assert orig >= 0.99 * count and resp >= 0.99 * count, f"{orig} and {resp} of {count}"


@case
def processes_below_a_mount(lab):
    """The executable is below a folder that is mounted on itself."""
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
    """Processes that live for some milliseconds: the socket table and /proc find most."""
    if not shutil.which("setpriv"):
        raise Skipped("setpriv is not installed")
    count = 150
    done, run = calls(lab, STAY, count, UNPRIVILEGED)
    assert "eBPF is not permitted" in run.errors and EBPF not in run.errors, run.errors
    orig, _ = named(done, run)
    assert orig >= 0.8 * count, f"{orig} of {count}"


@case
def processes_of_containers(lab):
    """A process in another network namespace connects to this one: it is found, too."""
    for under in ((), ("setpriv", "--bounding-set=-bpf,-perfmon")):
        with lab.left:
            listener = socket.create_server((V4["left"], 0))
        script = CONNECT if under == () else CONNECT + "; read -t 0.5 <&3"
        with listener, lab.listen(["-i", "va", "--process", "--view", "none", "-v"], under=under) as run, lab.right:
            pid, (_, port), _ = call(listener, script, V4["left"], "far")
        if under == () and EBPF not in run.errors:
            continue
        expect(by_port(run.records, port), orig_pid=pid, resp_pid=os.getpid(), process_basis="socket")
