"""XEP-0352: what a client need not be told while nobody looks at it, and when it is told all the same."""

import pytest

from support.elements import NS, body

only_chancery = pytest.mark.only_chancery
pytestmark = only_chancery("what is held back is left to the server")

STATES = "http://jabber.org/protocol/chatstates"
EVENT = "http://jabber.org/protocol/pubsub#event"


def say_state(client, state):
    """active or inactive, and what came before that is forgotten."""
    client.send(f"<{state} xmlns='{NS['csi']}'/>")
    client.fence()
    client.inbox.clear()


def told(client):
    """What has come, in order, each as its status, body, chat state, type or name."""
    words = []
    for element in client.inbox:
        for carbon in element.iter("{jabber:client}message"):
            element = carbon
        if element.tag == "{%s}r" % NS["sm"]:
            continue
        state = next((child.tag.split("}")[1] for child in element if child.tag.startswith("{" + STATES)), None)
        words.append(element.findtext("status", None, NS) or body(element) or state or element.get("type")
                     or element.tag.split("}")[1])
    client.inbox.clear()
    return words


def status(client, text):
    client.send(f"<presence><status>{text}</status></presence>")
    client.fence()


def chat_state(client, to, state):
    client.send(f"<message type='chat' to='{to}'><{state} xmlns='{STATES}'/></message>")
    client.fence()


@pytest.fixture
def scene(friends):
    """Romeo's client at which nobody looks, and his friend's."""
    romeo, juliet = friends
    r, j = romeo.login("orchard"), juliet.login("balcony")
    r.expect(f"<presence from='{j.jid}'/>")
    j.expect(f"<presence from='{r.jid}'/>")
    say_state(r, "inactive")
    return r, j


def test_of_presence_only_the_last_comes_and_before_what_matters(scene):
    r, j = scene
    for text in ("one", "two", "three"):
        status(j, text)
    j.say(r.jid, "look at this")
    j.fence()
    r.fence()
    assert told(r) == ["three", "look at this"]


def test_each_device_has_a_last_presence_of_its_own(scene, friends):
    r, j = scene
    garden = friends[1].login("garden")
    status(j, "at the balcony")
    status(garden, "in the garden")
    status(j, "still at the balcony")
    j.say(r.jid, "look at this")
    j.fence()
    r.fence()
    assert told(r) == ["in the garden", "still at the balcony", "look at this"]


def test_who_leaves_is_seen_to_leave(scene):
    r, j = scene
    status(j, "here")
    j.send("<presence type='unavailable'><status>gone</status></presence>")
    j.fence()
    r.send(f"<active xmlns='{NS['csi']}'/>")
    r.expect(f"<presence type='unavailable' from='{j.jid}'><status>gone</status></presence>")
    assert told(r) == []


def test_becoming_active_brings_what_was_held_at_once_and_in_order(scene):
    r, j = scene
    chat_state(j, r.jid, "composing")
    status(j, "one")
    chat_state(j, r.jid, "paused")
    r.send(f"<active xmlns='{NS['csi']}'/>")
    r.fence()
    assert told(r) == ["one", "paused"]
    status(j, "two")
    status(j, "three")
    r.expect("<presence><status>two</status></presence>")
    r.expect("<presence><status>three</status></presence>")


def test_a_chat_state_waits_and_a_message_does_not(scene):
    r, j = scene
    for state in ("active", "composing", "paused", "composing"):
        chat_state(j, r.jid, state)
    j.say(r.jid, "done")
    r.hear("done")
    assert told(r) == ["composing"]


def test_a_chat_state_of_the_own_other_device_waits_too(scene, friends):
    r, j = scene
    r.iq("set", f"<enable xmlns='{NS['carbons']}'/>")
    phone = friends[0].login("phone")
    say_state(r, "inactive")
    chat_state(phone, j.bare, "composing")
    chat_state(phone, j.bare, "paused")
    phone.say(j.bare, "from the phone")
    phone.fence()
    r.fence()
    assert told(r) == ["paused", "from the phone"]


