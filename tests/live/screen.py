#!/usr/bin/env python3
"""Drives the live screen in tmux, under real traffic between two network namespaces, and checks what it shows.

    screen.py SYNFIN [CASE…]

Needs root (for the namespaces) and tmux. Exits 77 without them, 0 if all cases pass, 1 if one fails. Creates and
removes the namespaces, the pair of interfaces, the tmux server and the traffic, about twenty connections a second.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True

import lab as labs  # noqa: E402

TAG = f"synscr{os.getpid()}"
HERE, THERE = f"{TAG}a", f"{TAG}b"
DEADLINE = 20
PCAPS = pathlib.Path(__file__).resolve().parents[2] / "pcaps"

SERVER = """
import socket, sys, threading, time
def serve(family, address, port):
    s = socket.socket(family); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port)); s.listen(64)
    def handle(c):
        try:
            stays = c.recv(100) == b"stay"
            while stays and c.recv(10000): pass
            c.sendall(b"x" * 2000); time.sleep(0.05)
        except OSError: pass
        finally: c.close()
    while True: threading.Thread(target=handle, args=(s.accept()[0],), daemon=True).start()
for port in map(int, sys.argv[1:]):
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
        threading.Thread(target=serve, args=(family, address, port), daemon=True).start()
time.sleep(300)
"""
MANY = """
import socket, sys, threading, time
def serve():
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("192.0.2.1", 7000)); s.listen(512)
    while True:
        c = s.accept()[0]
        threading.Timer(0.01, c.close).start()
threading.Thread(target=serve, daemon=True).start()
time.sleep(300)
"""
THOUSAND = """
import socket, time
for i in range(1000):
    c = socket.create_connection(("192.0.2.1", 7000), timeout=5)
    c.recv(1)
    c.close()
"""
# Answers a PTR query about 192.0.2.1 with a name that would clear the screen, move the cursor and set a title if it were printed
# unescaped; no host can have it. Answers other queries with the name of a host.
RESOLVER = r"""
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 5353))
evil = b"pwned\x1b[2J\x1b[1;1H\x1b]0;title\x07\x9b31m"
rest = b"line\r\nfeed\xe2\x80\xae\xc2\x9b"
hostile = bytes([len(evil)]) + evil + bytes([len(rest)]) + rest + b"\x07example\x00"
good = b"\x07harmony\x07example\x00"
while True:
    query, peer = s.recvfrom(2000)
    at = 12
    while query[at]: at += query[at] + 1
    kind = struct.unpack(">H", query[at + 1:at + 3])[0]
    name = hostile if query[12:16] == b"\x011\x012" else good
    answer = b"\xc0\x0c" + struct.pack(">HHIH", 12, 1, 60, len(name)) + name if kind == 12 else b""
    s.sendto(query[:2] + b"\x81\x80" + query[4:6] + struct.pack(">HHH", 1 if answer else 0, 0, 0) + query[12:at + 5] + answer, peer)
"""
CLIENT = """
import socket, sys, time
end = time.time() + 300
for host, port in (word.rsplit(",", 1) for word in sys.argv[1:2]):
    kept = socket.create_connection((host, int(port)))
    kept.sendall(b"stay")
while time.time() < end:
    for word in sys.argv[1:]:
        host, port = word.rsplit(",", 1)
        try:
            c = socket.create_connection((host, int(port)), timeout=1)
            c.sendall(b"hello")
            while c.recv(4096): pass
            c.close()
        except OSError: pass
    kept.sendall(b"y" * 3000)
    time.sleep(0.05)
