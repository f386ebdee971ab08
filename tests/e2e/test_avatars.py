"""XEP-0084 and XEP-0153 as one picture (XEP-0398); what else is published about oneself (XEP-0172, 0107, 0108, 0118, 0080)."""

import base64
import hashlib

import pytest

from support.elements import NS, condition
from support.events import announce, done, event, item, items, publish, pubsub
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("the peers keep two pictures")

DATA, METADATA, UPDATE = "urn:xmpp:avatar:data", "urn:xmpp:avatar:metadata", "vcard-temp:x:update"
IMAGE, ANOTHER = b"\x89PNG\r\n\x1a\n first", b"\x89PNG\r\n\x1a\n second"


def id_of(image):
    return hashlib.sha1(image).hexdigest()


def encode(image):
    return base64.b64encode(image).decode()


def show(client, image, options=None, id=None):
    id = id or id_of(image)
    done(publish(client, DATA, item(id, f"<data xmlns='{DATA}'>{encode(image)}</data>"), options=options))
    done(publish(client, METADATA, item(id, f"<metadata xmlns='{METADATA}'><info id='{id}' type='image/png' bytes='{len(image)}'/></metadata>"), options=options))


def set_card(client, image=None, name="Romeo"):
    photo = f"<PHOTO><TYPE>image/png</TYPE><BINVAL>{encode(image)}</BINVAL></PHOTO>" if image else ""
    return client.iq("set", f"<vCard xmlns='vcard-temp'><FN>{name}</FN>{photo}</vCard>")


def card(client, to=None):
    return client.iq("get", "<vCard xmlns='vcard-temp'/>", to)


def photo(answer):
    text = done(answer).findtext("vcard:vCard/vcard:PHOTO/vcard:BINVAL", None, NS)
    return base64.b64decode(text) if text else None


def test_a_published_picture_is_in_the_card_for_whom_may_see_it(users):
    romeo, juliet, tybalt = users(3)
    befriend(romeo, juliet)
    client, friend, stranger = romeo.login(), juliet.login(), tybalt.login()
    done(set_card(client))
    show(client, IMAGE)
    assert photo(card(client)) == photo(card(friend, romeo.jid)) == IMAGE
    assert photo(card(stranger, romeo.jid)) is None, "the node is for contacts"
    assert card(stranger, romeo.jid).findtext("vcard:vCard/vcard:FN", None, NS) == "Romeo"
    done(pubsub(client, "set", f"<delete node='{METADATA}'/>", space="owner"))
    show(client, IMAGE, {"pubsub#access_model": "presence"})
    assert photo(card(friend, romeo.jid)) == IMAGE


def test_a_picture_for_everybody_is_a_card_of_its_own(users):
    romeo, tybalt = users(2)
    show(romeo.login(), IMAGE, {"pubsub#access_model": "open"})
    assert photo(card(tybalt.login(), romeo.jid)) == IMAGE


