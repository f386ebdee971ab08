"""Senders and recipients under XEP-0198 that survive a server that dies, and know what became of every message.

A sender knows a message as acknowledged when the server's count covers it. It does not repeat what it lost with a
connection: whether such a message is on record is unknown to it, and both answers are right.
"""

import threading

from support.client import Client
from support.elements import NS, body
from support.stream import NotReceived


class Sender(threading.Thread):
    """Sends numbered messages as fast as acknowledgements allow, until the connection dies or `stop` is set."""

    WINDOW = 20

    def __init__(self, person, to, start, tag):
        super().__init__(daemon=True)
        self.client = Client(person.server)
        self.client.login(person)
        self.client.enable_sm(resume=False)
        self.to, self.next, self.tag = to, start, tag
        self.sent, self.acknowledged = [], []
        self.stop = threading.Event()
        self.progress = threading.Event()  # set once some messages are acknowledged

    def run(self):
        try:
            while not self.stop.is_set():
                self._send_window()
                self._count(int(self._ask().get("h")))
        except (OSError, AssertionError):
            pass  # the server is dead, as was intended

    def _send_window(self):
        stanzas = ""
        for _ in range(self.WINDOW):
            text = f"{self.tag}x{self.next}"
            self.next += 1
            self.sent.append(text)
            stanzas += f"<message to='{self.to}' type='chat' id='{text}'><body>{text}</body></message>"
        self.client.send(stanzas)

    def _ask(self):
        self.client.send(f"<r xmlns='{NS['sm']}'/>")
        return self.client.expect(f"<a xmlns='{NS['sm']}'/>")

    def _count(self, handled):
        self.acknowledged = self.sent[:handled]
        if handled >= 3 * self.WINDOW:
            self.progress.set()


class Recipient:
    """Somebody who keeps what they heard by archive id, over all the deaths of the server."""

    def __init__(self, person):
        self.person = person
        self.heard = {}      # archive id -> text
        self.repeats = []    # texts that came again under another archive id, or twice on one connection
        self.client = None

    def arrive(self):
        self.client = Client(self.person.server)
        self.client.login(self.person)
        self.client.available()

    def listen(self, server_is_dead=False):
        """Takes what has come, up to a fence or the end of the connection.

        To a dead server nothing is said: its system would answer with a reset and drop what it still has to send.
        """
        try:
            if not server_is_dead:
                self.client.fence()
        except (OSError, NotReceived, AssertionError):
            server_is_dead = True
        if server_is_dead:
            self._read_to_the_end()
        on_this_connection = set()
        for message in self.client.take("<message/>"):
            text = body(message)
            if text is None:
                continue
            name = message.find(f"sid:stanza-id[@by='{self.person.jid}']", NS).get("id")
            if name in on_this_connection or text in self.heard.values() and name not in self.heard:
                self.repeats.append(text)
            on_this_connection.add(name)
            self.heard[name] = text

    def _read_to_the_end(self):
        """What a dead server had written before it died still stands in the socket."""
        try:
            self.client.expect_end()
        except (OSError, AssertionError):
            pass

    def leave(self):
        self.client.cut()
