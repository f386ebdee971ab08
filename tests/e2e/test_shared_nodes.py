"""XEP-0060 at a domain of its own: nodes that are nobody's own."""

import pytest

from support.elements import NS, condition
from support.events import configure, detail, done, event, form, ids, item, items, publish, pubsub
from support.server import DOMAIN

pytestmark = pytest.mark.only_chancery("who may make nodes is ours to say")

SETTINGS = {"pubsub__creators": "everybody"}
SERVICE = f"pubsub.{DOMAIN}"


@pytest.fixture
def owner(users):
    return users().login()


def make(client, node, fields=None):
    wish = f"<configure>{form('node_config', fields)}</configure>" if fields else ""
    return done(pubsub(client, "set", f"<create node='{node}'/>{wish}", SERVICE))


def subscribe(client, node, jid=None):
    return pubsub(client, "set", f"<subscribe node='{node}' jid='{jid or client.bare}'/>", SERVICE)


def test_the_service_is_found_and_says_what_it_is(server, owner):
    listed = owner.iq("get", f"<query xmlns='{NS['items']}'/>", DOMAIN).findall("items:query/items:item", NS)
    assert SERVICE in [each.get("jid") for each in listed]
    query = owner.iq("get", f"<query xmlns='{NS['info']}'/>", SERVICE).find("info:query", NS)
    assert (query.find("info:identity", NS).get("category"), query.find("info:identity", NS).get("type")) == ("pubsub", "service")
    assert NS["pubsub"] + "#publish" in [each.get("var") for each in query.findall("info:feature", NS)]


def test_everybody_reads_who_publishes_and_subscribers_are_told(server, users, owner):
    make(owner, "notices", {"pubsub#title": "Notices"})
    reader, elsewhere = users().login(), users()
    away = elsewhere.login(presence=False)
    done(subscribe(reader, "notices"))
    done(subscribe(away, "notices"))
    done(publish(owner, "notices", item("1"), to=SERVICE))
    heard = reader.expect(event(SERVICE, "notices", "1"))
    assert heard.find(".//event:item", NS).get("publisher") == owner.bare
    away.expect_nothing("<message/>", after=owner)
    assert condition(publish(reader, "notices", item("2"), to=SERVICE)) == "forbidden"
    assert ids(items(reader, "notices", SERVICE)) == ["1"]
    assert condition(publish(reader, "nowhere", item("2"), to=SERVICE)) == "item-not-found"


def test_a_device_alone_may_subscribe(users, owner):
    make(owner, "one-device")
    romeo = users()
    desk, phone = romeo.login("desk"), romeo.login("phone")
    done(subscribe(desk, "one-device", desk.jid))
    assert detail(subscribe(desk, "one-device", phone.jid)) == "invalid-jid"
    done(publish(owner, "one-device", item("1"), to=SERVICE))
    desk.expect(event(SERVICE, "one-device", "1"))
    phone.expect_nothing("<message/>", after=owner)


def test_many_publish_where_the_owner_lets_them(users, owner):
    make(owner, "open-to-all", {"pubsub#publish_model": "open"})
    make(owner, "for-subscribers", {"pubsub#publish_model": "subscribers"})
    one, other = users().login(), users().login()
    done(publish(one, "open-to-all", item("1"), to=SERVICE))
    assert condition(publish(other, "open-to-all", item("1"), to=SERVICE)) == "forbidden", "it is somebody else's item"
    done(publish(other, "open-to-all", item("2"), to=SERVICE))
    assert condition(pubsub(other, "set", "<retract node='open-to-all'><item id='1'/></retract>", SERVICE)) == "forbidden"
    done(pubsub(owner, "set", "<retract node='open-to-all'><item id='1'/></retract>", SERVICE))
    assert condition(publish(one, "for-subscribers", item("1"), to=SERVICE)) == "forbidden"
    done(subscribe(one, "for-subscribers"))
    done(publish(one, "for-subscribers", item("1"), to=SERVICE))


def test_a_closed_node_is_for_its_members(users, owner):
    make(owner, "closed", {"pubsub#access_model": "whitelist"})
    member, stranger = users().login(), users().login()
    done(pubsub(owner, "set", f"<affiliations node='closed'><affiliation jid='{member.bare}' affiliation='member'/></affiliations>", SERVICE, "owner"))
    done(subscribe(member, "closed"))
    assert detail(subscribe(stranger, "closed")) == "closed-node"
    names = lambda client: {each.get("node") for each in client.iq("get", f"<query xmlns='{NS['items']}'/>", SERVICE).findall("items:query/items:item", NS)}
    assert "closed" in names(member) and "closed" not in names(stranger)
    done(pubsub(owner, "set", f"<affiliations node='closed'><affiliation jid='{member.bare}' affiliation='none'/></affiliations>", SERVICE, "owner"))
    done(publish(owner, "closed", item("1"), to=SERVICE))
    member.expect_nothing(event(SERVICE, "closed"), after=owner)


