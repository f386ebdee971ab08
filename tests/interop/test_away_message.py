"""What docs/away-message.md says that people type into Profanity."""

import pytest
from profanity import Profanity

from support.fixtures import befriend


@pytest.fixture
def profanity(server, users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    robot = Profanity(server, romeo, server.ca)
    robot.wait_online()
    yield robot, romeo, juliet.login()
    robot.leave()


def test_an_away_message_is_set_and_taken_back_by_the_command(profanity):
    robot, romeo, juliet = profanity
    robot.set_away_message("I am in Mantua")
    juliet.say(romeo.jid, "are you there?")
    reply = juliet.hear("I am in Mantua")
    assert reply.get("from") == romeo.jid
    robot.take_away_message_back()


def test_an_away_status_is_told(profanity):
    robot, romeo, juliet = profanity
    robot.be("away", "back at three")
    juliet.expect(f"<presence from='{romeo.jid}/profanity'><show>away</show><status>back at three</status></presence>")
    juliet.say(romeo.jid, "are you there?")
    juliet.hear("back at three", sender=romeo.jid)
