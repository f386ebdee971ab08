"""XEP-0280: what one device says or hears, the others hear too."""

import pytest

from support.elements import NS

peer_differs = pytest.mark.peer_differs


def enable(client):
    assert client.iq("set", f"<enable xmlns='{NS['carbons']}'/>").get("type") == "result"
    return client


def copy(direction, text):
    return (f"<message><{direction} xmlns='{NS['carbons']}'><forwarded xmlns='{NS['forward']}'>"
            f"<message xmlns='jabber:client'><body>{text}</body></message></forwarded></{direction}></message>")


@pytest.fixture
def devices(users):
    """A person with a phone and a desk, both with carbons, and somebody to talk to."""
    romeo, juliet = users(2)
    return enable(romeo.login("phone")), enable(romeo.login("desk")), juliet.login()


def test_what_is_said_on_one_device_is_copied_to_the_other(devices):
    phone, desk, juliet = devices
    phone.say(juliet.jid, "from the phone")
    carbon = desk.expect(copy("sent", "from the phone"))
    assert (carbon.get("from"), carbon.get("to"), carbon.get("type")) == (desk.bare, desk.jid, "chat")
    inner = carbon.find("carbons:sent/forward:forwarded/", NS)
    assert (inner.get("from"), inner.get("to")) == (phone.jid, juliet.jid)


def test_what_is_heard_on_one_device_is_copied_to_the_other(devices):
    phone, desk, juliet = devices
    juliet.say(phone.jid, "to the phone")
    phone.hear("to the phone")
    carbon = desk.expect(copy("received", "to the phone"))
    assert carbon.get("from") == desk.bare
    phone.expect_nothing(copy("received", "to the phone"))


def test_nobody_hears_a_thing_twice(devices):
    phone, desk, juliet = devices
    juliet.say(phone.bare, "to both")
    for client in (phone, desk):
        client.expect(lambda message: "to both" in "".join(message.itertext()))
    for client in (phone, desk):
        client.expect_nothing(lambda message: "to both" in "".join(message.itertext()), after=juliet)


def test_the_speaker_gets_no_copy(devices):
    phone, desk, juliet = devices
    phone.say(juliet.jid, "said")
    desk.expect(copy("sent", "said"))
    phone.expect_nothing()


def test_a_device_that_did_not_ask_gets_no_copies(users):
    romeo, juliet = users(2)
    phone, desk, juliet = enable(romeo.login()), romeo.login(), juliet.login()
    juliet.say(phone.jid, "to the phone")
    phone.hear("to the phone")
    desk.expect_nothing()


def test_copies_end_when_they_are_disabled(devices):
    phone, desk, juliet = devices
    assert desk.iq("set", f"<disable xmlns='{NS['carbons']}'/>").get("type") == "result"
    phone.say(juliet.jid, "said")
    desk.expect_nothing(after=phone)


@pytest.mark.parametrize("kind", ["groupchat", "headline"])
def test_other_kinds_are_not_copied(devices, kind):
    phone, desk, juliet = devices
    juliet.say(phone.jid, "not for all", kind=kind)
    phone.hear("not for all")
    desk.expect_nothing(copy("received", "not for all"))


def test_a_private_message_is_not_copied(devices):
    phone, desk, juliet = devices
    juliet.send(f"<message type='chat' to='{phone.jid}'><body>hush</body><private xmlns='{NS['carbons']}'/>"
                "<no-copy xmlns='urn:xmpp:hints'/></message>")
    phone.hear("hush")
    desk.expect_nothing(copy("received", "hush"))


def test_a_normal_message_with_a_body_is_copied(devices):
    phone, desk, juliet = devices
    juliet.say(phone.jid, "a letter", kind="normal")
    desk.expect(copy("received", "a letter"))


def test_a_chat_state_is_copied_or_not_but_never_as_a_message_of_its_own(devices):
    phone, desk, juliet = devices
    juliet.send(f"<message type='chat' to='{phone.jid}'><active xmlns='http://jabber.org/protocol/chatstates'/></message>")
    phone.expect("<message><active xmlns='http://jabber.org/protocol/chatstates'/></message>")
    desk.expect_nothing("<message><active xmlns='http://jabber.org/protocol/chatstates'/></message>")


