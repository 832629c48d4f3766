"""Two network namespaces joined by a veth pair, with synfin capturing in one of them.

    with Lab() as lab:
        with lab.listen(["-i", "va"]) as run:
            ...traffic...
        run.records, run.errors

The Lab makes and removes everything; no traffic leaves the namespaces. A socket belongs to the namespace in which it is made,
so `with lab.left:` is enough to make one there.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SKIPPED = 77
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
V4 = {"left": "10.9.0.1", "right": "10.9.0.2"}
V6 = {"left": "fd00:9::1", "right": "fd00:9::2"}


def sh(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def missing():
    """Returns why this machine cannot run live tests, or None."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("ip", "nft"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    name = f"synfin-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
        return "not permitted to make network namespaces"
    # Fails also in a chroot whose root is no mount point.
    probe = subprocess.run(["ip", "netns", "exec", name, "true"], capture_output=True, text=True)
    sh("ip", "netns", "del", name)
    return f"cannot run programs in a network namespace: {probe.stderr.strip()}" if probe.returncode else None


class Namespace:
    """A network namespace. As a context manager, it moves this thread into the namespace."""

    def __init__(self, name):
        self.name = name
        sh("ip", "netns", "add", name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        return sh("ip", "-n", self.name, *words)

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *words]

    def __enter__(self):
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        if LIBC.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(there)
        return self

    def __exit__(self, *_):
        LIBC.setns(self._home, CLONE_NEWNET)
        os.close(self._home)

    def remove(self):
        sh("ip", "netns", "del", self.name, check=False)


class Run:
    """One synfin, stopped by SIGINT at the end of its `with`."""

    def __init__(self, lab, options, user="root", where=None, under=()):
        self.log = lab.folder / f"log-{len(lab.runs)}.json"
        lab.runs.append(self)
        self.errors_file = (lab.folder / f"errors-{len(lab.runs)}").open("w+")
        self.output_file = (lab.folder / f"output-{len(lab.runs)}").open("w+")
        namespace = where or lab.left
        command = namespace.command(*under, lab.synfin, "--log", str(self.log), "--log-format", "json", "-Z", user, *options)
        self.process = subprocess.Popen(command, stdout=self.output_file, stderr=self.errors_file, stdin=subprocess.DEVNULL)

    def __enter__(self):
        wait_for(lambda: "listening on" in self.errors or self.process.poll() is not None, "synfin to listen")
        return self

    def __exit__(self, *failure):
        if failure[0] is None:
            time.sleep(0.4)  # what the kernel still holds back
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.exit_code = self.process.wait(20)

    def signal(self, number):
        self.process.send_signal(number)

    @property
    def errors(self):
        return pathlib.Path(self.errors_file.name).read_text()

    @property
    def output(self):
        return pathlib.Path(self.output_file.name).read_text()

    @property
    def records(self):
        return read_log(self.log)

    def count(self, words):
        """tcpdump's counts, from the end."""
        found = [line.split()[0] for line in self.errors.splitlines() if line.endswith(words)]
        return int(found[-1])


def read_log(path):
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines() if line]


def wait_for(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class Lab:
    def __init__(self, synfin):
        self.synfin = str(pathlib.Path(synfin).resolve())
        self.runs = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="synfin-live-"))
        self.folder.chmod(0o777)
        self.left = Namespace(f"synfin-l{os.getpid()}")
        self.right = Namespace(f"synfin-r{os.getpid()}")
        self.connect()
        return self

    def connect(self):
        """Makes the veth pair with its addresses; synfin captures on `va`."""
        sh("ip", "link", "add", "va", "netns", self.left.name, "type", "veth", "peer", "name", "vb", "netns", self.right.name)
        for side, namespace, device in (("left", self.left, "va"), ("right", self.right, "vb")):
            namespace.ip("addr", "add", f"{V4[side]}/24", "dev", device)
            namespace.ip("addr", "add", f"{V6[side]}/64", "dev", device, "nodad")
            namespace.ip("link", "set", device, "up")
        wait_for(lambda: "state UP" in self.left.ip("link", "show", "va"), "the pair to come up")

    def __exit__(self, *_):
        for run in self.runs:
            if run.process.poll() is None:
                run.process.kill()
        self.left.remove()
        self.right.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self, options, **how):
        return Run(self, options, **how)

    @contextlib.contextmanager
    def serving(self, address, port=0):
        """Yields a listening socket on the right."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.right:
            listener = socket.create_server((address, port), family=family, backlog=128)
        try:
            yield listener
        finally:
            listener.close()

    def socket(self, family=socket.AF_INET):
        """Returns a TCP socket on the left."""
        with self.left:
            return socket.socket(family, socket.SOCK_STREAM)

    def exchange(self, listener, request, response, first_to_close="client"):
        """Makes a connection that carries `request` and `response` bytes. Returns the originator's port."""
        client = self.socket(listener.family)
        client.connect(listener.getsockname()[:2])
        port = client.getsockname()[1]
        server, _ = listener.accept()
        transfer(client, server, request)
        transfer(server, client, response)
        ends = (client, server) if first_to_close == "client" else (server, client)
        ends[0].shutdown(socket.SHUT_WR)
        assert ends[1].recv(1) == b""
        for end in (ends[1], ends[0]):
            end.close()
        return port


def transfer(sender, receiver, size):
    """Sends in pieces that fit the socket buffers, because this thread serves both ends."""
    left = size
    while left > 0:
        piece = min(left, 32768)
        sender.sendall(b"x" * piece)
        got = 0
        while got < piece:
            got += len(receiver.recv(65536))
        left -= piece
