"""XEP-0060 §4.5, §6: reading a node, and subscribing to it."""

import pytest

from support.elements import NS, condition
from support.events import configure, detail, done, event, ids, item, items, publish, pubsub
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("the peers differ in errors and in what they record")


# XEP-0060 §6.5, §4.5: reading

def test_access_models_open_the_node_to_whom_they_say(users):
    romeo, friend, colleague, stranger, member = users(5)
    befriend(romeo, friend)
    befriend(romeo, colleague)
    owner = romeo.login()
    owner.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{colleague.jid}'><group>Office</group></item></query>")
    readers = {"friend": friend.login(), "colleague": colleague.login(), "stranger": stranger.login(), "member": member.login()}
    may = {
        "open": ({"friend", "colleague", "stranger", "member"}, None, None),
        "presence": ({"friend", "colleague", "member"}, "not-authorized", "presence-subscription-required"),
        "roster": ({"colleague", "member"}, "not-authorized", "not-in-roster-group"),
        "whitelist": ({"member"}, "not-allowed", "closed-node"),
    }
    for model, (allowed, wrong, why) in may.items():
        done(publish(owner, model, item("1"), options={"pubsub#access_model": model, "pubsub#roster_groups_allowed": ["Office"]}))
        done(pubsub(owner, "set", f"<affiliations node='{model}'><affiliation jid='{member.jid}' affiliation='member'/></affiliations>", space="owner"))
        for name, reader in readers.items():
            answer = items(reader, model, romeo.jid)
            if name in allowed:
                assert ids(answer) == ["1"], (model, name)
            else:
                assert (condition(answer), detail(answer)) == (wrong, why), (model, name)
    done(pubsub(owner, "set", f"<affiliations node='open'><affiliation jid='{stranger.jid}' affiliation='outcast'/></affiliations>", space="owner"))
    assert condition(items(readers["stranger"], "open", romeo.jid)) == "forbidden"


def test_a_change_of_the_contact_list_changes_who_may_read(friends):
    romeo, juliet = friends
    owner, other = romeo.login(), juliet.login()
    done(publish(owner, "n", item("1")))
    assert ids(items(other, "n", romeo.jid)) == ["1"]
    owner.send(f"<presence type='unsubscribed' to='{juliet.jid}'/>")
    other.expect(f"<presence type='unsubscribed' from='{romeo.jid}'/>")
    assert condition(items(other, "n", romeo.jid)) == "not-authorized"


def test_a_stranger_learns_of_no_node_and_of_no_person(server, users):
    romeo, tybalt = users(2)
    romeo.login()
    client = tybalt.login()
    for to in (romeo.jid, f"nobody@{server.domain}"):
        assert condition(items(client, "n", to)) == "service-unavailable"


def test_items_are_read_by_id_by_number_and_page_by_page(users):
    client = users().login()
    done(publish(client, "n", *[item(f"i{number}") for number in range(10)], options={"pubsub#max_items": "max"}))
    assert ids(items(client, "n", inside="<item id='i3'/><item id='i7'/><item id='none'/>")) == ["i3", "i7"]
    assert ids(items(client, "n", extra=" max_items='2'")) == ["i8", "i9"]
    page = items(client, "n", after=f"<set xmlns='{NS['rsm']}'><max>4</max></set>")
    assert ids(page) == ["i0", "i1", "i2", "i3"]
    told = page.find("pubsub:pubsub/rsm:set", NS)
    assert (told.findtext("rsm:last", None, NS), told.findtext("rsm:count", None, NS), told.find("rsm:first", NS).get("index")) == ("i3", "10", "0")
    assert ids(items(client, "n", after=f"<set xmlns='{NS['rsm']}'><max>4</max><after>i7</after></set>")) == ["i8", "i9"]
    assert ids(items(client, "n", after=f"<set xmlns='{NS['rsm']}'><max>2</max><before>i7</before></set>")) == ["i5", "i6"]
    assert ids(items(client, "n", after=f"<set xmlns='{NS['rsm']}'><max>2</max><before/></set>")) == ["i8", "i9"]
    counted = items(client, "n", after=f"<set xmlns='{NS['rsm']}'><max>0</max></set>")
    assert ids(counted) == [] and counted.findtext(".//rsm:count", None, NS) == "10"
    assert condition(items(client, "n", after=f"<set xmlns='{NS['rsm']}'><after>none</after></set>")) == "item-not-found"
    assert condition(items(client, "n", extra=" max_items='many'")) == "bad-request"
    assert detail(pubsub(client, "get", "<items/>")) == "nodeid-required"


def test_a_large_node_comes_in_pages(users):
    client = users().login()
    text = "x" * 100_000
    for number in range(12):
        done(publish(client, "n", item(f"i{number}", f"<note xmlns='u'>{text}</note>"), options={"pubsub#max_items": "max"} if number == 0 else None))
    first = items(client, "n")
    assert ids(first)[-1] == "i11" and len(ids(first)) < 12
    rest = items(client, "n", after=f"<set xmlns='{NS['rsm']}'><before>{ids(first)[0]}</before></set>")
    assert ids(rest) + ids(first) == [f"i{number}" for number in range(12)]


# XEP-0060 §6.1, §6.2, §5.6, §5.7, §8.8, §8.9

