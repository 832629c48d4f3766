"""Servers on loopback that stand for Slack, Teams, Telegram, ntfy and a webhook, and a mail server with TLS and login."""
import asyncio
import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import time

PASSWORD = "Pa55-of-the-mail-server"


def make_certificates(folder):
    """A certificate for localhost and 127.0.0.1, and one for another name. Returns the file of the first, which is its own authority."""
    for name, subject in (("right", "DNS:localhost,IP:127.0.0.1"), ("wrong", "DNS:elsewhere.example")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                        f"subjectAltName={subject}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                       check=True, capture_output=True)
    return pathlib.Path(folder) / "right.pem"


def server_context(folder, name="right"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    return context


class Handler(http.server.BaseHTTPRequestHandler):
    """The first word of the path says how to answer: ok, busy-N (429 N times, then ok), error, redirect, hang, close, refuse."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner = self.server.owner
        behaviour = self.path.strip("/").split("/")[0]
        with owner.lock:
            owner.requests.append({"path": self.path, "headers": dict(self.headers), "body": body, "time": time.monotonic()})
            seen = sum(r["path"] == self.path for r in owner.requests)
        if behaviour == "hang":
            time.sleep(owner.hang)
        if behaviour in ("hang", "close"):
            self.close_connection = True
            self.connection.close()
            return
        status = 200
        if behaviour.startswith("busy-") and seen <= int(behaviour[5:]):
            status = 429
        status = {"error": 500, "redirect": 302, "refuse": 400}.get(behaviour, status)
        answer = b'{"ok":true}'
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        if status == 302:
            self.send_header("Location", owner.url("ok/redirected"))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        with owner.lock:
            if status == 200:
                owner.accepted.append({"path": self.path, "headers": dict(self.headers), "body": body})

    def log_message(self, *_):
        pass


class WebServer:
    def __init__(self, folder, certificate="right"):
        self.lock, self.requests, self.accepted, self.hang = threading.Lock(), [], [], 5
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.server.handle_error = lambda *_: None
        self.server.socket = server_context(folder, certificate).wrap_socket(self.server.socket, server_side=True,
                                                                            do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"https://127.0.0.1:{self.server.server_address[1]}/{path}"

    def bodies(self, path):
        """What was accepted under a path, as JSON."""
        with self.lock:
            return [json.loads(r["body"]) for r in self.accepted if r["path"].startswith("/" + path)]

    def tries(self, path):
        with self.lock:
            return [r for r in self.requests if r["path"].startswith("/" + path)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """A mail server that demands STARTTLS (or TLS from the beginning) and a login."""

    def __init__(self, folder, implicit=False):
        from aiosmtpd.smtp import SMTP, AuthResult

        owner = self
        self.mails = []

        class Mailbox:
            async def handle_DATA(self, server, session, envelope):
                owner.mails.append({"to": list(envelope.rcpt_tos), "data": envelope.content, "tls": session.ssl is not None or implicit,
                                    "login": session.authenticated})
                return "250 OK"

        def authenticator(server, session, envelope, mechanism, data):
            return AuthResult(success=data.login == b"synfin" and data.password == PASSWORD.encode())

        def make():
            return SMTP(Mailbox(), hostname="localhost", require_starttls=not implicit, authenticator=authenticator, auth_required=True,
                        auth_require_tls=not implicit, tls_context=None if implicit else server_context(folder))

        self.loop = asyncio.new_event_loop()
        listen = self.loop.create_server(make, "127.0.0.1", 0, ssl=server_context(folder) if implicit else None)
        self.server = self.loop.run_until_complete(listen)
        self.port = self.server.sockets[0].getsockname()[1]
        self.loop.set_exception_handler(lambda *_: None)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)


def wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
