"""XEP-0045 §7.8 and XEP-0249: who is invited to a room, what the invitation says, and what of it is on record."""

import pytest

from support.company import company, owner  # noqa: F401, fixtures
from support.elements import NS, condition, error_type
from support.rooms import configure, enter, error_of, listed, make_room, people, set_role

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")


def invite(client, room, *invited, reason="Come in"):
    letters = "".join(f"<invite to='{jid}'><reason>{reason}</reason></invite>" for jid in invited)
    client.send(f"<message to='{room}' id='inv'><x xmlns='{NS['muc-user']}'>{letters}</x></message>")


def test_an_invitation_reaches_the_person_from_the_room(server, company, users):
    room, owner, one, two = company
    friend = users().login()
    invite(one, room, friend.bare, reason="Hecate herself")
    message = friend.expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><invite from='{room}/one'>"
                            "<reason>Hecate herself</reason></invite></x></message>")
    assert message.find("{jabber:x:conference}x").get("jid") == room
    kinds = [record["from"] for record in server.archive_search(room=room, all=True) if "Hecate herself" in record["stanza"]]
    assert one.jid in kinds and room in kinds


def test_an_invitation_waits_for_who_is_away(company, users):
    room, owner, one, two = company
    person = users()
    person.login().close()
    invite(one, room, person.jid)
    one.fence()
    person.login().expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><invite/></x></message>")


def test_an_invitation_has_the_password(owner, users):
    friend = users().login()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="toilandtrouble")
    invite(owner, room, friend.bare)
    message = friend.expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><invite/></x></message>")
    secret = message.findtext("muc-user:x/muc-user:password", None, NS)
    enter(friend, room, "friend", password=secret)


def secrets_in(message):
    """The passwords of both forms of an invitation."""
    direct = message.find("{jabber:x:conference}x")
    return message.findtext("muc-user:x/muc-user:password", None, NS), direct.get("password") if direct is not None else None


def test_the_password_of_an_invitation_is_not_on_record_and_waits_for_who_is_away(server, owner, users):
    person = users()
    room = make_room(owner, passwordprotectedroom=True, roomsecret="fenny&amp;snake")
    invite(owner, room, person.jid, reason="by the cauldron")
    owner.fence()
    friend = person.login()
    assert secrets_in(friend.expect(f"<message from='{room}'/>")) == ("fenny&snake", "fenny&snake")
    friend.send(f"<iq type='set' id='h'><query xmlns='{NS['mam']}' queryid='h'/></iq>")
    friend.expect("<iq type='result' id='h'/>")
    [result] = friend.take(lambda element: element.find("mam:result", NS) is not None)
    assert secrets_in(result.find("mam:result/forward:forwarded/message", NS)) == ("fenny&snake", "fenny&snake")
    written = [record["stanza"] for record in server.archive_search(all=True, room=room)]
    assert any("by the cauldron" in stanza for stanza in written) and not any("fenny" in stanza for stanza in written)


@pytest.mark.parametrize("is_away", [False, True])
def test_the_password_of_a_direct_invitation_is_not_on_record(server, company, users, is_away):
    room, owner, one, two = company
    person = users()
    friend = None if is_away else person.login()
    one.send(f"<message to='{person.jid}'><x xmlns='jabber:x:conference' jid='{room}' reason='eye of newt' password='toe-of-frog'/></message>")
    one.fence()
    friend = friend or person.login()
    friend.expect(f"<message from='{one.jid}'><x xmlns='jabber:x:conference' jid='{room}' reason='eye of newt' password='toe-of-frog'/></message>")
    [stanza] = [record["stanza"] for record in server.archive_search(all=True, sender=one.jid) if "eye of newt" in record["stanza"]]
    assert "toe-of-frog" not in stanza


