"""A room may lose its last owner with an account; an administrator of the server sees that and gives it another."""

import json

import pytest

from support.elements import NS, condition
from support.rooms import configure, enter, listed, make_room, people, set_affiliation, standing

pytestmark = pytest.mark.only_chancery("our command line")


def rooms(server, *words):
    return {room["room"]: room for room in json.loads(server.cli("room", "list", *words, "--json").stdout)["rooms"]}


def settings(client, room):
    return client.iq("get", f"<query xmlns='{NS['muc-owner']}'/>", room)


def destroy(client, room):
    return client.iq("set", f"<query xmlns='{NS['muc-owner']}'><destroy/></query>", room)


@pytest.fixture
def orphan(own_server, users):
    """(room, somebody in it, who owned it and is removed)"""
    romeo, juliet = users(2)
    room = make_room(romeo.login(), persistentroom=True, roomname="The Orchard")
    client = juliet.login()
    enter(client, room, "juliet")
    own_server.cli("user", "remove", romeo.name, "--yes")
    return room, client, romeo


def test_a_room_whose_only_owner_is_removed_becomes_nobodys(orphan, own_server, users):
    room, client, _ = orphan
    assert condition(settings(client, room)) == "forbidden"
    assert condition(configure(client, room, moderatedroom=True)) == "forbidden"
    assert condition(destroy(client, room)) == "forbidden"
    assert condition(set_affiliation(client, room, client.bare, "owner")) in ("forbidden", "not-allowed")
    later = users().login()
    assert standing(enter(later, room, "later")) == ("none", "participant")
    assert condition(destroy(later, room)) == "forbidden"
    own_server.restart()
    assert rooms(own_server)[room]["owners"] == []


def test_such_a_room_is_found_and_given_an_owner(orphan, own_server):
    room, client, _ = orphan
    other = make_room(client, persistentroom=True)
    assert rooms(own_server) == {room: {"room": room, "name": "The Orchard", "occupants": 1, "owners": []},
                                 other: {"room": other, "name": "", "occupants": 1, "owners": [client.bare]}}
    assert set(rooms(own_server, "--without-owner")) == {room}
    said = own_server.cli("room", "list").stdout.splitlines()
    assert f'{room}  "The Orchard"  1 occupant  WITHOUT OWNER' in said and f"{other}  1 occupant  owned by {client.bare}" in said

    name = client.bare.split("@")[0]
    assert own_server.cli("room", "owner", room, name).stdout == f"{name} is an owner of {room}.\n"
    shown = client.expect(lambda stanza: stanza.get("from") == f"{room}/juliet" and stanza.find("muc-user:x/muc-user:item", NS) is not None)
    assert standing(shown) == ("owner", "moderator")
    assert configure(client, room, moderatedroom=True).get("type") == "result"
    assert own_server.cli("room", "owner", room.split("@")[0], client.bare).returncode == 0, "said twice, true once"
    own_server.restart()
    assert rooms(own_server)[room]["owners"] == [client.bare]
    written = [record for record in own_server.archive_search(room=room, all=True) if record["from"] == own_server.domain]
    assert [("affiliation='none'" in record["stanza"], "affiliation='owner'" in record["stanza"]) for record in
            sorted(written, key=lambda record: record["position"])] == [(True, False), (False, True)]
    assert [each for each in own_server.archive_search(all=True) if each["kind"] == "admin" and '"room owner"' in each["body"]]


def test_what_cannot_be_is_said_with_the_mend(orphan, own_server):
    room, client, romeo = orphan
    for words, hint in [(["nowhere", client.bare], "chancery room list"), (["somewhere@else.example", client.bare], "chancery room list"),
                        ([room, romeo.name], "no such account")]:
        wrong = own_server.cli("room", "owner", *words, check=False)
        assert wrong.returncode == 2 and hint in wrong.stderr, wrong.stderr
    own_server.stop()
    stopped = own_server.cli("room", "list", check=False)
    assert stopped.returncode == 2 and "chancery serve" in stopped.stderr


def test_a_server_without_rooms_says_so(make_server):
    server = make_server(rooms__name="").start()
    assert "rooms.name" in server.cli("room", "list", check=False).stderr


def test_what_somebody_removed_still_was_in_rooms_is_cleaned_at_the_start(own_server, users):
    """As it was left by a server that did not look at rooms when it removed an account."""
    romeo, juliet = users(2)
    owner = juliet.login()
    room = make_room(owner, persistentroom=True)
    own_server.cli("user", "remove", romeo.name, "--yes")
    assert set_affiliation(owner, room, romeo.jid, "admin").get("type") == "result"
    own_server.restart()
    assert listed(people(juliet.login(), room, affiliation="admin")) == []
    [cleaned] = [record for record in own_server.archive_search(room=room, all=True) if record["from"] == own_server.domain]
    assert romeo.jid in cleaned["stanza"] and "affiliation='none'" in cleaned["stanza"]
    own_server.cli("user", "release", romeo.name)
    own_server.cli("user", "add", romeo.name, stdin=f"{romeo.password}\n")
    assert standing(enter(romeo.login(), room, "romeo"))[0] == "none"
