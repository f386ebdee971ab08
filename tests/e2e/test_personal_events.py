"""XEP-0163, XEP-0115: what people publish of themselves, whom it reaches, and that it is on record."""

import pytest

from support.elements import NS, condition
from support.events import TUNE, announce, done, event, ids, item, items, publish, pubsub, version_of
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("the peers differ in errors and in what they record")
MOOD = "http://jabber.org/protocol/mood"


# XEP-0115

def test_a_version_is_asked_about_once(server, users):
    one, other = users(2)
    first = announce(one.login(presence=False), "urn:example:asked-once")
    second = announce(other.login(presence=False), "urn:example:asked-once")
    assert (first.asked, second.asked) == (1, 0)
    done(publish(second, "urn:example:asked-once", item("a")))
    second.expect(event(other.jid, "urn:example:asked-once", "a"))


def test_a_version_that_does_not_fit_its_answer_holds_for_that_client_alone(users):
    liar, honest = users(2)
    version = version_of(["urn:example:lie+notify"])
    first = announce(liar.login(presence=False), version=version, features=["urn:example:other+notify"])
    second = announce(honest.login(presence=False), "urn:example:lie")
    assert (first.asked, second.asked) == (1, 1)
    done(publish(second, "urn:example:lie", item("a")))
    second.expect(event(honest.jid, "urn:example:lie", "a"))
    done(publish(first, "urn:example:lie", item("a")))
    first.expect_nothing(event(liar.jid, "urn:example:lie"))


def test_a_client_that_says_it_has_changed_is_asked_again(users):
    romeo = users()
    client = announce(romeo.login(presence=False), "urn:example:before")
    announce(client, "urn:example:after")
    assert client.asked == 2
    done(publish(client, "urn:example:before", item("a")))
    done(publish(client, "urn:example:after", item("b")))
    client.expect(event(romeo.jid, "urn:example:after", "b"))
    client.expect_nothing(event(romeo.jid, "urn:example:before"))


# XEP-0163 §3, §4: publishing and hearing

def test_publishing_makes_the_node_and_tells_the_own_clients_that_want_it(users):
    romeo = users()
    phone, desk, deaf = romeo.login("phone", presence=False), romeo.login("desk", presence=False), romeo.login("deaf")
    announce(phone, TUNE)
    announce(desk, TUNE)
    answer = done(publish(phone, TUNE, item("current", f"<tune xmlns='{TUNE}'><artist>Finzi</artist></tune>")))
    assert answer.find("pubsub:pubsub/pubsub:publish/pubsub:item", NS).get("id") == "current"
    for client in (phone, desk):
        heard = client.expect(event(romeo.jid, TUNE, "current"))
        assert heard.get("to") == client.jid
        assert heard.findtext(f".//{{{TUNE}}}artist") == "Finzi"
    deaf.expect_nothing("<message/>")


def test_contacts_that_want_it_are_told_and_nobody_else(users):
    romeo, juliet, tybalt = users(3)
    befriend(romeo, juliet)
    author = romeo.login()
    hears, deaf, stranger = (juliet.login("a", presence=False), juliet.login("b", presence=False), tybalt.login(presence=False))
    announce(hears, TUNE)
    announce(deaf, MOOD)
    announce(stranger, TUNE)
    done(publish(author, TUNE, item("1")))
    hears.expect(event(romeo.jid, TUNE, "1"))
    deaf.expect_nothing("<message/>", after=author)
    stranger.expect_nothing("<message/>", after=author)


def test_who_only_shows_their_presence_hears_nothing(users):
    """A subscription to one's presence is what counts, not its reverse."""
    romeo, juliet = users(2)
    a, b = romeo.login("x"), juliet.login("x")
    a.send(f"<presence type='subscribe' to='{juliet.jid}'/>")
    b.expect(f"<presence type='subscribe' from='{romeo.jid}'/>")
    b.send(f"<presence type='subscribed' to='{romeo.jid}'/>")
    a.expect(f"<presence type='subscribed' from='{juliet.jid}'/>")
    announce(a, TUNE)
    announce(b, TUNE)
    done(publish(a, TUNE, item("1")))
    b.expect_nothing(event(romeo.jid, TUNE), after=a)
    done(publish(b, TUNE, item("2")))
    a.expect(event(juliet.jid, TUNE, "2"))