def test_the_password_of_a_whispered_invitation_is_not_on_record(server, company):
    room, owner, one, two = company
    one.send(f"<message type='chat' to='{room}/two'><body>there</body><x xmlns='jabber:x:conference' jid='{room}' password='adders-fork'/></message>")
    assert two.expect("<message><body>there</body></message>").find("{jabber:x:conference}x").get("password") == "adders-fork"
    written = [record["stanza"] for record in server.archive_search(all=True) if room in record["stanza"]]
    assert any("there" in stanza for stanza in written) and not any("adders-fork" in stanza for stanza in written)


def test_nobody_floods_a_room(server, company):
    """What somebody makes many hear counts together: here invitations, which count much, and then what follows on them."""
    room, owner, one, two = company
    for stanza, kind in ((f"<message type='groupchat' id='w1' to='{room}'><body>in a flood of words</body></message>", "message"),
                         (f"<presence id='w1' to='{room}/other'/>", "presence")):
        refused = []
        for _ in range(100):
            for _ in range(10):
                invite(one, room, "nobody@elsewhere.invalid")
            one.send(stanza)
            one.fence()
            if refused := one.take(f"<{kind} type='error' id='w1'/>"):
                break
        assert (condition(refused[0]), error_type(refused[0])) == ("resource-constraint", "wait")
    record = server.archive_search(room=room, all=True, words="in a flood of words")
    assert "room-pace" in {each.get("rule") for each in record}
    owner.say(room, "who runs the room goes on", kind="groupchat")
    two.hear("who runs the room goes on")


def test_who_is_invited_to_a_members_only_room_becomes_a_member(owner, users):
    friend = users().login()
    room = make_room(owner, membersonly=True)
    invite(owner, room, friend.bare)
    friend.expect(f"<message from='{room}'/>")
    assert listed(people(owner, room, affiliation="member")) == [friend.bare]
    enter(friend, room, "friend")


def test_who_may_not_invite_is_told_so(company, users):
    room, owner, one, two = company
    friend = users().login()
    assert configure(owner, room, allowinvites=False).get("type") == "result"
    invite(one, room, friend.bare)
    assert condition(error_of(one, "inv")) == "forbidden"
    friend.expect_nothing(f"<message from='{room}'/>")


def test_a_room_that_is_invited_to_itself_goes_on(company):
    room, owner, one, two = company
    invite(owner, room, room)
    owner.say(room, "still here", kind="groupchat")
    two.hear("still here")
    assert set_role(owner, room, "one", "visitor").get("type") == "result"


def test_an_invitation_is_declined(company, users):
    room, owner, one, two = company
    friend = users().login()
    invite(one, room, friend.bare)
    friend.expect(f"<message from='{room}'/>")
    friend.send(f"<message to='{room}'><x xmlns='{NS['muc-user']}'><decline to='{room}/one'><reason>too busy</reason></decline></x></message>")
    one.expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><decline from='{friend.bare}'><reason>too busy</reason></decline></x></message>")


def test_who_was_not_invited_cannot_decline(company, users):
    room, *_ = company
    stranger = users().login()
    stranger.send(f"<message to='{room}' id='d1'><x xmlns='{NS['muc-user']}'><decline to='{room}/one'/></x></message>")
    assert condition(error_of(stranger, "d1")) == "item-not-found"


def test_a_conversation_becomes_a_room_with_its_thread(owner, users):
    """§7.9: the invitation says that it goes on from there."""
    friend = users().login()
    room = make_room(owner)
    owner.send(f"<message to='{room}'><x xmlns='{NS['muc-user']}'><invite to='{friend.bare}'>"
               "<continue thread='e0ffe42b28561960c6b12b944a092794b9683a38'/></invite></x></message>")
    friend.expect(f"<message from='{room}'><x xmlns='{NS['muc-user']}'><invite>"
                  "<continue thread='e0ffe42b28561960c6b12b944a092794b9683a38'/></invite></x></message>")


def test_a_direct_invitation_is_a_message_between_people(company, users):
    room, owner, one, two = company
    friend = users().login()
    one.send(f"<message to='{friend.bare}'><x xmlns='jabber:x:conference' jid='{room}' reason='come'/></message>")
    friend.expect(f"<message from='{one.jid}'><x xmlns='jabber:x:conference' jid='{room}' reason='come'/></message>")
