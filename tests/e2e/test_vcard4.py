"""XEP-0292: one card in two forms. Whichever was set last is what both say."""

import pytest

from support.elements import NS, condition
from support.events import announce, done, event, item, items, publish

pytestmark = pytest.mark.only_chancery("Prosody 0.12 converts another way")
NODE, VCARD4 = "urn:xmpp:vcard4", "urn:ietf:params:xml:ns:vcard-4.0"
NS.setdefault("v4", VCARD4)


def older(client, to=None):
    return client.iq("get", "<vCard xmlns='vcard-temp'/>", to)


def name_in(answer):
    return done(answer).findtext("vcard:vCard/vcard:FN", None, NS)


def newer(client, to=None):
    return done(items(client, NODE, to)).find("pubsub:pubsub/pubsub:items/pubsub:item/v4:vcard", NS)


def card(name, more=""):
    return item("x", f"<vcard xmlns='{VCARD4}'><fn><text>{name}</text></fn>{more}</vcard>")


OPEN = {"pubsub#access_model": "open"}


def test_a_card_in_the_older_form_is_published_in_the_newer(users):
    romeo, juliet = users(2)
    client, reader = romeo.login(), juliet.login()
    old = ("<vCard xmlns='vcard-temp'><FN>Romeo</FN><EMAIL><INTERNET/><HOME/><USERID>romeo@montague.lit</USERID></EMAIL>"
           "<ORG><ORGNAME>Montague</ORGNAME></ORG></vCard>")
    assert client.iq("set", old).get("type") == "result"
    shown = newer(reader, romeo.jid)
    assert shown.findtext("v4:fn/v4:text", None, NS) == "Romeo" and shown.findtext("v4:email/v4:text", None, NS) == "romeo@montague.lit"
    kept = done(older(reader, romeo.jid)).find("vcard:vCard", NS)
    assert kept.find("vcard:EMAIL/vcard:INTERNET", NS) is not None, "what has no place in the newer form is kept in the older"


def test_a_card_in_the_newer_form_is_read_in_the_older(users):
    romeo, juliet = users(2)
    client, reader = romeo.login(), juliet.login()
    assert client.iq("set", "<vCard xmlns='vcard-temp'><FN>Before</FN></vCard>").get("type") == "result"
    done(publish(client, NODE, card("After", "<tel><parameters><type><text>work</text></type></parameters><uri>tel:+39-1</uri></tel>")))
    for asking, to in ((client, None), (reader, romeo.jid)):
        assert name_in(older(asking, to)) == "After"
        assert done(older(asking, to)).findtext("vcard:vCard/vcard:TEL/vcard:NUMBER", None, NS) == "+39-1"


def test_the_older_form_changes_the_newer_again(friends):
    romeo, juliet = friends
    client, friend = romeo.login(), juliet.login(presence=False)
    done(publish(client, NODE, card("First"), options=OPEN))
    announce(friend, NODE)
    friend.take("<message/>")
    assert client.iq("set", "<vCard xmlns='vcard-temp'><FN>Second</FN></vCard>").get("type") == "result"
    friend.expect(event(romeo.jid, NODE))
    assert newer(friend, romeo.jid).findtext("v4:fn/v4:text", None, NS) == "Second"
    assert name_in(older(friend, romeo.jid)) == "Second"


def test_who_may_not_read_the_newer_form_sees_what_was_set_in_the_older(users):
    romeo, juliet = users(2)
    client, stranger = romeo.login(), juliet.login()
    done(publish(client, NODE, card("For friends"), options={"pubsub#access_model": "presence"}))
    assert condition(older(stranger, romeo.jid)) == "service-unavailable"
    assert name_in(older(client)) == "For friends"


def test_the_same_card_again_tells_nobody(friends):
    romeo, juliet = friends
    client, friend = romeo.login(), juliet.login(presence=False)
    old = "<vCard xmlns='vcard-temp'><FN>Same</FN></vCard>"
    assert client.iq("set", old).get("type") == "result"
    announce(friend, NODE)
    friend.expect(event(romeo.jid, NODE))
    assert client.iq("set", old).get("type") == "result"
    friend.expect_nothing("<message/>", after=client)
