"""What clients keep about their owners and show to others (XEP-0163, 0118, 0084, 0402, 0048), each client's own way."""

import base64
import hashlib

import pytest
from robots import Nbxmpp, Slixmpp

from support.elements import NS
from support.events import announce, done, event, item, items, publish
from support.fixtures import _Pool, befriend, make_users, new_server

TUNE, METADATA, BOOKMARKS = "http://jabber.org/protocol/tune", "urn:xmpp:avatar:metadata", "urn:xmpp:bookmarks:1"
IMAGE, ROOM = b"\x89PNG\r\n\x1a\n robot", "play@rooms.post.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = new_server(tmp_path_factory.mktemp("server"))
    server.pool = _Pool(server, size=12)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=[Slixmpp, Nbxmpp], ids=lambda client: client.__name__)
def robot_and_friend(request, server, clients):
    """The client of one, signed in and available, and a client of our own of the other, who hears what it wants."""
    romeo, juliet = make_users(server, 2, clients)
    befriend(romeo, juliet)
    ours = announce(juliet.login("ours", presence=False), TUNE, METADATA)
    robot = request.param(server, romeo, server.ca)
    robot.jid = robot.wait_online()
    robot.be(None, "here")
    ours.expect(f"<presence from='{robot.jid}'><status>here</status></presence>")
    yield robot, romeo, ours
    robot.leave()


def test_the_client_says_what_it_hears_and_hears_it_of_others(robot_and_friend, observe):
    robot, romeo, ours = robot_and_friend
    with observe(robot, "says what music it plays, and hears it of others"):
        robot.do("tune", title="Introduction")
        heard = ours.expect(event(romeo.jid, TUNE))
        assert heard.findtext(f".//{{{TUNE}}}title") == "Introduction"
        done(publish(ours, TUNE, item("current", f"<tune xmlns='{TUNE}'><title>Finale</title></tune>")))
        robot.expect("tune", **{"from": ours.bare, "title": "Finale"})


def test_the_client_shows_its_picture_and_learns_of_others(robot_and_friend, observe):
    robot, romeo, ours = robot_and_friend
    with observe(robot, "shows its picture, and learns of others'"):
        digest = hashlib.sha1(IMAGE).hexdigest()
        robot.do("avatar", image=base64.b64encode(IMAGE).decode())
        ours.expect(event(romeo.jid, METADATA, digest))
        card = ours.iq("get", "<vCard xmlns='vcard-temp'/>", romeo.jid)
        assert base64.b64decode(card.findtext("vcard:vCard/vcard:PHOTO/vcard:BINVAL", None, NS)) == IMAGE
        ours.expect(f"<presence from='{robot.jid}'><x xmlns='vcard-temp:x:update'><photo>{digest}</photo></x></presence>")
        done(ours.iq("set", f"<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>{base64.b64encode(IMAGE).decode()}</BINVAL></PHOTO></vCard>"))
        robot.expect("avatar", **{"from": ours.bare, "id": digest})


def test_the_client_keeps_bookmarks_that_others_of_the_person_see(robot_and_friend, observe):
    robot, romeo, _ = robot_and_friend
    with observe(robot, "keeps bookmarks that the person's other clients see"):
        desk = announce(romeo.login("desk", presence=False), BOOKMARKS)
        robot.do("bookmark", room=ROOM, name="The Play")
        robot.expect("bookmarked")
        desk.expect(event(romeo.jid, BOOKMARKS, ROOM))
        old = desk.iq("get", f"<query xmlns='{NS['private']}'><storage xmlns='storage:bookmarks'/></query>")
        assert [each.get("jid") for each in old.iter("{storage:bookmarks}conference")] == [ROOM]
        assert [each.get("id") for each in done(items(desk, BOOKMARKS)).iter("{%s}item" % NS["pubsub"])] == [ROOM]
        robot.do("bookmarks")
        assert robot.expect("bookmarks")["rooms"] == [[ROOM, "The Play"]]
