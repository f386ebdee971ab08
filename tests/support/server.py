"""A server under test: its directory, its ports, its process. `chancery.py` and `prosody.py` say how each is run."""

import json
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

DOMAIN = "post.example"
IS_SANITIZED = "CHANCERY_SANITIZED" in os.environ  # ./test sanitize: the server is slow, and keeps freed memory on purpose
SLOWNESS = 6 if IS_SANITIZED else 1
START_LIMIT = 20.0 * SLOWNESS  # seconds; ours is to be ready within 0.3


class NotStarted(AssertionError):
    pass


class Server:
    """Started and stopped by its process id only; every port is on loopback and was free a moment ago."""

    name = "?"
    domain = DOMAIN
    host = "127.0.0.1"

    def __init__(self, directory, **settings):
        self.directory = Path(directory)
        self.settings = settings
        self.port, self.tls_port, self.https_port = free_ports(3)
        self.process = None
        self.log = self.directory / "server.log"

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def add_users(self, people):
        """Makes accounts from [(name, password)], whether or not the server runs."""
        raise NotImplementedError

    def start(self):
        self.launch()
        deadline = time.monotonic() + START_LIMIT
        while not self.is_ready():
            if self.process.poll() is not None:
                raise NotStarted(f"exit code {self.process.returncode}\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise NotStarted(f"not ready after {START_LIMIT} s\n{self.tail()}")
            select_pause()
        return self

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env=self.environment())

    def environment(self):
        return dict(os.environ)

    def stop(self):
        """SIGTERM; a server that was asked to go must go well."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout=15 * SLOWNESS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still there {15 * SLOWNESS} s after SIGTERM\n{self.tail()}") from None
        assert code == 0, f"exit code {code}\n{self.tail()}"

    def kill(self):
        """kill -9: no code of the server runs any more."""
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def tail(self, lines=40):
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def listens(self):
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
            return True
        except OSError:
            return False


def free_ports(count):
    """Ports nobody listens on, and none that a program is given which calls out (Linux: from 32768 on). Another process could take
    one before we do; a start then fails and says so."""
    found = set()
    while len(found) < count:
        port = random.SystemRandom().randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.add(port)
    return list(found)


def select_pause():
    """Between two polls of a condition that nothing announces."""
    time.sleep(0.01)


def wait_until(condition, what, limit=10.0):
    """Polls `condition` until it holds; returns its value. A deadline, not a delay."""
    deadline = time.monotonic() + limit * SLOWNESS
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {limit * SLOWNESS} s: {what}"
        select_pause()


def run(command, stdin=None, check=True, **options):
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, text=True,
                          timeout=60 * SLOWNESS, **options)
    assert not check or done.returncode == 0, f"{command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def parse_json(text):
    """A document, or a list of the documents that stand one a line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
