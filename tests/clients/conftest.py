"""A server that its clients find by DNS and trust by the system's authorities, and a desktop: tests/desktop-clients prepares the room."""

import itertools
import os
from pathlib import Path

import pytest
from desktop import Desktop

from support.chancery import ROOT, Chancery
from support.dns import Dns
from support.fixtures import User, befriend
from support.observations import observe, write_observations  # noqa: F401

PEOPLE = ["george", "diana", "peter", "clara", "paul", "olga"]
SETTINGS = {"sasl__scram_sha1": "true", "web__origins": "https://chat.example"}


def pytest_collection_modifyitems(items):
    if "CHANCERY_PICTURES" not in os.environ:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="is run by tests/desktop-clients"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Everybody knows everybody."""
    server = Chancery(tmp_path_factory.mktemp("server"), **SETTINGS)
    server.add_users([(name, f"secret of {name}") for name in PEOPLE])
    Path("/etc/ssl/certs/ca-certificates.crt").write_text(server.ca.read_text())  # this namespace's own
    names = Dns(port=53)
    names.addresses[server.domain] = server.host
    names.services[f"_xmpp-client._tcp.{server.domain}"] = [(0, 0, server.port, server.domain)]
    server.start()
    for one, other in itertools.combinations(PEOPLE, 2):
        befriend(person(server, one), person(server, other))
    yield server
    server.stop()
    names.close()


def person(server, name):
    return User(name, f"secret of {name}", server, [])


@pytest.fixture(scope="session")
def people(server):
    return {name: person(server, name) for name in PEOPLE}


@pytest.fixture(scope="session")
def desktop(tmp_path_factory):
    desktop = Desktop(tmp_path_factory.mktemp("desktop"))
    yield desktop
    desktop.close()


@pytest.fixture(scope="session")
def pictures():
    folder = Path(os.environ["CHANCERY_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test leaves a picture of what it saw."""
    report = (yield).get_result()
    if report.failed and "desktop" in item.funcargs:
        item.funcargs["desktop"].picture(Path(os.environ["CHANCERY_PICTURES"]) / f"failed-{item.name}.png")


def pytest_sessionfinish():
    write_observations(ROOT / "build" / "desktop-clients.json")