def test_a_copy_has_the_archive_id_of_the_message(devices):
    phone, desk, juliet = devices
    juliet.say(phone.jid, "numbered")
    original = phone.hear("numbered")
    inner = desk.expect(copy("received", "numbered")).find("carbons:received/forward:forwarded/", NS)
    ids = [message.find(f"sid:stanza-id[@by='{phone.bare}']", NS) for message in (original, inner)]
    assert ids[0] is not None and ids[1] is not None
    assert ids[0].get("id") == ids[1].get("id")


def test_the_feature_is_advertised(server, users):
    romeo = users().login()
    features = romeo.iq("get", f"<query xmlns='{NS['info']}'/>", server.domain).findall("info:query/info:feature", NS)
    assert NS["carbons"] in [feature.get("var") for feature in features]


def test_a_negative_priority_still_gets_copies(users):
    romeo, juliet = users(2)
    phone, desk, juliet = enable(romeo.login()), enable(romeo.login(priority=-1)), juliet.login()
    juliet.say(phone.bare, "to all")
    phone.hear("to all")
    desk.expect(copy("received", "to all"))


# Among the devices of one person

def test_a_message_to_the_own_other_device_comes_once_and_not_back(users):
    romeo = users()
    phone, desk, tablet = (enable(romeo.login(name)) for name in ("phone", "desk", "tablet"))
    phone.say(desk.jid, "note to self")
    desk.hear("note to self")
    tablet.expect(copy("received", "note to self"))
    for client in (phone, desk, tablet):
        client.expect_nothing(lambda element: "note to self" in "".join(element.itertext()), after=phone)


def test_a_message_to_oneself_comes_once_to_each_device(users):
    romeo = users()
    devices = [enable(romeo.login(name)) for name in ("phone", "desk")]
    devices[0].say(romeo.jid, "note to self")
    for client in devices:
        client.hear("note to self")
    for client in devices:
        client.expect_nothing(lambda element: "note to self" in "".join(element.itertext()), after=devices[0])


# What is copied besides chats (XEP-0280 §6.1)

@pytest.mark.parametrize("kind", ["chat", "normal"])
def test_a_copy_keeps_the_type(devices, kind):
    phone, desk, juliet = devices
    juliet.say(phone.jid, "to the phone", kind=kind)
    assert (desk.expect(copy("received", "to the phone")).get("type") or "normal") == kind
    phone.say(juliet.jid, "from the phone", kind=kind)
    assert (desk.expect(copy("sent", "from the phone")).get("type") or "normal") == kind


INSTANT = {
    "a receipt": "<received xmlns='urn:xmpp:receipts' id='m1'/>",
    "a marker": "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    "a chat state": "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    "a direct invitation": "<x xmlns='jabber:x:conference' jid='room@rooms.example'/>",
    "a mediated invitation": "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@x.example'/></x>",
}


@peer_differs("Prosody 0.12 has older rules")
@pytest.mark.parametrize("what", INSTANT)
def test_what_belongs_to_a_conversation_is_copied_without_words_too(devices, what):
    phone, desk, juliet = devices
    for direction, sender, to in (("received", juliet, phone), ("sent", phone, juliet)):
        sender.send(f"<message to='{to.jid}' id='i1'>{INSTANT[what]}</message>")
        desk.expect(f"<message><{direction} xmlns='{NS['carbons']}'><forwarded xmlns='{NS['forward']}'>"
                    f"<message xmlns='jabber:client'>{INSTANT[what]}</message></forwarded></{direction}></message>")


def test_a_message_from_within_a_room_is_not_copied(devices):
    """XEP-0045 §7.5: the room sends it to every device that is there."""
    phone, desk, juliet = devices
    juliet.send(f"<message type='chat' to='{phone.jid}'><body>aside</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>")
    phone.hear("aside")
    desk.expect_nothing(copy("received", "aside"))
