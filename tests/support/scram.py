"""The client's side of SCRAM (RFC 5802, RFC 7677), with channel binding (RFC 5929, RFC 9266)."""

import base64
import functools
import hashlib
import hmac
import secrets


@functools.lru_cache(maxsize=4096)
def _salted_password(name, password, salt, iterations):
    return hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)


class ServerNotAuthentic(Exception):
    """The server's final message does not prove that it knows the password."""


class Scram:
    def __init__(self, mechanism, user, password, binding=None, gs2=None):
        """`binding` is (type, data) for a -PLUS mechanism; `gs2` overrides the header, for hostile tests."""
        self.hash = mechanism.removeprefix("SCRAM-").removesuffix("-PLUS").replace("-", "").lower()
        self.password = password
        self.binding_data = binding[1] if binding else b""
        self.gs2 = gs2 or (f"p={binding[0]},," if binding else "n,,")
        self.nonce = secrets.token_urlsafe(18)
        name = user.replace("=", "=3D").replace(",", "=2C")
        self.first_bare = f"n={name},r={self.nonce}"

    def first(self):
        return (self.gs2 + self.first_bare).encode()

    def final(self, challenge):
        fields = dict(part.split("=", 1) for part in challenge.decode().split(","))
        assert fields["r"].startswith(self.nonce), "the server's nonce does not begin with ours"
        assert int(fields["i"]) >= 4096, "RFC 7677 asks for 4096 iterations or more"
        salted = _salted_password(self.hash, self.password, base64.b64decode(fields["s"]), int(fields["i"]))
        bound = base64.b64encode(self.gs2.encode() + self.binding_data).decode()
        without_proof = f"c={bound},r={fields['r']}"
        signed = ",".join((self.first_bare, challenge.decode(), without_proof)).encode()

        client_key = self._hmac(salted, b"Client Key")
        signature = self._hmac(hashlib.new(self.hash, client_key).digest(), signed)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.server_signature = self._hmac(self._hmac(salted, b"Server Key"), signed)
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def check(self, success):
        expected = b"v=" + base64.b64encode(self.server_signature)
        if success.split(b",")[0] != expected:
            raise ServerNotAuthentic(success)

    def _hmac(self, key, text):
        return hmac.digest(key, text, self.hash)


def tls_server_end_point(certificate_der):
    """RFC 5929 §4.1. Our certificates are signed with SHA-256 or stronger; this covers SHA-256."""
    return hashlib.sha256(certificate_der).digest()


def tls_exporter(keylog, cipher):
    """RFC 9266 §2 for TLS 1.3, from the exporter secret in an NSS key log.

    Python's ssl has no exporter; RFC 8446 §7.5 defines it in a few lines.
    """
    name = "sha384" if "SHA384" in cipher else "sha256"
    line = next(line for line in keylog.splitlines() if line.startswith("EXPORTER_SECRET "))
    secret = bytes.fromhex(line.split()[2])
    empty = hashlib.new(name).digest()
    derived = _expand_label(name, secret, b"EXPORTER-Channel-Binding", empty, len(empty))
    return _expand_label(name, derived, b"exporter", empty, 32)


def _expand_label(name, secret, label, context, length):
    label = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label + bytes([len(context)]) + context
    output, block = b"", b""
    for counter in range(1, 256):
        if len(output) >= length:
            return output[:length]
        block = hmac.digest(secret, block + info + bytes([counter]), name)
        output += block
