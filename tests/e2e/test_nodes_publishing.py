"""XEP-0060 §7, §8: publishing at a node, taking back, emptying, deleting."""

import pytest

from support.elements import NS, condition
from support.events import announce, configure, detail, done, event, form, ids, item, items, publish, pubsub

pytestmark = pytest.mark.only_chancery("the peers differ in errors and in what they record")


# XEP-0060 §7.1: publishing

def test_publishing_asks_for_what_the_specification_wants(users):
    client = users().login()
    cases = {
        "nodeid-required": f"<publish>{item('1')}</publish>",
        "item-required": "<publish node='n'/>",
        "payload-required": "<publish node='n'><item id='1'/></publish>",
        "invalid-payload": "<publish node='n'><item id='1'><a xmlns='u'/><b xmlns='u'/></item></publish>",
    }
    for expected, content in cases.items():
        answer = pubsub(client, "set", content)
        assert (condition(answer), detail(answer)) == ("bad-request", expected)
    assert condition(items(client, "n")) == "item-not-found", "a refused publication made the node"


def test_a_node_without_items_takes_none(users):
    client = users().login()
    done(pubsub(client, "set", "<create node='n'/><configure>" + form("node_config", {"pubsub#persist_items": "0", "pubsub#deliver_payloads": "0"}) + "</configure>"))
    assert detail(publish(client, "n", item("1"))) == "item-forbidden"
    done(pubsub(client, "set", "<publish node='n'/>"))


def test_an_item_without_id_gets_one(users):
    client = users().login()
    first, second = (done(publish(client, "n", item())).find(".//pubsub:item", NS).get("id") for _ in range(2))
    assert first and second and first != second
    assert ids(items(client, "n")) == [second]


def test_a_node_keeps_as_many_items_as_it_is_set_to(users):
    client = users().login()
    for number in range(5):
        done(publish(client, "n", item(f"i{number}"), options={"pubsub#max_items": "3"} if number == 0 else None))
    assert ids(items(client, "n")) == ["i2", "i3", "i4"]
    done(configure(client, "n", {"pubsub#max_items": "2"}))
    assert ids(items(client, "n")) == ["i3", "i4"]
    done(configure(client, "n", {"pubsub#max_items": "max"}))
    done(publish(client, "n", item("i5"), item("i6"), item("i3")))
    assert ids(items(client, "n")) == ["i4", "i5", "i6", "i3"]


def test_publish_options_make_the_node_and_are_conditions_afterwards(users):
    romeo, juliet = users(2)
    client, stranger = romeo.login(), juliet.login()
    options = {"pubsub#persist_items": "true", "pubsub#max_items": "max", "pubsub#send_last_published_item": "never", "pubsub#access_model": "whitelist"}
    done(publish(client, "n", item("1"), options=options))
    done(publish(client, "n", item("2"), options=options))
    assert (condition(items(stranger, "n", romeo.jid)), detail(items(stranger, "n", romeo.jid))) == ("not-allowed", "closed-node")
    for wrong in ({"pubsub#access_model": "open"}, {"pubsub#access_model": "nonsense"}, {"pubsub#unheard_of": "1"}, {"pubsub#max_items": "3"}):
        answer = publish(client, "n", item("3"), options=wrong)
        assert (condition(answer), detail(answer)) == ("conflict", "precondition-not-met"), wrong
    assert ids(items(client, "n")) == ["1", "2"]


def test_items_that_are_not_kept_are_told_all_the_same(users):
    romeo = users()
    client = announce(romeo.login(presence=False), "n")
    done(publish(client, "n", item("1"), options={"pubsub#persist_items": "false"}))
    client.expect(event(romeo.jid, "n", "1"))
    assert condition(items(client, "n")) == "feature-not-implemented", "XEP-0060 §6.5.9.4"


def test_what_is_not_to_be_delivered_is_not(users):
    romeo = users()
    client = announce(romeo.login(presence=False), "quiet", "short")
    done(publish(client, "quiet", item("1"), options={"pubsub#deliver_notifications": "0"}))
    done(publish(client, "short", item("1"), options={"pubsub#deliver_payloads": "0"}))
    heard = client.expect(event(romeo.jid, "short", "1"))
    assert len(heard.find(".//event:item", NS)) == 0
    client.expect_nothing(event(romeo.jid, "quiet"))
    assert len(done(items(client, "short")).find(".//pubsub:item", NS)) == 1