"""


def sh(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def wait_for_servers(space, protocol, *ports):
    """Waits until each port has a listener; `protocol` is "-t" (TCP) or "-u" (UDP)."""
    end = time.time() + DEADLINE
    while not all(f":{port} " in sh("ip", "netns", "exec", space, "ss", "-Hln", protocol).stdout for port in ports):
        assert time.time() < end, f"no servers in {space}"
        time.sleep(0.05)


class Lab:
    """Two namespaces, 192.0.2.1 (here, where synfin listens) and 192.0.2.2, with servers and clients in both."""

    def __init__(self):
        self.processes = []
        sh("ip", "netns", "add", HERE)
        sh("ip", "netns", "add", THERE)
        sh("ip", "link", "add", "va", "netns", HERE, "type", "veth", "peer", "name", "vb", "netns", THERE)
        for space, name, number in ((HERE, "va", 1), (THERE, "vb", 2)):
            sh("ip", "-n", space, "addr", "add", f"192.0.2.{number}/24", "dev", name)
            sh("ip", "-n", space, "link", "set", name, "up")
            sh("ip", "-n", space, "link", "set", "lo", "up")
        for space in (HERE, THERE):
            self.spawn(space, SERVER, "8080", "8443")
        for space in (HERE, THERE):
            wait_for_servers(space, "-t", "8080", "8443")
        self.spawn(HERE, CLIENT, "192.0.2.2,8443", "192.0.2.2,9", "127.0.0.1,8080")
        self.spawn(THERE, CLIENT, "192.0.2.1,8080")

    def spawn(self, space, program, *words):
        self.processes.append(subprocess.Popen(["ip", "netns", "exec", space, sys.executable, "-c", program, *words],
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for space in (HERE, THERE):
            sh("ip", "netns", "del", space, check=False)


class Terminal:
    """A shell in tmux, in the namespace here."""

    count = 0

    def __init__(self, width, height, folder):
        Terminal.count += 1
        self.socket = f"{TAG}t{Terminal.count}"
        folder.chmod(0o777)  # synfin drops root, and writes its report here
        self.folder = folder
        env = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": str(folder), "PS1": "$ "}
        env |= {name: os.environ[name] for name in ("GCOV_PREFIX",) if name in os.environ}  # where a build that counts lines writes
        subprocess.run(["ip", "netns", "exec", HERE, "tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(width),
                        "-y", str(height), "-c", str(folder), "bash --norc"], check=True, env={**env, "TERM": "xterm-256color"})
        self.wait(r"[#$]")

    def tmux(self, *words):
        return sh("tmux", "-L", self.socket, *words).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def keys(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)
            time.sleep(0.1)

    def run(self, command):
        self.tmux("send-keys", "-l", command)
        self.keys("Enter")

    def wait(self, pattern, missing=False):
        """Waits until the screen shows `pattern` (or no longer does) and returns it."""
        end = time.time() + DEADLINE
        while True:
            text = self.text()
            if bool(re.search(pattern, text)) != missing:
                return text
            if time.time() > end:
                raise AssertionError(f"{'still' if missing else 'no'} {pattern!r} on:\n{text}")
            time.sleep(0.1)

    def selected(self):
        """The numbers and texts of the rows in reverse video."""
        lines = enumerate(self.tmux("capture-pane", "-p", "-e").split("\n"))
        return [(number, re.sub(r"\x1b\[[0-9;]*m", "", line)) for number, line in lines if re.search(r"\x1b\[(\d+;)*7(;\d+)*m", line)]

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def is_restored(self):
        """Checks that the shell is on the ordinary page, with echo and line editing."""
        self.run("clear; stty -a | tr ' ' '\\n' | grep -Ex -- '-?(echo|icanon|isig);?' | tr '\\n' ' '; echo done")
        text = self.wait(r"icanon.* done")
        assert "-echo" not in text and "-icanon" not in text, text
        assert self.tmux("display-message", "-p", "#{alternate_on}").strip() == "0", "still on the other page"

    def close(self):
        sh("tmux", "-L", self.socket, "kill-server", check=False)


CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


@contextlib.contextmanager
def terminal(width, height):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shell = Terminal(width, height, pathlib.Path(folder))
        try:
            yield shell
        finally:
            shell.close()


@case
def tabs(synfin):
    """Every tab shows its view at every size."""
    wanted = {
        "1": ("events", r"SYN|OPEN|FIN|CLOSE|REFUSED"),
        "2": ("timeline", r"[▲■×·]"),
        "3": ("endpoints", r"Inbound|Outbound|Local"),
        "4": ("clients", r"192\.0\.2\.|127\.0\.0\.1"),
        "5": ("services", r"open"),
        "6": ("netstat", r"ESTABLISHED|CLOSED|LISTEN|TIME_WAIT"),
        "7": ("summary", r"synfin report"),
        "9": ("inventory", r"\d+ open ports? on \d+ hosts?"),
    }
    for width, height in ((80, 24), (200, 50), (40, 10)):
        with terminal(width, height) as shell:
            shell.run(f"{synfin} -i any --no-geoip --view endpoints")
            shell.wait(r"\[3 endpoints\]")
            shell.wait(r"any")
            for key, (name, pattern) in wanted.items():
                shell.keys(key)
                shell.wait(rf"\[{key} {name}\]")
                text = shell.wait(pattern)
                lines = text.rstrip("\n").split("\n")
                assert len(lines) <= height and all(len(line) <= width for line in lines), text
            shell.keys("q")
            shell.wait(r"packets captured")
            shell.is_restored()


@case
def endpoints_show_states_and_rates(synfin):
    """Pairs are grouped by direction and have the kernel's states and rates."""
    with terminal(200, 50) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view endpoints")
        text = shell.wait(r"Out/s")
        time.sleep(3)  # the screen reads them again, in its sandbox
        text = shell.text()
        assert "Out/s" in text and "control packets do not show" not in text, text
        for pattern in (r"192\.0\.2\.1:8080 +← +192\.0\.2\.2", r"192\.0\.2\.1 +→ +192\.0\.2\.2:8443", r"127\.0\.0\.1 +→ +127\.0\.0\.1:8080",
                        r"192\.0\.2\.1 +→ +192\.0\.2\.2:9 .*CLOSED", r"ESTABLISHED \d"):
            shell.wait(pattern)
        shell.keys("2")
        shell.wait(r"0\.0\.0\.0:8080 +.*○.*LISTEN")
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def keys(synfin):
    """Every key has the documented effect."""
    with terminal(120, 30) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view services")
        shell.wait(r"8443")
        shell.wait(r"sort: attempts")
        shell.keys("s")
        shell.wait(r"sort: address")
        shell.keys("/", "8", "4", "4")
        shell.wait(r"/844_")
        shell.wait(r"127\.0\.0\.1 +8080", missing=True)
        shell.keys("Enter")
        shell.wait(r"/844 ")
        shell.keys("Escape")
        shell.wait(r"8080")
        shell.keys("Down", "Up", "End", "Home", "PPage", "NPage")
        shell.keys("1")
        shell.wait(r"\[1 events\]")
        shell.wait(r"CLOSE")
        shell.keys("/", "c", "l", "o", "s", "e", "Enter", "p")
        shell.wait(r"PAUSED")
        before = shell.text()
        time.sleep(1)
        strip = lambda text: [line for line in text.split("\n")[1:]]
        assert strip(before) == strip(shell.text()), "a paused picture moves"
        shell.keys("Enter")
        shell.wait(r"One connection")
        shell.wait(r"closed by +the (originator|responder)")
        shell.keys("Escape", "p")
        shell.wait(r"PAUSED", missing=True)
        shell.keys("?")
        shell.wait(r"another view")
        shell.keys("?", "Tab")
        shell.wait(r"\[2 timeline\]")
        shell.keys("Left")
        shell.wait(r"\[1 events\]")
        shell.keys("7")
        shell.wait(r"refused +\d+")
        shell.keys("w")
        shell.wait(r"report written to synfin-report-")
        reports = list(shell.folder.glob("synfin-report-*.txt"))
        assert len(reports) == 1 and "Services" in reports[0].read_text(), reports[0].read_text()
        assert reports[0].stat().st_mode & 0o777 == 0o600, "others can read the report"
        shell.keys("4", "c")
        shell.wait(r"(?m)^127\.0\.0\.1$")
        shell.keys("q")
        shell.wait(r"packets captured")
        shell.is_restored()


