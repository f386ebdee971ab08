"""A person's client over BOSH (XEP-0124, XEP-0206): two HTTP connections, requests that wait for answers."""

import random
import select
import time
import xml.etree.ElementTree as ET
from collections import deque
from html import escape

from support.client import Client
from support.http import ConnectionEnded, Http

PATH, HTTPBIND, XBOSH = "/http-bind", "http://jabber.org/protocol/httpbind", "urn:xmpp:xbosh"


def body(content="", **attributes):
    """A <body/>; xmpp_restart stands for xmpp:restart."""
    pairs = "".join(f" {name.replace('xmpp_', 'xmpp:')}='{escape(str(value))}'" for name, value in attributes.items())
    return f"<body xmlns='{HTTPBIND}' xmlns:xmpp='{XBOSH}'{pairs}>{content}</body>"


def parse(response):
    """The <body/> of a response as an element."""
    assert response.status == 200 and response["Content-Type"] == "text/xml; charset=utf-8", response
    element = ET.fromstring(response.body)
    assert element.tag == f"{{{HTTPBIND}}}body", element.tag
    return element


def ask(server, text, headers=()):
    """One request on a connection of its own, and the <body/> of its response."""
    http = Http(server)
    try:
        return parse(http.ask("POST", PATH, {"Content-Type": "text/xml", **dict(headers)}, text))
    finally:
        http.close()


class BoshClient(Client):
    def __init__(self, server, wait=60, hold=1, ack=None):
        super().__init__(server)
        self.wait, self.hold, self.ack = wait, hold, ack
        self.sid = None
        self.rid = random.randrange(1, 1 << 40)
        self.session = None     # the attributes of the session's first response
        self.condition = None   # of the end
        self.pending = deque()  # (connection, rid) whose response has not come
        self.connections = []

    def connect(self, direct_tls=False):
        self.connections = [Http(self.server), Http(self.server)]
        self.socket = self.connections[0].socket
        return self

    def secure(self):
        self.connect()
        self.open()
        return self.features()

    secure_directly = secure

    def channel_binding(self, kind):
        raise NotImplementedError

    def open(self, to=None, **ignored):
        to = self.server.domain if to is None else to
        if self.sid is None:
            extra = {"ack": self.ack} if self.ack else {}
            self.post(body(rid=self.rid, to=to, wait=self.wait, hold=self.hold, ver="1.6", content="text/xml; charset=utf-8",
                           xmpp_version="1.0", **extra))
        else:
            self.request("", xmpp_restart="true", to=to)

    def send(self, text):
        for name in ("message", "presence", "iq"):
            if text.startswith(f"<{name}") and text[len(name) + 1] in " />":
                text = f"<{name} xmlns='jabber:client'" + text[len(name) + 1:]
        self.request(text)

    def request(self, content="", **attributes):
        self.rid += 1
        self.post(body(content, rid=self.rid, sid=self.sid, **attributes))

    def post(self, text):
        busy = [connection for connection, _ in self.pending]
        while len(busy) == len(self.connections):
            assert self._read(time.monotonic() + 5), "no connection is free"
            busy = [connection for connection, _ in self.pending]
        free = next(connection for connection in self.connections if connection not in busy)
        self._note(">", text)
        free.request("POST", PATH, {"Content-Type": "text/xml; charset=utf-8"}, text)
        self.pending.append((free, self.rid))

    def close(self):
        if self.closed or not self.connections:
            return self.cut()
        try:
            self.request("<presence xmlns='jabber:client' type='unavailable'/>", type="terminate")
            self.expect_end()
        except (OSError, AssertionError):
            pass
        self.cut()

    def cut(self):
        for connection in self.connections:
            connection.close()
        self.connections, self.socket, self.closed = [], None, True

    def _answering(self, deadline):
        """A connection on which a response comes; None when none does before the deadline."""
        while True:
            for connection, _ in self.pending:
                if connection.has_begun_to_answer():
                    return connection
            if time.monotonic() >= deadline:
                return None
            sockets = [connection.socket for connection, _ in self.pending]
            select.select(sockets, [], [], max(deadline - time.monotonic(), 0))

    def _read(self, deadline):
        if not self.pending and self.sid:
            self.request()
        connection = self._answering(deadline)
        if connection is None:
            return False
        self.pending = deque(pair for pair in self.pending if pair[0] is not connection)
        try:
            element = parse(connection.response())
        except ConnectionEnded:
            self.closed = True
            return True
        self._note("<", ET.tostring(element, "unicode"))
        if self.session is None:
            self.session, self.header = dict(element.items()), {"id": element.get("authid")}
            self.sid = element.get("sid")
        self.last_answer = dict(element.items())
        for child in list(element):
            element.remove(child)
            self.on_element(child)
        if element.get("type") == "terminate":
            self.closed, self.condition = True, element.get("condition")
        return True