def test_who_is_blocked_hears_nothing(friends):
    romeo, juliet = friends
    author, listener = romeo.login(), announce(juliet.login(presence=False), TUNE)
    author.iq("set", f"<block xmlns='{NS['block']}'><item jid='{juliet.jid}'/></block>")
    done(publish(author, TUNE, item("1")))
    listener.expect_nothing(event(romeo.jid, TUNE), after=author)


def test_the_last_item_comes_with_presence(friends):
    romeo, juliet = friends
    author = romeo.login()
    done(publish(author, TUNE, item("1")))
    done(publish(author, TUNE, item("2")))
    for person in (juliet, romeo):
        client = announce(person.login("late", presence=False), TUNE)
        heard = client.expect(event(romeo.jid, TUNE, "2"))
        assert heard.find("delay:delay", NS) is not None
        client.expect_nothing(event(romeo.jid, TUNE))


def test_the_last_item_comes_when_a_client_becomes_interested_and_once_only(friends):
    romeo, juliet = friends
    done(publish(romeo.login(), TUNE, item("1")))
    client = announce(juliet.login(presence=False), MOOD)
    client.expect_nothing(event(romeo.jid, TUNE))
    announce(client, TUNE)
    client.expect(event(romeo.jid, TUNE, "1"))
    announce(client, TUNE)
    client.expect_nothing(event(romeo.jid, TUNE))


def test_who_becomes_a_subscriber_gets_the_last_item(users):
    romeo, juliet = users(2)
    author, client = romeo.login(), announce(juliet.login(presence=False), TUNE)
    done(publish(author, TUNE, item("1")))
    client.send(f"<presence type='subscribe' to='{romeo.jid}'/>")
    author.expect(f"<presence type='subscribe' from='{juliet.jid}'/>")
    author.send(f"<presence type='subscribed' to='{juliet.jid}'/>")
    client.expect(event(romeo.jid, TUNE, "1"))


@pytest.mark.parametrize("fields", [{"pubsub#send_last_published_item": "never"}, {"pubsub#access_model": "whitelist"}])
def test_the_last_item_does_not_come_when_the_node_is_set_so(friends, fields):
    romeo, juliet = friends
    done(publish(romeo.login(), TUNE, item("1"), options=fields))
    done(publish(romeo.login(), MOOD, item("2")))
    client = announce(juliet.login(presence=False), TUNE, MOOD)
    client.expect(event(romeo.jid, MOOD, "2"))
    client.expect_nothing(event(romeo.jid, TUNE))


def test_what_was_published_survives_a_restart(own_server, users):
    romeo = users()
    done(publish(romeo.login(), TUNE, item("1"), options={"pubsub#access_model": "open"}))
    own_server.restart()
    client = romeo.login()
    assert ids(items(client, TUNE)) == ["1"]
    assert "open" in [value.text for value in pubsub(client, "get", f"<configure node='{TUNE}'/>", space="owner").iter("{jabber:x:data}value")]


def test_the_database_does_not_show_what_was_published(own_server, users):
    done(publish(users().login(), TUNE, item("1", "<note xmlns='urn:example:note'>rosebud</note>")))
    own_server.stop()
    assert b"rosebud" not in b"".join(path.read_bytes() for path in own_server.data.glob("state.db*"))


# On record

def test_a_publication_is_on_record_and_a_refused_one_too(server, users):
    romeo, juliet = users(2)
    client = romeo.login()
    done(publish(client, TUNE, item("1", "<note xmlns='urn:example:note'>on record</note>")))
    refused = publish(client, TUNE, item("2", "<note xmlns='urn:example:note'>not published</note>"), to=juliet.jid)
    assert condition(refused) == "service-unavailable"
    found = server.archive_search(sender=romeo.jid, all=True)
    assert [record for record in found if "on record" in record["stanza"]]
    assert [record for record in found if "not published" in record["stanza"] and record["rule"] == "nodes"]


@pytest.mark.parametrize("node", ["eu.siacs.conversations.axolotl.devicelist", "eu.siacs.conversations.axolotl.bundles:1",
                                  "urn:xmpp:omemo:2:devices", "urn:xmpp:omemo:2:bundles", "urn:xmpp:openpgp:0:public-keys"])
