"""XEP-0163 and what of XEP-0060 a person's own nodes do; XEP-0115 as the server understands clients by it."""

import pytest

from support.elements import NS, condition
from support.events import TUNE, announce, configure, detail, done, event, form, ids, item, items, publish, pubsub, version_of
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("the peers differ in errors and in what they record")
MOOD = "http://jabber.org/protocol/mood"
AUTHORIZATION = f"{NS['pubsub']}#subscribe_authorization"


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
