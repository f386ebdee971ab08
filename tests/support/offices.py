"""Two servers with a person at each, for stories about how `one` finds out who `two` is."""

from support.federation import Partner, introduce, person, signed_in
from support.server import wait_until

WAIT = 30


class Offices:
    """`two` shows `certificate`; how `one` may know it, the story says. `settings` are those of `one`."""

    def __init__(self, folder, clients, **settings):
        self.folder, self.clients = folder, clients
        self.one = Partner(folder / "one", "one.example", **settings)
        self.two = Partner(folder / "two", "two.example")
        introduce(self.one, self.two)
        self.certificate = self.two.data / "keys" / "server.pem"

    def start(self):
        """Romeo is signed in at `one`; Juliet has an account at `two`."""
        self.two.start(), self.one.start()
        self.romeo = signed_in(person(self.one, "romeo", self.clients))
        self.juliet = person(self.two, "juliet", self.clients)
        return self

    def write(self):
        self.romeo.say("juliet@two.example", "are you you?")

    def expect_trouble(self, why):
        wait_until(lambda: why in self.one.partner("two.example").get("last_error", ""), why, limit=WAIT)

    def expect_refusal(self, why):
        """Nothing goes to `two`, and what was written waits."""
        self.write()
        self.expect_trouble(why)
        assert self.one.partner("two.example")["waiting"] == 1
        assert self.two.archive_search(sender=self.romeo.bare) == []

    def expect_refusal_of_the_caller(self, why="calls, but"):
        """Nothing that `two` has sent arrives."""
        self.expect_trouble(why)
        self.romeo.expect_nothing("<message/>")

    def stop(self):
        while self.clients:
            self.clients.pop().cut()
        for server in (self.one, self.two):
            if server.process:
                server.stop()
