"""Servers that exchange stanzas with each other on loopback: where each one is stands in a table, for there is no DNS."""

import contextlib
import secrets
import subprocess

from support.chancery import Chancery
from support.client import Client
from support.fixtures import User
from support.server import free_ports


class Partner(Chancery):
    """A Chancery with a domain of its own, which listens for other servers."""

    def __init__(self, directory, domain, **settings):
        self.domain = domain
        directory.mkdir(exist_ok=True)
        super().__init__(directory, **settings)
        self.s2s_port, self.s2s_tls_port = free_ports(2)
        self.settings.update({"listen__s2s": f"{self.host}:{self.s2s_port}", "listen__s2s_tls": f"{self.host}:{self.s2s_tls_port}",
                              "federation__system_authorities": "false", "federation__retry_seconds": "1",
                              "federation__resolver": "127.0.0.1:1"} | settings)  # nobody answers there: nothing leaves loopback

    def trust(self, *authorities):
        """Takes certificates that these authorities have signed."""
        (self.data / "partners.pem").write_text("".join(open(path).read() for path in authorities))
        self.settings["federation__authorities"] = "partners.pem"

    def know(self, peer, direct_tls=False):
        address = f"tls:{peer.host}:{peer.s2s_tls_port}" if direct_tls else f"{peer.host}:{peer.s2s_port}"
        for domain in (peer.domain, f"rooms.{peer.domain}"):
            self.settings[f"federation__hosts__{domain}"] = address

    def allow(self, *domains):
        self.settings["federation__domains"] = ",".join(domains)

    def partner(self, domain):
        """What `chancery status` says of a partner."""
        return ((self.status().get("federation") or {}).get("domains") or {}).get(domain, {})


def introduce(*servers, direct_tls=False):
    """Everybody may exchange stanzas with everybody."""
    for server in servers:
        if not isinstance(server, Partner):
            continue
        server.trust(*[each.ca for each in servers])
        server.allow(*[domain for each in servers if each is not server for domain in (each.domain, f"*.{each.domain}")])
        for peer in servers:
            if peer is not server:
                server.know(peer, direct_tls)


def person(server, name, clients):
    """Makes an account."""
    user = User(name, secrets.token_urlsafe(9), server, clients)
    server.add_users([(user.name, user.password)])
    return user


def befriend(one, other):
    """Both see each other's presence; `one` and `other` are signed-in, available clients."""
    one.send(f"<presence to='{other.bare}' type='subscribe'/>")
    other.expect(f"<presence from='{one.bare}' type='subscribe'/>", timeout=20)
    other.send(f"<presence to='{one.bare}' type='subscribed'/>")
    one.expect(f"<presence from='{other.bare}' type='subscribed'/>", timeout=20)
    one.expect(lambda each: each.tag.endswith("presence") and each.get("from") == other.jid and each.get("type") is None, timeout=20)
    other.send(f"<presence to='{one.bare}' type='subscribe'/>")
    one.expect(f"<presence from='{other.bare}' type='subscribe'/>", timeout=20)
    one.send(f"<presence to='{other.bare}' type='subscribed'/>")
    other.expect(f"<presence from='{one.bare}' type='subscribed'/>", timeout=20)
    other.expect(lambda each: each.tag.endswith("presence") and each.get("from") == one.jid and each.get("type") is None, timeout=20)


@contextlib.contextmanager
def running(*servers):
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


def certificate(directory, authority, names, days=30, usage="serverAuth,clientAuth"):
    """A certificate under the authority in a directory with ca.pem and ca.key: (chain, key)."""
    directory.mkdir(exist_ok=True)
    key, request, chain, extensions = (directory / name for name in ("key.pem", "request", "chain.pem", "extensions"))

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
            "-subj", "/CN=test")
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage={usage}\n")
    openssl("x509", "-req", "-in", request, "-CA", authority / "ca.pem", "-CAkey", authority / "ca.key", "-days", days,
            "-extfile", extensions, "-out", chain)
    return chain, key


def signed_in(user, resource=None):
    client = Client(user.server)
    user.clients.append(client)
    client.login(user, resource)
    client.available()
    return client
