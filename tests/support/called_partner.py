"""A partner that our server calls, as a raw stream: each test says what it answers."""

import base64
import select
import socket
import ssl
import time

from support.stream import PATIENCE, NotReceived, Stream

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
EXTERNAL = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>"
DIALBACK = "<dialback xmlns='urn:xmpp:features:dialback'/>"


class Door:
    """Where our server finds the partner, if the settings say so before it starts."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.socket.close()


class CalledPartner(Stream):
    def __init__(self, server, domain, certificate):
        super().__init__(server)
        self.domain, self.certificate, self.jid, self.streams = domain, certificate, domain, 0

    def accept(self, door, timeout=PATIENCE):
        if not select.select([door.socket], [], [], timeout)[0]:
            raise NotReceived("our server does not call")
        self.socket, _ = door.socket.accept()
        return self

    def greet(self, features):
        """Awaits a header and answers it, with these features."""
        self._restart_parser()
        self.header = None
        self.expect_header()
        self.streams += 1
        self.send(f"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "
                  f"version='1.0' id='stream{self.streams}' from='{self.domain}' to='{self.header['to']}'><stream:features>{features}</stream:features>")

    def expect_header(self):
        deadline = time.monotonic() + PATIENCE
        while self.header is None:
            if self.closed or not self._read(deadline):
                raise NotReceived(self._story("no header"))

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, self.certificate))
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def secure(self, features):
        """Up to the features inside TLS."""
        self.greet(STARTTLS)
        self.expect("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.start_tls()
        self.greet(features)
        return self

    def let_in(self, more=""):
        """Up to the first stanza, by EXTERNAL; `more` is offered afterwards."""
        said = self.expect("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        assert base64.b64decode(said.text).decode() == self.server.domain
        self.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        self.greet(more)
        return self
