"""XEP-0060 §8: making and setting up nodes, and deciding who may read them."""

import pytest

from support.elements import NS, condition
from support.events import configure, detail, done, event, form, ids, item, items, publish, pubsub

pytestmark = pytest.mark.only_chancery("the peers differ in errors and in what they record")
AUTHORIZATION = f"{NS['pubsub']}#subscribe_authorization"


# XEP-0060 §8.1 to §8.3: making and setting up

def test_nodes_are_made_and_set_up_by_their_owner(friends):
    romeo, juliet = friends
    owner, other = romeo.login(), juliet.login()
    done(pubsub(owner, "set", "<create node='n'/><configure>" + form("node_config", {"pubsub#title": "News", "pubsub#access_model": "open"}) + "</configure>"))
    assert condition(pubsub(owner, "set", "<create node='n'/>")) == "conflict"
    assert condition(pubsub(other, "set", "<create node='m'/>", romeo.jid)) == "forbidden"
    instant = done(pubsub(owner, "set", "<create/>")).find("pubsub:pubsub/pubsub:create", NS).get("node")
    assert ids(items(owner, instant)) == []
    shown = done(pubsub(owner, "get", "<configure node='n'/>", space="owner")).find("owner:pubsub/owner:configure/data:x", NS)
    values = {field.get("var"): [value.text for value in field.findall("data:value", NS)] for field in shown.findall("data:field", NS)}
    assert values["FORM_TYPE"] == [NS["pubsub"] + "#node_config"]
    assert values["pubsub#title"] == ["News"] and values["pubsub#access_model"] == ["open"] and values["pubsub#max_items"] == ["1"]
    defaults = done(pubsub(owner, "get", "<default/>", space="owner")).find("owner:pubsub/owner:default/data:x", NS)
    values = {field.get("var"): field.findtext("data:value", None, NS) for field in defaults.findall("data:field", NS)}
    assert values["pubsub#access_model"] == "presence" and values["pubsub#send_last_published_item"] == "on_sub_and_presence"
    done(configure(owner, "n", {"pubsub#access_model": "whitelist"}))
    assert detail(items(other, "n", romeo.jid)) == "closed-node"
    assert condition(configure(other, "n", {"pubsub#access_model": "open"}, romeo.jid)) == "forbidden"
    assert condition(pubsub(other, "get", "<configure node='n'/>", romeo.jid, "owner")) == "forbidden"
    assert detail(pubsub(owner, "get", "<configure/>", space="owner")) == "nodeid-required"
    assert condition(pubsub(owner, "set", "<configure node='n'/>", space="owner")) == "bad-request"


@pytest.mark.parametrize("fields", [{"pubsub#access_model": "nonsense"}, {"pubsub#max_items": "-1"}, {"pubsub#max_items": "100000000"},
                                    {"pubsub#persist_items": "perhaps"}, {"pubsub#unheard_of": "1"}, {"pubsub#item_expire": "60"}])
def test_what_cannot_be_set_is_refused_and_named(users, fields):
    client = users().login()
    done(publish(client, "n", item("1")))
    answer = configure(client, "n", fields)
    assert condition(answer) == "not-acceptable"
    assert next(iter(fields)) in answer.findtext("error/se:text", None, {**NS, "": "jabber:client", "se": NS["stanza-error"]})


def asked_for(client):
    """What the owner of a node is asked, by field."""
    message = client.expect(lambda each: each.findtext("data:x/data:field[@var='FORM_TYPE']/data:value", None, NS) == AUTHORIZATION)
    assert message.get("from") == client.bare
    return {field.get("var"): field.findtext("data:value", None, NS) for field in message.findall("data:x/data:field", NS)}


def decide(client, fields, allow, to=None):
    inside = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in {**fields, "pubsub#allow": allow}.items())
    client.send(f"<message id='decided' to='{to or client.bare}'><x xmlns='jabber:x:data' type='submit'>{inside}</x></message>")


def subscription_state(client, node, owner):
    answer = pubsub(client, "set", f"<subscribe node='{node}' jid='{client.bare}'/>", owner)
    return done(answer).find(".//{http://jabber.org/protocol/pubsub}subscription").get("subscription")


def waits_for_word(owner, reader, node="n"):
    """The node of a person, which a contact asks to subscribe to."""
    done(pubsub(owner, "set", f"<create node='{node}'/><configure>" + form("node_config", {"pubsub#access_model": "authorize"}) + "</configure>"))
    done(publish(owner, node, item("1")))
    assert detail(items(reader, node, owner.bare)) == "not-subscribed"
    assert subscription_state(reader, node, owner.bare) == "pending"
    assert detail(items(reader, node, owner.bare)) == "pending-subscription"
    fields = asked_for(owner)
    assert (fields["pubsub#node"], fields["pubsub#subscriber_jid"], fields["pubsub#allow"]) == (node, reader.bare, "false")
    return fields


def test_the_owner_of_a_node_allows_who_asks(server, users):
    owner, reader = (person.login() for person in users(2))
    fields = waits_for_word(owner, reader)
    decide(owner, fields, "true")
    reader.expect(lambda each: each.find("event:event/event:subscription[@subscription='subscribed']", NS) is not None)
    reader.expect(event(owner.bare, "n", "1"))
    assert ids(items(reader, "n", owner.bare)) == ["1"]
    done(publish(owner, "n", item("2")))
    reader.expect(event(owner.bare, "n", "2"))
    assert any("pubsub#allow" in record["stanza"] and record["from"] == owner.jid for record in server.archive_search(all=True, sender=owner.jid))


def test_the_owner_of_a_node_denies_who_asks(users):
    owner, reader = (person.login() for person in users(2))
    decide(owner, waits_for_word(owner, reader), "false")
    reader.expect(lambda each: each.find("event:event/event:subscription[@subscription='none']", NS) is not None)
    assert detail(items(reader, "n", owner.bare)) == "not-subscribed"
    assert subscription_state(reader, "n", owner.bare) == "pending", "they may ask again"


def test_nobody_but_the_owner_decides_about_a_persons_node(users):
    owner, reader = (person.login() for person in users(2))
    fields = waits_for_word(owner, reader)
    decide(reader, fields, "true", to=owner.bare)
    decide(reader, fields, "true")
    assert condition(reader.expect("<message type='error' id='decided'/>")) == "item-not-found", "there is no such node of their own"
    assert detail(items(reader, "n", owner.bare)) == "pending-subscription"


def test_an_owner_who_is_away_is_asked_when_they_come(users):
    person, other = users(2)
    owner, reader = person.login(), other.login()
    done(pubsub(owner, "set", "<create node='n'/><configure>" + form("node_config", {"pubsub#access_model": "authorize"}) + "</configure>"))
    owner.close()
    assert subscription_state(reader, "n", person.jid) == "pending"
    owner = person.login()
    decide(owner, asked_for(owner), "1")
    reader.expect(lambda each: each.find("event:event/event:subscription[@subscription='subscribed']", NS) is not None)


def test_all_form_fields_that_are_shown_can_be_sent_back(users):
    """Gajim and others send the whole form."""
    client = users().login()
    done(publish(client, "n", item("1")))
    shown = done(pubsub(client, "get", "<configure node='n'/>", space="owner")).find(".//data:x", NS)
    fields = {field.get("var"): [value.text or "" for value in field.findall("data:value", NS)] for field in shown.findall("data:field", NS) if field.get("var") != "FORM_TYPE"}
    done(configure(client, "n", fields))
