"""XEP-0045 §7.4 messages, §7.5 private messages, §8.1 the subject, §7.8 invitations, §7.13 voice; what is on record of them."""

import pytest

from support.elements import NS, body, condition, error_type
from support.rooms import configure, enter, form, listed, make_room, new_room, people, set_affiliation, set_role, standing
from support.stream_management import resume

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")
REQUEST = "http://jabber.org/protocol/muc#request"


@pytest.fixture
def owner(users):
    return users().login()


@pytest.fixture
def company(owner, users):
    """A room with its owner and two guests, `one` and `two`."""
    one, two = users().login(), users().login()
    room = make_room(owner)
    enter(one, room, "one")
    enter(two, room, "two")
    return room, owner, one, two


def error_of(client, name):
    return client.expect(f"<message type='error' id='{name}'/>")


# Messages (§7.4)

def test_everybody_hears_what_is_said_under_the_nickname(company):
    room, *clients = company
    name = clients[1].say(room, "Harpier cries: 'tis time", kind="groupchat")
    for client in clients:
        message = client.hear("Harpier cries: 'tis time")
        assert (message.get("from"), message.get("to"), message.get("id"), message.get("type")) == (
            f"{room}/one", client.jid, name, "groupchat")
        assert message.find(f"sid:stanza-id[@by='{room}']", NS) is not None


def test_one_record_has_the_real_address_and_what_the_room_shows(server, company):
    room, owner, one, two = company
    one.say(room, "on the record", kind="groupchat")
    two.hear("on the record")
    records = server.archive_search(words="record", room=room)
    assert len(records) == 1
    record = records[0]
    assert (record["from"], record["to"], record["kind"]) == (one.jid, room, "message")
    assert f"from='{room}/one'" in record["stanza"] and one.bare not in record["stanza"]


def test_who_is_not_there_cannot_speak_and_the_attempt_is_on_record(server, owner, users):
    guest = users().login()
    room = make_room(owner)
    name = guest.say(room, "let me in", kind="groupchat")
    error = error_of(guest, name)
    assert (condition(error), error_type(error), error.get("from")) == ("not-acceptable", "modify", room)
    owner.expect_nothing("<message><body>let me in</body></message>")
    record, = server.archive_search(words="let", room=room)
    assert (record["refused"], record["rule"], record["from"]) == (True, "room-entered", guest.jid)


def test_visitors_of_a_moderated_room_have_no_voice(server, owner, users):
    guest = users().login()
    room = make_room(owner, moderatedroom=True)
    assert standing(enter(guest, room, "guest")) == ("none", "visitor")
    error = error_of(guest, guest.say(room, "may I", kind="groupchat"))
    assert (condition(error), error_type(error)) == ("forbidden", "auth")
    record, = server.archive_search(sender=guest.jid, room=room)
    assert record["rule"] == "room-voice"


def test_in_a_room_for_announcements_only_those_who_run_it_speak(owner, users):
    member = users().login()
    room = make_room(owner, **{"{urn:chancery:rooms:0}announcements": True})
    set_affiliation(owner, room, member.bare, "member")
    assert standing(enter(member, room, "member")) == ("member", "visitor")
    assert condition(error_of(member, member.say(room, "me too", kind="groupchat"))) == "forbidden"
    owner.say(room, "hear ye", kind="groupchat")
    member.hear("hear ye")


def test_a_room_that_is_not_there_hears_nothing(server, owner):
    error = error_of(owner, owner.say(new_room(server), "anybody?", kind="groupchat"))
    assert condition(error) == "item-not-found"


def test_the_service_itself_takes_no_messages(server, owner):
    error = error_of(owner, owner.say(f"rooms.{server.domain}", "anybody?"))
    assert condition(error) == "service-unavailable"


def test_a_chat_to_the_room_is_no_message_for_a_room(company):
    room, owner, one, two = company
    assert condition(error_of(one, one.say(room, "hello", kind="chat"))) == "bad-request"


def test_end_to_end_encryption_is_refused_in_rooms_too(company):
    room, owner, one, two = company
    one.send(f"<message type='groupchat' to='{room}' id='e2e'><encrypted xmlns='urn:xmpp:omemo:2'/></message>")
    assert condition(error_of(one, "e2e")) == "policy-violation"


