"""A WebSocket client (RFC 6455) for text messages, as far as Chromium's DevTools need it."""
import base64
import os
import socket
import struct
import urllib.parse

TEXT, CONTINUED, CLOSE, PING, PONG = 1, 0, 8, 9, 10


class WebSocket:
    def __init__(self, url, timeout):
        parts = urllib.parse.urlsplit(url)
        self.connection = socket.create_connection((parts.hostname, parts.port), timeout)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.connection.makefile("rb")
        status = self.stream.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket: {status!r}")
        while self.stream.readline() not in (b"\r\n", b""):
            pass

    def send(self, text):
        self._frame(TEXT, text.encode())

    def _frame(self, kind, data):
        """A client masks each frame (§5.3)."""
        mask = os.urandom(4)
        size = len(data)
        head = bytes([0x80 | kind])
        head += bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size)
        repeated = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
        self.connection.sendall(head + mask + masked)

    def _read(self, size):
        data = self.stream.read(size)
        if len(data) != size:
            raise ConnectionError("the browser closed the connection")
        return data

    def receive(self):
        """The next message."""
        message = b""
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size == 126:
                size, = struct.unpack("!H", self._read(2))
            elif size == 127:
                size, = struct.unpack("!Q", self._read(8))
            data = self._read(size)
            kind = first & 0x0F
            if kind == CLOSE:
                raise ConnectionError("the browser closed the connection")
            if kind == PING:
                self._frame(PONG, data)
            elif kind in (TEXT, CONTINUED):
                message += data
                if first & 0x80:
                    return message.decode()

    def close(self):
        self.stream.close()
        self.connection.close()