def test_a_picture_in_the_card_is_published(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    client, friend = romeo.login(), announce(juliet.login(presence=False), METADATA)
    done(set_card(client, IMAGE))
    heard = friend.expect(event(romeo.jid, METADATA, id_of(IMAGE)))
    info = heard.find(f".//{{{METADATA}}}info")
    assert (info.get("id"), info.get("type"), info.get("bytes")) == (id_of(IMAGE), "image/png", str(len(IMAGE)))
    data = done(items(friend, DATA, romeo.jid, inside=f"<item id='{id_of(IMAGE)}'/>")).find(f".//{{{DATA}}}data")
    assert base64.b64decode(data.text) == IMAGE
    assert photo(card(friend, romeo.jid)) == IMAGE
    done(set_card(client, IMAGE, "Romeo M."))
    friend.expect_nothing(event(romeo.jid, METADATA), after=client)


def test_a_card_without_picture_takes_it_away(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    client, friend = romeo.login(), announce(juliet.login(presence=False), METADATA)
    done(set_card(client, IMAGE))
    friend.expect(event(romeo.jid, METADATA, id_of(IMAGE)))
    done(set_card(client))
    heard = friend.expect(event(romeo.jid, METADATA))
    assert len(heard.find(f".//{{{METADATA}}}metadata")) == 0
    gone = friend.expect(lambda each: each.tag == "{jabber:client}presence" and each.get("from") == client.jid and
                         [photo.text for photo in each.iter(f"{{{UPDATE}}}photo")] == [None])
    assert gone is not None
    assert photo(card(friend, romeo.jid)) is None


def test_what_is_not_the_picture_that_was_announced_is_not_shown(users):
    client = users().login()
    show(client, IMAGE, id="0" * 40)
    assert photo(card(client)) is None


def test_a_picture_that_is_none_is_refused(users):
    client = users().login()
    answer = client.iq("set", "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>%%%</BINVAL></PHOTO></vCard>")
    assert condition(answer) == "bad-request"


def test_presence_says_which_picture_it_is(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    friend = juliet.login("desk")
    show(romeo.login("phone", presence=False), IMAGE)
    client = romeo.login("desk", presence=False)
    client.send("<presence/>")
    friend.expect(f"<presence from='{client.jid}'><x xmlns='{UPDATE}'><photo>{id_of(IMAGE)}</photo></x></presence>")
    client.send(f"<presence to='{friend.jid}'><x xmlns='{UPDATE}'/></presence>")
    friend.expect(f"<presence from='{client.jid}' to='{friend.jid}'><x xmlns='{UPDATE}'><photo>{id_of(IMAGE)}</photo></x></presence>")
    client.send(f"<presence><x xmlns='{UPDATE}'><photo>{'1' * 40}</photo></x></presence>")
    friend.expect(f"<presence from='{client.jid}'><x xmlns='{UPDATE}'><photo>{id_of(IMAGE)}</photo></x></presence>")


def test_who_is_not_ready_to_tell_is_left_alone(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    friend, client = juliet.login("desk"), romeo.login("phone", presence=False)
    show(client, IMAGE)
    client.send(f"<presence><x xmlns='{UPDATE}'><photo/></x></presence>")
    heard = friend.expect(f"<presence from='{client.jid}'><x xmlns='{UPDATE}'/></presence>")
    assert [each.text for each in heard.iter(f"{{{UPDATE}}}photo")] == [None]


def test_presence_goes_out_again_when_the_picture_changes(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    friend, client = juliet.login("desk"), romeo.login("phone")
    friend.expect(f"<presence from='{client.jid}'/>")
    for image in (IMAGE, ANOTHER):
        show(client, image)
        friend.expect(f"<presence from='{client.jid}'><x xmlns='{UPDATE}'><photo>{id_of(image)}</photo></x></presence>")
    late = juliet.login("late")
    late.expect(f"<presence from='{client.jid}'><x xmlns='{UPDATE}'><photo>{id_of(ANOTHER)}</photo></x></presence>")


def test_without_picture_presence_stays_as_it_is(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    friend, client = juliet.login("desk"), romeo.login("phone")
    heard = friend.expect(f"<presence from='{client.jid}'/>")
    assert heard.find(f"{{{UPDATE}}}x") is None


@pytest.mark.parametrize("node,payload", [
    ("http://jabber.org/protocol/nick", "<nick xmlns='http://jabber.org/protocol/nick'>Ishmael</nick>"),
    ("http://jabber.org/protocol/mood", "<mood xmlns='http://jabber.org/protocol/mood'><annoyed/></mood>"),
    ("http://jabber.org/protocol/activity", "<activity xmlns='http://jabber.org/protocol/activity'><relaxing/></activity>"),
    ("http://jabber.org/protocol/tune", "<tune xmlns='http://jabber.org/protocol/tune'><title>Introduction</title></tune>"),
    ("http://jabber.org/protocol/geoloc", "<geoloc xmlns='http://jabber.org/protocol/geoloc'><country>Italy</country></geoloc>"),
    ("urn:xmpp:vcard4", "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Romeo</text></fn></vcard>"),
])
def test_what_people_say_about_themselves_reaches_who_wants_it(users, node, payload):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    client, friend = romeo.login(), announce(juliet.login(presence=False), node)
    done(publish(client, node, item("current", payload)))
    friend.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><items node='{node}'><item id='current'>{payload}</item></items></event></message>")


def test_how_long_somebody_is_idle_passes(friends):
    """XEP-0319, XEP-0256."""
    romeo, juliet = friends
    friend, client = juliet.login(), romeo.login(presence=False)
    client.send("<presence><show>away</show><idle xmlns='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/>"
                "<query xmlns='jabber:iq:last' seconds='9'/></presence>")
    friend.expect(f"<presence from='{client.jid}'><idle xmlns='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/><query xmlns='jabber:iq:last' seconds='9'/></presence>")
