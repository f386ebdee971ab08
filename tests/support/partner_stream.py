"""Another server as a raw stream: what is said to us by a partner, or by somebody who would like to be one."""

import base64
import socket
import ssl

from support.stream import PATIENCE, Stream


class PartnerStream(Stream):
    def __init__(self, server, domain, certificate=None):
        """`certificate` is (chain, key), or None to show none."""
        super().__init__(server)
        self.domain, self.certificate = domain, certificate
        self.jid = domain

    def connect(self):
        self.socket = socket.create_connection((self.server.host, self.server.s2s_port), timeout=PATIENCE)
        self._restart_parser()
        return self

    def start_tls(self):
        context = ssl.create_default_context(cafile=str(self.server.ca))
        if self.certificate:
            context.load_cert_chain(*map(str, self.certificate))
        self.socket = context.wrap_socket(self.socket, server_hostname=self.server.domain)

    def greet(self, to=None, domain=None, namespace="jabber:server"):
        self.open(to=to, namespace=namespace, extra=f" from='{domain or self.domain}' xmlns:db='jabber:server:dialback'")

    def secure(self, **header):
        """Up to the header inside TLS."""
        self.connect()
        self.greet(**header)
        self.features()
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.expect("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.start_tls()
        self.greet(**header)
        return self

    def authenticate(self, identity=None, both_ways=True):
        """True: we are who we say we are."""
        self.features()
        if both_ways:
            self.send("<bidi xmlns='urn:xmpp:bidi'/>")
        text = base64.b64encode((identity or self.domain).encode()).decode()
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{text}</auth>")
        answer = self.expect(lambda each: each.tag.startswith("{urn:ietf:params:xml:ns:xmpp-sasl}"))
        if not answer.tag.endswith("success"):
            return False
        self.greet()
        self.features()
        return True

    def say(self, sender, to, text, name="m"):
        self.send(f"<message from='{sender}' to='{to}' type='chat' id='{name}'><body>{text}</body></message>")
