"""Real clients, each behind the same few verbs.

A robot is a process that reads commands and writes events, one JSON object a line:
  {"do": "login", jid, password, host, port, ca}  {"do": "presence", show, status}  {"do": "message", to, body}
  {"do": "archive"}  {"do": "quit"}  and of those with a personal data section, {"do": "tune", title}
  {"do": "avatar", image (base64)}  {"do": "bookmark", room, name}  {"do": "bookmarks"}
  {"event": "online", jid, version}  {"event": "refused", reason}  {"event": "presence", from, show, status}
  {"event": "message", from, body}  {"event": "archive", bodies}  {"event": "tune", from, title}
  of slixmpp, {"do": "upload", path, to, kind}  {"do": "fetch", link}
  {"event": "uploaded", link}  {"event": "fetched", status, type, sha256}
  {"event": "avatar", from, id}  {"event": "bookmarked"}  {"event": "bookmarks", rooms}
Profanity has no such process: it is driven in a terminal, and its events are what its screen shows.
"""

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from support.server import SLOWNESS, wait_until

HERE = Path(__file__).parent
PATIENCE = 15.0 * SLOWNESS


class Robot:
    """A client whose program is `command`."""

    def __init__(self, server, person, ca, command):
        environment = dict(os.environ, NODE_EXTRA_CA_CERTS=str(ca), SSL_CERT_FILE=str(ca))
        self.errors = open(ca.parent / "robot.log", "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        env=environment, cwd=HERE)
        self.buffer, self.events, self.version = b"", [], "?"
        self.do("login", jid=person.jid, password=person.password, host=server.host, port=server.port, https=server.https_port,
                ca=str(ca))

    def do(self, what, **facts):
        self.process.stdin.write(json.dumps({"do": what, **facts}).encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, event, **facts):
        """The oldest event of this name with these facts."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for index, seen in enumerate(self.events):
                if seen["event"] == event and all(seen.get(key) == value for key, value in facts.items()):
                    return self.events.pop(index)
            ready = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))[0]
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, f"no {event} {facts}; seen {self.events}; exit code {self.process.poll()}"
            *lines, self.buffer = (self.buffer + data).split(b"\n")
            self.events += [json.loads(line) for line in lines if line.startswith(b"{")]

    # The verbs that every client has

    def wait_online(self):
        online = self.expect("online")
        self.version = online["version"]
        return online["jid"]

    def wait_refused(self):
        return self.expect("refused")["reason"]

    def be(self, show, status):
        self.do("presence", show=show, status=status)

    def say(self, to, body):
        self.do("message", to=to, body=body)

    def sees(self, jid, show, status):
        self.expect("presence", **{"from": jid, "show": show, "status": status})

    def hears(self, body):
        self.expect("message", body=body)

    def history(self):
        self.do("archive")
        return self.expect("archive")["bodies"]

    def leave(self):
        try:
            self.do("quit")
        except OSError:
            pass
        try:
            self.process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


class Slixmpp(Robot):
    name = "slixmpp"

    def __init__(self, server, person, ca):
        super().__init__(server, person, ca, ["/usr/bin/python3", "slixmpp_robot.py"])


class Nbxmpp(Robot):
    name = "nbxmpp (Gajim)"

    def __init__(self, server, person, ca):
        super().__init__(server, person, ca, ["/usr/bin/python3", "nbxmpp_robot.py"])


def fetch_node_packages():
    if (HERE / "node" / "node_modules" / "strophe.js").exists():
        return
    fetched = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE / "node", capture_output=True)
    if fetched.returncode != 0:
        shutil.rmtree(HERE / "node" / "node_modules", ignore_errors=True)
        pytest.skip("npm cannot fetch its packages")


class Node(Robot):
    name = "@xmpp/client (Node)"
    settings = {"sasl__scram_sha1": "true"}  # it knows no stronger mechanism
    way = "tcp"

    def __init__(self, server, person, ca):
        fetch_node_packages()
        super().__init__(server, person, ca, ["node", "node/robot.mjs", self.way])


class NodeWebSocket(Node):
    name = "@xmpp/client (Node, WebSocket)"
    way = "websocket"


class Browser(Robot):
    name = "strophe.js (Chromium, WebSocket)"
    settings = {"web__origins": "https://chat.example"}
    way = "websocket"

    def __init__(self, server, person, ca):
        fetch_node_packages()
        super().__init__(server, person, ca, ["node", "node/browser.mjs", self.way])


class BrowserBosh(Browser):
    name = "strophe.js (Chromium, BOSH)"
    way = "bosh"


class Profanity:
    """Profanity in a terminal of tmux, with a home directory of its own."""

    name = "Profanity"

    def __init__(self, server, person, ca):
        self.home = ca.parent / f"profanity-{person.name}"
        self.person = person
        self.version = subprocess.run(["profanity", "--version"], capture_output=True,
                                      text=True).stdout.split("\n")[0].split()[-1]
        authorities = self.home / "authorities"
        authorities.mkdir(parents=True)
        shutil.copy(ca, authorities / "ca.pem")
        subprocess.run(["openssl", "rehash", authorities], check=True, capture_output=True)
        self._write("config/profanity/profrc", "[connection]\n"
                    f"tls.certpath={authorities}\n[ui]\nsplash=false\ntitlebar=true\n"
                    "[notifications]\nmessage=false\n[preferences]\n[chatstates]\nenabled=true\n")
        self._write("data/profanity/accounts", f"[{person.jid}]\nenabled=true\njid={person.jid}\n"
                    f"password={person.password}\nserver={server.host}\nport={server.port}\ntls.policy=force\n"
                    "resource=profanity\npresence.last=online\npresence.login=online\n")
        self.terminal = ["tmux", "-f", "/dev/null", "-S", str(self.home / "tmux")]
        environment = {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
                       "XDG_DATA_HOME": str(self.home / "data"), "TERM": "screen-256color", "LANG": "C.UTF-8",
                       "PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
        subprocess.run([*self.terminal, "new-session", "-d", "-x", "180", "-y", "50",
                        f"profanity -a {person.jid}"], check=True, env=environment)
        self._type("/mam on")

    def _write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _type(self, text):
        wait_until(lambda: "Profanity" in self.screen() or "Connecting" in self.screen()
                   or self.person.jid in self.screen(), "Profanity is up", PATIENCE)
        subprocess.run([*self.terminal, "send-keys", "-l", text], check=True)
        subprocess.run([*self.terminal, "send-keys", "Enter"], check=True)

    def screen(self):
        return subprocess.run([*self.terminal, "capture-pane", "-p"], capture_output=True, text=True).stdout

    def _shows(self, *texts):
        try:
            wait_until(lambda: all(text in self.screen() for text in texts), f"{texts} on the screen", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None

    def wait_online(self):
        self._shows(f"{self.person.jid}/profanity", "logged in successfully")
        return f"{self.person.jid}/profanity"

    def wait_refused(self):
        wait_until(lambda: "certificate" in self.screen().lower(), "Profanity doubts the certificate", PATIENCE)
        assert "logged in successfully" not in self.screen()
        return "TLS certificate verification failed"

    def be(self, show, status):
        self._type(f"/status set {show} \"{status}\"" if show else f"/status set online \"{status}\"")

    def set_away_message(self, text):
        self._type(f"/disco info {self.person.jid.split('@')[1]}")  # its own question about the server is answered before
        self._shows("http://jabber.org/protocol/commands")
        self._change_away_message(f"/field1 add \"{text}\"", "Your away message is on.")

    def take_away_message_back(self):
        self._type("/win 1")
        self._change_away_message("/field1 remove val1", "Your away message is off.")

    def _change_away_message(self, change, note):
        self._type("/cmd exec urn:chancery:away")
        self._shows("Form title: Away message")
        self._type(change)
        self._shows("Field updated...")
        self._type("/form submit")
        self._shows(note)

    def say(self, to, body):
        self.partner = to
        self._type(f"/msg {to} {body}")

    def sees(self, jid, show, status):
        self._type("/win 1")
        self._shows(jid.split("/")[0], show or "online", status)

    def hears(self, body):
        """The text, in the window at hand, or in the one that the console announces."""
        wait_until(lambda: body in self.screen() or "chat message" in self.screen(), f"a message: {body}", PATIENCE)
        if body not in self.screen():
            self._type("/win 2")
        self._shows(body)

    def history(self):
        """The lines of a conversation that is opened anew; None where Profanity does not find the archive."""
        self._type("/close")
        self._type(f"/msg {self.partner}")
        log = next(self.home.glob("data/profanity/logs/*.log"))
        wait_until(lambda: "earlier 7" in self.screen() or "advertise urn:xmpp:mam:2" in log.read_text(),
                   "history, or none", PATIENCE)
        if "earlier 7" not in self.screen():
            return None
        return [line.rstrip() for line in self.screen().splitlines()]

    def leave(self):
        subprocess.run([*self.terminal, "kill-server"], capture_output=True)