def test_keys_that_would_keep_messages_from_the_record_are_refused(server, users, node):
    romeo = users()
    client = romeo.login()
    for answer in (publish(client, node, item("current", "<list xmlns='urn:example:keys'/>")), pubsub(client, "set", f"<create node='{node}'/>")):
        assert condition(answer) == "policy-violation"
        assert "record" in answer.findtext("error/stanza-error:text", None, NS) or "record" in answer.find("error", NS)[1].text
    assert condition(items(client, node)) == "item-not-found"


def test_keys_are_published_where_policy_lets_them(make_server, users):
    server = make_server(policy__end_to_end="true").start()
    client = users(on=server).login()
    done(publish(client, "urn:xmpp:omemo:2:devices", item("current", "<devices xmlns='urn:xmpp:omemo:2'/>")))


# XEP-0030

def test_an_account_says_that_it_has_nodes(users):
    client = users().login()
    query = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.bare).find("info:query", NS)
    assert ("pubsub", "pep") in [(each.get("category"), each.get("type")) for each in query.findall("info:identity", NS)]
    features = {each.get("var") for each in query.findall("info:feature", NS)}
    assert {NS["pubsub"] + "#" + name for name in ("publish", "publish-options", "auto-create", "filtered-notifications", "persistent-items",
                                                   "access-presence", "access-whitelist", "config-node-max", "multi-items")} <= features


def test_nodes_are_listed_to_whom_may_read_them(users):
    romeo, juliet, tybalt = users(3)
    befriend(romeo, juliet)
    owner, friend, stranger = romeo.login(), juliet.login(), tybalt.login()
    for node, model in (("a", "open"), ("b", "presence"), ("c", "whitelist")):
        done(publish(owner, node, item("1"), options={"pubsub#access_model": model}))
    listed = lambda client: [each.get("node") for each in client.iq("get", f"<query xmlns='{NS['items']}'/>", romeo.jid).findall("items:query/items:item", NS)]
    assert (listed(owner), listed(friend), listed(stranger)) == (["a", "b", "c"], ["a", "b"], ["a"])
    about = lambda client, node: client.iq("get", f"<query xmlns='{NS['info']}' node='{node}'/>", romeo.jid)
    assert about(friend, "b").find("info:query/info:identity", NS).get("type") == "leaf"
    assert "presence" in [value.text for value in about(friend, "b").iter("{jabber:x:data}value")]
    assert condition(about(friend, "c")) == "not-allowed"
    assert condition(about(friend, "d")) == "item-not-found"
    names = friend.iq("get", f"<query xmlns='{NS['items']}' node='b'/>", romeo.jid).findall("items:query/items:item", NS)
    assert [each.get("name") for each in names] == ["1"]


# Limits

def test_nodes_and_bytes_are_limited(make_server, users):
    server = make_server(limits__pubsub_nodes="2", limits__pubsub_kib="64", limits__pubsub_items="3").start()
    client = users(on=server).login()
    done(publish(client, "a", item("1")))
    done(publish(client, "b", item("1"), options={"pubsub#max_items": "max"}))
    answer = publish(client, "c", item("1"))
    assert condition(answer) == "resource-constraint"
    assert condition(pubsub(client, "set", "<create node='c'/>")) == "resource-constraint"
    note = lambda size: f"<note xmlns='u'>{'x' * size}</note>"
    done(publish(client, "b", item("2", note(40_000))))
    assert condition(publish(client, "b", item("3", note(40_000)))) == "resource-constraint"
    done(publish(client, "b", item("2", note(50_000))))
    done(publish(client, "b", item("3"), item("4")))
    assert ids(items(client, "b")) == ["2", "3", "4"]


def test_what_nobody_can_do_with_nodes_is_refused(users):
    client = users().login()
    assert condition(pubsub(client, "set", "<nonsense/>")) == "bad-request"
    assert condition(pubsub(client, "get", "<publish node='n'/>")) == "bad-request"
    assert condition(publish(client, "n" * 2000, item("1"))) == "not-acceptable"
    assert condition(publish(client, "n", item("i" * 2000))) == "not-acceptable"
