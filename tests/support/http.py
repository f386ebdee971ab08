"""HTTPS in raw bytes: what is sent is sent as it stands, what arrives is read as RFC 9112 has it."""

import socket
import ssl
import tempfile
from dataclasses import dataclass

from support.scram import tls_exporter, tls_server_end_point
from support.stream import PATIENCE


class ConnectionEnded(AssertionError):
    """The server closed while the test was waiting for more."""


@dataclass
class Response:
    status: int
    headers: dict   # names in small letters
    body: bytes

    def __getitem__(self, name):
        return self.headers[name.lower()]


class Http:
    """One connection; `ask` sends one request and reads its response."""

    def __init__(self, server, alpn=("http/1.1",)):
        self.server = server
        plain = socket.create_connection((server.host, server.https_port), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = ssl.create_default_context(cafile=str(server.ca))
        self._keylog = tempfile.NamedTemporaryFile("r", prefix="tls-", suffix=".keys")
        context.keylog_filename = self._keylog.name
        if alpn:
            context.set_alpn_protocols(list(alpn))
        self.socket = context.wrap_socket(plain, server_hostname=server.domain)
        self.buffer = b""

    @property
    def host(self):
        return f"{self.server.domain}:{self.server.https_port}"

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def ask(self, method, path, headers=(), body=b"", host=None):
        self.request(method, path, headers, body, host)
        return self.response(method)

    def request(self, method, path, headers=(), body=b"", host=None):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or self.host}"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if body or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def response(self, method="GET"):
        head = self.until(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
        version, status, *_ = status_line.split(" ", 2)
        assert version == "HTTP/1.1", status_line
        headers = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        status = int(status)
        length = 0 if method == "HEAD" or status in (101, 204, 304) or status < 200 else int(headers["content-length"])
        return Response(status, headers, self.take(length))

    def expect_end(self):
        """The server has closed, and said nothing more."""
        assert self.buffer == b"" and self._receive() is False, self.buffer

    def until(self, mark):
        while mark not in self.buffer:
            if not self._receive():
                raise ConnectionEnded(f"only {self.buffer!r}")
        end = self.buffer.index(mark) + len(mark)
        return self.take(end)

    def take(self, size):
        while len(self.buffer) < size:
            if not self._receive():
                raise ConnectionEnded(f"{len(self.buffer)} of {size} bytes")
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _receive(self):
        try:
            data = self.socket.recv(65536)
        except ssl.SSLWantReadError:
            raise
        except (ConnectionError, ssl.SSLError):
            data = b""
        self.buffer += data
        return bool(data)

    def has_begun_to_answer(self):
        """Whether a response is on its way; takes what is there without waiting. TLS sends things of its own too."""
        self.socket.settimeout(0)
        try:
            self._receive()
        except (ssl.SSLWantReadError, BlockingIOError):
            return bool(self.buffer)
        finally:
            self.socket.settimeout(PATIENCE)
        return True

    def channel_binding(self, kind):
        if kind == "tls-exporter":
            return kind, tls_exporter(self._keylog.read(), self.socket.cipher()[0])
        return kind, tls_server_end_point(self.socket.getpeercert(binary_form=True))

    def close(self):
        self.socket.close()
        self._keylog.close()