def test_a_node_never_loses_its_last_owner(users, owner):
    make(owner, "owned")
    second = users().login()
    change = lambda client, jid, to: pubsub(client, "set", f"<affiliations node='owned'><affiliation jid='{jid}' affiliation='{to}'/></affiliations>", SERVICE, "owner")
    assert condition(change(owner, owner.bare, "none")) == "not-acceptable"
    done(change(owner, second.bare, "owner"))
    done(change(second, owner.bare, "none"))
    assert condition(change(owner, owner.bare, "owner")) == "forbidden"


def test_subscribers_are_told_when_the_node_is_set_up_anew_and_deleted(users, owner):
    make(owner, "passing")
    reader = users().login()
    done(subscribe(reader, "passing"))
    done(configure(owner, "passing", {"pubsub#title": "Another"}, SERVICE))
    reader.expect(f"<message from='{SERVICE}'><event xmlns='{NS['event']}'><configuration node='passing'/></event></message>")
    done(pubsub(owner, "set", "<delete node='passing'/>", SERVICE, "owner"))
    reader.expect(f"<message from='{SERVICE}'><event xmlns='{NS['event']}'><delete node='passing'/></event></message>")


def test_what_is_published_is_on_record(server, users, owner):
    make(owner, "on-record")
    done(publish(owner, "on-record", item("1", "<note xmlns='urn:example:note'>posted for all</note>"), to=SERVICE))
    assert any("posted for all" in str(record) for record in server.archive_search(sender=owner.bare, all=True))


def test_messages_to_the_service_are_refused_and_on_record(server, users, owner):
    for to in (SERVICE, f"somebody@{SERVICE}"):
        owner.say(to, "anybody here?")
        assert condition(owner.expect(f"<message type='error' from='{to}'/>")) == "service-unavailable"
    assert condition(owner.iq("get", f"<query xmlns='{NS['info']}'/>", f"somebody@{SERVICE}")) == "service-unavailable"
    assert condition(owner.iq("get", "<ping xmlns='urn:xmpp:ping'/>", SERVICE)) == "service-unavailable"


@pytest.mark.parametrize("creators, refusal", [("administrators", "forbidden"), ("nobody", "not-allowed")])
def test_who_may_not_make_nodes_is_told_so(make_server, users, creators, refusal):
    server = make_server(pubsub__creators=creators).start()
    server.cli("user", "add", "chief", "--administrator", stdin="balcony-scene\n")
    anybody = users(on=server).login()
    assert condition(pubsub(anybody, "set", "<create node='n'/>", SERVICE)) == refusal
    chief = anybody.__class__(server)
    chief.secure()
    chief.authenticate("chief", "balcony-scene")
    chief.bind()
    answer = pubsub(chief, "set", "<create node='n'/>", SERVICE)
    assert answer.get("type") == ("result" if creators == "administrators" else "error")
    chief.cut()


def test_the_service_can_be_left_out(make_server, users):
    server = make_server(pubsub__service="").start()
    client = users(on=server).login()
    assert condition(client.iq("get", f"<query xmlns='{NS['info']}'/>", SERVICE)) == "remote-server-not-found"


# Subscriptions that an owner allows (§6.1.4, §8.6)

AUTHORIZATION = f"{NS['pubsub']}#subscribe_authorization"


def asked(owner):
    """The fields of the form that the owner is asked with."""
    message = owner.expect(lambda each: each.tag.endswith("message") and each.findtext("data:x/data:field/data:value", None, NS) == AUTHORIZATION)
    assert message.get("from") == SERVICE
    return {field.get("var"): field.findtext("data:value", None, NS) for field in message.findall("data:x/data:field", NS)}


def decide(owner, fields, allow, **changes):
    filled = "".join(f"<field var='{name}'><value>{value}</value></field>"
                     for name, value in {**fields, **changes, "pubsub#allow": allow}.items() if value is not None)
    owner.send(f"<message to='{SERVICE}' id='decided'><x xmlns='jabber:x:data' type='submit'>{filled}</x></message>")


def state(answer):
    return done(answer).find("pubsub:pubsub/pubsub:subscription", NS).get("subscription")


def told(client, node, subscription):
    return client.expect(lambda each: each.find("event:event/event:subscription", NS) is not None
                         and each.find("event:event/event:subscription", NS).get("node") == node
                         and each.find("event:event/event:subscription", NS).get("subscription") == subscription)