def test_a_sign_of_typing_is_passed_on_and_not_kept_for_later(company, users):
    room, owner, one, two = company
    one.send(f"<message type='groupchat' to='{room}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    two.expect(f"<message from='{room}/one'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    late = users().login()
    enter(late, room, "late")
    assert not late.take("<message type='groupchat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")


def test_nobody_forges_what_the_room_says_in_a_message(company):
    room, owner, one, two = company
    one.send(f"<message type='groupchat' to='{room}'><body>forged</body><x xmlns='{NS['muc-user']}'><status code='104'/></x>"
             f"<occupant-id xmlns='{NS['occupant']}' id='forged'/><stanza-id xmlns='{NS['sid']}' by='{room}' id='forged'/>"
             f"<delay xmlns='{NS['delay']}' from='{room}' stamp='2000-01-01T00:00:00Z'/>"
             f"<retract xmlns='{NS['retract']}' id='x'><moderated xmlns='{NS['moderate']}' by='{room}'/></retract></message>")
    message = two.hear("forged")
    assert message.find("muc-user:x", NS) is None and message.find("delay:delay", NS) is None
    assert message.find("retract:retract", NS) is None
    assert [each.get("id") == "forged" for each in message.findall("sid:stanza-id", NS)] == [False]
    assert [each.get("id") == "forged" for each in message.findall("occupant:occupant-id", NS)] == [False]


def test_messages_come_in_the_order_of_the_record_to_everybody(company):
    room, owner, one, two = company
    for number in range(30):
        (one if number % 2 else two).say(room, f"m{number}", kind="groupchat")
    heard = []
    for client in (owner, one, two):
        messages = [client.expect("<message type='groupchat'><body/></message>") for _ in range(30)]
        heard.append([body(message) for message in messages])
    assert heard[0] == heard[1] == heard[2] and len(set(heard[0])) == 30


# Occupant ids (XEP-0421)

def test_who_resumes_a_stream_gets_what_the_room_said_meanwhile(company, users):
    room, owner, _, _ = company
    person = users()
    away = person.login(sm=True)
    enter(away, room, "away")
    away.fence()
    handled, jid = away.answered, away.jid
    away.cut()
    for number in range(5):
        owner.say(room, f"meanwhile {number}", kind="groupchat")
        owner.hear(f"meanwhile {number}")
    back, answer = resume(person, away.sm_id, handled)
    assert answer.tag.endswith("resumed")
    back.hear("meanwhile 4")
    heard = back.take("<message/>")
    assert [body(message) for message in heard] == [f"meanwhile {number}" for number in range(4)]
    assert {(message.get("to"), message.get("from")) for message in heard} == {(jid, f"{room}/owner")}
    assert all(message.find(f"sid:stanza-id[@by='{room}']", NS) is not None for message in heard)
    back.jid = jid
    back.say(room, "and on", kind="groupchat")
    for client in (owner, back):
        client.hear("and on")
    back.expect_nothing("<message><body>and on</body></message>", after=owner)


def test_who_comes_back_with_the_same_resource_hears_everything_once(company, users):
    room, owner, _, _ = company
    person = users()
    for attempt in range(3):
        client = person.login("orchard")  # takes the place of the one before
        enter(client, room, "guest")
        owner.say(room, f"attempt {attempt}", kind="groupchat")
        client.hear(f"attempt {attempt}")
        client.expect_nothing(f"<message><body>attempt {attempt}</body></message>", after=owner)


def test_who_becomes_a_moderator_sees_addresses_from_then_on_and_who_was_one_no_more(company):
    room, owner, one, two = company

    def address_seen():
        two.send(f"<presence to='{room}/two'><status>word</status></presence>")
        seen = one.expect(f"<presence from='{room}/two'><status>word</status></presence>")
        return seen.find("muc-user:x/muc-user:item", NS).get("jid")

    assert address_seen() is None
    set_role(owner, room, "one", "moderator")
    assert address_seen() == two.jid
    set_role(owner, room, "one", "participant")
    assert address_seen() is None


def test_an_occupant_has_the_same_id_whenever_they_come_and_another_one_in_each_room(company, users):
    room, owner, one, two = company

    def id_in(place, nick):
        one.say(place, "me", kind="groupchat")
        return one.hear("me", sender=f"{place}/{nick}").find("occupant:occupant-id", NS).get("id")

    first = id_in(room, "one")
    one.send(f"<presence type='unavailable' to='{room}/one'/>")
    own = enter(one, room, "another")
    assert own.find("occupant:occupant-id", NS).get("id") == first == id_in(room, "another")
    assert id_in(make_room(one, "one"), "one") != first
    assert len(first) <= 128 and one.bare.split("@")[0] not in first


# Private messages (§7.5)

def test_a_private_message_goes_to_one_person_only(server, company):
    room, owner, one, two = company
    one.say(f"{room}/two", "psst aside", kind="chat")
    message = two.hear("psst aside")
    assert (message.get("from"), message.get("to"), message.get("type")) == (f"{room}/one", two.jid, "chat")
    assert message.find("muc-user:x", NS) is not None
    owner.expect_nothing("<message><body>psst aside</body></message>", after=one)
    records = server.archive_search(words="psst")
    assert sorted((record["from"], record["to"]) for record in records) == sorted(
        [(one.jid, f"{room}/two"), (f"{room}/one", two.jid)]), "what was written, and what was handed on"


def history(client, peer):
    """The forwarded messages that the person exchanged with an address."""
    asked = form(NS["mam"], **{"with": peer})
    assert client.iq("set", f"<query xmlns='{NS['mam']}'>{asked}</query>").get("type") == "result"
    results = client.take(f"<message><result xmlns='{NS['mam']}'/></message>")
    return [each.find("mam:result/forward:forwarded/{jabber:client}message", NS)
            for each in results], [each.find("mam:result", NS).get("id") for each in results]


def test_both_find_a_private_message_in_their_own_history_and_no_real_address(company):
    room, owner, one, two = company
    one.say(f"{room}/two", "for thee alone", name="w1")
    heard = two.hear("for thee alone")
    (sent,), _ = history(one, f"{room}/two")
    assert (sent.get("from"), sent.get("to"), body(sent)) == (one.jid, f"{room}/two", "for thee alone")
    (received,), (number,) = history(two, f"{room}/one")
    assert (received.get("from"), received.get("to"), body(received)) == (f"{room}/one", two.jid, "for thee alone")
    assert heard.find("sid:stanza-id", NS).get("id") == number and heard.find("sid:stanza-id", NS).get("by") == two.bare
    assert all(each.find("muc-user:x", NS) is not None for each in (sent, received))
    assert history(two, one.bare) == ([], []) and history(one, two.bare) == ([], [])
    assert history(owner, room) == ([], [])


def test_who_comes_back_finds_what_was_whispered(company, users):
    room, owner, one, _ = company
    person = users()
    guest = person.login()
    enter(guest, room, "guest")
    one.say(f"{room}/guest", "while thou wert there")
    guest.hear("while thou wert there")
    guest.close()
    (message,), _ = history(person.login(), f"{room}/one")
    assert body(message) == "while thou wert there"


def test_a_refused_private_message_is_in_no_history(company):
    room, owner, one, two = company
    assert configure(owner, room, allowpm="none").get("type") == "result"
    error_of(one, one.say(f"{room}/two", "psst"))
    assert history(one, f"{room}/two") == ([], [])


def test_a_private_message_is_copied_to_the_devices_under_the_same_nickname(users, server):
    """XEP-0280 §6.1."""
    host, pair = users().login(), users()
    phone, desk, tablet = (pair.login(name) for name in ("phone", "desk", "tablet"))
    room = make_room(host)
    for client in (phone, desk):
        enter(client, room, "pair")
    for client in (phone, desk, tablet):
        assert client.iq("set", f"<enable xmlns='{NS['carbons']}'/>").get("type") == "result"
    phone.say(f"{room}/owner", "from the phone")
    host.hear("from the phone")
    carbon = desk.expect(f"<message><sent xmlns='{NS['carbons']}'/></message>")
    inner = carbon.find("carbons:sent/forward:forwarded/", NS)
    assert (inner.get("from"), inner.get("to"), body(inner)) == (phone.jid, f"{room}/owner", "from the phone")
    assert inner.find("muc-user:x", NS) is not None
    tablet.expect_nothing(after=host)
    host.say(f"{room}/pair", "to both")
    for client in (phone, desk):
        client.hear("to both")
    for client in (phone, desk, tablet):
        client.expect_nothing("<message><received xmlns='urn:xmpp:carbons:2'/></message>", after=host)
    phone.send(f"<message type='chat' to='{room}/owner'><body>hush</body><private xmlns='{NS['carbons']}'/></message>")
    host.hear("hush")
    desk.expect_nothing(f"<message><sent xmlns='{NS['carbons']}'/></message>", after=host)


def test_a_private_message_to_nobody_is_refused(company):
    room, owner, one, two = company
    assert condition(error_of(one, one.say(f"{room}/nobody", "psst"))) == "item-not-found"


def test_a_private_message_from_outside_is_refused(company, users):
    room, owner, *_ = company
    stranger = users().login()
    assert condition(error_of(stranger, stranger.say(f"{room}/one", "psst"))) == "not-acceptable"


def test_a_groupchat_to_one_person_is_refused(company):
    room, owner, one, two = company
    assert condition(error_of(one, one.say(f"{room}/two", "psst", kind="groupchat"))) == "bad-request"


@pytest.mark.parametrize("allowed, guest_may, owner_may", [("none", False, False), ("moderators", False, True), ("participants", True, True)])
def test_the_room_says_who_may_write_privately(company, allowed, guest_may, owner_may):
    room, owner, one, two = company
    assert configure(owner, room, allowpm=allowed).get("type") == "result"
    for client, may in ((one, guest_may), (owner, owner_may)):
        name = client.say(f"{room}/two", f"psst {allowed} {may}")
        if may:
            two.hear(f"psst {allowed} {may}")
        else:
            assert condition(error_of(client, name)) == "forbidden"


def test_who_is_blocked_cannot_write_privately(company):
    room, owner, one, two = company
    two.iq("set", f"<block xmlns='{NS['block']}'><item jid='{room}/one'/></block>")
    assert condition(error_of(one, one.say(f"{room}/two", "psst"))) == "service-unavailable"


# The subject (§8.1)

def test_a_moderator_changes_the_subject_and_latecomers_see_it(company, users):
    room, owner, one, two = company
    owner.send(f"<message type='groupchat' to='{room}'><subject>Fire Burn and Cauldron Bubble!</subject></message>")
    for client in (owner, one, two):
        message = client.expect("<message type='groupchat'><subject>Fire Burn and Cauldron Bubble!</subject></message>")
        assert message.get("from") == f"{room}/owner"
    late = users().login()
    late.send(f"<presence to='{room}/late'><x xmlns='{NS['muc']}'/></presence>")
    late.expect(f"<message type='groupchat' from='{room}/owner'><subject>Fire Burn and Cauldron Bubble!</subject></message>")


def test_who_may_not_change_the_subject_is_told_so(server, company):
    room, owner, one, two = company
    one.send(f"<message type='groupchat' to='{room}' id='s1'><subject>mine</subject></message>")
    assert condition(error_of(one, "s1")) == "forbidden"
    two.expect_nothing("<message><subject>mine</subject></message>")
    assert configure(owner, room, changesubject=True).get("type") == "result"
    one.send(f"<message type='groupchat' to='{room}'><subject>mine</subject></message>")
    two.expect(f"<message from='{room}/one'><subject>mine</subject></message>")


def test_a_subject_that_fills_screens_is_refused(company):
    room, owner, one, two = company
    owner.send(f"<message type='groupchat' to='{room}' id='s2'><subject>{'x' * 20_000}</subject></message>")
    assert condition(error_of(owner, "s2")) == "not-acceptable"
    two.expect_nothing("<message><subject/></message>", after=owner)


def test_a_title_of_a_message_is_no_subject_of_the_room(company):
    room, owner, one, two = company
    one.send(f"<message type='groupchat' to='{room}'><subject>title</subject><body>text</body></message>")
    two.hear("text")


# Invitations (§7.8)

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


# Voice (§7.13, §8.6)

def test_a_visitor_asks_for_voice_and_gets_it(server, owner, users):
    guest = users().login()
    room = make_room(owner, moderatedroom=True)
    enter(guest, room, "guest")
    guest.send(f"<message to='{room}'>{form(REQUEST, muc__role='participant')}</message>")
    asked = owner.expect(f"<message from='{room}'><x xmlns='{NS['data']}' type='form'/></message>")
    fields = {field.get("var"): field.findtext("data:value", None, NS) for field in asked.find("data:x", NS)if field.get("var")}
    assert (fields["muc#roomnick"], fields["muc#jid"]) == ("guest", guest.jid)
    answer = form(REQUEST, muc__role="participant", muc__jid=guest.jid, muc__roomnick="guest", muc__request_allow=True)
    owner.send(f"<message to='{room}'>{answer}</message>")
    assert standing(guest.expect(lambda stanza: stanza.get("from") == f"{room}/guest" and standing(stanza)[1] == "participant"))
    guest.say(room, "thank you", kind="groupchat")
    owner.hear("thank you")
    assert any("muc#request_allow" in record["stanza"] for record in server.archive_search(room=room, all=True))


def test_only_moderators_give_voice(company):
    room, owner, one, two = company
    answer = form(REQUEST, muc__roomnick="one", muc__request_allow=True)
    one.send(f"<message to='{room}' id='v1'>{answer}</message>")
    assert condition(error_of(one, "v1")) == "forbidden"


def test_who_has_voice_does_not_ask_for_it(company):
    room, owner, one, two = company
    one.send(f"<message to='{room}' id='v2'>{form(REQUEST, muc__role='participant')}</message>")
    assert condition(error_of(one, "v2")) == "forbidden"


def test_voice_that_is_taken_away_is_gone(company):
    room, owner, one, two = company
    assert set_role(owner, room, "one", "visitor").get("type") == "result"
    assert condition(error_of(one, one.say(room, "mute", kind="groupchat"))) == "forbidden"
