"""A component (XEP-0114): connects, greets, and says and hears stanzas of its own domain."""

import hashlib
import socket
import time

from support.stream import PATIENCE, NotReceived, Stream

SPACE = "jabber:component:accept"


class Component(Stream):
    """Patterns name the namespace of what they expect: f"<message xmlns='{SPACE}'/>"."""

    def __init__(self, server, port, domain):
        super().__init__(server)
        self.component_port, self.jid = port, domain

    def connect(self, direct_tls=False):
        self.socket = socket.create_connection((self.server.host, self.component_port), timeout=PATIENCE)
        if direct_tls:
            self.start_tls()
        return self

    def greet(self, secret):
        """The header and what follows from its id; what the server says to it is for the caller to expect."""
        self.open(to=self.jid, version=None, namespace=SPACE)
        deadline = time.monotonic() + PATIENCE
        while self.header is None:
            if not self._read(deadline):
                raise NotReceived(self._story("no header"))
        digest = hashlib.sha1((self.header["id"] + secret).encode()).hexdigest()
        self.send(f"<handshake>{digest}</handshake>")
        return self

    def join(self, secret, direct_tls=False):
        self.connect(direct_tls).greet(secret)
        self.expect(f"<handshake xmlns='{SPACE}'/>")
        return self

    def fence(self):
        """The server has dealt with what this has sent."""
        self.send(f"<iq type='get' id='fence' from='{self.jid}' to='{self.server.domain}'><ping xmlns='urn:xmpp:ping'/></iq>")
        self.expect(f"<iq xmlns='{SPACE}' id='fence'/>")
