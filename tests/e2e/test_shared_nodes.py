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


@pytest.mark.parametrize("creators", ["administrators", "nobody"])
def test_who_may_not_make_nodes_is_told_so(make_server, users, creators):
    server = make_server(pubsub__creators=creators).start()
    server.cli("user", "add", "chief", "--administrator", stdin="balcony-scene\n")
    anybody = users(on=server).login()
    assert condition(pubsub(anybody, "set", "<create node='n'/>", SERVICE)) == "forbidden"
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
