"""Prosody as a stand-in: what the stories ask of a server is not ours alone, so another server must pass them too."""

import subprocess
from pathlib import Path

from support.server import Server

CONFIGURATION = """
run_as_root = true
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
certificates = "{directory}"
interfaces = {{ "{host}" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {tls_port} }}
c2s_require_encryption = true
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
authentication = "internal_plain"
modules_enabled = {{ "disco", "roster", "saslauth", "tls", "blocklist", "carbons", "private", "smacks", "vcard",
    "csi", "ping", "time", "version", "posix", "mam", "offline", "lastactivity", "pep" }}
modules_disabled = {{ "s2s" }}
default_archive_policy = true
archive_expires_after = "never"
smacks_hibernation_time = {resume_seconds}
c2s_stanza_size_limit = 262144
allow_unencrypted_plain_auth = false
network_settings = {{ read_timeout = 60 }}
ssl = {{ key = "{directory}/server.key", certificate = "{directory}/server.pem" }}
VirtualHost "{domain}"
"""


class Prosody(Server):
    name = "prosody"

    def __init__(self, directory, **settings):
        super().__init__(directory, **settings)
        make_certificates(self.directory, self.domain)
        (self.directory / "data").mkdir(exist_ok=True)

    @property
    def ca(self):
        return self.directory / "ca.pem"

    def command(self):
        resume = self.settings.get("resume_seconds", 300)
        text = CONFIGURATION.format(directory=self.directory, host=self.host, port=self.port,
                                    tls_port=self.tls_port, domain=self.domain, resume_seconds=resume)
        (self.directory / "prosody.cfg.lua").write_text(text)
        return ["prosody", "-F", "--config", str(self.directory / "prosody.cfg.lua")]

    def is_ready(self):
        return self.listens()

    def stop(self):
        """Prosody may wait for clients that are gone; it is not Prosody that is being tested."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def add_users(self, people):
        accounts = self.directory / "data" / self.domain.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        for name, password in people:
            (accounts / f"{name.replace('-', '%2d')}.dat").write_text(f'return {{ ["password"] = "{password}" }};\n')


def make_certificates(directory: Path, domain):
    """A certification authority of our own and the server's certificate under it."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    ca, ca_key = directory / "ca.pem", directory / "ca.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign", "-keyout", ca_key, "-out", ca)
    request, extensions = directory / "server.csr", directory / "server.ext"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={domain}",
            "-keyout", directory / "server.key", "-out", request)
    extensions.write_text(f"subjectAltName=DNS:{domain}\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30",
            "-extfile", extensions, "-out", directory / "server.pem")
