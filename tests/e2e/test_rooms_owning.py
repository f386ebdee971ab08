"""XEP-0045 §10.1, §10.2, §10.9: what owners set, and the end of a room; what of a room outlives the server."""

import pytest

from support.elements import NS, body, condition, error_type
from support.rooms import (codes, configure, discover, enter, form, item, listed, make_room, new_room, people, refused, set_affiliation,
                           standing)

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")


@pytest.fixture
def owner(users):
    return users().login()


def settings_of(client, room):
    answer = client.iq("get", f"<query xmlns='{NS['muc-owner']}'/>", room)
    assert answer.get("type") == "result", answer
    return {field.get("var"): [value.text or "" for value in field.findall("data:value", NS)]
            for field in answer.findall("muc-owner:query/data:x/data:field", NS)}


FIELDS = ["muc#maxhistoryfetch", *(f"muc#roomconfig_{name}" for name in (
    "allowpm", "allowinvites", "changesubject", "enablelogging", "getmemberlist", "lang", "pubsub", "maxusers", "membersonly",
    "moderatedroom", "passwordprotectedroom", "persistentroom", "presencebroadcast", "publicroom", "roomadmins", "roomdesc",
    "roomname", "roomowners", "roomsecret", "whois"))]


def test_the_form_has_every_field_of_the_registry_with_its_value(owner):
    room = make_room(owner, roomname="A Dark Cave", moderatedroom=True, maxusers=50)
    settings = settings_of(owner, room)
    assert set(FIELDS) <= set(settings)
    assert settings["FORM_TYPE"] == ["http://jabber.org/protocol/muc#roomconfig"]
    assert settings["muc#roomconfig_roomname"] == ["A Dark Cave"]
    assert settings["muc#roomconfig_moderatedroom"] == ["1"]
    assert settings["muc#roomconfig_maxusers"] == ["50"]
    assert settings["muc#roomconfig_roomowners"] == [owner.bare]


def test_only_owners_see_and_change_the_settings(owner, users):
    guest = users().login()
    room = make_room(owner)
    set_affiliation(owner, room, guest.bare, "admin")
    assert condition(guest.iq("get", f"<query xmlns='{NS['muc-owner']}'/>", room)) == "forbidden"
    error = configure(guest, room, roomname="Mine")
    assert (condition(error), error_type(error)) == ("forbidden", "auth")


@pytest.mark.parametrize("wrong", [{"whois": "nobody"}, {"moderatedroom": "perhaps"}, {"passwordprotectedroom": True}, {"maxusers": "many"},
                                   {"enablelogging": False}])
def test_settings_that_make_no_sense_are_refused_and_change_nothing(owner, wrong):
    room = make_room(owner, roomname="Before")
    assert condition(configure(owner, room, roomname="After", **wrong)) == "not-acceptable"
    assert settings_of(owner, room)["muc#roomconfig_roomname"] == ["Before"]


def test_a_request_without_a_form_is_refused(owner):
    room = make_room(owner)
    assert condition(owner.iq("set", f"<query xmlns='{NS['muc-owner']}'/>", room)) == "bad-request"


