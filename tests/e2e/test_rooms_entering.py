"""XEP-0045 §7.2 entering, §7.6 nicknames, §7.7 availability, §7.14 leaving, §10.1 making a room, §14 who is gone."""

import pytest

from support.elements import NS, body, condition, error_type
from support.rooms import (ask_in, codes, configure, enter, is_own, item, make_room, new_room, refused, set_affiliation, standing)

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")


@pytest.fixture
def owner(users):
    return users().login()


# Making a room (§10.1)

def test_who_enters_a_room_that_is_not_there_makes_and_owns_it(server, owner):
    room = new_room(server)
    own = enter(owner, room, "owner")
    assert codes(own) == {110, 170, 201}
    assert standing(own) == ("owner", "moderator")


def test_a_new_room_is_closed_until_it_is_configured(server, owner, users):
    room, guest = new_room(server), users().login()
    enter(owner, room, "owner")
    error = refused(guest, room, "guest")
    assert (condition(error), error_type(error)) == ("item-not-found", "cancel")
    assert configure(owner, room).get("type") == "result"
    assert standing(enter(guest, room, "guest")) == ("none", "participant")


def test_a_new_room_whose_configuration_is_cancelled_is_gone(server, owner):
    room = new_room(server)
    enter(owner, room, "owner")
    owner.iq("set", f"<query xmlns='{NS['muc-owner']}'><x xmlns='{NS['data']}' type='cancel'/></query>", room)
    left = owner.expect("<presence type='unavailable'/>")
    assert 110 in codes(left) and left.find("muc-user:x/muc-user:destroy", NS) is not None
    assert condition(owner.iq("get", f"<query xmlns='{NS['info']}'/>", room)) == "item-not-found"


def test_a_room_that_is_not_persistent_ends_with_its_last_occupant(owner):
    room = make_room(owner)
    owner.send(f"<presence type='unavailable' to='{room}/owner'/>")
    owner.expect("<presence type='unavailable'/>")
    assert condition(owner.iq("get", f"<query xmlns='{NS['info']}'/>", room)) == "item-not-found"


def test_only_administrators_make_rooms_where_that_is_set(make_server, clients, users):
    server = make_server(rooms__creators="administrators").start()
    person = users(on=server).login()
    assert condition(refused(person, new_room(server), "me")) == "not-allowed"


def test_the_number_of_rooms_of_a_person_has_a_limit(make_server, users):
    server = make_server(rooms__rooms_per_person=2).start()
    person = users(on=server).login()
    for _ in range(2):
        enter(person, new_room(server), "me")
    assert condition(refused(person, new_room(server), "me")) == "resource-constraint"


# Entering (§7.2)

def test_a_room_is_entered_under_a_nickname(owner):
    room = make_room(owner)
    owner.send(f"<presence to='{room}'><x xmlns='{NS['muc']}'/></presence>")
    assert condition(owner.expect(f"<presence type='error' from='{room}'/>")) == "jid-malformed"


def test_others_come_first_then_oneself_then_the_past_then_the_subject(owner, users):
    guest = users().login()
    room = make_room(owner)
    owner.say(room, "earlier", kind="groupchat")
    owner.hear("earlier")
    ask_in(guest, room, "guest")
    guest.expect("<message><subject/></message>")
    kinds = []
    for stanza in guest.take(lambda stanza: stanza.get("from", "").startswith(room)):
        kinds.append(body(stanza) or stanza.get("from").split("/")[1])
    assert kinds == ["owner", "guest", "earlier"]


def test_everybody_sees_the_newcomer(owner, users):
    guest = users().login()
    room = make_room(owner)
    own = enter(guest, room, "guest", extra="<show>away</show>")
    seen = owner.expect(f"<presence from='{room}/guest'><show>away</show></presence>")
    assert standing(seen) == ("none", "participant")
    assert 110 not in codes(seen) and 110 in codes(own)


def test_real_addresses_are_for_moderators_in_a_semi_anonymous_room(owner, users):
    one, other = users().login(), users().login()
    room = make_room(owner)
    enter(one, room, "one")
    enter(other, room, "other")
    assert item(owner.expect(f"<presence from='{room}/other'/>")).get("jid") == other.jid
    assert item(one.expect(f"<presence from='{room}/other'/>")).get("jid") is None
    assert item(other.expect(f"<presence from='{room}/one'/>")).get("jid") is None


