"""Servers on loopback that the torture tests send to: one that answers as ClickHouse does and takes notifications, and brokers of Kafka."""
import http.server
import importlib.util
import pathlib
import re
import socket
import threading
import time
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parents[2]
CHECKS = TOP / "tests" / "check"
SCHEMA = re.search(r"kSchemaVersion = (\d+)", (TOP / "src" / "store" / "schema.h").read_text()).group(1)
SETTLE = 2.0  # seconds that the last messages may take


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        address = urllib.parse.urlparse(self.path)
        statement = urllib.parse.parse_qs(address.query).get("query", [""])[0]
        answer, status = b"0\n", 200
        if address.path == "/notify":
            answer = b'{"ok":true}'
            self.server.owner.take(body)
        elif statement.startswith("INSERT"):
            answer = b""
            self.server.owner.take(statement.encode())
        elif b"schema_version" in body:
            answer = f"{SCHEMA}\t\n".encode()
        elif b"system.settings" in body:
            answer = b""
        elif not body.startswith(b"SELECT"):
            status = 400  # libcurl sends a URL without its query if that lacks memory
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class WebServer:
    """Keeps the bodies of notifications, and the statements of insertions."""

    def __init__(self):
        self.lock, self.taken = threading.Lock(), []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, content):
        with self.lock:
            self.taken.append(content)

    def forget(self):
        with self.lock:
            self.taken.clear()

    def content(self, _wanted):
        """What was taken once or more, because a message may arrive twice."""
        with self.lock:
            return b"\n".join(sorted(set(self.taken)))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def load(path):
    description = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


def resolver():
    """The DNS server of the live tests: each address has the same name."""
    return load(TOP / "tests" / "live" / "names.py").Resolver(0)


class Brokers:
    """The mock cluster of librdkafka that tests/check/publish.py uses."""

    def __init__(self, driver):
        self.cluster = load(CHECKS / "publish.py").Cluster(str(driver))

    @property
    def url(self):
        return self.cluster.url

    def forget(self):
        self.cluster.messages.clear()

    def content(self, wanted):
        """The messages. Those that are wanted may arrive a little later."""
        end = time.monotonic() + SETTLE
        while True:
            content = "\n".join(sorted({value for _, value in list(self.cluster.messages)})).encode()
            if content == wanted or time.monotonic() > end:
                return content
            if wanted is None and content and time.monotonic() > end - 0.5:
                return content
            time.sleep(0.01)

    def close(self):
        self.cluster.end()