@pytest.fixture
def asking(owner, users):
    """Somebody who waits for the owner's word."""
    def ask(node):
        make(owner, node, {"pubsub#access_model": "authorize"})
        done(publish(owner, node, item("1"), to=SERVICE))
        reader = users().login()
        assert condition(items(reader, node, SERVICE)) == "not-authorized" and detail(items(reader, node, SERVICE)) == "not-subscribed"
        assert state(subscribe(reader, node)) == "pending"
        return reader

    return ask


def test_who_is_allowed_reads_and_hears(server, owner, asking):
    reader = asking("asking-1")
    fields = asked(owner)
    assert (fields["pubsub#node"], fields["pubsub#subscriber_jid"], fields["pubsub#allow"]) == ("asking-1", reader.bare, "false")
    again = subscribe(reader, "asking-1")
    assert (condition(again), detail(again)) == ("not-authorized", "pending-subscription")
    assert detail(items(reader, "asking-1", SERVICE)) == "pending-subscription"
    listed = pubsub(owner, "get", "<subscriptions node='asking-1'/>", SERVICE, "owner").findall(".//owner:subscription", NS)
    assert [(each.get("jid"), each.get("subscription")) for each in listed] == [(reader.bare, "pending")]
    decide(owner, fields, "true")
    told(reader, "asking-1", "subscribed")
    reader.expect(event(SERVICE, "asking-1", "1"))
    assert ids(items(reader, "asking-1", SERVICE)) == ["1"]
    done(publish(owner, "asking-1", item("2"), to=SERVICE))
    reader.expect(event(SERVICE, "asking-1", "2"))
    records = server.archive_search(all=True, sender=owner.jid)
    assert any("pubsub#allow" in record["stanza"] for record in records)


def test_who_is_not_allowed_is_told_so(owner, asking):
    reader = asking("asking-2")
    decide(owner, asked(owner), "0")
    told(reader, "asking-2", "none")
    assert detail(items(reader, "asking-2", SERVICE)) == "not-subscribed"
    assert state(subscribe(reader, "asking-2")) == "pending", "they may ask again"


def test_an_owner_decides_by_the_list_as_well(owner, asking):
    reader = asking("asking-3")
    wish = f"<subscriptions node='asking-3'><subscription jid='{reader.bare}' subscription='subscribed'/></subscriptions>"
    done(pubsub(owner, "set", wish, SERVICE, "owner"))
    told(reader, "asking-3", "subscribed")


def test_who_asks_may_think_better_of_it(owner, asking):
    reader = asking("asking-4")
    fields = asked(owner)
    done(pubsub(reader, "set", f"<unsubscribe node='asking-4' jid='{reader.bare}'/>", SERVICE))
    decide(owner, fields, "true")
    assert condition(owner.expect("<message type='error' id='decided'/>")) == "item-not-found"
    reader.expect_nothing("<message/>", after=owner)


@pytest.mark.parametrize("who, changes, expected", [
    ("reader", {}, "forbidden"), ("owner", {"pubsub#node": "nowhere"}, "item-not-found"),
    ("owner", {"pubsub#subid": "another"}, "item-not-found"), ("owner", {"pubsub#subscriber_jid": f"nobody@{DOMAIN}"}, "item-not-found"),
    ("owner", {"FORM_TYPE": "another"}, "service-unavailable"), ("owner", {"pubsub#subscriber_jid": "@@", "pubsub#subid": "x"}, "service-unavailable")])
def test_a_decision_that_is_none_changes_nothing(owner, asking, who, changes, expected):
    node = f"asking-{who}-{'-'.join(each.split('#')[-1] for each in changes)}"
    reader = asking(node)
    fields = asked(owner)
    client = {"reader": reader, "owner": owner}[who]
    decide(client, fields, "true", **changes)
    assert condition(client.expect("<message type='error' id='decided'/>")) == expected
    assert detail(items(reader, node, SERVICE)) == "pending-subscription"


def test_what_waits_for_an_owner_outlives_the_server(make_server, users, clients):
    server = make_server(**SETTINGS).start()
    master, reader = users(on=server), users(on=server)
    owner, client = master.login(), reader.login()
    make(owner, "kept", {"pubsub#access_model": "authorize"})
    assert state(subscribe(client, "kept")) == "pending"
    owner.fence()
    server.restart()
    owner, client = master.login(), reader.login()
    decide(owner, {"FORM_TYPE": AUTHORIZATION, "pubsub#node": "kept", "pubsub#subscriber_jid": reader.jid}, "1")
    told(client, "kept", "subscribed")
