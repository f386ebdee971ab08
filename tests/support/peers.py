"""Servers of others, as partners in federation: Prosody and ejabberd as Debian has them."""

import glob
import json
import os
import pathlib
import shutil

from support.prosody import Prosody, make_certificates
from support.server import Server, free_ports

MODULES = pathlib.Path(__file__).parent / "prosody_modules"

PROSODY = """
run_as_root = true
pidfile = "{directory}/prosody.pid"
data_path = "{directory}/data"
certificates = "{directory}"
plugin_paths = {{ "{plugins}" }}
interfaces = {{ "{host}" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {tls_port} }}
s2s_ports = {{ {s2s_port} }}
s2s_direct_tls_ports = {{ {s2s_tls_port} }}
c2s_require_encryption = true
s2s_require_encryption = true
s2s_secure_auth = {secure_auth}
log = {{ {{ levels = {{ min = "debug" }}, to = "console" }} }}
authentication = "internal_plain"
modules_enabled = {{ "disco", "roster", "saslauth", "tls", "blocklist", "carbons", "smacks", "vcard", "s2s_bidi",
    "ping", "time", "version", "posix", "mam", "offline", "lastactivity", "s2s_auth_certs", "table_of_hosts"{more_modules} }}
modules_disabled = {{ {disabled} }}
default_archive_policy = true
allow_unencrypted_plain_auth = false
network_settings = {{ read_timeout = 60 }}
table_of_hosts = {{ {hosts} }}
ssl = {{ key = "{directory}/server.key", certificate = "{directory}/server.pem", cafile = "{directory}/partners.pem" }}
VirtualHost "{domain}"
Component "rooms.{domain}" "muc"
"""


class FederatedProsody(Prosody):
    def __init__(self, directory, domain, secure_auth=True, bidi=True, dialback=False):
        self.domain, self.secure_auth, self.bidi, self.dialback = domain, secure_auth, bidi, dialback
        directory.mkdir(exist_ok=True)
        super().__init__(directory)
        make_certificates(self.directory, domain)
        self.s2s_port, self.s2s_tls_port = free_ports(2)
        self.hosts = {}

    def meet(self, *servers):
        """Trusts their authorities, and knows where they are."""
        (self.directory / "partners.pem").write_text("".join(server.ca.read_text() for server in servers))
        for server in servers:
            for domain in (server.domain, f"rooms.{server.domain}"):
                self.hosts[domain] = server.s2s_port

    def command(self):
        disabled = ([] if self.bidi else ["s2s_bidi"]) + ([] if self.dialback else ["dialback"])
        text = PROSODY.format(directory=self.directory, host=self.host, port=self.port, tls_port=self.tls_port,
                              s2s_port=self.s2s_port, s2s_tls_port=self.s2s_tls_port, domain=self.domain, plugins=MODULES,
                              secure_auth=str(self.secure_auth).lower(), more_modules=', "dialback"' if self.dialback else "",
                              disabled=", ".join(f'"{each}"' for each in disabled),
                              hosts=", ".join(f'["{domain}"] = {port}' for domain, port in self.hosts.items()))
        (self.directory / "prosody.cfg.lua").write_text(text)
        return ["prosody", "-F", "--config", str(self.directory / "prosody.cfg.lua")]


class Ejabberd(Server):
    """Its Erlang machine is started directly and without distribution, so that no epmd stays behind. It finds others by DNS."""

    name = "ejabberd"

    def __init__(self, directory, domain, dns):
        self.domain, self.dns = domain, dns
        directory.mkdir(exist_ok=True)
        super().__init__(directory)
        make_certificates(self.directory, domain)
        self.s2s_port, self.s2s_tls_port = free_ports(2)
        (self.directory / "all.pem").write_text((self.directory / "server.pem").read_text() + (self.directory / "server.key").read_text())
        dns.place(self)

    @property
    def ca(self):
        return self.directory / "ca.pem"

    def meet(self, *servers):
        (self.directory / "partners.pem").write_text("".join(server.ca.read_text() for server in servers))
        for server in servers:
            self.dns.place(server, host="localhost")  # its Erlang machine asks DNS for services and the system for hosts

    def configuration(self):
        modules = {name: {} for name in ("mod_blocking", "mod_caps", "mod_carboncopy", "mod_disco", "mod_offline", "mod_ping",
                                         "mod_privacy", "mod_roster", "mod_stream_mgmt", "mod_time", "mod_vcard", "mod_version", "mod_muc")}
        modules["mod_mam"] = {"default": "always"}
        return {"hosts": [self.domain], "loglevel": "info", "certfiles": [str(self.directory / "all.pem")],
                "ca_file": str(self.directory / "partners.pem"), "s2s_cafile": str(self.directory / "partners.pem"),
                "s2s_use_starttls": "required", "outgoing_s2s_families": ["ipv4"],
                "listen": [{"port": self.port, "ip": self.host, "module": "ejabberd_c2s", "starttls_required": True},
                           {"port": self.s2s_port, "ip": self.host, "module": "ejabberd_s2s_in"}],
                "auth_method": ["internal"], "auth_password_format": "plain", "modules": modules}

    def command(self):
        (self.directory / "ejabberd.yml").write_text(json.dumps(self.configuration(), indent=1))
        (self.directory / "inetrc").write_text('{resolv_conf, "/dev/null"}.\n{hosts_file, "/dev/null"}.\n{lookup, [dns]}.\nclear_ns.\n'
                                               "{nameserver, {127,0,0,1}, %d}.\n{timeout, 1000}.\n" % self.dns.port)
        for name in ("mnesia", "home"):
            (self.directory / name).mkdir(exist_ok=True)
        return ["/usr/bin/erl", "-noinput", "-pa", f"{library()}/ebin", "-kernel", "inetrc", f'"{self.directory}/inetrc"',
                "-mnesia", "dir", f'"{self.directory}/mnesia"', "-s", "ejabberd", "-eval", self.registrations()]

    def registrations(self):
        """Accounts that were asked for before the start."""
        people = getattr(self, "people", [])
        calls = ", ".join(f'ejabberd_auth:try_register(<<"{name}">>, <<"{self.domain}">>, <<"{password}">>)' for name, password in people)
        return f"ejabberd:start_app(ejabberd), {calls + ', ' if calls else ''}ok."

    def environment(self):
        return dict(os.environ, EJABBERD_CONFIG_PATH=str(self.directory / "ejabberd.yml"), EJABBERD_LOG_PATH=str(self.directory / "ejabberd.log"),
                    ERL_LIBS=str(pathlib.Path(library()).parent), ERL_CRASH_DUMP="/dev/null", HOME=str(self.directory / "home"),
                    SPOOL_DIR=str(self.directory / "mnesia"))

    def add_users(self, people):
        """Before the start only."""
        assert self.process is None
        self.people = getattr(self, "people", []) + list(people)

    def is_ready(self):
        log = self.directory / "ejabberd.log"
        return log.exists() and "Start accepting TCP connections at 127.0.0.1:%d" % self.s2s_port in log.read_text(errors="replace") and self.listens()

    def tail(self, lines=40):
        log = self.directory / "ejabberd.log"
        return super().tail(lines) + "\n" + ("\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "")

    def stop(self):
        """It is not ejabberd that is being tested."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None


def library():
    found = sorted(glob.glob("/usr/lib/*/ejabberd-*") + glob.glob("/usr/lib/ejabberd-*"))
    return found[-1] if found else ""


def is_installed(kind):
    return bool(shutil.which("prosody")) if kind == "prosody" else bool(library()) and pathlib.Path("/usr/bin/erl").exists()

