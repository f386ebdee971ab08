"""pytest fixtures: a server and people.

`server` is shared by a file's tests, who each bring people of their own; `own_server` belongs to one test, which
may kill it. CHANCERY_BINARY names the binary; CHANCERY_PEER=prosody runs the same stories against Prosody.
"""

import itertools
import os
import secrets
from dataclasses import dataclass

import pytest

from support.chancery import Chancery, binary
from support.client import Client
from support.elements import to_text  # noqa: F401
from support.prosody import Prosody

PEER = os.environ.get("CHANCERY_PEER", "chancery")
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items):
    for item in items:
        ours = item.get_closest_marker("only_chancery")
        differs = item.get_closest_marker("peer_differs")
        if PEER != "chancery" and (ours or differs):
            item.add_marker(pytest.mark.skip(reason=f"{PEER}: {(ours or differs).args[0]}"))
        elif PEER == "chancery" and "CHANCERY_BINARY" not in os.environ and not binary().exists():
            item.add_marker(pytest.mark.skip(reason=f"{binary()} is not built"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the end of its server's log."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name in ("server", "own_server"):
            server = item.funcargs.get(name)
            if server is not None:
                report.sections.append((f"log of {server.name}", server.tail()))


def new_server(directory, **settings):
    return {"chancery": Chancery, "prosody": Prosody}[PEER](directory, **settings)


@pytest.fixture(scope="module")
def settings(request):
    """Settings of the shared server; a file overrides them with a variable SETTINGS."""
    return getattr(request.module, "SETTINGS", {})


@pytest.fixture(scope="module")
def server(tmp_path_factory, settings):
    server = new_server(tmp_path_factory.mktemp("server"), **settings)
    server.pool = _Pool(server)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_server(tmp_path):
    """Servers of the test's own, not yet started; those that run at the end are stopped."""
    made = []

    def make(**settings):
        directory = tmp_path / f"server{len(made)}"
        directory.mkdir()
        server = new_server(directory, **settings)
        server.pool = _Pool(server, size=8)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def own_server(make_server):
    return make_server().start()


@dataclass
class User:
    name: str
    password: str
    server: object
    clients: list

    @property
    def jid(self):
        return f"{self.name}@{self.server.domain}"

    def client(self):
        """A client of this person that has not connected yet."""
        client = Client(self.server)
        self.clients.append(client)
        return client

    def login(self, resource=None, priority=None, presence=True, sm=False):
        """A client that is signed in, and available unless `presence` is False."""
        client = self.client()
        client.login(self, resource)
        if sm:
            client.sm_id = client.enable_sm().get("id")
        if presence:
            client.available(priority)
        return client


class _Pool:
    """Accounts made in batches, since making one costs a process."""

    def __init__(self, server, size=32):
        self.server, self.size, self.spare = server, size, []
        self.fill()

    def fill(self):
        batch = [(f"u{next(_numbers)}", secrets.token_urlsafe(9)) for _ in range(self.size)]
        self.server.add_users(batch)
        self.spare = batch

    def take(self, server, clients):
        if not self.spare:
            self.fill()
        return User(*self.spare.pop(0), server, clients)


def make_users(server, count, clients):
    people = [server.pool.take(server, clients) for _ in range(count)]
    return people[0] if count == 1 else people


@pytest.fixture
def clients():
    """All clients of a test; they leave when it ends."""
    made = []
    yield made
    for client in reversed(made):
        client.cut()


@pytest.fixture
def users(request, clients):
    """users(3) are three people nobody has met, on the test's server."""
    def make(count=1, on=None):
        name = "own_server" if "own_server" in request.fixturenames else "server"
        return make_users(on or request.getfixturevalue(name), count, clients)

    return make


@pytest.fixture
def friends(users):
    """Two people who see each other's presence, both away from their desks."""
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    return romeo, juliet


def befriend(one, other):
    """Makes a mutual subscription as clients do it: who asked for the roster is told how it changes."""
    a, b = one.login("making-friends"), other.login("making-friends")
    a.roster()
    b.roster()
    for asker, answerer in ((a, b), (b, a)):
        asker.send(f"<presence type='subscribe' to='{answerer.bare}'/>")
        answerer.expect(f"<presence type='subscribe' from='{asker.bare}'/>")
        answerer.send(f"<presence type='subscribed' to='{asker.bare}'/>")
        asker.expect(f"<presence type='subscribed' from='{answerer.bare}'/>")
    a.fence()
    b.fence()
    a.close()
    b.close()