def test_a_stranger_subscribes_to_an_open_node(users):
    romeo, tybalt = users(2)
    owner, other = romeo.login(), tybalt.login()
    done(publish(owner, "n", item("1"), options={"pubsub#access_model": "open"}))
    answer = done(pubsub(other, "set", f"<subscribe node='n' jid='{tybalt.jid}'/>", romeo.jid)).find(".//pubsub:subscription", NS)
    assert (answer.get("subscription"), answer.get("jid"), answer.get("node")) == ("subscribed", tybalt.jid, "n")
    other.expect(event(romeo.jid, "n", "1"))
    done(publish(owner, "n", item("2")))
    other.expect(event(romeo.jid, "n", "2"))
    mine = done(pubsub(other, "get", "<subscriptions/>", romeo.jid)).find(".//pubsub:subscription", NS)
    assert (mine.get("node"), mine.get("subid")) == ("n", answer.get("subid"))
    assert condition(pubsub(other, "set", f"<unsubscribe node='n' jid='{tybalt.jid}' subid='wrong'/>", romeo.jid)) == "not-acceptable"
    done(pubsub(other, "set", f"<unsubscribe node='n' jid='{tybalt.jid}'/>", romeo.jid))
    again = pubsub(other, "set", f"<unsubscribe node='n' jid='{tybalt.jid}'/>", romeo.jid)
    assert (condition(again), detail(again)) == ("unexpected-request", "not-subscribed")
    done(publish(owner, "n", item("3")))
    other.expect_nothing(event(romeo.jid, "n"), after=owner)


def test_subscribing_is_refused_as_reading_is(users):
    romeo, tybalt = users(2)
    owner, other = romeo.login(), tybalt.login()
    done(publish(owner, "presence", item("1")))
    done(publish(owner, "whitelist", item("1"), options={"pubsub#access_model": "whitelist"}))
    done(publish(owner, "open", item("1"), options={"pubsub#access_model": "open"}))
    ask = lambda node, jid: pubsub(other, "set", f"<subscribe node='{node}' jid='{jid}'/>", romeo.jid)
    assert detail(ask("presence", tybalt.jid)) == "presence-subscription-required"
    assert detail(ask("whitelist", tybalt.jid)) == "closed-node"
    assert detail(ask("open", romeo.jid)) == "invalid-jid"
    assert detail(ask("open", "@@")) == "invalid-jid"
    assert condition(pubsub(other, "set", f"<unsubscribe node='open' jid='{romeo.jid}'/>", romeo.jid)) == "forbidden"
    options = pubsub(other, "get", f"<options node='open' jid='{tybalt.jid}'/>", romeo.jid)
    assert (condition(options), detail(options)) == ("feature-not-implemented", "unsupported")


def test_a_subscription_ends_to_be_served_when_the_node_closes(users):
    romeo, tybalt = users(2)
    owner, other = romeo.login(), tybalt.login()
    done(publish(owner, "n", item("1"), options={"pubsub#access_model": "open"}))
    done(pubsub(other, "set", f"<subscribe node='n' jid='{other.jid}'/>", romeo.jid))
    other.expect(event(romeo.jid, "n", "1"))
    done(configure(owner, "n", {"pubsub#access_model": "presence"}))
    done(publish(owner, "n", item("2")))
    other.expect_nothing(event(romeo.jid, "n", "2"), after=owner)


def test_the_owner_sees_and_changes_who_is_what(users):
    romeo, tybalt = users(2)
    owner, other = romeo.login(), tybalt.login()
    done(publish(owner, "n", item("1"), options={"pubsub#access_model": "whitelist"}))
    as_owner = lambda kind, content: pubsub(owner, kind, content, space="owner")
    for verb in ("affiliations", "subscriptions"):
        assert condition(pubsub(other, "get", f"<{verb} node='n'/>", romeo.jid, "owner")) == "forbidden"
        assert detail(as_owner("get", f"<{verb}/>")) == "nodeid-required"
    done(as_owner("set", f"<affiliations node='n'><affiliation jid='{tybalt.jid}' affiliation='member'/></affiliations>"))
    shown = {each.get("jid"): each.get("affiliation") for each in done(as_owner("get", "<affiliations node='n'/>")).iter("{%s}affiliation" % NS["owner"])}
    assert shown == {romeo.jid: "owner", tybalt.jid: "member"}
    mine = done(pubsub(other, "get", "<affiliations/>", romeo.jid)).find(".//pubsub:affiliation", NS)
    assert (mine.get("node"), mine.get("affiliation")) == ("n", "member")
    done(as_owner("set", f"<subscriptions node='n'><subscription jid='{tybalt.jid}' subscription='subscribed'/></subscriptions>"))
    other.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><subscription node='n' jid='{tybalt.jid}' subscription='subscribed'/></event></message>")
    assert [each.get("jid") for each in done(as_owner("get", "<subscriptions node='n'/>")).iter("{%s}subscription" % NS["owner"])] == [tybalt.jid]
    done(as_owner("set", f"<affiliations node='n'><affiliation jid='{tybalt.jid}' affiliation='outcast'/></affiliations>"))
    assert not list(done(as_owner("get", "<subscriptions node='n'/>")).iter("{%s}subscription" % NS["owner"]))
    for wrong in (f"<affiliation jid='{tybalt.jid}' affiliation='owner'/>", f"<affiliation jid='{romeo.jid}' affiliation='none'/>",
                  f"<affiliation jid='{tybalt.jid}' affiliation='king'/>", "<affiliation jid='@@' affiliation='member'/>"):
        assert condition(as_owner("set", f"<affiliations node='n'>{wrong}</affiliations>")) == "not-acceptable"
    assert condition(as_owner("set", f"<subscriptions node='n'><subscription jid='{tybalt.jid}' subscription='maybe'/></subscriptions>")) == "not-acceptable"