@case
def moves(synfin):
    """Cursor keys move by rows, pages and to both ends, tabs switch in both directions; Backspace removes a filter."""
    with terminal(80, 12) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view netstat")
        shell.wait(r"[2-9]\d connections listed")
        shell.keys("S", "p")
        shell.wait(r"PAUSED.*sort: latest")

        def selected():
            rows = shell.selected()
            return rows[0] if len(rows) == 1 else None

        def wait_until(holds, complaint):
            end = time.monotonic() + DEADLINE
            while not holds(selected()):
                assert time.monotonic() < end, f"{complaint}: {shell.selected()} on:\n{shell.text()}"
                time.sleep(0.1)

        wait_until(lambda row: row is not None, "no row is selected")
        first = selected()
        for there, back in (("Down", "Up"), ("j", "k"), ("NPage", "PPage"), ("Space", "PPage"), ("End", "Home")):
            shell.keys(there)
            wait_until(lambda row: row not in (None, first), f"{there} does not move")
            shell.keys(back)
            wait_until(lambda row: row == first, f"{back} does not take {there} back to {first}")
        shell.keys("Down")
        wait_until(lambda row: row is not None and row[0] == first[0] + 1, "Down does not move by one")
        shell.keys("p", "Right")
        shell.wait(r"\[7 summary\]")
        shell.keys("Tab")
        shell.wait(r"\[8 processes\]|1 program|\d+ programs")
        shell.keys("Tab")
        shell.wait(r"\[9 inventory\]")
        shell.keys("Tab")
        shell.wait(r"\[1 events\]")
        shell.keys("BTab", "BTab", "BTab")
        shell.wait(r"\[7 summary\]")
        shell.keys("6", "/", "8", "0", "x", "BSpace", "8", "0", "Enter")
        shell.wait(r"/8080 ")
        shell.keys("BSpace")
        shell.wait(r"/8080 ", missing=True)
        shell.resize(40, 10)
        time.sleep(1)
        lines = shell.wait(r"q quit").rstrip("\n").split("\n")
        assert len(lines) == 10 and all(len(line) <= 40 for line in lines), lines
        shell.keys("?")
        shell.wait(r"^Keys|\nKeys")
        shell.keys("Down", "Down", "Escape", "Enter")
        shell.wait(r"Esc back")
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def a_full_row_is_selected_alone(synfin):
    """Selecting a row as wide as the terminal does not highlight the next line."""
    with terminal(150, 12) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view netstat --cmdline")
        shell.wait(r"[2-9]\d connections listed")
        shell.keys("p", "End")
        shell.wait(r"PAUSED")
        end = time.monotonic() + DEADLINE
        while [number for number, _ in shell.selected()] != [10]:
            assert time.monotonic() < end, f"selected: {shell.selected()} on:\n{shell.text()}"
            time.sleep(0.1)
        assert len(shell.selected()[0][1].rstrip()) == 150, f"the row is not as wide as the terminal:\n{shell.text()}"
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def resizes(synfin):
    """The screen adapts to the terminal's size."""
    with terminal(120, 30) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view services")
        shell.wait(r"8443")
        for width, height in ((40, 10), (200, 50), (80, 24)):
            shell.resize(width, height)
            time.sleep(1)
            text = shell.wait(r"q quit")
            lines = text.rstrip("\n").split("\n")
            assert len(lines) == height and "q quit" in lines[-1], f"{width}x{height}:\n{text}"
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def interrupts(synfin):
    """Ctrl-C ends like q: the list is printed on the ordinary page and the report is written."""
    with terminal(120, 30) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view clients --port 8080 -o list.txt")
        shell.wait(r"192\.0\.2\.2")
        shell.wait(r"127\.0\.0\.1")
        shell.keys("C-c")
        shell.wait(r"packets captured")
        text = shell.text()
        assert re.search(r"The following 2 hosts have connected to port 8080 of any host since", text), text
        assert "192.0.2.2" in (shell.folder / "list.txt").read_text()
        shell.is_restored()


