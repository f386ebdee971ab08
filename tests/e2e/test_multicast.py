"""XEP-0033: one message to many, of which each copy is judged and recorded."""

import pytest

from support.elements import NS, body, condition

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no such service")

ADDRESS = "http://jabber.org/protocol/address"
SERVICE = "multicast.post.example"


def addressed(*addresses):
    return f"<addresses xmlns='{ADDRESS}'>" + "".join(
        "<address" + "".join(f" {name}='{value}'" for name, value in address.items()) + "/>" for address in addresses) + "</addresses>"


def send(client, text, *addresses, name="m1", extra=""):
    client.send(f"<message to='{SERVICE}' type='chat' id='{name}'>{addressed(*addresses)}<body>{text}</body>{extra}</message>")


def to(jid, kind="to", **more):
    return {"type": kind, "jid": jid, **more}


def test_it_is_found_and_says_what_it_is(users):
    client = users().login()
    items = client.iq("get", f"<query xmlns='{NS['items']}'/>", client.server.domain)
    assert items.find(f"items:query/items:item[@jid='{SERVICE}']", NS) is not None
    info = client.iq("get", f"<query xmlns='{NS['info']}'/>", SERVICE)
    assert info.find("info:query/info:identity[@type='multicast']", NS).get("category") == "service"
    assert info.find(f"info:query/info:feature[@var='{ADDRESS}']", NS) is not None
    assert condition(client.iq("get", f"<query xmlns='{NS['version']}'/>", SERVICE)) == "service-unavailable"


def test_everybody_gets_a_copy_from_its_author_and_each_is_on_record(users, server):
    author, one, two, blind = users(4)
    clients = [person.login() for person in (one, two, blind)]
    speaker = author.login()
    send(speaker, "to the three of you", to(one.jid), to(two.jid, "cc"), to(blind.jid, "bcc"), to(author.jid, "replyto"))
    for client in clients:
        message = client.hear("to the three of you", speaker.jid)
        shown = message.findall(f"{{{ADDRESS}}}addresses/{{{ADDRESS}}}address")
        assert {(each.get("type"), each.get("jid"), each.get("delivered")) for each in shown} == {
            ("to", one.jid, "true"), ("cc", two.jid, "true"), ("replyto", author.jid, None)}
    records = [record for record in server.archive_search(sender=author.jid) if "to the three of you" in str(record)]
    assert len(records) == 3


def test_who_was_served_already_or_is_named_twice_gets_one(users):
    author, one, two = users(3)
    first, second = one.login(), two.login()
    speaker = author.login()
    send(speaker, "once", to(one.jid), to(one.jid, "cc"), to(two.jid, delivered="true"))
    first.hear("once")
    first.expect_nothing(lambda element: body(element) == "once", after=speaker)
    second.expect_nothing(lambda element: body(element) == "once")


def test_a_copy_that_is_refused_is_said_so_and_the_others_arrive(users, server):
    author, one, two = users(3)
    client = one.login()
    blocker = two.login()
    blocker.iq("set", f"<block xmlns='{NS['block']}'><item jid='{author.jid}'/></block>")
    speaker = author.login()
    send(speaker, "to both", to(two.jid), to("nobody-of-that-name@post.example"), to(one.jid), name="many")
    client.hear("to both")
    refused = {speaker.expect("<message type='error' id='many'/>").get("from") for _ in range(2)}
    assert refused == {two.jid, "nobody-of-that-name@post.example"}
    assert len([record for record in server.archive_search(sender=author.jid) if "to both" in str(record)]) == 3


BAD = {
    "no addresses": ([], "bad-request"),
    "an address that is none": ([to("@")], "jid-malformed"),
    "a URI": ([{"type": "to", "uri": "mailto:romeo@example.org"}], "jid-malformed"),
    "only where to answer": ([to("romeo@post.example", "replyto")], "bad-request"),
    "too many": ([to(f"u{number}@post.example") for number in range(101)], "not-acceptable"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_sent_on_is_refused(users, what):
    addresses, expected = BAD[what]
    client = users().login()
    send(client, "x", *addresses, name="bad")
    assert condition(client.expect("<message type='error' id='bad'/>")) == expected


def test_a_message_without_addresses_is_refused(users):
    client = users().login()
    client.say(SERVICE, "nobody is named", name="m9")
    assert condition(client.expect("<message type='error' id='m9'/>")) == "item-not-found"
    client.say(f"somebody@{SERVICE}", "nobody is there", name="m10")
    assert condition(client.expect("<message type='error' id='m10'/>")) == "item-not-found"


def test_it_does_not_send_to_itself(users):
    client = users().login()
    send(client, "round and round", to(SERVICE), name="round")
    assert condition(client.expect("<message type='error' id='round'/>")) == "forbidden"


def test_the_copies_are_in_the_history_of_both(users):
    author, one = users(2)
    speaker = author.login()
    send(speaker, "for the history", to(one.jid))
    speaker.fence()
    for person in (author, one):
        client = person.login()
        client.iq("set", f"<query xmlns='{NS['mam']}'/>")
        assert [element for element in client.take("<message/>")
                if element.findtext("mam:result/forward:forwarded/{jabber:client}message/{jabber:client}body", None, NS) == "for the history"]


def test_it_can_be_switched_off(make_server, users):
    server = make_server(limits__multicast="0").start()
    client = users(on=server).login()
    send(client, "x", to(client.bare), name="off")
    assert condition(client.expect("<message type='error' id='off'/>")) == "remote-server-not-found"