def test_nobody_publishes_at_somebody_elses_node(friends):
    romeo, juliet = friends
    owner, other = romeo.login(), juliet.login()
    assert condition(publish(other, "n", item("1"), to=romeo.jid)) == "item-not-found"
    done(publish(owner, "n", item("1")))
    assert condition(publish(other, "n", item("2"), to=romeo.jid)) == "forbidden"
    assert ids(items(owner, "n")) == ["1"]


def test_whom_the_owner_makes_a_publisher_may_publish(friends):
    romeo, juliet = friends
    owner, other = romeo.login(), juliet.login()
    done(publish(owner, "n", item("1"), options={"pubsub#max_items": "max"}))
    done(pubsub(owner, "set", f"<affiliations node='n'><affiliation jid='{juliet.jid}' affiliation='publisher'/></affiliations>", space="owner"))
    done(publish(other, "n", item("2"), to=romeo.jid))
    assert condition(publish(other, "n", item("1"), to=romeo.jid)) == "forbidden", "it is the owner's item"
    assert ids(items(owner, "n")) == ["1", "2"]
    done(pubsub(other, "set", "<retract node='n'><item id='2'/></retract>", romeo.jid))
    assert condition(pubsub(other, "set", "<retract node='n'><item id='1'/></retract>", romeo.jid)) == "forbidden"


# XEP-0060 §7.2, §8: taking back, emptying, deleting

def test_what_is_taken_back_is_gone_and_told(friends):
    romeo, juliet = friends
    owner, listener = romeo.login(), announce(juliet.login(presence=False), "n")
    done(publish(owner, "n", item("1")))
    assert detail(pubsub(owner, "set", "<retract node='n'/>")) == "item-required"
    assert detail(pubsub(owner, "set", "<retract><item id='1'/></retract>")) == "nodeid-required"
    assert condition(pubsub(owner, "set", "<retract node='n'><item id='2'/></retract>")) == "item-not-found"
    assert condition(pubsub(owner, "set", "<retract node='m'><item id='2'/></retract>")) == "item-not-found"
    done(pubsub(owner, "set", "<retract node='n' notify='true'><item id='1'/></retract>"))
    listener.expect(event(romeo.jid, "n", "1", "retract"))
    assert ids(items(owner, "n")) == []


def test_taking_back_is_silent_when_the_node_is_set_so(users):
    romeo = users()
    client = announce(romeo.login(presence=False), "n")
    done(publish(client, "n", item("1"), item("2"), options={"pubsub#notify_retract": "0", "pubsub#max_items": "max"}))
    done(pubsub(client, "set", "<retract node='n'><item id='1'/></retract>"))
    client.expect_nothing(event(romeo.jid, "n", "1", "retract"))
    done(pubsub(client, "set", "<retract node='n' notify='1'><item id='2'/></retract>"))
    client.expect(event(romeo.jid, "n", "2", "retract"))


def test_a_node_is_emptied_and_deleted_by_its_owner(friends):
    romeo, juliet = friends
    owner, listener = romeo.login(), announce(juliet.login(presence=False), "n")
    done(publish(owner, "n", item("1")))
    for verb in ("purge", "delete"):
        assert condition(pubsub(listener, "set", f"<{verb} node='n'/>", romeo.jid, "owner")) == "forbidden"
        assert condition(pubsub(owner, "set", f"<{verb} node='m'/>", space="owner")) == "item-not-found"
        assert detail(pubsub(owner, "set", f"<{verb}/>", space="owner")) == "nodeid-required"
    done(pubsub(owner, "set", "<purge node='n'/>", space="owner"))
    listener.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><purge node='n'/></event></message>")
    assert ids(items(owner, "n")) == []
    done(pubsub(owner, "set", "<delete node='n'/>", space="owner"))
    listener.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><delete node='n'/></event></message>")
    assert condition(items(owner, "n")) == "item-not-found"
