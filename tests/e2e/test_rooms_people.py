"""XEP-0045 §8.2-8.5, §9, §10.3-10.8: kicking, voice, bans, members, moderators, administrators, owners; §7.10 registration."""

import pytest

from support.elements import NS, condition, error_type
from support.rooms import (change, codes, configure, discover, enter, is_own, form, item, listed, make_room, people, refused, set_affiliation,
                           set_role, standing)

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")
REGISTER = "http://jabber.org/protocol/muc#register"


@pytest.fixture
def owner(users):
    return users().login()


@pytest.fixture
def company(owner, users):
    """A room with its owner, an administrator, a moderator, a member and a guest."""
    room = make_room(owner)
    found = [room, owner]
    for nick, affiliation in (("admin", "admin"), ("moderator", None), ("member", "member"), ("guest", None)):
        client = users().login()
        if affiliation:
            assert set_affiliation(owner, room, client.bare, affiliation).get("type") == "result"
        enter(client, room, nick)
        if nick == "moderator":
            assert set_role(owner, room, nick, "moderator").get("type") == "result"
        found.append(client)
    for client in found[1:]:
        client.fence()
        client.inbox.clear()
    return found


def is_from(room, nick, kind=None):
    return lambda stanza: (stanza.tag == "{jabber:client}presence" and stanza.get("from") == f"{room}/{nick}" and stanza.get("type") == kind)


# Kicking (§8.2)

def test_who_is_kicked_is_told_why_and_by_whom(server, company):
    room, owner, admin, moderator, member, guest = company
    assert set_role(moderator, room, "guest", "none", reason="Avaunt, you cullion!").get("type") == "result"
    for client in (guest, owner):
        gone = client.expect(is_from(room, "guest", "unavailable"))
        assert 307 in codes(gone) and (110 in codes(gone)) == (client is guest)
        assert standing(gone) == ("none", "none")
        assert item(gone).findtext("muc-user:reason", None, NS) == "Avaunt, you cullion!"
        assert item(gone).find("muc-user:actor", NS).get("nick") == "moderator"
    record, = [each for each in server.archive_search(room=room, all=True) if "Avaunt" in each["stanza"]]
    assert (record["kind"], record["from"], record["refused"]) == ("iq", moderator.jid, False)


def test_nobody_is_kicked_by_who_is_no_moderator_and_the_attempt_is_on_record(server, company):
    room, owner, admin, moderator, member, guest = company
    error = set_role(member, room, "guest", "none")
    assert (condition(error), error_type(error)) == ("forbidden", "auth")
    guest.expect_nothing(is_from(room, "guest", "unavailable"))
    assert [each["rule"] for each in server.archive_search(room=room, sender=member.jid, all=True) if each["refused"]] == ["forbidden"]


def test_those_above_are_not_kicked(company):
    room, owner, admin, moderator, member, guest = company
    for nick in ("admin", "owner", "member"):
        error = set_role(moderator, room, nick, "none")
        assert (condition(error), error_type(error)) == ("not-allowed", "cancel")


def test_nobody_is_kicked_who_is_not_there(company):
    room, owner, *_ = company
    assert condition(set_role(owner, room, "nobody", "none")) == "item-not-found"


# Voice and moderators (§8.3-8.5, §9.6-9.8)

def test_voice_is_given_and_taken(company):
    room, owner, admin, moderator, member, guest = company
    assert set_role(moderator, room, "guest", "visitor").get("type") == "result"
    assert standing(owner.expect(is_from(room, "guest"))) == ("none", "visitor")
    assert set_role(moderator, room, "guest", "participant").get("type") == "result"
    assert standing(owner.expect(is_from(room, "guest"))) == ("none", "participant")


def test_voice_of_those_above_is_not_taken(company):
    room, owner, admin, moderator, member, guest = company
    assert condition(set_role(moderator, room, "admin", "visitor")) == "not-allowed"


def test_administrators_make_moderators_and_unmake_them(company):
    room, owner, admin, moderator, member, guest = company
    assert set_role(admin, room, "guest", "moderator").get("type") == "result"
    assert standing(guest.expect(is_from(room, "guest"))) == ("none", "moderator")
    assert set_role(admin, room, "moderator", "participant").get("type") == "result"
    assert standing(moderator.expect(is_from(room, "moderator"))) == ("none", "participant")


