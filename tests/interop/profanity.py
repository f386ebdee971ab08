"""Profanity behind the verbs of robots.py: it is driven in a terminal, and its events are what its screen shows."""

import os
import re
import shutil
import subprocess

from robots import PATIENCE

from support.server import wait_until


class Profanity:
    """Profanity in a terminal of tmux, with a home directory of its own."""

    name = "Profanity"
    shows_texts = True

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
        self._keys("-l", text)
        self._keys("Enter")

    def _keys(self, *keys):
        subprocess.run([*self.terminal, "send-keys", *keys], check=True)

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
        self._shows("Field updated")
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

        def is_there():  # Profanity 0.15 fetches more of it when one scrolls back
            screen = self.screen()
            found = "earlier 0" in screen and "earlier 7" in screen
            if not found:
                self._keys("PPage")
            return found

        wait_until(lambda: is_there() or "advertise urn:xmpp:mam:2" in log.read_text(), "history, or none", PATIENCE)
        if not is_there():
            return None
        return [line.rstrip() for line in self.screen().splitlines()]

    # In rooms: each has a window of its own, which is at hand after entering.

    def enters(self, room, nick):
        self._type(f"/join {room} nick {nick}")
        self._shows(f"You have joined the room as {nick}")

    def makes(self, room, nick, name):
        self.enters(room, nick)
        self._shows("Room locked, requires configuration.")
        self._type("/room config")
        self._shows("[field1] Name:", "Use '/form submit' to save changes.")
        self._type(f"/field1 \"{name}\"")
        self._shows("Field updated")
        self._type("/form submit")
        self._shows("Room configuration successful")

    def says_in(self, room, body):
        self._type(body)

    def hears_in(self, room, nick, body):
        self._shows(f"{nick}: {body}")

    def changes_subject(self, room, subject):
        self._type(f"/subject set \"{subject}\"")

    def sees_subject(self, subject):
        self._shows(f"subject: {subject}")

    def admits(self, room, jid):
        self._type(f"/affiliation set member {jid}")
        self._shows("affiliation has been changed to: member")
        self._type("/affiliation list member")
        self._shows("Affiliation: member")
        return re.findall(r" ! +(\S+@\S+)", self.screen().split("Affiliation: member")[1])

    def saves_link(self, path):
        """The newest link in the window at hand; the tabulator completes it."""
        self._keys("-l", "/url save ")
        self._keys("Tab")
        self._type(f" {path}")
        wait_until(lambda: path.exists() and path.stat().st_size, f"something in {path}", PATIENCE)

    def leaves(self, room):
        self._type("/close")

    def leave(self):
        subprocess.run([*self.terminal, "kill-server"], capture_output=True)
