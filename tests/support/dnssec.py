"""A resolver that validates: unbound, over zones that ldns-signzone has signed, on a loopback port of its own."""

import hashlib
import os
import re
import shutil
import socket
import subprocess

from support.server import free_ports, wait_until

CONFIGURATION = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1@{port}
  do-not-query-localhost: no
  module-config: "validator iterator"
  num-threads: 1
{anchors}
remote-control:
  control-enable: no
{zones}
"""


def is_installed():
    return bool(shutil.which("unbound") and shutil.which("ldns-signzone"))


class SignedDns:
    """`add` zones, then start(). What it does not have it knows nothing of: nothing leaves loopback."""

    def __init__(self, folder):
        self.folder, self.zones, self.process = folder, {}, None
        folder.mkdir(exist_ok=True)
        self.port, = free_ports(1)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def add(self, domain, records, signed=True, forge=None):
        """`forge` is (what, by what) in the signed zone: an attacker who has no key."""
        file = self.folder / f"{domain}.zone"
        file.write_text(f"$ORIGIN {domain}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n" + "\n".join(records) + "\n")
        anchor = None
        if signed:
            def tool(*words):
                return subprocess.run(words, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()
            key = tool("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", domain)
            tool("ldns-signzone", "-o", f"{domain}.", file.name, key)
            file, anchor = self.folder / f"{file.name}.signed", self.folder / f"{key}.key"
        if forge:
            forged = file.read_text().replace(*forge)
            assert forged != file.read_text(), "there was nothing to forge"
            file.write_text(forged)
        self.zones[domain] = (file, anchor)

    def place(self, server, tlsa=(), direct_tls=False, **more):
        """The server is found by its domain, and shows one of these certificates."""
        port = server.s2s_tls_port if direct_tls else server.s2s_port
        service = "_xmpps-server" if direct_tls else "_xmpp-server"
        self.add(server.domain, [f"{service}._tcp SRV 10 1 {port} host", f"host A {server.host}",
                                 *(f"_{port}._tcp.host TLSA {record}" for record in tlsa)], **more)

    def start(self):
        anchors = [f'  trust-anchor-file: "{anchor}"' for _, anchor in self.zones.values() if anchor]
        zones = [f'auth-zone:\n  name: "{domain}"\n  zonefile: "{file}"\n  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no'
                 for domain, (file, _) in self.zones.items()]
        # Without a way to the root the rest of the world is empty: a zone that has nothing but itself.
        (self.folder / "root.zone").write_text("$ORIGIN .\n$TTL 60\n. SOA ns. hostmaster. 1 3600 600 86400 60\n. NS ns.\nns. A 127.0.0.1\n")
        zones.append(f'auth-zone:\n  name: "."\n  zonefile: "{self.folder}/root.zone"\n  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no')
        file = self.folder / "unbound.conf"
        file.write_text(CONFIGURATION.format(folder=self.folder, port=self.port, anchors="\n".join(anchors), zones="\n".join(zones)))
        with open(self.folder / "unbound.log", "ab") as log:
            self.process = subprocess.Popen(["unbound", "-d", "-p", "-c", str(file)], stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ))
        wait_until(self._answers, "unbound")
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)
        self.process = None

    def restart(self):
        """With the zones as they are now."""
        self.stop()
        return self.start()

    def _answers(self):
        question = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            try:
                asking.sendto(question, ("127.0.0.1", self.port))
                return bool(asking.recv(512))
            except OSError:
                return False


def _openssl(*words, given=None):
    return subprocess.run(["openssl", *map(str, words)], input=given, check=True, capture_output=True).stdout


def tlsa(pem, usage=3, selector=1, matching=1):
    """The record that names the first certificate of a PEM file."""
    data = _openssl("x509", "-in", pem, "-outform", "DER")
    if selector:
        data = _openssl("pkey", "-pubin", "-outform", "DER", given=_openssl("x509", "-in", pem, "-noout", "-pubkey"))
    digest = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}[matching]
    return f"{usage} {selector} {matching} {digest.hex()}"


def self_signed(folder, name="localhost", days=30):
    """A certificate that no authority has signed and that names nobody of interest: (certificate, key)."""
    folder.mkdir(exist_ok=True)
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days, "-subj", f"/CN={name}",
             "-addext", f"subjectAltName=DNS:{name}", "-keyout", folder / "self.key", "-out", folder / "self.pem")
    return folder / "self.pem", folder / "self.key"


def other(record):
    """The record of a certificate that does not exist."""
    return re.sub("[0-9a-f]{8}$", lambda last: "00000000" if last[0] != "00000000" else "11111111", record)