def test_moderators_make_no_moderators_and_administrators_always_moderate(company):
    room, owner, admin, moderator, member, guest = company
    assert condition(set_role(moderator, room, "guest", "moderator")) == "forbidden"
    assert condition(set_role(owner, room, "admin", "participant")) == "not-allowed"


def test_lists_by_role_are_for_moderators(company):
    room, owner, admin, moderator, member, guest = company
    assert set(listed(people(moderator, room, role="moderator"))) == {owner.jid, admin.jid, moderator.jid}
    assert set(listed(people(moderator, room, role="participant"))) == {member.jid, guest.jid}
    assert condition(people(guest, room, role="participant")) == "forbidden"


# Bans (§9.1, §9.2)

def test_who_is_banned_is_put_out_and_stays_out(company):
    room, owner, admin, moderator, member, guest = company
    assert set_affiliation(admin, room, guest.bare, "outcast", reason="Treason").get("type") == "result"
    for client in (guest, owner):
        gone = client.expect(is_from(room, "guest", "unavailable"))
        assert 301 in codes(gone) and standing(gone) == ("outcast", "none")
        assert item(gone).findtext("muc-user:reason", None, NS) == "Treason"
    assert condition(refused(guest, room, "guest")) == "forbidden"
    answer = people(admin, room, affiliation="outcast")
    assert listed(answer) == [guest.bare] and "Treason" in "".join(answer.itertext())
    assert set_affiliation(admin, room, guest.bare, "none").get("type") == "result"
    enter(guest, room, "guest")


def test_a_whole_domain_is_banned(company):
    room, owner, admin, moderator, member, guest = company
    assert set_affiliation(owner, room, guest.bare.split("@")[1], "outcast").get("type") == "result"
    guest.expect(is_from(room, "guest", "unavailable"))
    assert condition(refused(guest, room, "guest")) == "forbidden"
    owner.fence()
    assert not owner.take(is_from(room, "member", "unavailable"))  # whose own affiliation counts


def test_nobody_bans_those_above_or_themselves(company):
    room, owner, admin, moderator, member, guest = company
    assert condition(set_affiliation(admin, room, owner.bare, "outcast")) == "not-allowed"
    assert condition(set_affiliation(moderator, room, guest.bare, "outcast")) == "forbidden"
    error = set_affiliation(admin, room, admin.bare, "outcast")
    assert condition(error) in ("conflict", "not-allowed")
    assert condition(set_affiliation(owner, room, owner.bare, "outcast")) == "conflict"


def test_the_list_of_bans_is_for_administrators(company):
    room, owner, admin, moderator, member, guest = company
    for client in (moderator, member, guest):
        assert condition(people(client, room, affiliation="outcast")) == "forbidden"


# Members (§9.3-9.5)

def test_membership_gives_voice_in_a_moderated_room(owner, users):
    guest = users().login()
    room = make_room(owner, moderatedroom=True)
    enter(guest, room, "guest")
    assert set_affiliation(owner, room, guest.bare, "member").get("type") == "result"
    assert standing(guest.expect(lambda stanza: is_from(room, "guest")(stanza) and standing(stanza)[0] == "member")) == (
        "member", "participant")


def test_who_loses_membership_leaves_a_members_only_room(owner, users):
    guest = users().login()
    room = make_room(owner, membersonly=True)
    set_affiliation(owner, room, guest.bare, "member")
    enter(guest, room, "guest")
    assert set_affiliation(owner, room, guest.bare, "none").get("type") == "result"
    assert {110, 321} <= codes(guest.expect(is_from(room, "guest", "unavailable")))


def test_several_changes_are_made_all_or_none(company):
    room, owner, admin, moderator, member, guest = company
    one = f"<item jid='{guest.bare}' affiliation='member'/>"
    assert condition(change(admin, room, one, f"<item jid='{owner.bare}' affiliation='outcast'/>")) == "not-allowed"
    assert listed(people(admin, room, affiliation="member")) == [member.bare]
    two = f"<item jid='{moderator.bare}' affiliation='member'/>"
    assert change(admin, room, one, two).get("type") == "result"
    assert set(listed(people(admin, room, affiliation="member"))) == {guest.bare, member.bare, moderator.bare}


@pytest.mark.parametrize("wrong", ["<item/>", "<item jid='a@b.example' affiliation='nobility'/>", "", "<item affiliation='member'/>",
                                   "<item jid='a@b.example' nick='n' affiliation='member' role='none'/>"])