@case
def crashes(synfin):
    """The terminal is restored even if a signal kills the program."""
    for name in ("SEGV", "ABRT", "BUS"):
        with terminal(80, 24) as shell:
            shell.run(f"ulimit -c 0; {synfin} -i any --no-geoip --view services")
            shell.wait(r"8443")
            program = pathlib.Path(synfin).name
            pane = int(shell.tmux("display-message", "-p", "#{pane_pid}"))
            child = int(sh("pgrep", "-P", str(pane), "-x", program[:15]).stdout.split()[0])
            os.kill(child, getattr(signal, f"SIG{name}"))
            shell.wait(r"\[5 services\]", missing=True)
            shell.is_restored()


@case
def a_terminal_without_cursor_movement(synfin):
    """The error says what to do, and the terminal stays as it was."""
    with terminal(80, 24) as shell:
        shell.run(f"TERM=dumb {synfin} -q --no-geoip -r {PCAPS}/sample.pcap --view endpoints --screen")
        shell.wait(r"TERM is dumb")
        shell.is_restored()


@case
def browses(synfin):
    """At the end of a capture, summary and report are those of the whole capture."""
    with terminal(120, 40) as shell:
        shell.run(f"{synfin} -q --no-geoip -r {PCAPS}/sample.pcap --screen -o r.json")
        shell.wait(r"\bended\b")
        shell.keys("7")
        text = shell.wait("packets +2,163")
        assert "so far" not in text and "the tables below count" not in text, text
        shell.keys("w")
        shell.wait("report written")
        report = json.loads((shell.folder / "r.json").read_text())
        assert "so_far" not in report["capture"], report["capture"]
        assert report["capture"]["packets"]["decoded"] > 0
        shell.keys("q")


