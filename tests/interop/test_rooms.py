"""slixmpp's rooms (XEP-0045) against ours: its own plug-in enters, configures, speaks and manages."""

import pytest
from robots import Slixmpp

from support.rooms import enter, new_room


@pytest.fixture
def robot(server, users):
    robot = Slixmpp(server, users(), server.ca)
    robot.wait_online()
    robot.be(None, "here")
    yield robot
    robot.leave()


def test_a_client_makes_configures_and_uses_a_room(server, robot, users, observe):
    friend, room = users().login(), new_room(server)
    with observe(robot, "makes a room and configures it by the form"):
        robot.do("join", room=room, nick="robot")
        robot.expect("joined")
        robot.do("configure", room=room, fields={"muc#roomconfig_roomname": "Workshop"})
        robot.expect("configured")
    enter(friend, room, "friend")
    with observe(robot, "hears and speaks in a room"):
        friend.say(room, "hello robot", kind="groupchat")
        robot.expect("groupchat", **{"from": f"{room}/friend", "body": "hello robot"})
        robot.do("groupchat", room=room, body="hello friend")
        friend.hear("hello friend", sender=f"{room}/robot")
    with observe(robot, "changes the subject of a room"):
        robot.do("subject", room=room, subject="Gears")
        friend.expect(f"<message from='{room}/robot'><subject>Gears</subject></message>")
    with observe(robot, "changes and reads the lists of a room"):
        robot.do("affiliation", room=room, affiliation="member", jid=friend.bare)
        assert robot.expect("affiliated")["members"] == [friend.bare]


def test_a_client_enters_a_room_and_is_shown_the_past(server, robot, users, observe):
    owner = users().login()
    room = new_room(server)
    enter(owner, room, "owner")
    owner.iq("set", "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>", room)
    owner.say(room, "said before", kind="groupchat")
    owner.hear("said before")
    with observe(robot, "enters a room and is shown its past"):
        robot.do("join", room=room, nick="robot")
        robot.expect("groupchat", body="said before")
        robot.expect("joined")
