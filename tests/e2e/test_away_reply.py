"""The automatic reply of somebody who is away: docs/away-message.md."""

import pytest

from support.elements import NS, condition
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("no specification has an automatic reply")

AUTOMATIC = "urn:chancery:auto-reply:0"
NODE = "urn:chancery:away"
COMMANDS = "http://jabber.org/protocol/commands"


def be(client, show="", status=""):
    client.send("<presence>" + (f"<show>{show}</show>" if show else "") + (f"<status>{status}</status>" if status else "")
                + "</presence>")
    client.fence()


def command(client, form=""):
    answer = client.iq("set", f"<command xmlns='{COMMANDS}' node='{NODE}'>{form}</command>", client.server.domain)
    return answer.find(f"{{{COMMANDS}}}command") if answer.get("type") == "result" else answer


def set_away(client, *lines):
    values = "".join(f"<value>{line}</value>" for line in lines)
    return command(client, f"<x xmlns='{NS['data']}' type='submit'><field var='text'>{values}</field></x>")


def replies(client, *after):
    """The automatic replies to what this client and those in `after` have said: a reply is recorded when the message
    has been delivered, and so before anything that is said later."""
    for sender in (*after, client):
        sender.fence()
    client.say(client.jid, "that is all")
    client.hear("that is all")
    return [reply.findtext("body", None, NS)
            for reply in client.take(f"<message><auto-reply xmlns='{AUTOMATIC}'/></message>")]


@pytest.fixture
def pair(friends):
    """Romeo and his friend, both there."""
    return friends[0].login("orchard"), friends[1].login("balcony")


# With the words of one's presence

@pytest.mark.parametrize("show", ["away", "xa"])
def test_a_friend_is_told_what_the_absent_says(pair, show):
    r, j = pair
    be(r, show, "back at three")
    j.say(r.bare, "are you there?")
    reply = j.expect(f"<message type='chat' from='{r.bare}' to='{j.jid}'><body>back at three</body>"
                     f"<auto-reply xmlns='{AUTOMATIC}'/></message>")
    assert reply.find(f"sid:stanza-id[@by='{j.bare}']", NS) is not None
    r.hear("are you there?")


@pytest.mark.parametrize("show, status", [("", "at my desk"), ("dnd", "in a meeting"), ("chat", "bored"), ("away", "")])
def test_who_is_there_or_has_nothing_to_say_sends_none(pair, show, status):
    r, j = pair
    be(r, show, status)
    j.say(r.bare, "are you there?")
    assert replies(j) == []


def test_one_reply_in_one_absence(pair):
    r, j = pair
    be(r, "away", "back at three")
    for number in range(3):
        j.say(r.bare, f"question {number}")
    assert replies(j) == ["back at three"]
    be(r, "xa", "back at four")
    j.say(r.bare, "and now?")
    assert replies(j) == []


def test_each_correspondent_gets_one(users):
    romeo, *others = users(4)
    for other in others:
        befriend(romeo, other)
    r = romeo.login()
    be(r, "away", "back at three")
    for other in others:
        client = other.login()
        client.say(romeo.jid, "are you there?")
        assert replies(client) == ["back at three"]


@pytest.mark.parametrize("end", ["comes back", "leaves"])
def test_the_next_absence_is_a_new_one(friends, pair, end):
    r, j = pair
    be(r, "away", "lunch")
    j.say(r.bare, "are you there?")
    assert replies(j) == ["lunch"]
    if end == "comes back":
        be(r)
    else:
        r.close()
        r = friends[0].login()
    be(r, "away", "tea")
    j.say(r.bare, "and now?")
    assert replies(j) == ["tea"]


def test_who_is_there_on_another_device_is_not_absent(friends, pair):
    r, j = pair
    phone = friends[0].login("phone")
    be(r, "away", "back at three")
    j.say(r.bare, "one")
    assert replies(j) == []
    be(phone, "away")
    j.say(r.bare, "two")
    assert replies(j) == ["back at three"]