@case
def is_suspended(synfin):
    """Ctrl-Z stops the run, also in the sandbox. With bg it continues and leaves the terminal alone, with fg it is shown again,
    and kill(1) ends it with its files."""
    with terminal(120, 30) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view services --sandbox strict -o list.txt")
        shell.wait(r"8443")
        for _ in range(2):
            shell.keys("C-z")
            shell.wait(r"Stopped")
            shell.is_restored()
            shell.run("clear; bg")
            shell.wait(r"synfin.* &")
            time.sleep(1)
            shell.is_restored()
            shell.wait(r"\[5 services\]", missing=True)
            shell.run("fg")
            shell.wait(r"\[5 services\]")
        shell.keys("q")
        shell.wait(r"packets captured")
        assert (shell.folder / "list.txt").exists()
    with terminal(120, 30) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view services --sandbox off -o list.txt")
        shell.wait(r"8443")
        shell.keys("C-z")
        shell.wait(r"Stopped")
        shell.run("clear; kill %1")
        shell.wait(r"packets captured")
        assert (shell.folder / "list.txt").exists()


@case
def is_not_read(synfin):
    """A terminal that Ctrl-S has stopped, or that nobody reads, delays no file, and a signal ends the run."""
    for stopped in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            child, end = pty.fork()
            if child == 0:
                os.chdir(folder)
                os.environ["TERM"] = "xterm-256color"
                words = [synfin, "-q", "-i", "any", "--no-geoip", "--view", "services", "-o", "list.txt"]
                os.execvp("ip", ["ip", "netns", "exec", HERE, *words])
            text = b""
            while b"8443" not in text:
                text += os.read(end, 65536)
            if stopped:
                os.write(end, b"\x13")
            for width in range(0 if stopped else 600):  # each size is drawn as a whole
                fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 150 + width % 2, 0, 0))
                time.sleep(0.01)
            time.sleep(1)
            os.kill(child, signal.SIGTERM)
            deadline = time.time() + DEADLINE
            while os.waitpid(child, os.WNOHANG) == (0, 0):
                if time.time() > deadline:
                    os.kill(child, signal.SIGKILL)
                    raise AssertionError("the run does not end")
                time.sleep(0.1)
            os.close(end)
            assert (pathlib.Path(folder) / "list.txt").exists()


@case
def without_color(synfin):
    """NO_COLOR disables colours. Without UTF-8, the output is ASCII."""
    with terminal(100, 30) as shell:
        shell.run(f"NO_COLOR=1 LC_ALL=C {synfin} -i any --no-geoip --view timeline")
        shell.wait(r"\[2 timeline\]")
        shell.wait(r"[A#]{3}")
        plain = shell.text()
        assert plain.isascii(), plain
        escapes = re.findall(r"\x1b\[([0-9;]*)m", shell.tmux("capture-pane", "-p", "-e"))
        colored = [e for e in escapes if re.search(r"(^|;)(3[0-7]|38|4[0-7]|48|9[0-7])(;|$)", e)]
        assert not colored, colored
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def endpoints_show_each_open_connection(synfin):
    """Key o and --each list each open connection below its pair, with idle time, bytes and round-trip time."""
    with terminal(200, 50) as shell:
        shell.run(f"{synfin} -i any --no-geoip --view endpoints")
        shell.wait(r"192\.0\.2\.1 +→ +192\.0\.2\.2:8443")
        shell.keys("o")
        shell.wait(r"192\.0\.2\.1:\d+ +→ +192\.0\.2\.2:8443 +ESTABLISHED.* KiB")
        shell.keys("o")
        shell.wait(r"192\.0\.2\.1:\d+ +→ +192\.0\.2\.2:8443 +ESTABLISHED", missing=True)
        shell.keys("q")
        shell.wait(r"packets captured")


