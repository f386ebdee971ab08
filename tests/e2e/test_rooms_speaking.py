"""XEP-0045 §7.4 messages, §8.1 the subject, §7.13 voice; XEP-0421 occupant ids; what is on record of them."""

import pytest

from support.company import company, owner  # noqa: F401, fixtures
from support.elements import NS, body, condition, error_type
from support.rooms import configure, enter, error_of, form, make_room, new_room, set_affiliation, set_role, standing
from support.stream_management import resume

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")
REQUEST = "http://jabber.org/protocol/muc#request"


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


# Coming back

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


# Who is who (§8.6, XEP-0421)

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
