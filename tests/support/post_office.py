"""Fixtures of stories in which friend.example, the partner of our server post.example, is up to something. Who imports them may
say where the partner is, with a fixture `friends_address` of its own."""

import pytest

from support.federation import Partner, certificate, person, signed_in
from support.partner_stream import PartnerStream


@pytest.fixture
def friends_address():
    return "127.0.0.1:1"  # nobody: it always calls us


@pytest.fixture
def make_ours(tmp_path, friends_address):
    """A server that takes certificates of its own authority, for brevity."""
    made = []

    def make(**settings):
        ours = Partner(tmp_path / "ours", "post.example", **settings)
        ours.trust(ours.ca)
        ours.allow("friend.example", "other.example")
        ours.settings["federation__hosts__friend.example"] = friends_address
        made.append(ours)
        return ours.start()

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def ours(make_ours):
    return make_ours()


@pytest.fixture
def juliet(ours, clients):
    return signed_in(person(ours, "juliet", clients))


@pytest.fixture
def call(tmp_path, clients):
    """A stream to the server. It shows `shown`, a chain and its key, or a certificate for `names`, or, without names, none."""
    def make(ours, domain="friend.example", names="DNS:friend.example", shown=None, **more):
        if names and not shown:
            shown = certificate(tmp_path / "caller", ours.data / "keys", names, **more)
        stream = PartnerStream(ours, domain, shown)
        clients.append(stream)
        return stream

    return make