def test_a_change_that_says_nothing_is_refused(company, wrong):
    room, owner, *_ = company
    assert condition(change(owner, room, wrong)) == "bad-request"


def test_an_address_that_is_none_is_refused(company):
    room, owner, *_ = company
    assert condition(change(owner, room, "<item jid='@@' affiliation='member'/>")) == "jid-malformed"


def test_the_list_of_members_is_for_those_to_whom_addresses_are_no_secret(company):
    room, owner, admin, moderator, member, guest = company
    assert listed(people(moderator, room, affiliation="member")) == [member.bare]
    assert condition(people(guest, room, affiliation="member")) == "forbidden"
    assert configure(owner, room, whois="anyone").get("type") == "result"
    assert listed(people(guest, room, affiliation="member")) == [member.bare]


def test_everybody_hears_of_a_new_member_who_is_away_where_addresses_are_no_secret(owner, users):
    room, away = make_room(owner, whois="anyone"), users().login()
    assert set_affiliation(owner, room, away.bare, "member").get("type") == "result"
    note = owner.expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><item jid='{away.bare}'/></x></message>")
    assert item(note).get("affiliation") == "member"


# Administrators and owners (§10.3-10.8)

def test_owners_make_administrators_and_owners(company):
    room, owner, admin, moderator, member, guest = company
    assert set_affiliation(owner, room, guest.bare, "admin").get("type") == "result"
    assert standing(guest.expect(is_from(room, "guest"))) == ("admin", "moderator")
    assert set_affiliation(owner, room, guest.bare, "owner").get("type") == "result"
    assert standing(guest.expect(is_from(room, "guest"))) == ("owner", "moderator")
    assert set(listed(people(owner, room, affiliation="owner"))) == {owner.bare, guest.bare}
    assert set_affiliation(guest, room, owner.bare, "none").get("type") == "result"
    assert standing(owner.expect(is_from(room, "owner"))) == ("none", "participant")


def test_administrators_make_no_administrators(company):
    room, owner, admin, moderator, member, guest = company
    for affiliation in ("admin", "owner"):
        error = set_affiliation(admin, room, guest.bare, affiliation)
        assert (condition(error), error_type(error)) == ("forbidden", "auth")


def test_a_room_keeps_its_last_owner(company):
    room, owner, *_ = company
    error = set_affiliation(owner, room, owner.bare, "admin")
    assert (condition(error), error_type(error)) == ("conflict", "cancel")


def test_a_room_keeps_its_last_owner_when_the_form_names_none(company):
    room, owner, *_ = company
    error = configure(owner, room, roomowners=[])
    assert (condition(error), error_type(error)) == ("conflict", "cancel")


def test_an_administrator_does_not_ban_themselves(company):
    room, owner, admin, *_ = company
    error = set_affiliation(admin, room, admin.bare, "outcast")
    assert (condition(error), error_type(error)) == ("conflict", "cancel")


def test_who_has_the_role_already_may_stand_in_the_list(company):
    room, owner, admin, moderator, member, guest = company
    items = "<item nick='owner' role='moderator'/><item nick='guest' role='moderator'/>"
    assert change(admin, room, items).get("type") == "result"
    assert standing(guest.expect(is_from(room, "guest"))) == ("none", "moderator")
    assert change(moderator, room, "<item nick='owner' role='moderator'/>").get("type") == "result"


# Whose presence is shown (presencebroadcast)

def test_presence_of_visitors_is_hidden_where_that_is_set(owner, users):
    one, two = users().login(), users().login()
    room = make_room(owner, moderatedroom=True, presencebroadcast=["moderator", "participant"])
    enter(one, room, "one")
    enter(two, room, "two")
    two.fence()
    assert two.take(is_from(room, "owner")) and not two.take(is_from(room, "one"))
    assert not one.take(is_from(room, "two"))
    assert set_role(owner, room, "one", "participant").get("type") == "result"
    two.expect(is_from(room, "one"))
    assert set_role(owner, room, "one", "visitor").get("type") == "result"
    two.expect(is_from(room, "one", "unavailable"))