def test_a_room_that_is_not_anonymous_shows_addresses_and_says_so(owner, users):
    one, other = users().login(), users().login()
    room = make_room(owner, whois="anyone")
    enter(one, room, "one")
    assert 100 in codes(enter(other, room, "other"))
    assert item(one.expect(f"<presence from='{room}/other'/>")).get("jid") == other.jid


def test_a_nickname_belongs_to_one_person(owner, users):
    room = make_room(owner)
    error = refused(users().login(), room, "owner")
    assert (condition(error), error_type(error)) == ("conflict", "cancel")


def test_a_password_is_needed_where_there_is_one(owner, users):
    guest = users().login()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="cauldronburn")
    error = refused(guest, room, "guest")
    assert (condition(error), error_type(error)) == ("not-authorized", "auth")
    assert condition(refused(guest, room, "guest", password="wrong")) == "not-authorized"
    enter(guest, room, "guest", password="cauldronburn")


def test_a_password_is_not_on_record_where_somebody_enters(server, owner, users):
    guest = users().login()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="eyeofnewt")
    enter(guest, room, "guest", password="eyeofnewt")
    records = server.archive_search(room=room, all=True, sender=guest.jid)
    assert records and not any("eyeofnewt" in record["stanza"] for record in records)


def test_a_password_beside_words_is_not_on_record(server, owner, users):
    guest = users().login()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="toeoffrog")
    enter(guest, room, "guest", password="toeoffrog", extra="<status>by the pricking</status>")
    secret = f"<x xmlns='{NS['muc']}'><password>toeoffrog</password></x>"
    guest.send(f"<presence to='{room}/another'>{secret}<status>of my thumbs</status></presence>")
    guest.expect(f"<presence from='{room}/another'/>")
    guest.send(f"<presence to='{room}/another' type='unavailable'>{secret}<status>something wicked</status></presence>")
    guest.expect(f"<presence from='{room}/another' type='unavailable'/>")
    written = [record["stanza"] for record in server.archive_search(all=True, sender=guest.jid)]
    for words in ("by the pricking", "of my thumbs", "something wicked"):
        assert any(words in stanza for stanza in written)
    assert not any("toeoffrog" in stanza for stanza in written)


def test_a_password_in_the_settings_is_not_on_record(server, owner):
    room = make_room(owner, passwordprotectedroom=True, roomsecret="wooloffbat", roomname="Cauldron")
    assert configure(owner, room, roomsecret="tongueofdog", maxusers="many").get("type") == "error"
    written = [record["stanza"] for record in server.archive_search(all=True, sender=owner.jid)]
    assert any("Cauldron" in stanza and "roomsecret" in stanza for stanza in written)
    assert not any(secret in stanza for stanza in written for secret in ("wooloffbat", "tongueofdog"))


def test_a_members_only_room_is_for_members(owner, users):
    guest, member = users().login(), users().login()
    room = make_room(owner, membersonly=True)
    error = refused(guest, room, "guest")
    assert (condition(error), error_type(error)) == ("registration-required", "auth")
    set_affiliation(owner, room, member.bare, "member")
    assert standing(enter(member, room, "member")) == ("member", "participant")


def test_who_is_banned_stays_out_and_the_attempt_is_on_record(server, owner, users):
    guest = users().login()
    room = make_room(owner)
    set_affiliation(owner, room, guest.bare, "outcast")
    error = refused(guest, room, "guest")
    assert (condition(error), error_type(error)) == ("forbidden", "auth")
    records = server.archive_search(room=room, all=True, sender=guest.jid)
    assert [record["rule"] for record in records if record["refused"]] == ["forbidden"]


def test_a_full_room_takes_no_more_but_its_administrators(owner, users):
    guest, admin = users().login(), users().login()
    room = make_room(owner, maxusers=1)
    error = refused(guest, room, "guest")
    assert (condition(error), error_type(error)) == ("service-unavailable", "wait")
    set_affiliation(owner, room, admin.bare, "admin")
    enter(admin, room, "admin")


def test_a_long_nickname_is_refused(owner):
    room = make_room(owner)
    other = owner.server.pool.take(owner.server, [])
    assert condition(refused(other.login(), room, "n" * 300)) == "not-acceptable"


@pytest.mark.parametrize("nick", [" guest", "guest ", "the  guest", "n" * 257])
def test_nobody_takes_a_nickname_that_confuses_others(owner, users, nick):
    """§13.6: also not by changing the own one."""
    guest = users().login()
    room = make_room(owner)
    assert condition(refused(guest, room, nick)) == "not-acceptable"
    enter(guest, room, "guest")
    guest.send(f"<presence to='{room}/{nick}'/>")
    assert condition(guest.expect(f"<presence type='error' from='{room}/{nick}'/>")) == "not-acceptable"


