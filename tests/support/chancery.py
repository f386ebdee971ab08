"""The server this repository builds, driven by its command line as an operator drives it."""

import os
import re
from pathlib import Path

from support.server import Server, parse_json, run

ROOT = Path(__file__).resolve().parents[2]


def binary():
    return Path(os.environ.get("CHANCERY_BINARY", ROOT / "build" / "chancery"))


# What the stories call by a name that every server understands.
SETTING_NAMES = {"resume_seconds": "limits.resume_seconds"}


class Chancery(Server):
    name = "chancery"

    def __init__(self, directory, data=None, **settings):
        """`settings` are those of chancery.toml with __ for the dot: sasl__plain="true"."""
        super().__init__(directory, **settings)
        self.data = Path(data) if data else self.directory / "data"
        run([binary(), "init", "--data", self.data, "--domain", self.domain])
        self._set_mechanisms()

    def _set_mechanisms(self):
        """In the file: which keys are kept of a password is asked by commands without a server as well."""
        file = self.data / "chancery.toml"
        text = file.read_text()
        for key, value in self.settings.items():
            if key.startswith("sasl__"):
                text = re.sub(rf"^# {key.removeprefix('sasl__')} = \S+", f"{key.removeprefix('sasl__')} = {value}", text, flags=re.M)
        file.write_text(text)

    @property
    def ca(self):
        return self.data / "keys" / "ca.pem"

    def command(self):
        settings = {"listen.starttls": f"{self.host}:{self.port}", "listen.tls": f"{self.host}:{self.tls_port}",
                    "listen.https": f"{self.host}:{self.https_port}"}
        if "CHANCERY_THREADS" in os.environ:
            settings["server.threads"] = os.environ["CHANCERY_THREADS"]
        for key, value in self.settings.items():
            settings[SETTING_NAMES.get(key, key.replace("__", "."))] = value
        command = [str(binary()), "serve", "--data", str(self.data)]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        return command

    def is_ready(self):
        return self.cli("status", "--json", check=False).returncode == 0

    def add_users(self, people):
        table = self.directory / "people.csv"
        table.write_text("".join(f"{name},{password}\n" for name, password in people))
        self.cli("user", "import", table)

    # What only an operator of Chancery can ask

    def cli(self, *words, stdin=None, check=True):
        return run([binary(), "--data", self.data, *words], stdin=stdin, check=check)

    def status(self):
        return parse_json(self.cli("status", "--json", check=False).stdout or "{}")

    def archive_search(self, **filters):
        """Records that match; filters as on the command line (sender= stands for --from)."""
        words = []
        for key, value in filters.items():
            words.append(f"--{'from' if key == 'sender' else key}")
            if value is not True:
                words.append(str(value))
        found = parse_json(self.cli("archive", "search", *words, "--json").stdout or "[]")
        return found if isinstance(found, list) else found.get("records", found.get("results", [found]))