def test_who_is_hidden_is_hidden_whatever_they_do(owner, users):
    guest = users().login()
    room = make_room(owner, moderatedroom=True, presencebroadcast="moderator")
    enter(guest, room, "guest")
    guest.send(f"<presence to='{room}/other'/>")
    guest.expect(is_from(room, "other"))
    guest.send(f"<presence to='{room}/other'><show>away</show></presence>")
    guest.expect(f"<presence from='{room}/other'><show>away</show></presence>")
    owner.say(room, "who is there?", kind="groupchat")
    guest.hear("who is there?")
    items = guest.iq("get", f"<query xmlns='{NS['items']}'/>", room).findall("items:query/items:item", NS)
    assert [each.get("name") for each in items] == ["owner"]
    guest.send(f"<presence to='{room}/other' type='unavailable'/>")
    guest.expect(is_from(room, "other", "unavailable"))
    owner.fence()
    assert not [each for each in owner.take("<presence/>") if each.get("from") in (f"{room}/guest", f"{room}/other")]


def test_who_is_hidden_with_their_role_in_one_change_is_seen_to_leave(owner, users):
    one, two = users().login(), users().login()
    room = make_room(owner)
    enter(one, room, "one")
    enter(two, room, "two")
    two.expect(is_from(room, "one"))
    assert configure(owner, room, moderatedroom=True, presencebroadcast="moderator").get("type") == "result"
    assert standing(one.expect(lambda each: is_own(each) and standing(each)[1] == "visitor")) == ("none", "visitor")
    two.expect(is_from(room, "one", "unavailable"))
    two.fence()
    assert not two.take(is_from(room, "one"))
    assert configure(owner, room, moderatedroom=False, presencebroadcast=["moderator", "participant"]).get("type") == "result"
    two.expect(is_from(room, "one"))


# Registration (§7.10, §7.12, §9.9)

def register(client, room, nick):
    return client.iq("set", f"<query xmlns='{NS['register']}'>{form(REGISTER, muc__register_roomnick=nick)}</query>", room)


def test_who_registers_has_the_nickname_to_themselves(owner, users):
    guest, other = users().login(), users().login()
    room = make_room(owner)
    asked = guest.iq("get", f"<query xmlns='{NS['register']}'/>", room)
    assert "muc#register_roomnick" in [field.get("var") for field in asked.iter("{jabber:x:data}field")]
    assert register(guest, room, "thirdwitch").get("type") == "result"
    assert condition(refused(other, room, "thirdwitch")) == "conflict"
    assert condition(register(other, room, "thirdwitch")) == "conflict"
    assert standing(enter(guest, room, "thirdwitch")) == ("member", "participant")
    assert discover(guest, room, "x-roomuser-item")[2] == "thirdwitch"
    assert discover(other, room, "x-roomuser-item")[2] is None
    answer = guest.iq("get", f"<query xmlns='{NS['register']}'/>", room)
    assert answer.findtext("register:query/register:username", None, NS) == "thirdwitch"


def test_who_unregisters_is_a_member_no_more(owner, users):
    guest = users().login()
    room = make_room(owner)
    assert register(guest, room, "thirdwitch").get("type") == "result"
    remove = f"<query xmlns='{NS['register']}'><remove/></query>"
    assert guest.iq("set", remove, room).get("type") == "result"
    assert condition(guest.iq("set", remove, room)) == "item-not-found"
    assert listed(people(owner, room, affiliation="member")) == []


def test_registering_needs_a_nickname_and_no_ban(owner, users):
    guest = users().login()
    room = make_room(owner)
    assert condition(register(guest, room, "")) == "not-acceptable"
    assert condition(guest.iq("set", f"<query xmlns='{NS['register']}'/>", room)) == "bad-request"
    set_affiliation(owner, room, guest.bare, "outcast")
    assert condition(register(guest, room, "oldhag")) == "not-allowed"
    assert condition(guest.iq("get", f"<query xmlns='{NS['register']}'/>", room)) == "not-allowed"


def test_administrators_admit_who_asks_for_membership(owner, users):
    guest = users().login()
    room = make_room(owner, membersonly=True)
    assert register(guest, room, "thirdwitch").get("type") == "result"
    asked = owner.expect(f"<message from='{room}'><x xmlns='{NS['data']}' type='form'/></message>")
    assert guest.bare in "".join(asked.itertext())
    assert condition(refused(guest, room, "thirdwitch")) == "registration-required"
    answer = form(REGISTER, muc__register_jid=guest.bare, muc__register_allow=True)
    guest.send(f"<message to='{room}' id='r1'>{answer}</message>")
    assert condition(guest.expect("<message type='error' id='r1'/>")) == "forbidden"
    owner.send(f"<message to='{room}'>{answer}</message>")
    owner.fence()
    assert standing(enter(guest, room, "thirdwitch")) == ("member", "participant")