def test_a_stranger_is_not_told_the_words_of_presence(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    be(r, "away", "at the friar's")
    t.say(romeo.jid, "where art thou?")
    assert replies(t) == []


# With a message that is set and taken back

def test_a_message_that_was_set_is_told_to_everybody_whether_one_is_there_or_not(users):
    romeo, juliet, tybalt = users(3)
    r, j, t = romeo.login(), juliet.login(), tybalt.login()
    assert set_away(r, "I am in Mantua.", "Write to Benvolio.").get("status") == "completed"
    j.say(romeo.jid, "are you there?")
    assert replies(j) == ["I am in Mantua.\nWrite to Benvolio."]
    r.close()
    t.say(romeo.jid, "a word with you")
    assert replies(t) == ["I am in Mantua.\nWrite to Benvolio."]
    j.say(romeo.jid, "still there?")
    assert replies(j) == []


def test_signing_in_does_not_end_an_absence_that_was_set(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    set_away(r, "in Mantua")
    j.say(romeo.jid, "one")
    assert replies(j) == ["in Mantua"]
    be(r)
    be(romeo.login("phone"), "", "hello")
    j.say(romeo.jid, "two")
    assert replies(j) == []


def test_emptying_it_ends_it(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    set_away(r, "in Mantua")
    assert set_away(r).get("status") == "completed"
    j.say(romeo.jid, "one")
    assert replies(j) == []
    set_away(r, "in Padua")
    j.say(romeo.jid, "two")
    assert replies(j) == ["in Padua"]


def test_the_form_shows_what_is_set(server, users):
    r = users().login()
    set_away(r, "in Mantua")
    asked = command(r)
    assert asked.get("status") == "executing"
    assert asked.findtext("data:x[@type='form']/data:field[@var='text']/data:value", None, NS) == "in Mantua"
    items = r.iq("get", f"<query xmlns='{NS['items']}' node='{COMMANDS}'/>", server.domain)
    assert items.find(f"items:query/items:item[@node='{NODE}']", NS) is not None


def test_the_account_says_that_its_server_answers(users):
    r = users().login()
    info = r.iq("get", f"<query xmlns='{NS['info']}'/>", r.bare)
    assert info.find(f"info:query/info:feature[@var='{AUTOMATIC}']", NS) is not None


def test_a_message_of_more_than_four_kib_is_not_acceptable(users):
    assert condition(set_away(users().login(), "x" * 4097)) == "not-acceptable"


def test_it_outlives_a_restart(own_server, users):
    romeo, juliet = users(2)
    r = romeo.login()
    set_away(r, "in Mantua")
    r.close()
    own_server.restart()
    j = juliet.login()
    j.say(romeo.jid, "are you there?")
    assert replies(j) == ["in Mantua"]


# What is not answered

@pytest.fixture
def absent(users):
    """Romeo with an away message, and somebody who writes to him."""
    romeo, juliet = users(2)
    r, j = romeo.login("orchard"), juliet.login("balcony")
    set_away(r, "in Mantua")
    return r, j


@pytest.mark.parametrize("kind", ["groupchat", "headline", "error"])
def test_only_what_a_person_writes_to_a_person_is_answered(absent, kind):
    r, j = absent
    j.say(r.jid, "news", kind=kind)
    assert replies(j) == []
    j.say(r.jid, "and now in person", kind="normal")
    assert replies(j) == ["in Mantua"]


@pytest.mark.parametrize("payload", [
    "<received xmlns='urn:xmpp:receipts' id='m1'/>",
    "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
])
def test_what_has_no_words_is_not_answered(absent, payload):
    r, j = absent
    j.send(f"<message type='chat' to='{r.jid}'>{payload}</message>")
    assert replies(j) == []


def test_an_automatic_reply_is_not_answered_by_another(absent):
    r, j = absent
    set_away(j, "in Verona")
    j.say(r.bare, "are you there?")
    assert replies(j, r) == ["in Mantua"]
    assert replies(r, j) == []


def test_a_clients_own_automatic_reply_is_not_answered_when_it_says_so(absent):
    r, j = absent
    j.send(f"<message type='chat' to='{r.bare}'><body>I am a machine</body><auto-reply xmlns='{AUTOMATIC}'/></message>")
    assert replies(j) == []


def test_somebody_blocked_is_told_nothing(absent):
    r, j = absent
    r.iq("set", f"<block xmlns='{NS['block']}'><item jid='{j.bare}'/></block>")
    j.say(r.bare, "are you there?")
    assert replies(j) == []


def test_oneself_is_told_nothing(absent):
    r, _ = absent
    r.say(r.bare, "note to self")
    assert replies(r) == []


def test_a_refused_message_is_not_answered(absent):
    r, j = absent
    j.send(f"<message type='chat' to='{r.bare}' id='e1'><body>secret</body>"
           "<encrypted xmlns='eu.siacs.conversations.axolotl'/></message>")
    assert condition(j.expect("<message type='error' id='e1'/>")) == "policy-violation"
    assert replies(j) == []


# The record

def test_the_reply_is_on_record_and_in_the_history_of_both(server, absent):
    r, j = absent
    j.say(r.bare, "are you there?")
    assert replies(j) == ["in Mantua"]
    found = server.archive_search(sender=r.bare, to=j.bare)
    assert [record["body"] for record in found] == ["in Mantua"]
    assert AUTOMATIC in found[0]["stanza"]
    for client in (r, j):
        client.iq("set", f"<query xmlns='{NS['mam']}'/>")
        history = client.take(f"<message><result xmlns='{NS['mam']}'/></message>")
        assert any(f"{{{AUTOMATIC}}}auto-reply" in {child.tag for child in message.iter()} for message in history)
