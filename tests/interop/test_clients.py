"""Clients that people use, as they are, against the server: each signs in, sees, is seen, speaks, hears and remembers."""

import pytest
from profanity import Profanity
from robots import Browser, BrowserBosh, Converse, Nbxmpp, Node, NodeWebSocket, Slixmpp

from support.fixtures import _Pool, befriend, make_users, new_server
from support.prosody import make_certificates

CLIENTS = [Slixmpp, Nbxmpp, Node, NodeWebSocket, Browser, BrowserBosh, Converse, Profanity]


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda client: client.__name__)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def server(tmp_path_factory, kind):
    server = new_server(tmp_path_factory.mktemp("server"), **getattr(kind, "settings", {}))
    server.pool = _Pool(server, size=12)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def launch(kind, server):
    """Starts the client for a person; it trusts the server's authority unless told of another."""
    launched = []

    def start(person, ca=None):
        robot = kind(server, person, ca or server.ca)
        launched.append(robot)
        return robot

    yield start
    for robot in launched:
        robot.leave()


@pytest.fixture
def pair(server, launch, clients):
    """The client's user, signed in, and a friend of theirs on a client of our own, with an older conversation."""
    romeo, juliet = make_users(server, 2, clients)
    befriend(romeo, juliet)
    talker, listener = juliet.login("talker", priority=-1), romeo.login("listener")
    for number in range(8):
        talker.say(romeo.jid, f"earlier {number}")
        listener.hear(f"earlier {number}")
    listener.close()
    talker.close()
    return romeo, juliet


def test_the_client_talks(pair, launch, observe):
    romeo, juliet = pair
    ours = juliet.login("ours")
    robot = launch(romeo)
    with observe(robot, "signs in with the certificate checked"):
        jid = robot.wait_online()
    with observe(robot, "shows its presence"):
        robot.be(None, "at my desk")
        ours.expect(f"<presence from='{jid}'><status>at my desk</status></presence>")
    with observe(robot, "sees presence"), observe(robot, "sees away texts") as texts:
        ours.send("<presence><show>away</show><status>back at three</status></presence>")
        robot.sees(ours.jid, "away", "back at three")
        texts["works"] = True if robot.shows_texts else None
    with observe(robot, "sets away text"):
        robot.be("away", "in a meeting")
        ours.expect(f"<presence from='{jid}'><show>away</show><status>in a meeting</status></presence>")
    with observe(robot, "receives messages"):
        ours.say(romeo.jid, "good morrow")
        robot.hears("good morrow")
    with observe(robot, "sends messages"):
        robot.say(juliet.jid, "but soft, what light")
        ours.hear("but soft, what light", sender=jid)
    with observe(robot, "reads its history") as observation:
        lines = robot.history()
        if lines is None:
            observation["works"] = None  # Profanity looks for it in the domain's features only
            return
        found = [line for line in lines if any(word in line for word in ("earlier", "good morrow", "but soft"))]
        numbers = [line.split(" ")[-1] for line in found if "earlier" in line]
        if robot.name == "Profanity":  # opened anew, it prints what it has stored and what it fetches: more than a screen
            assert list(dict.fromkeys(numbers)) == [str(n) for n in range(8)], lines
            return
        assert numbers == [str(n) for n in range(8)], lines
        assert "good morrow" in found[-2] and "but soft" in found[-1]


def test_the_client_gets_what_was_said_while_it_was_away(pair, launch, observe):
    romeo, juliet = pair
    ours = juliet.login("ours")
    ours.say(romeo.jid, "said while away")
    ours.fence()
    robot = launch(romeo)
    robot.wait_online()
    with observe(robot, "receives what was said while it was away"):
        robot.be(None, "back")
        robot.hears("said while away")


def test_the_client_refuses_a_server_it_cannot_trust(pair, launch, observe, server, tmp_path):
    romeo, _ = pair
    make_certificates(tmp_path, server.domain)
    robot = launch(romeo, ca=tmp_path / "ca.pem")
    with observe(robot, "refuses a certificate of an unknown authority"):
        assert robot.wait_refused()


def test_two_of_them_talk_to_each_other(pair, launch, observe):
    romeo, juliet = pair
    first, second = launch(romeo), launch(juliet)
    first.wait_online()
    second.wait_online()
    with observe(first, "two of them talk to each other"):
        first.be(None, "here")
        second.be(None, "here too")
        first.say(juliet.jid, "wherefore art thou")
        second.hears("wherefore art thou")
        second.say(romeo.jid, "call me but love")
        first.hears("call me but love")
