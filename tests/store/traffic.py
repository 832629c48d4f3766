"""Captures of short connections for the tests of the store, and sensors that read them from a pipe."""
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import time

FILE_HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)  # nanoseconds, Ethernet
SYN, FIN, RST, ACK = 2, 1, 4, 16


# From the client?, flags, sequence and acknowledgement number: a whole connection that carries 100 and 300 bytes.
CONVERSATION = [(True, SYN, 1000, 0), (False, SYN | ACK, 5000, 1001), (True, ACK, 1001, 5001), (True, FIN | ACK, 1101, 5001), (False, FIN | ACK, 5301, 1102),
                (True, ACK, 1102, 5302)]


def frame(client_ip, server_ip, client_port, server_port, piece):
    from_client, flags, seq, ack = piece
    addresses = client_ip + server_ip if from_client else server_ip + client_ip
    numbers = (client_port, server_port) if from_client else (server_port, client_port)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0x4000, 64, 6, 0) + addresses
    tcp = struct.pack(">HHIIBBHHH", *numbers, seq, ack, 0x50, flags, 65535, 0, 0)
    return bytes(12) + b"\x08\x00" + ip + tcp


def conversation(start_ns, number, sensor, step_ns=1_000_000):
    """The packets of connection `number` of a sensor. Each has addresses and ports of its own."""
    client_ip = bytes([10, sensor, number // 40000 >> 8 & 255, number // 40000 & 255])
    client_port = 20000 + number % 40000
    server_ip = bytes([192, 0, 2, 1 + number % 50])
    server_port = (80, 443, 22, 5432)[number % 4]
    out = []
    for i, piece in enumerate(CONVERSATION):
        data = frame(client_ip, server_ip, client_port, server_port, piece)
        at = start_ns + i * step_ns
        out.append(struct.pack("<IIII", at // 10**9, at % 10**9, len(data), len(data)) + data)
    return b"".join(out)


def capture(path, count, sensor=1, start_ns=None, per_second=5000):
    """Writes a capture of `count` connections, one after another."""
    start_ns = start_ns or 1_772_300_000 * 10**9
    step = 10**9 // per_second
    with open(path, "wb") as file:
        file.write(FILE_HEADER)
        for i in range(count):
            # A conversation ends before the next one begins, so that times grow.
            file.write(conversation(start_ns + i * step, i, sensor, step // 7))
    return path


class Link:
    """A veth pair. `send` puts conversations on one end, and a run watches the other. REQUIRES: a network namespace of its own."""

    def __init__(self):
        self.watched = "v1"
        for words in (["add", "v0", "type", "veth", "peer", "name", "v1"], ["set", "v0", "up"], ["set", "v1", "up"]):
            subprocess.run(["ip", "link", *words], check=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("v0", 0))

    def close(self):
        self.socket.close()
        subprocess.run(["ip", "link", "del", "v0"], check=True)

    def send(self, first, count, pause=0.01):
        """The conversations `first` and following, a hundred at a time."""
        for number in range(first, first + count):
            client = bytes([10, number >> 16 & 255, number >> 8 & 255, number & 255])
            for piece in CONVERSATION:
                self.socket.send(frame(client, bytes([192, 0, 2, 1 + number % 50]), 20000, (80, 443, 22, 5432)[number % 4], piece))
            if number % 100 == 99:
                time.sleep(pause)


class Sensor:
    """A run of synfin that reads packets from a pipe, `rate` connections a second for some seconds of real time."""

    def __init__(self, synfin, url, folder, number, rate, config=None, extra=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.synfin, self.url, self.number, self.rate, self.config, self.extra = synfin, url, number, rate, config, extra
        self.sent, self.logs, self.process, self.thread, self.stop = 0, [], None, None, False

    @property
    def name(self):
        return f"sensor-{self.number}"

    def command(self):
        log = self.folder / f"log{len(self.logs)}"
        self.logs.append(log)
        words = [str(self.synfin), "-r", "-", "-Z", "root", "--view", "none", "--no-geoip", "--linger", "0s", "--store", self.url, "--sensor", self.name,
                 "--spool", str(self.folder / "spool"), "--log", str(log), "-l", *self.extra]
        return words + (["--config", str(self.config)] if self.config else [])

    def start(self, seconds):
        self.stop = False
        self.output = (self.folder / "output").open("ab")
        self.process = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=self.output, stderr=self.output)
        self.thread = threading.Thread(target=self.feed, args=(seconds,))
        self.thread.start()
        return self

    def feed(self, seconds, pieces=20):
        """Packets of real time, in pieces of 1/20 s."""
        pipe = self.process.stdin
        try:
            pipe.write(FILE_HEADER)
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self.stop:
                begun = time.monotonic()
                count, now = self.rate // pieces, time.time_ns()
                step = 10**9 // pieces // max(count, 1)
                pipe.write(b"".join(conversation(now + i * step, self.sent + i, self.number, step // 7) for i in range(count)))
                pipe.flush()
                self.sent += count
                time.sleep(max(0.0, begun + 1 / pieces - time.monotonic()))
            pipe.close()
        except (BrokenPipeError, ValueError):
            pass

    def children(self):
        """The processes that the run has started."""
        return pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def kill(self):
        """As kill -9. Returns the uids whose record was written more than 1.2 s ago."""
        written = self.uids(self.logs[-1:])
        time.sleep(1.2)
        self.process.send_signal(signal.SIGKILL)
        self.stop = True
        self.process.wait()
        self.thread.join()
        return written

    def wait(self, timeout=120):
        self.thread.join()
        return self.process.wait(timeout)

    def uids(self, logs):
        """The uids in connection logs."""
        found = []
        for log in logs:
            if log.exists():
                lines = log.read_bytes()
                found += [line.split(b"\t")[1].decode() for line in lines[: lines.rfind(b"\n") + 1].splitlines() if line[:1] != b"#" and b"\t" in line]
        return found


def deliver(synfin, url, spool, config=None, sensor="later"):
    """A run that only sends what waits in a spool. Returns its status and what it said."""
    words = [str(synfin), "-r", "-", "-Z", "root", "--view", "none", "--no-geoip", "--store", url, "--spool", str(spool), "--sensor", sensor]
    ran = subprocess.run(words + (["--config", str(config)] if config else []), input=FILE_HEADER, capture_output=True, timeout=120)
    return ran.returncode, ran.stderr.decode(errors="replace")