@case
def hostile_names(synfin):
    """A PTR record with escape sequences is no name, and disturbs no view and no details page."""
    with terminal(160, 40) as shell:
        resolver = subprocess.Popen(["ip", "netns", "exec", HERE, sys.executable, "-c", RESOLVER])
        try:
            wait_for_servers(HERE, "-u", "5353")
            shell.run(f"{synfin} -i va --no-geoip --view clients --resolve-names --dns-server 127.0.0.1:5353")
            shell.wait(r"harmony\.example")
            for key, name in enumerate(("events", "timeline", "endpoints", "clients", "services", "netstat", "summary"), 1):
                shell.keys(str(key))
                text = shell.wait(rf"\[{key} {name}\]")
                if name in ("timeline", "endpoints", "clients", "summary"):
                    text = shell.wait(r"harmony\.example")
                assert "pwned" not in text, text
                for keys in ((), ("Enter",)):
                    shell.keys(*keys)
                    time.sleep(0.4)
                    text = shell.text()
                    lines = text.split("\n")
                    assert lines[0].startswith("va ") and f"[{key} {name}]" in lines[1], text
                    assert "q quit" in text.rstrip("\n").split("\n")[-1], text
                    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text), repr(text)
                shell.keys("Escape")
            assert "title" not in shell.tmux("display-message", "-p", "#{pane_title}")
            shell.keys("q")
            shell.wait(r"packets captured")
            shell.is_restored()
        finally:
            resolver.kill()
            resolver.wait()


@case
def a_thousand_short_connections(synfin):
    """1,000 connections of 10 ms each are all counted in clients and endpoints."""
    server = subprocess.Popen(["ip", "netns", "exec", HERE, sys.executable, "-c", MANY])
    try:
        wait_for_servers(HERE, "-t", "7000")
        for view, pattern in (("clients", r"192\.0\.2\.2 .* 1,000 +1,000\b"), ("endpoints", r"192\.0\.2\.1:7000 +← +192\.0\.2\.2 .*ESTABLISHED 1,000\b")):
            command = ["ip", "netns", "exec", HERE, synfin, "-i", "va", "--no-geoip", "--view", view, "--port", "7000", "tcp port 7000"]
            watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
            while "listening on" not in (line := watch.stderr.readline()):
                assert line, "synfin has ended"
            sh("ip", "netns", "exec", THERE, sys.executable, "-c", THOUSAND)
            time.sleep(1)
            watch.send_signal(signal.SIGINT)
            text = watch.communicate(timeout=DEADLINE)[0]
            assert re.search(pattern, text), text
    finally:
        server.kill()
        server.wait()


@case
def hidden_sockets(synfin):
    """Options and filter expressions also hide connections that only the kernel reports."""
    def seen(view, *more):
        command = ["ip", "netns", "exec", HERE, synfin, "-q", "-i", "any", "--no-geoip", "--view", view, "--duration", "2s", "--every", "1s"]
        return sh(*command, *more).stdout
    assert "127.0.0.1" in seen("endpoints") and "127.0.0.1" in seen("netstat")
    for view in ("endpoints", "netstat", "timeline"):
        for options in (("--ignore-loopback",), ("port", "8443")):
            text = seen(view, *options)
            assert "127.0.0.1" not in text, f"{view} {options}: {text}"
            assert "192.0.2.1" in text or "192.0.2.2" in text, f"{view} {options}: {text}"


@case
def piped(synfin):
    """Into a pipe, the view is printed periodically, each time after a line with the time."""
    command = ["ip", "netns", "exec", HERE, synfin, "-q", "-i", "va", "--no-geoip", "--view", "endpoints", "--every", "1s", "--duration", "4s"]
    text = sh(*command).stdout
    heading = r"-- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:UTC|[+-]\d\d:\d\d)\n"
    assert len(re.findall("^" + heading, text, re.M)) >= 2, text
    assert all(re.search(heading + r"\Z", before) for before in re.split(r"^\d+ connections? open; ", text, flags=re.M)[:-1]), text
    assert re.search(r"192\.0\.2\.1:8080 +(←|<--)", text), text


def main():
    reason = labs.missing() or (None if shutil.which("tmux") else "tmux is not installed")
    if reason:
        print(f"skipped: {reason}")
        return 77
    synfin = str(pathlib.Path(sys.argv[1]).resolve())
    try:
        lab = Lab()
    except subprocess.CalledProcessError as error:
        print(f"skipped: cannot make network namespaces: {error.stderr}")
        for space in (HERE, THERE):
            sh("ip", "netns", "del", space, check=False)
        return 77
    failed = False
    try:
        for name in sys.argv[2:] or CASES:
            try:
                CASES[name](synfin)
                print(f"{name}: holds")
            except AssertionError as error:
                print(f"{name}: {error}")
                failed = True
    finally:
        lab.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
