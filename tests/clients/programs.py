"""Gajim, Dino and Psi+ behind the same verbs. Links (xmpp:…) are opened as when a person clicks one elsewhere on the desktop."""

import subprocess

from desktop import PATIENCE, Program

from support.server import wait_until


class DesktopClient:
    settings = {}
    hides = False

    def __init__(self, desktop, person):
        self.desktop, self.person = desktop, person
        self.environment = desktop.environment_of(self.package)
        self.version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", self.package], capture_output=True, text=True,
                                      check=True).stdout.split("-")[0].split(":")[-1]
        desktop.start([self.command], self.environment, self.package)
        self.program = Program(self.accessible_name, self.hides)

    def open_link(self, link):
        self.desktop.start([self.command, *self.link_option, link], self.environment, self.package)

    link_option = []

    def wait_at_hand(self, name):
        """Until the conversation of that name is the one that is shown: its name stands in the list, and above what was said."""
        wait_until(lambda: self.program.texts().count(name) > 1, f"{name} at hand in {self.name}", PATIENCE)

    def shows(self, text):
        self.program.wait_for(text)


class Gajim(DesktopClient):
    name, package, command, accessible_name = "Gajim", "gajim", "gajim", "org.gajim.Gajim"

    def sign_in(self):
        self.program.fill("text", self.person.jid, self._window("Add Account"))
        self.program.fill("password text", self.person.password, self._window("Add Account"))
        self.program.click("push button", "Log In")
        self.program.click("push button", "Connect")
        # Where there is no keyring it keeps no password, and asks again.
        self.program.fill("password text", self.person.password, self._window("Password Required"))
        self.program.click("push button", "Login")

    def _window(self, title):
        return lambda: next(iter(self.program.look("frame", title)), None)

    def enter(self, room, title):
        self._find(f"xmpp:{room}?join")
        self.program.click("push button", "Join", self._window("Start / Join Chat"))
        self.wait_at_hand(title)

    def talk_with(self, jid):
        self._find(f"xmpp:{jid}?message")
        self.wait_at_hand(jid.split("@")[0])

    def _find(self, link):
        """A dialogue finds what the link names; a conversation that is there is opened at once."""
        self.open_link(link)
        address = link.split(":")[1].split("?")[0]
        name = address.split("@")[0]

        def outcome():
            dialogue = self._window("Start / Join Chat")()
            if dialogue is None:
                return "open" if self.program.texts().count(name) > 1 else None
            rows = self.program.selected("list item", dialogue)
            return "found" if any({address, name} & set(self.program.names(row)) for row in rows) else None

        if wait_until(outcome, f"{address} found", PATIENCE) == "found":
            self.desktop.to_front("Start / Join")
            self.desktop.press("Return")

    def say(self, text):
        wait_until(lambda: not self.program.look("frame", "Start / Join Chat"), "the dialogue has ended", PATIENCE)
        field = wait_until(lambda: [each for each in self.program.look("text") if each.name != "Search"], "where to write", PATIENCE)[-1]
        field.queryEditableText().setTextContents(text)
        self.desktop.to_front("^Gajim$")
        field.queryComponent().grabFocus()
        self.desktop.press("Return")
        self.shows(text)


class Dino(DesktopClient):
    name, package, command, accessible_name = "Dino", "dino-im", "dino-im", "dino-im"
    settings = {"sasl__scram_sha1": "true"}
    hides = True

    def sign_in(self):
        self.program.click("push button", "Set up account")
        for secret, button in ((self.person.jid, "Next"), (self.person.password, "Connect")):
            below = self._dialogue("Sign in" if button == "Next" else f"Sign in to {self.person.jid}")
            self.program.fill("text", secret, below)
            self.program.click("push button", button, below)
        self.program.wait_for("All set up!")
        self.program.click("push button", "Finish")

    def _dialogue(self, text):
        return lambda: next((each for each in self.program.look("filler", "Add Account") if text in self.program.names(each)), None)

    def enter(self, room, title):
        self.open_link(f"xmpp:{room}?join")
        self.program.click("push button", "Join", lambda: next(iter(self.program.look("dialog", "Join Channel")), None))
        self.wait_at_hand(title)

    def talk_with(self, jid):
        self.open_link(f"xmpp:{jid}?message")
        self.wait_at_hand(jid)

    def say(self, text):
        self.program.fill("text", text)
        self.desktop.to_front("^Dino$")
        self.desktop.press("Return")
        self.shows(text)


class PsiPlus(DesktopClient):
    name, package, command, accessible_name = "Psi+", "psi-plus", "psi-plus", "Psi+"
    link_option = ["--uri"]

    def sign_in(self):
        self.program.click("push button", "Use existing account")
        self.program.fill("text", self.person.jid, self._dialogue("Psi+: Account Properties"))
        self.program.fill("password text", self.person.password, self._dialogue("Psi+: Account Properties"))
        self.program.click("check box", "Automatically connect on startup")
        self.program.click("push button", "Save")
        # Where there is no keyring it has lost the password by now, and asks again.
        self.program.fill("password text", self.person.password, self._dialogue("Wrong Account Password"))
        self.program.click("push button", "OK", self._dialogue("Wrong Account Password"))
        self.program.find("push button", "Online")
        for greeting in ("Useful Tips", "User Info"):
            self.program.click("push button", "Close", self._dialogue(greeting))

    def _dialogue(self, title):
        return lambda: next(iter(self.program.look("dialog", title)), None)

    def enter(self, room, title):
        self.open_link(f"xmpp:{room}?join")
        self.program.click("push button", "Join", self._dialogue("Psi+: Join Groupchat"))
        self.conversation = title

    def talk_with(self, jid):
        self.open_link(f"xmpp:{jid}?message;type=chat")
        self.conversation = jid

    def _conversation(self):
        """The window of that name; before it stands how much in it has not been read."""
        return next((each for each in self.program.look("filler") if f" {each.name}".endswith(f" {self.conversation}")), None)

    def say(self, text):
        field = self.program.fill("text", text, self._conversation, nth=-1)
        self.desktop.to_front(self.conversation)
        box = field.queryComponent().getExtents(0)
        self.desktop.tool("mousemove", box.x + box.width // 2, box.y + box.height // 2, "click", 1)
        self.desktop.press("Return")
        self.shows(f"> {text}")
