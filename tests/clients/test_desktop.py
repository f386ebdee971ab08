"""Gajim, Dino and Psi+ in their own windows: they sign in, are seen, talk with one another and in a room."""

import itertools
from contextlib import ExitStack

import pytest
from profanity import Profanity
from programs import Dino, Gajim, PsiPlus
from robots import Converse

from support.rooms import make_room, said_in

PLACES = {"^Gajim$": (0, 0, 950, 520), "^Dino$": (960, 0, 950, 520), "^\\*? ?Psi\\+$": (20, 580, 260, 460)}


@pytest.fixture(scope="module")
def olga(people):
    client = people["olga"].login("desk")
    yield client
    client.cut()


@pytest.fixture(scope="module")
def programs(desktop, people, olga):
    for name in ("george", "diana", "peter"):
        olga.say(people[name].jid, f"said to {name} before")
    olga.fence()
    return [Gajim(desktop, people["george"]), Dino(desktop, people["diana"]), PsiPlus(desktop, people["peter"])]


def test_they_sign_in_and_are_seen(desktop, programs, olga, observe, pictures):
    for program in programs:
        with observe(program, "signs in when the authority is trusted, found by SRV"):
            program.sign_in()
        with observe(program, "shows its presence"):
            olga.expect(lambda stanza: stanza.tag == "{jabber:client}presence" and stanza.get("type") is None
                        and stanza.get("from", "").startswith(f"{program.person.jid}/"), timeout=30)
    for title, place in PLACES.items():
        desktop.put(title, *place)
    desktop.picture(pictures / "1-signed-in.png")


def test_they_show_what_was_said_before_they_were_installed(programs, olga, observe, pictures):
    for program in programs:
        with observe(program, "shows what was said before it was installed"):
            program.talk_with(olga.bare)
            program.shows(f"said to {program.person.name} before")


def test_each_talks_with_each(desktop, programs, observe, pictures):
    for one, other in itertools.combinations(programs, 2):
        one.talk_with(other.person.jid)
        other.talk_with(one.person.jid)
        for speaker, listener in ((one, other), (other, one)):
            text = f"from {speaker.name} to {listener.name}"
            with observe(speaker, f"talks with {listener.name}"), observe(listener, f"talks with {speaker.name}"):
                speaker.say(text)
                listener.shows(text)
        desktop.picture(pictures / f"2-{one.package}-{other.package}.png")


def test_they_meet_in_a_room(server, desktop, programs, olga, observe, pictures):
    room = make_room(olga, nick="olga", persistentroom=True, roomname="Garden")
    olga.say(room, "said before", kind="groupchat")
    olga.fence()
    for program in programs:
        with observe(program, "enters a room and is shown its past"):
            program.enter(room, "Garden")
            program.shows("said before")
    desktop.put("Garden$", 420, 580, 520, 460)
    for program in programs:
        text = f"{program.name} speaks to all"
        with observe(program, "speaks in a room"):
            program.say(text)
            olga.hear(text, sender=f"{room}/{program.person.name}")
        for other in programs:
            with observe(other, "hears in a room"):
                other.shows(text)
    desktop.picture(pictures / "3-room.png")
    assert said_in(server, room) == ["said before", *(f"{program.name} speaks to all" for program in programs)]


@pytest.fixture
def converse(server, people):
    robot = Converse(server, people["clara"], server.ca)
    robot.wait_online()
    yield robot
    robot.leave()


@pytest.fixture
def profanity(server, people):
    robot = Profanity(server, people["paul"], server.ca)
    robot.wait_online()
    yield robot
    robot.leave()


def test_four_hold_a_conversation_with_a_file_in_it(server, desktop, programs, converse, profanity, observe, pictures, tmp_path):
    room, (gajim, dino, _) = f"council@rooms.{server.domain}", programs
    converse.makes(room, "clara", "Council")
    profanity.enters(room, "paul")
    gajim.enter(room, "Council")
    dino.enter(room, "Council")

    def all_hear(nick, text):
        converse.hears_in(room, nick, text)
        profanity.hears_in(room, nick, text)
        gajim.shows(text)
        dino.shows(text)

    with ExitStack() as observed:
        for client in (converse, gajim, dino, profanity):
            observed.enter_context(observe(client, "talks in a room with the other three (Gajim, Dino, Converse.js, Profanity)"))
        converse.says_in(room, "Who has the minutes?")
        all_hear("clara", "Who has the minutes?")
        gajim.say("Not George.")
        all_hear("george", "Not George.")
        dino.say("Nor Diana.")
        all_hear("diana", "Nor Diana.")
        profanity.says_in(room, "Paul has not seen them.")
        all_hear("paul", "Paul has not seen them.")
    minutes, received = tmp_path / "minutes.txt", tmp_path / "received.txt"
    minutes.write_text("The council has met, and nothing was decided.\n")
    with observe(converse, "sends a file to a room"):
        converse.sends_file(minutes)
        for client in (gajim, dino):
            with observe(client, "shows a file that was sent to a room"):
                client.shows("minutes.txt")
    with observe(profanity, "saves a file that was sent to a room"):
        profanity.saves_link(received)
        assert received.read_text() == minutes.read_text()
    desktop.picture(pictures / "4-council-gajim-dino.png")
    converse.picture(pictures / "4-council-converse.png")
    (pictures / "4-council-profanity.txt").write_text(profanity.screen())
    found = said_in(server, room)
    assert found[:4] == ["Who has the minutes?", "Not George.", "Nor Diana.", "Paul has not seen them."]
    assert found[4].startswith(f"https://{server.domain}:") and "/minutes.txt" in found[4], found
