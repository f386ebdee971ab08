"""Rooms (XEP-0045) as clients do them, each its own way: it makes, configures, enters, hears, speaks and leaves."""

import pytest
from profanity import Profanity
from robots import Browser, Converse, Nbxmpp, Node, Slixmpp

from support.fixtures import make_users
from support.rooms import discover, enter, make_room, new_room

CLIENTS = [Slixmpp, Nbxmpp, Node, Browser, Converse, Profanity]
SETTINGS = {key: value for client in CLIENTS for key, value in getattr(client, "settings", {}).items()}


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda client: client.__name__)
def robot(request, server):
    robot = request.param(server, make_users(server, 1, []), server.ca)
    robot.wait_online()
    robot.be(None, "here")
    yield robot
    robot.leave()


def test_a_client_at_home_in_rooms(server, robot, users, observe):
    friend, room = users().login(), new_room(server)
    with observe(robot, "makes a room and configures it by the form"):
        robot.makes(room, "robot", "Workshop")
        _, _, name = discover(friend, room)
        assert name == "Workshop"
    enter(friend, room, "friend")
    with observe(robot, "hears and speaks in a room"):
        friend.say(room, "hello robot", kind="groupchat")
        robot.hears_in(room, "friend", "hello robot")
        robot.says_in(room, "hello friend")
        friend.hear("hello friend", sender=f"{room}/robot")
    with observe(robot, "changes the subject of a room"):
        robot.changes_subject(room, "Gears")
        friend.expect(f"<message from='{room}/robot'><subject>Gears</subject></message>")
    with observe(robot, "changes and reads the lists of a room"):
        assert robot.admits(room, friend.bare) == [friend.bare]
    with observe(robot, "leaves a room"):
        robot.leaves(room)
        friend.expect(f"<presence type='unavailable' from='{room}/robot'/>")


def test_a_client_comes_to_a_room_that_was_there_before(robot, users, observe):
    owner = users().login()
    room = make_room(owner, changesubject=True)
    owner.send(f"<message to='{room}' type='groupchat'><subject>Springs</subject></message>")
    owner.say(room, "said before", kind="groupchat")
    owner.hear("said before")
    with observe(robot, "enters a room and is shown its past"):
        robot.enters(room, "robot")
        robot.hears_in(room, "owner", "said before")
    with observe(robot, "sees the subject of a room"):
        robot.sees_subject("Springs")
        owner.send(f"<message to='{room}' type='groupchat'><subject>Levers</subject></message>")
        robot.sees_subject("Levers")
