"""XEP-0133: what the server says to people when they sign in, and how an administrator stops it from a client."""

import os
import secrets

import pytest

from support.elements import body, condition
from support.fixtures import User
from support.server import wait_until
from test_administration import note, on_record, run, values

pytestmark = pytest.mark.only_chancery("Prosody's is on another service")


def administrator(server, clients):
    person = User("boss-" + secrets.token_hex(4), "secret-of-the-boss", server, clients)
    server.cli("user", "add", person.name, "--administrator", stdin=f"{person.password}\n{person.password}\n")
    return person


@pytest.fixture
def boss(own_server, clients):
    return administrator(own_server, clients).login()


def told(client, text):
    message = client.expect(lambda each: each.tag == "{jabber:client}message" and text in (body(each) or ""))
    assert message.get("from") == client.server.domain
    return message


def test_the_message_of_the_day_is_shown_to_everybody_once(own_server, users, boss):
    romeo, juliet = users(2)
    here = romeo.login()
    note(run(boss, "set-motd", motd=["The archive moves on Monday.", "Plan for it."]))
    told(here, "The archive moves on Monday.\nPlan for it.")
    late = juliet.login()
    told(late, "The archive moves on Monday.")
    romeo.login("second").expect_nothing("<message/>")
    late.close()
    juliet.login().expect_nothing("<message/>")
    assert on_record(own_server, "motd set") and own_server.archive_search(words="archive moves", to=juliet.jid)
    own_server.restart()
    nurse = users()
    told(nurse.login(), "The archive moves on Monday.")


def test_who_has_not_read_it_reads_the_edited_one(own_server, users, boss):
    romeo, juliet = users(2)
    assert condition(run(boss, "edit-motd", motd="x")) == "item-not-found"
    here = romeo.login()
    note(run(boss, "set-motd", motd="It moves on Munday."))
    told(here, "Munday")
    assert values(run(boss, "edit-motd"))["motd"] == ["It moves on Munday."]
    note(run(boss, "edit-motd", motd="It moves on Monday."))
    told(juliet.login(), "It moves on Monday.")
    romeo.login("second").expect_nothing("<message/>")
    note(run(boss, "set-motd", motd="It has moved."))
    told(here, "It has moved.")


def test_a_deleted_message_of_the_day_is_shown_to_nobody(users, boss):
    note(run(boss, "set-motd", motd="Gone soon."))
    note(run(boss, "delete-motd"))
    users().login().expect_nothing("<message/>")
    assert note(run(boss, "delete-motd")) == "There was none."


def test_who_is_new_is_welcome_and_who_is_not_has_been(own_server, users, boss):
    romeo, juliet = users(2)
    romeo.login().close()
    note(run(boss, "set-welcome", welcome=["Welcome.", "Everything is on the record."]))
    assert values(run(boss, "set-welcome"))["welcome"] == ["Welcome.", "Everything is on the record."]
    romeo.login().expect_nothing("<message/>")
    client = juliet.login()
    told(client, "Everything is on the record.")
    client.close()
    juliet.login().expect_nothing("<message/>")
    note(run(boss, "delete-welcome"))
    users().login().expect_nothing("<message/>")
    assert on_record(own_server, "welcome set") and on_record(own_server, "welcome delete")


@pytest.mark.parametrize("node, field", [("set-motd", "motd"), ("set-welcome", "welcome")])
def test_a_notice_without_words_is_refused(boss, node, field):
    assert condition(run(boss, node, **{field: ""})) == "not-acceptable"


def test_what_people_are_told_is_not_plain_on_disk(own_server, boss):
    note(run(boss, "set-motd", motd="The magpie lands."))
    note(run(boss, "set-welcome", welcome="Another magpie."))
    assert not [path for path in own_server.data.rglob("*") if path.is_file() and path.name != "server.log" and b"magpie" in path.read_bytes()]


# Stopping

def test_an_administrator_stops_the_server_and_people_are_told(own_server, users, boss):
    romeo = users().login()
    assert {"delay", "announcement"} <= set(values(run(boss, "shutdown")))
    note(run(boss, "shutdown", delay="1", announcement="We close for the night."))
    told(romeo, "We close for the night.")
    assert condition(run(boss, "shutdown", delay="0")) == "conflict"
    romeo.expect_stream_error("system-shutdown")
    assert own_server.process.wait(30) == 0
    own_server.start()
    assert on_record(own_server, "server stop") and own_server.archive_search(words="close for the night", to=romeo.bare)


@pytest.mark.parametrize("delay", ["", "soon", "-1", "3601", "1.5"])
def test_a_delay_that_is_none_stops_nothing(own_server, boss, delay):
    assert condition(run(boss, "shutdown", delay=delay)) == "not-acceptable"
    assert own_server.is_ready()


def test_an_administrator_restarts_the_server_in_the_same_process(own_server, users, boss):
    person = users()
    romeo = person.login()
    before, open_before = own_server.status(), len(os.listdir(f"/proc/{own_server.process.pid}/fd"))
    note(run(boss, "restart", delay="0"))
    romeo.expect_stream_error("system-shutdown")
    wait_until(lambda: own_server.status().get("uptime_seconds", 1_000) <= before["uptime_seconds"] and own_server.status().get("sessions") == 0,
               "the server is there again", limit=60)
    assert own_server.status()["pid"] == before["pid"] == own_server.process.pid
    assert len(os.listdir(f"/proc/{own_server.process.pid}/fd")) <= open_before, "nothing of the former one is left open"
    client = person.login()
    client.say(client.jid, "still here")
    client.hear("still here")
    assert on_record(own_server, "server restart")
    own_server.restart()
