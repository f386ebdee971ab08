"""One XML stream over TCP and TLS: what is written is written as it stands, what arrives is parsed as it comes.

There is no thread: a stream reads only while somebody waits for something, so a test is one sequence of lines.
"""

import select
import socket
import ssl
import tempfile
import time
import xml.etree.ElementTree as ET

from support.elements import NS, matches, parse, to_text
from support.scram import tls_exporter, tls_server_end_point
from support.server import SLOWNESS

PATIENCE = 5.0 * SLOWNESS  # seconds; a healthy answer takes milliseconds, so this is only ever used up by a failure


class NotReceived(AssertionError):
    pass


class StreamEnded(AssertionError):
    """The peer closed while the test was waiting for more."""


class Stream:
    def __init__(self, server):
        self.server = server
        self.socket = None
        self.inbox = []
        self.header = None      # attributes of the server's <stream:stream>
        self.closed = False     # the server has closed the XML stream or the connection
        self.transcript = []
        self._keylog = None
        self._parser = None

    # Connecting

    def connect(self, direct_tls=False):
        port = self.server.tls_port if direct_tls else self.server.port
        self.socket = socket.create_connection((self.server.host, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if direct_tls:
            self.start_tls(alpn=["xmpp-client"])
        return self

    def start_tls(self, alpn=None, versions=None):
        context = ssl.create_default_context(cafile=str(self.server.ca))
        if versions:
            context.minimum_version, context.maximum_version = versions
        self._keylog = tempfile.NamedTemporaryFile("r", prefix="tls-", suffix=".keys")
        context.keylog_filename = self._keylog.name
        if alpn:
            context.set_alpn_protocols(alpn)
        self.socket = context.wrap_socket(self.socket, server_hostname=self.server.domain)

    def channel_binding(self, kind):
        if kind == "tls-exporter":
            return kind, tls_exporter(self._keylog.read(), self.socket.cipher()[0])
        if kind == "tls-server-end-point":
            return kind, tls_server_end_point(self.socket.getpeercert(binary_form=True))
        return kind, self.socket.get_channel_binding(kind)

    # Speaking

    def send(self, text):
        self.send_bytes(text.encode())

    def send_bytes(self, data):
        self._note(">", data.decode(errors="replace"))
        self.socket.sendall(data)

    def open(self, to=None, version="1.0", namespace="jabber:client", extra=""):
        """Sends a stream header and returns nothing yet: the answer may be an error."""
        self._restart_parser()
        to = self.server.domain if to is None else to
        to_part = f" to='{to}'" if to else ""
        version_part = f" version='{version}'" if version else ""
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='{namespace}' "
                  f"xmlns:stream='{NS['stream']}'{to_part}{version_part}{extra}>")

    def features(self):
        return self.expect("<stream:features/>")

    # Listening

    def expect(self, pattern, timeout=PATIENCE):
        """Takes the oldest received element that matches, waiting for it if need be."""
        wanted = pattern if callable(pattern) else _matcher(pattern)
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            for index in range(seen, len(self.inbox)):
                if wanted(self.inbox[index]):
                    return self.inbox.pop(index)
            seen = len(self.inbox)
            if self.closed:
                raise StreamEnded(self._story(f"stream ended while waiting for {pattern}"))
            if not self._read(deadline):
                raise NotReceived(self._story(f"nothing within {timeout} s matches {pattern}"))

    def take(self, pattern):
        """All elements received so far that match, oldest first; does not wait."""
        wanted = pattern if callable(pattern) else _matcher(pattern)
        found = [element for element in self.inbox if wanted(element)]
        self.inbox = [element for element in self.inbox if not wanted(element)]
        return found

    def expect_stream_error(self, *conditions):
        """The stream ends with one of `conditions` (RFC 6120 §4.9) and is closed after it."""
        error = self.expect("<stream:error/>")
        names = [child.tag.split("}")[1] for child in error if child.tag.startswith("{" + NS["stream-error"])]
        assert names and names[0] in conditions, self._story(f"{names} instead of {conditions}")
        self.expect_end()
        return error

    def expect_end(self, timeout=PATIENCE):
        """The server closes the stream or the connection; what came before stays in the inbox."""
        deadline = time.monotonic() + timeout
        while not self.closed:
            if not self._read(deadline):
                raise NotReceived(self._story(f"the stream is still open after {timeout} s"))

    # Leaving

    def close(self):
        """Leaves as RFC 6120 §4.4 wants it, and waits for the server's own closing tag."""
        if self.socket is None:
            return
        try:
            if not self.closed:
                self.send("</stream:stream>")
                self.expect_end()
        except (OSError, AssertionError):
            pass
        self.cut()

    def cut(self):
        """The connection is gone, with no goodbye on any layer."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self.closed = True
        if self._keylog:
            self._keylog.close()

    # Inside

    def _restart_parser(self):
        self._parser = ET.XMLPullParser(("start", "end"))
        self._depth, self._root = 0, None

    def _read(self, deadline):
        """Reads what is there, waiting until `deadline`; False when nothing came."""
        remaining = deadline - time.monotonic()
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        if not pending and not select.select([self.socket], [], [], max(remaining, 0))[0]:
            return False
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            self._note("!", repr(error))
            data = b""
        if not data:
            self.closed = True
            return True
        self._note("<", data.decode(errors="replace"))
        try:
            self._feed(data)
        except ET.ParseError as error:
            raise AssertionError(self._story(f"the server's XML is not well-formed: {error}")) from None
        return True

    def _feed(self, data):
        self._parser.feed(data)
        for event, element in self._parser.read_events():
            self._take_event(event, element)

    def _take_event(self, event, element):
        if event == "start":
            self._depth += 1
            if self._depth == 1:
                self._root, self.header = element, dict(element.items())
                self.header["tag"] = element.tag
            return
        self._depth -= 1
        if self._depth == 1:
            self._root.remove(element)
            element.tail = None
            self.on_element(element)
        elif self._depth == 0:
            self.closed = True

    def on_element(self, element):
        self.inbox.append(element)

    def _note(self, direction, text):
        self.transcript.append(f"{direction} {text}")
        if len(self.transcript) > 400:
            del self.transcript[:200]

    def _story(self, complaint):
        inbox = "\n".join("  " + to_text(element) for element in self.inbox[-20:])
        talk = "\n".join("  " + line[:1500] for line in self.transcript[-16:])
        return f"{complaint}\nunread:\n{inbox}\ntranscript of {getattr(self, 'jid', 'the stream')}:\n{talk}"


def _matcher(pattern):
    literal = parse(pattern)
    return lambda element: matches(literal, element)
