"""WebSocket frames in raw bytes (RFC 6455), and a person's client over them (RFC 7395)."""

import base64
import hashlib
import os
import select
import ssl
import struct
import time
import xml.etree.ElementTree as ET

from support.client import Client
from support.elements import NS
from support.http import Http
from support.stream import PATIENCE

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, masked=True, reserved=0, length=None):
    """A frame as a client sends it, or as it must not. `length` claims another length than the payload has."""
    payload = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    size = len(payload) if length is None else length
    mask_bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, mask_bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Socket(Http):
    """A connection that becomes a WebSocket."""

    PATH = "/xmpp-websocket"

    def handshake(self, path=None, drop=(), **changes):
        """Sends the opening handshake and returns the response. `changes` replaces headers (Sec_WebSocket_Key=...)."""
        self.key = base64.b64encode(os.urandom(16)).decode()
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Protocol": "xmpp"}
        headers.update({name.replace("_", "-"): value for name, value in changes.items()})
        return self.ask("GET", path or self.PATH, {k: v for k, v in headers.items() if k not in drop})

    def open(self):
        response = self.handshake()
        assert response.status == 101, response
        wanted = hashlib.sha1((self.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert response["Sec-WebSocket-Accept"] == base64.b64encode(wanted).decode()
        assert response["Sec-WebSocket-Protocol"] == "xmpp"
        return self

    def receive(self):
        """The next frame: (opcode, payload). The server's frames are whole and not masked (RFC 6455 §5.1)."""
        first, second = self.take(2)
        assert first & 0xF0 == 0x80 and not second & 0x80, (first, second)
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack("!H", self.take(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.take(8))
        return first & 0x0F, self.take(size)

    def expect_close(self, *codes):
        """The connection is closed with one of these codes; what else comes before is taken away."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else None
                assert code in codes, (code, codes)
                self.expect_end()
                return


class WebClient(Client):
    """The same client as over TCP: every story can be told over both."""

    def connect(self, direct_tls=False):
        self.web = Socket(self.server).open()
        self.socket = self.web.socket
        return self

    def secure(self):
        self.connect()
        self.open()
        return self.features()

    secure_directly = secure

    def channel_binding(self, kind):
        return self.web.channel_binding(kind)

    def open(self, to=None, version="1.0", namespace=None, extra=""):
        to = self.server.domain if to is None else to
        to_part = f" to='{to}'" if to else ""
        version_part = f" version='{version}'" if version else ""
        self.send(f"<open xmlns='{namespace or FRAMING}'{to_part}{version_part}{extra}/>")

    def send(self, text):
        """One element; a stanza says its namespace here, as RFC 7395 §3.3.3 wants it."""
        for name in ("message", "presence", "iq"):
            if text.startswith(f"<{name}") and text[len(name) + 1] in " />":
                text = f"<{name} xmlns='jabber:client'" + text[len(name) + 1:]
        self._note(">", text)
        self.web.send(frame(TEXT, text))

    def close(self):
        if self.socket is None:
            return
        try:
            if not self.closed:
                self.send(f"<close xmlns='{FRAMING}'/>")
                self.expect_end()
        except (OSError, AssertionError):
            pass
        self.cut()

    def _read(self, deadline):
        buffered = self.web.buffer or self.socket.pending()
        if not buffered and not select.select([self.socket], [], [], max(deadline - time.monotonic(), 0))[0]:
            return False
        try:
            opcode, payload = self.web.receive()
        except (AssertionError, ConnectionError, ssl.SSLError):
            self.closed = True
            return True
        self._note("<", payload.decode(errors="replace"))
        if opcode == TEXT:
            element = ET.fromstring(payload)
            if element.tag == f"{{{FRAMING}}}open":
                self.header = dict(element.items())
            elif element.tag == f"{{{FRAMING}}}close":
                self.closed = True
            else:
                self.on_element(element)
        elif opcode == CLOSE:
            self.closed = True
            self.close_code = struct.unpack("!H", payload[:2])[0] if payload else None
        return True


__all__ = ["BINARY", "CLOSE", "FRAMING", "NS", "PATIENCE", "PING", "PONG", "Socket", "TEXT", "WebClient", "frame"]