def test_every_notification_of_a_published_item_comes(scene):
    r, j = scene
    for number in range(3):
        j.send(f"<message type='headline' to='{r.jid}' id='e{number}'><event xmlns='{EVENT}'><items node='n'/></event></message>")
    status(j, "published")
    r.send(f"<active xmlns='{NS['csi']}'/>")
    r.fence()
    assert [element.get("id") for element in r.inbox[:3]] == ["e0", "e1", "e2"]


@pytest.mark.parametrize("kind", ["subscribe", "subscribed", "unsubscribe", "unsubscribed"])
def test_a_subscription_does_not_wait(users, kind):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    r.roster()
    if kind == "subscribed":
        r.send(f"<presence type='subscribe' to='{juliet.jid}'/>")
        j.expect("<presence type='subscribe'/>")
    elif kind != "subscribe":
        asker, answerer = (r, j) if kind == "unsubscribed" else (j, r)
        asker.send(f"<presence type='subscribe' to='{answerer.bare}'/>")
        answerer.expect("<presence type='subscribe'/>")
        answerer.send(f"<presence type='subscribed' to='{asker.bare}'/>")
        asker.expect("<presence type='subscribed'/>")
    say_state(r, "inactive")
    j.send(f"<presence type='{kind}' to='{romeo.jid}'/>")
    r.expect(f"<presence type='{kind}' from='{juliet.jid}'/>")


def test_a_request_of_another_client_does_not_wait(scene):
    r, j = scene
    status(j, "asking")
    j.send(f"<iq type='get' id='v1' to='{r.jid}'><query xmlns='{NS['version']}'/></iq>")
    r.expect("<iq type='get' id='v1'/>")
    assert told(r) == ["asking"]


def test_more_than_the_server_holds_comes_at_once(scene):
    r, j = scene
    j.send("".join(f"<message type='headline' to='{r.jid}' id='e{number}'><event xmlns='{EVENT}'/></message>"
                   for number in range(500)))
    r.expect("<message id='e499'/>")
    assert [element.get("id") for element in r.inbox] == [f"e{number}" for number in range(499)]


def test_a_lost_connection_loses_nothing_that_was_held(friends):
    """XEP-0352 §5.2: and a resumed stream is active."""
    from test_stream_management import kind, resume
    romeo, juliet = friends
    r, j = romeo.login("orchard", sm=True), juliet.login("balcony")
    r.expect(f"<presence from='{j.jid}'/>")
    say_state(r, "inactive")
    handled = r.answered
    status(j, "one")
    r.cut()
    status(j, "two")
    j.say(f"{romeo.jid}/orchard", "while away")
    j.fence()
    status(j, "three")
    status(j, "four")
    back, answer = resume(romeo, r.sm_id, handled)
    assert kind(answer) == "resumed"
    back.expect("<presence><status>four</status></presence>")
    assert told(back) == ["two", "while away"]
    status(j, "five")
    back.expect("<presence><status>five</status></presence>")


def test_what_was_held_is_acknowledged_like_everything_else(friends):
    romeo, juliet = friends
    r, j = romeo.login("orchard", sm=True), juliet.login("balcony")
    r.expect(f"<presence from='{j.jid}'/>")
    say_state(r, "inactive")
    status(j, "one")
    status(j, "two")
    r.send(f"<active xmlns='{NS['csi']}'/>")
    r.expect("<presence><status>two</status></presence>")
    r.send(f"<a xmlns='{NS['sm']}' h='{r.answered}'/>")
    r.fence()


def test_nobody_is_told_that_nobody_looks(scene):
    """XEP-0352 §6."""
    r, j = scene
    j.send(f"<presence type='probe' to='{r.bare}'/>")
    seen = j.expect(f"<presence from='{r.jid}'/>")
    assert [child.tag for child in seen] == []
    j.expect_nothing("<presence/>", after=r)