def test_everybody_is_told_that_something_has_changed(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    assert configure(owner, room, roomname="New").get("type") == "result"
    assert 104 in codes(guest.expect(f"<message type='groupchat' from='{room}'><x xmlns='{NS['muc-user']}'/></message>"))
    assert configure(owner, room, whois="anyone").get("type") == "result"
    assert {104, 172} <= codes(guest.expect(f"<message type='groupchat' from='{room}'><x xmlns='{NS['muc-user']}'/></message>"))
    assert configure(owner, room, whois="moderators").get("type") == "result"
    assert {104, 173} <= codes(guest.expect(f"<message type='groupchat' from='{room}'><x xmlns='{NS['muc-user']}'/></message>"))


def test_who_is_no_member_leaves_when_the_room_becomes_members_only(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    assert configure(owner, room, membersonly=True).get("type") == "result"
    assert {110, 322} <= codes(guest.expect(f"<presence type='unavailable' from='{room}/guest'/>"))


def test_roles_follow_when_the_room_becomes_moderated(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.inbox.clear()
    assert configure(owner, room, moderatedroom=True).get("type") == "result"
    assert standing(guest.expect(f"<presence from='{room}/guest'/>")) == ("none", "visitor")


def test_the_form_names_administrators_and_owners(owner, users):
    one, two = users().login(), users().login()
    room = make_room(owner, roomadmins=[one.bare], roomowners=[owner.bare, two.bare])
    assert listed(people(owner, room, affiliation="admin")) == [one.bare]
    assert set(listed(people(owner, room, affiliation="owner"))) == {owner.bare, two.bare}
    assert configure(owner, room, roomadmins=[]).get("type") == "result"
    assert listed(people(owner, room, affiliation="admin")) == []


def test_configuration_is_on_record(server, owner):
    room = make_room(owner, roomname="Recorded cave")
    assert ["iq"] == [each["kind"] for each in server.archive_search(room=room, all=True) if "Recorded cave" in each["stanza"]]


# The end (§10.9)

def destroy(client, room, content=""):
    return client.iq("set", f"<query xmlns='{NS['muc-owner']}'><destroy{content}</destroy></query>", room)


def test_a_room_is_destroyed_and_everybody_is_told_where_to_go(server, owner, users):
    guest = users().login()
    room = make_room(owner, persistentroom=True)
    enter(guest, room, "guest")
    owner.say(room, "last words", kind="groupchat")
    guest.hear("last words")
    assert destroy(owner, room, " jid='hall@rooms.example'><reason>Macbeth doth come.</reason>").get("type") == "result"
    gone = guest.expect(f"<presence type='unavailable' from='{room}/guest'/>")
    assert standing(gone) == ("none", "none")
    order = gone.find("muc-user:x/muc-user:destroy", NS)
    assert (order.get("jid"), order.findtext("muc-user:reason", None, NS)) == ("hall@rooms.example", "Macbeth doth come.")
    assert condition(guest.iq("get", f"<query xmlns='{NS['info']}'/>", room)) == "item-not-found"
    assert len(server.archive_search(words="last", room=room)) == 1  # the record stays
    assert any("doth come" in each["stanza"] for each in server.archive_search(room=room, all=True))


def test_the_password_of_the_other_venue_is_told_and_not_on_record(server, owner):
    room = make_room(owner)
    assert destroy(owner, room, " jid='hall@rooms.example'><password>wing-of-bat</password><reason>Thrice to thine</reason>").get("type") == "result"
    order = owner.expect(f"<presence type='unavailable' from='{room}/owner'/>").find("muc-user:x/muc-user:destroy", NS)
    assert order.findtext("muc-user:password", None, NS) == "wing-of-bat"
    [stanza] = [record["stanza"] for record in server.archive_search(room=room, all=True) if "Thrice" in record["stanza"]]
    assert "wing-of-bat" not in stanza


def test_only_owners_destroy(owner, users):
    guest = users().login()
    room = make_room(owner)
    set_affiliation(owner, room, guest.bare, "admin")
    assert condition(destroy(guest, room, ">")) == "forbidden"


def test_a_new_room_of_the_same_name_knows_nothing_of_the_old_one(owner, users):
    guest = users().login()
    room = make_room(owner)
    owner.say(room, "secret of the old room", kind="groupchat")
    owner.hear("secret of the old room")
    destroy(owner, room, ">")
    assert 201 in codes(enter(guest, room, "guest"))
    assert not guest.take("<message><body/></message>")
    answer = guest.iq("set", f"<query xmlns='{NS['mam']}' queryid='q'/>", room)
    assert answer.get("type") == "result" and not guest.take(f"<message><result xmlns='{NS['mam']}'/></message>")


# What outlives the server

def restart(server, crash):
    if crash:
        server.kill()
    else:
        server.stop()
    server.start()


@pytest.mark.parametrize("crash", [False, True], ids=["stop", "kill"])
def test_a_persistent_room_outlives_the_server(own_server, users, crash):
    person, friend, foe = users(3)
    owner = person.login()
    room = make_room(owner, persistentroom=True, roomname="Cave", whois="anyone", moderatedroom=True)
    set_affiliation(owner, room, friend.jid, "member")
    set_affiliation(owner, room, foe.jid, "outcast", reason="Treason")
    owner.send(f"<message type='groupchat' to='{room}'><subject>Cauldrons</subject></message>")
    owner.expect(f"<message from='{room}/owner'><subject>Cauldrons</subject></message>")  # told to nobody before it is stored
    owner.say(room, "before the night", kind="groupchat")
    owner.hear("before the night")
    restart(own_server, crash)
    again, other, banned = person.login(), friend.login(), foe.login()
    assert standing(enter(other, room, "friend")) == ("member", "participant")
    assert [body(each) for each in other.take("<message type='groupchat'><body/></message>")] == ["before the night"]
    again.send(f"<presence to='{room}/owner'><x xmlns='{NS['muc']}'/></presence>")
    again.expect(f"<message from='{room}/owner'><subject>Cauldrons</subject></message>")
    assert condition(refused(banned, room, "foe")) == "forbidden"
    assert discover(again, room)[2] == "Cave"
    assert "Treason" in "".join(people(again, room, affiliation="outcast").itertext())


def test_a_temporary_room_does_not(own_server, users):
    person = users()
    room = make_room(person.login())
    restart(own_server, crash=True)
    assert condition(person.login().iq("get", f"<query xmlns='{NS['info']}'/>", room)) == "item-not-found"


def test_a_room_that_was_destroyed_stays_so(own_server, users):
    person = users()
    owner = person.login()
    room = make_room(owner, persistentroom=True)
    destroy(owner, room, ">")
    restart(own_server, crash=True)
    assert condition(person.login().iq("get", f"<query xmlns='{NS['info']}'/>", room)) == "item-not-found"


def test_what_people_wrote_in_a_room_is_sealed_in_the_database(own_server, users):
    owner = users().login()
    room = make_room(owner, persistentroom=True, roomname="Zauberkessel", passwordprotectedroom=True, roomsecret="Fingerhut")
    owner.send(f"<message type='groupchat' to='{room}'><subject>Krötenbein</subject></message>")
    owner.fence()
    own_server.stop()
    data = b"".join(file.read_bytes() for file in own_server.data.glob("state.db*"))
    assert room.encode() in data
    for word in ("Zauberkessel", "Fingerhut", "Krötenbein"):
        assert word.encode() not in data


def test_what_a_client_was_told_is_handled_is_in_the_rooms_archive_after_a_kill(own_server, users):
    person = users()
    speaker = person.login(sm=True)
    room = make_room(speaker, persistentroom=True)
    before = speaker.ask_count()
    for number in range(60):
        speaker.say(room, f"line {number}", kind="groupchat")
    handled = speaker.ask_count() - before
    own_server.kill()
    own_server.start()
    reader = person.login()
    answer = reader.iq("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>100</max></set></query>", room)
    lines = [each.findtext(".//{jabber:client}body") for each in reader.take(f"<message><result xmlns='{NS['mam']}'/></message>")]
    assert handled > 0 and lines[:handled] == [f"line {number}" for number in range(handled)]
    assert answer.get("type") == "result"
