"""Real clients, each behind the same few verbs.

A robot is a process that reads commands and writes events, one JSON object a line:
  {"do": "login", jid, password, host, port, ca}  {"do": "presence", show, status}  {"do": "message", to, body}
  {"do": "archive"}  {"do": "quit"}
  {"do": "again"} (@xmpp/client: signs out and in)
  {"do": "join", room, nick}  {"do": "configure", room, fields}  {"do": "groupchat", room, body}  {"do": "subject", room, subject}
  {"do": "affiliation", room, affiliation, jid}  {"do": "part", room}
and of those with a personal data section, {"do": "tune", title}  {"do": "avatar", image (base64)}
  {"do": "bookmark", room, name}  {"do": "bookmarks"}
  {"event": "online", jid, version, of @xmpp/client mechanism, protocol}  {"event": "refused", reason}  {"event": "presence", from, show, status}
  {"event": "message", from, body}  {"event": "archive", bodies}
  {"event": "joined"}  {"event": "configured"}  {"event": "groupchat", from, body}  {"event": "subject", subject}
  {"event": "affiliated", members}  {"event": "tune", from, title}  {"event": "avatar", from, id}  {"event": "bookmarked"}
  {"event": "bookmarks", rooms}
and of slixmpp, {"do": "upload", path, to, kind}  {"do": "fetch", link}
  {"event": "uploaded", link}  {"event": "fetched", status, type, sha256}
Profanity has no such process (profanity.py).
"""

import json
import os
import select
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.server import SLOWNESS

HERE = Path(__file__).parent
PATIENCE = 15.0 * SLOWNESS


class Robot:
    """A client whose program is `command`."""

    patience = PATIENCE
    shows_texts = True

    def __init__(self, server, person, ca, command):
        environment = dict(os.environ, NODE_EXTRA_CA_CERTS=str(ca), SSL_CERT_FILE=str(ca))
        self.errors = open(ca.parent / "robot.log", "ab")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        env=environment, cwd=HERE)
        self.buffer, self.events, self.version = b"", [], "?"
        self.do("login", jid=person.jid, password=person.password, host=server.host, port=server.port, https=server.https_port,
                ca=str(ca), patience=PATIENCE)

    def do(self, what, **facts):
        self.process.stdin.write(json.dumps({"do": what, **facts}).encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, *names, **facts):
        """The oldest event of one of these names with these facts."""
        deadline = time.monotonic() + self.patience
        while True:
            for index, seen in enumerate(self.events):
                if seen["event"] in names and all(seen.get(key) == value for key, value in facts.items()):
                    return self.events.pop(index)
            ready = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))[0]
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, f"no {' or '.join(names)} {facts}; seen {self.events}; exit code {self.process.poll()}"
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

    # In rooms

    def enters(self, room, nick):
        self.do("join", room=room, nick=nick)
        self.expect("joined")

    def makes(self, room, nick, name):
        self.enters(room, nick)
        self.do("configure", room=room, fields={"muc#roomconfig_roomname": name})
        self.expect("configured")

    def says_in(self, room, body):
        self.do("groupchat", room=room, body=body)

    def hears_in(self, room, nick, body):
        self.expect("groupchat", **{"from": f"{room}/{nick}", "body": body})

    def changes_subject(self, room, subject):
        self.do("subject", room=room, subject=subject)

    def sees_subject(self, subject):
        self.expect("subject", subject=subject)

    def admits(self, room, jid):
        """Makes somebody a member; the room's members."""
        self.do("affiliation", room=room, affiliation="member", jid=jid)
        return self.expect("affiliated")["members"]

    def leaves(self, room):
        self.do("part", room=room)

    def leave(self):
        with suppress(OSError):
            self.do("quit")
        try:
            self.process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with suppress(OSError):
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
    if (HERE / "node" / "node_modules" / "converse.js").exists():
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
    program, way = "node/browser.mjs", "websocket"

    def __init__(self, server, person, ca):
        fetch_node_packages()
        super().__init__(server, person, ca, ["node", self.program, self.way])


class BrowserBosh(Browser):
    name = "strophe.js (Chromium, BOSH)"
    way = "bosh"


class Converse(Browser):
    """A page that is used as a person uses it: a verb has ended when the page shows so (node/converse.mjs)."""

    name = "Converse.js (Chromium, WebSocket)"
    program = "node/converse.mjs"
    patience = 2 * PATIENCE  # the page loses it first, and says what it shows
    shows_texts = False  # of its user's contacts it shows how they are, and not what they say of it

    def step(self, what, **facts):
        self.do(what, **facts)
        outcome = self.expect("done", "stuck", what=what)
        assert outcome["event"] == "done", f"{outcome['why']}\n{outcome['page']}"

    def be(self, show, status):
        self.step("presence", show=show, status=status)

    def say(self, to, body):
        self.step("message", to=to, body=body)

    def sees(self, jid, show, status):
        self.step("see", jid=jid.split("/")[0], show=show)

    def hears(self, body):
        self.step("hear", body=body)

    def history(self):
        self.do("history")
        return self.expect("archive")["bodies"]

    def enters(self, room, nick):
        self.step("join", room=room, nick=nick)

    def makes(self, room, nick, name):
        self.enters(room, nick)
        self.step("configure", fields={"muc#roomconfig_roomname": name})

    def says_in(self, room, body):
        self.step("groupchat", body=body)

    def hears_in(self, room, nick, body):
        self.step("hear_in", nick=nick, body=body)

    def changes_subject(self, room, subject):
        self.step("subject", subject=subject)

    def sees_subject(self, subject):
        self.step("see_subject", subject=subject)

    def admits(self, room, jid):
        self.step("affiliation", affiliation="member", jid=jid)
        return self.expect("affiliated")["members"]

    def leaves(self, room):
        self.step("part")

    def sends_file(self, path):
        self.step("file", path=str(path))

    def picture(self, path):
        self.step("picture", path=str(path))