def test_guessing_a_password_ends_soon(owner, users):
    guest = users().login()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="baboonsblood")
    answers = []
    while "resource-constraint" not in answers and len(answers) < 500:
        answers.append(condition(refused(guest, room, "guest", password=f"guess {len(answers)}")))
    assert answers[:90] == ["not-authorized"] * 90 and answers[-1] == "resource-constraint"


def test_who_enters_again_is_told_everything_again(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.fence()
    guest.inbox.clear()
    enter(guest, room, "guest")
    assert guest.take(f"<presence from='{room}/owner'/>")


def test_presence_to_a_room_one_is_not_in_does_not_enter_it(owner, users):
    guest = users().login()
    room = make_room(owner)
    guest.send(f"<presence to='{room}/guest'/>")
    assert condition(guest.expect(f"<presence type='error' from='{room}/guest'/>")) == "not-acceptable"
    owner.expect_nothing(f"<presence from='{room}/guest'/>")


# The past (§7.2.13)

def talk(client, room, count):
    for number in range(count):
        client.say(room, f"line {number}", kind="groupchat")
        client.hear(f"line {number}")


def past(client):
    return [stanza for stanza in client.take("<message type='groupchat'><body/></message>")]


def lines(client):
    return [body(stanza) for stanza in past(client)]


def test_who_enters_is_shown_what_was_said_and_when(owner, users):
    guest = users().login()
    room = make_room(owner)
    talk(owner, room, 3)
    enter(guest, room, "guest")
    messages = past(guest)
    assert [body(message) for message in messages] == ["line 0", "line 1", "line 2"]
    for message in messages:
        assert message.get("from") == f"{room}/owner"
        assert message.find("delay:delay", NS).get("from") == room
        assert message.find(f"sid:stanza-id[@by='{room}']", NS) is not None
        assert message.find("occupant:occupant-id", NS) is not None


@pytest.mark.parametrize("wish, shown", [("maxstanzas='1'", ["line 2"]), ("maxstanzas='0'", []), ("maxchars='0'", []),
                                         ("seconds='3600'", ["line 0", "line 1", "line 2"]), ("seconds='0'", []),
                                         ("since='2100-01-01T00:00:00Z'", []), ("maxchars='nonsense'", ["line 0", "line 1", "line 2"])])
def test_who_enters_says_how_much_of_the_past_they_want(owner, users, wish, shown):
    guest = users().login()
    room = make_room(owner)
    talk(owner, room, 3)
    enter(guest, room, "guest", history=f"<history {wish}/>")
    assert lines(guest) == shown


def test_the_room_decides_how_much_of_the_past_is_shown(owner, users):
    guest = users().login()
    room = make_room(owner, muc__maxhistoryfetch=2)
    talk(owner, room, 4)
    enter(guest, room, "guest")
    assert lines(guest) == ["line 2", "line 3"]


def test_the_past_is_read_from_the_record_when_a_room_was_empty(owner, users):
    guest = users().login()
    room = make_room(owner, persistentroom=True)
    talk(owner, room, 3)
    owner.send(f"<presence type='unavailable' to='{room}/owner'/>")
    owner.expect("<presence type='unavailable'/>")
    enter(guest, room, "guest")
    assert lines(guest) == ["line 0", "line 1", "line 2"]


# Nicknames (§7.6) and availability (§7.7)

def test_a_nickname_is_changed_before_everybody(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<presence to='{room}/oldhag'/>")
    for client in (owner, guest):
        gone = client.expect(f"<presence type='unavailable' from='{room}/guest'/>")
        assert 303 in codes(gone) and item(gone).get("nick") == "oldhag"
        assert (110 in codes(gone)) == (client is guest)
    assert is_own(guest.expect(f"<presence from='{room}/oldhag'/>"))
    owner.expect(f"<presence from='{room}/oldhag'/>")
    guest.say(room, "who am I", kind="groupchat")
    assert owner.hear("who am I").get("from") == f"{room}/oldhag"


def test_a_nickname_that_somebody_has_cannot_be_taken(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<presence to='{room}/owner'/>")
    assert condition(guest.expect(f"<presence type='error' from='{room}/owner'/>")) == "conflict"


def test_availability_is_shown_to_everybody(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<presence to='{room}/guest'><show>xa</show><status>gone where the goblins go</status></presence>")
    owner.expect(f"<presence from='{room}/guest'><show>xa</show><status>gone where the goblins go</status></presence>")


def test_a_large_presence_is_refused(owner):
    room = make_room(owner)
    owner.send(f"<presence to='{room}/owner'><status>{'x' * 5000}</status></presence>")
    assert condition(owner.expect(f"<presence type='error' from='{room}/owner'/>")) == "not-acceptable"


def test_nobody_forges_what_the_room_says_about_them(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest", extra=f"<x xmlns='{NS['muc-user']}'><item affiliation='owner' role='moderator'/></x>"
                                      f"<occupant-id xmlns='{NS['occupant']}' id='forged'/>")
    seen = owner.expect(f"<presence from='{room}/guest'/>")
    assert [standing(seen), len(seen.findall("muc-user:x", NS))] == [("none", "participant"), 1]
    assert [each.get("id") == "forged" for each in seen.findall("occupant:occupant-id", NS)] == [False]


# Several devices under one nickname

def test_two_devices_of_a_person_share_a_nickname(owner, users):
    person = users()
    phone, desk = person.login("phone"), person.login("desk")
    room = make_room(owner)
    enter(phone, room, "guest")
    enter(desk, room, "guest")
    owner.say(room, "for both", kind="groupchat")
    for client in (phone, desk):
        client.hear("for both", sender=f"{room}/owner")
    phone.say(room, "from the phone", kind="groupchat")
    for client in (phone, desk, owner):
        client.hear("from the phone", sender=f"{room}/guest")


def test_the_nickname_stays_while_one_device_does(owner, users):
    person = users()
    phone, desk = person.login("phone"), person.login("desk")
    room = make_room(owner)
    enter(phone, room, "guest")
    enter(desk, room, "guest")
    phone.send(f"<presence type='unavailable' to='{room}/guest'/>")
    assert is_own(phone.expect(f"<presence type='unavailable' from='{room}/guest'/>"))
    owner.expect_nothing(f"<presence type='unavailable' from='{room}/guest'/>")
    desk.send(f"<presence type='unavailable' to='{room}/guest'/>")
    owner.expect(f"<presence type='unavailable' from='{room}/guest'/>")


# Leaving (§7.14) and being gone (§14)

def test_who_leaves_is_seen_to_leave(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<presence type='unavailable' to='{room}/guest'><status>gone</status></presence>")
    assert is_own(guest.expect(f"<presence type='unavailable' from='{room}/guest'/>"))
    seen = owner.expect(f"<presence type='unavailable' from='{room}/guest'><status>gone</status></presence>")
    assert standing(seen) == ("none", "none")
    owner.say(room, "alone", kind="groupchat")
    owner.hear("alone")
    guest.expect_nothing("<message><body>alone</body></message>")


@pytest.mark.parametrize("how", ["close", "cut"])
def test_who_signs_out_or_is_cut_off_leaves(owner, users, how):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    getattr(guest, how)()
    owner.expect(f"<presence type='unavailable' from='{room}/guest'/>")


def test_who_answers_with_an_error_is_taken_out(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<message type='error' to='{room}/owner'><error type='cancel'>"
               f"<recipient-unavailable xmlns='{NS['stanza-error']}'/></error></message>")
    assert 333 in codes(owner.expect(f"<presence type='unavailable' from='{room}/guest'/>"))
    assert {110, 333} <= codes(guest.expect(f"<presence type='unavailable' from='{room}/guest'/>"))


def test_everybody_is_told_when_the_service_goes_away(own_server, users):
    owner = users().login()
    room = make_room(owner)
    own_server.stop()
    assert {110, 332} <= codes(owner.expect(f"<presence type='unavailable' from='{room}/owner'/>"))


def test_a_room_of_more_than_a_hundred_is_shown_by_pages_without_a_gap(make_server, users):
    server = make_server(limits__sessions_per_user=500).start()
    owner = users(on=server).login()
    room = make_room(owner)
    crowd = users(on=server)
    for number in range(110):
        client = crowd.login(f"c{number}", presence=False)
        ask_in(client, room, f"n{number}", history="<history maxstanzas='0'/>")
        client.expect(is_own)
    guest = users(on=server).login(sm=True)
    ask_in(guest, room, "guest")
    owner.say(room, "meanwhile", kind="groupchat")
    guest.expect("<message><subject/></message>")
    seen = {stanza.get("from") for stanza in guest.take("<presence/>")}
    assert {f"{room}/n{number}" for number in range(110)} <= seen
    guest.hear("meanwhile")
    guest.expect_nothing("<message><body>meanwhile</body></message>", after=owner)
