"""RFC 6121 §5 and §8.5: to whom a message goes. The table is the specification's, row by row."""

from dataclasses import dataclass

import pytest

from support.elements import NS, body, condition, error_type
from support.fixtures import PEER

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


@dataclass
class Row:
    """One message, to `to`, for somebody whose clients have these `priorities`.

    `None` as a priority is a client that has bound a resource but sent no presence. `to` is "bare", "nobody",
    "absent" (a full address that does not exist), or the index of a client. `outcomes` holds every result that
    the specification allows: indexes of those who hear it, "error", "stored", "ignored".
    """
    why: str
    kind: str
    to: object
    priorities: tuple
    outcomes: tuple


TABLE = [
    # §8.5.1: no such account
    Row("§8.5.1", "chat", "nobody", (), ("error",)),
    Row("§8.5.1", "normal", "nobody", (), ("error",)),
    Row("§8.5.1", "groupchat", "nobody", (), ("error", "ignored")),
    Row("§8.5.1", "headline", "nobody", (), ("error", "ignored")),
    Row("§8.5.1", "error", "nobody", (), ("ignored",)),
    # §8.5.2.1: bare address, somebody is there
    *[Row("§8.5.2.1.1 one resource", kind, "bare", (0,), ((0,),)) for kind in ("normal", "chat", "headline")],
    *[Row("§8.5.2.1.1 all or the most available", kind, "bare", (1, 5), ((1,), (0, 1)))
      for kind in ("normal", "chat")],
    *[Row("§8.5.2.1.1 equal priorities", kind, "bare", (0, 0), ((0,), (1,), (0, 1))) for kind in ("normal", "chat")],
    *[Row("§8.5.2.1.1 a negative one is left out", kind, "bare", (-1, 0), ((1,),))
      for kind in ("normal", "chat", "headline")],
    *[Row("§8.5.2.1.1 only negative ones", kind, "bare", (-1, -5), ("stored", "error")) for kind in ("normal", "chat")],
    Row("§8.5.2.1.1 only negative ones", "headline", "bare", (-1,), ("ignored",)),
    Row("§8.5.2.1.1 every non-negative one", "headline", "bare", (0, 7, -1), ((0, 1),)),
    Row("§8.5.2.1.1", "groupchat", "bare", (0,), ("error",)),
    Row("§8.5.2.1.1", "error", "bare", (0,), ("ignored",)),
    # §8.5.2.2: bare address, nobody is there
    *[Row("§8.5.2.2.1", kind, "bare", (), ("stored", "error")) for kind in ("normal", "chat")],
    *[Row("§8.5.2.2.1 connected is not available", kind, "bare", (None,), ("stored", "error"))
      for kind in ("normal", "chat")],
    Row("§8.5.2.2.1", "groupchat", "bare", (), ("error",)),
    Row("§8.5.2.2.1", "headline", "bare", (), ("ignored",)),
    Row("§8.5.2.2.1", "error", "bare", (), ("ignored",)),
    # §8.5.3.1: full address that exists
    *[Row("§8.5.3.1", kind, 1, (5, 0), ((1,),)) for kind in ("normal", "chat", "groupchat", "headline", "error")],
    *[Row("§8.5.3.1 a negative priority does not matter", kind, 0, (-1, 5), ((0,),)) for kind in ("normal", "chat")],
    # §8.5.3.2: full address that does not exist
    Row("§8.5.3.2.1 as to the bare address", "chat", "absent", (0,), ((0,),)),
    Row("§8.5.3.2.1 as to the bare address", "chat", "absent", (), ("stored", "error")),
    Row("§8.5.3.2.1", "normal", "absent", (0,), ("error", (0,))),
    Row("§8.5.3.2.1", "groupchat", "absent", (0,), ("error", "ignored")),
    Row("§8.5.3.2.1", "headline", "absent", (0,), ("error", "ignored", (0,))),
    Row("§8.5.3.2.1", "error", "absent", (0,), ("ignored",)),
]


def title(row):
    where = "to a client" if isinstance(row.to, int) else f"to {row.to}"
    return f"{row.kind} {where} with {list(row.priorities)} {row.why}"


@pytest.mark.parametrize("row", TABLE, ids=title)
def test_a_message_goes_where_the_table_says(server, users, row):
    sender, recipient = users(2)
    clients = [recipient.login(f"c{index}", priority, presence=priority is not None)
               for index, priority in enumerate(row.priorities)]
    romeo = sender.login()
    to = {"bare": recipient.jid, "absent": f"{recipient.jid}/absent", "nobody": f"nobody@{server.domain}"}.get(
        row.to, f"{recipient.jid}/c{row.to}")
    error = "<error type='cancel'><gone xmlns='%s'/></error>" % NS["stanza-error"] if row.kind == "error" else ""

    romeo.send(f"<message type='{row.kind}' to='{to}' id='t1'><body>which way?</body>{error}</message>")
    romeo.fence()
    heard = []
    for index, client in enumerate(clients):
        client.fence()
        copies = [copy for copy in client.take("<message/>") if body(copy) == "which way?"]
        assert len(copies) <= 1, "delivered twice"
        if copies:
            assert copies[0].get("from") == romeo.jid
            assert copies[0].get("to") == to
            assert copies[0].get("type", "normal") == row.kind
            heard.append(index)
    refused = romeo.take("<message type='error' id='t1'/>")

    if refused:
        assert not heard, "delivered and refused"
        assert condition(refused[0]) == "service-unavailable"
        assert error_type(refused[0]) == "cancel"
        assert refused[0].get("from") == to
        outcome = "error"
    elif heard:
        outcome = tuple(heard)
    else:
        outcome = "stored" if row.to != "nobody" and is_stored(recipient) else "ignored"
    assert outcome in row.outcomes


def is_stored(recipient):
    late = recipient.login("late", priority=9)
    late.fence()
    return any(body(message) == "which way?" for message in late.take("<message/>"))


# Addresses

def test_the_server_writes_the_sender(users):
    """RFC 6120 §8.1.2.1."""
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message to='{juliet.jid}' id='s1'><body>from whom?</body></message>")
    assert juliet.hear("from whom?").get("from") == romeo.jid


def test_a_sender_that_is_true_may_be_written(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    for own in (romeo.jid, romeo.bare):
        romeo.send(f"<message from='{own}' to='{juliet.jid}'><body>truly {own}</body></message>")
        assert juliet.hear(f"truly {own}").get("from") == romeo.jid


@peer_differs("Prosody overwrites the sender and says nothing")
@pytest.mark.parametrize("forged", ["the other", "the server", "another resource"])
def test_a_forged_sender_ends_the_stream_and_nothing_is_delivered(server, users, forged):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    name = {"the other": juliet.jid, "the server": server.domain, "another resource": f"{romeo.bare}/other"}[forged]
    romeo.send(f"<message from='{name}' to='{juliet.jid}'><body>forged</body></message>")
    romeo.expect_stream_error("invalid-from")
    juliet.expect_nothing()


def test_nobody_hears_a_sender_that_is_forged(users):
    romeo, juliet, tybalt = users(3)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message from='{tybalt.jid}' to='{juliet.jid}'><body>forged</body></message>")
    try:
        romeo.fence()
    except (AssertionError, OSError):
        pass  # the stream was ended
    juliet.fence()
    assert all(message.get("from") == romeo.jid for message in juliet.take("<message/>"))


def test_a_message_without_an_address_is_for_the_own_account(users):
    """RFC 6120 §10.3.1: handled as if addressed to the sender's bare address."""
    romeo = users().login()
    romeo.send("<message type='chat' id='n1'><body>note to self</body></message>")
    romeo.hear("note to self")


def test_a_note_to_the_own_bare_address_reaches_the_other_devices(users):
    romeo = users()
    phone, desk = romeo.login("phone"), romeo.login("desk")
    phone.say(romeo.jid, "note to self")
    desk.hear("note to self")


@pytest.mark.parametrize("address", ["@post.example", "juliet@", "a@b@post.example/", "ju liet@post.example", "/x"])
def test_an_address_that_is_none_is_refused(users, address):
    romeo = users().login()
    romeo.send(f"<message to='{address}' type='chat' id='j1'><body>where?</body></message>")
    try:
        answer = romeo.expect("<message type='error' id='j1'/>")
        assert condition(answer) in ("jid-malformed", "service-unavailable", "remote-server-not-found")
    except AssertionError:
        romeo.expect_stream_error("improper-addressing")


def test_addresses_are_compared_after_preparation(users):
    """RFC 7622: the local part is case-mapped."""
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.say(juliet.bare.upper().replace("POST.EXAMPLE", "Post.Example"), "loudly")
    juliet.hear("loudly")


def test_a_foreign_domain_that_cannot_be_reached_is_an_error(users):
    romeo = users().login()
    romeo.say("x@unreachable.invalid", "anybody?", name="f1")
    answer = romeo.expect("<message type='error' id='f1'/>")
    assert condition(answer) in ("remote-server-not-found", "service-unavailable", "forbidden", "not-allowed",
                                 "remote-server-timeout", "policy-violation")


# Content and order

def test_messages_arrive_in_the_order_they_were_sent(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    for number in range(200):
        romeo.say(juliet.bare, f"line {number}")
    juliet.hear("line 199")
    heard = [body(message) for message in juliet.take("<message/>")]
    assert heard == [f"line {number}" for number in range(199)]


def test_what_a_message_carries_is_relayed_as_it_is(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message to='{juliet.jid}' type='chat' id='c1' xml:lang='en'><subject>Hours</subject>"
               "<body>at nine</body><body xml:lang='de'>um neun</body><thread parent='t0'>t1</thread>"
               "<active xmlns='http://jabber.org/protocol/chatstates'/>"
               "<request xmlns='urn:xmpp:receipts'/></message>")
    juliet.expect(f"<message from='{romeo.jid}' to='{juliet.jid}' type='chat' id='c1'><subject>Hours</subject>"
                  "<body>at nine</body><body xml:lang='de'>um neun</body><thread parent='t0'>t1</thread>"
                  "<active xmlns='http://jabber.org/protocol/chatstates'/>"
                  "<request xmlns='urn:xmpp:receipts'/></message>")


def test_a_message_to_the_server_itself_is_not_delivered_to_anybody(server, users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.say(server.domain, "hello, server", name="d1")
    juliet.expect_nothing(after=romeo)


def test_a_type_that_is_not_known_counts_as_normal(users):
    """RFC 6121 §5.2.2."""
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message to='{juliet.jid}' type='telegram'><body>stop</body></message>")
    if PEER == "chancery":
        assert juliet.hear("stop").get("type", "normal") in ("normal", "telegram")


@only_chancery("Chancery's promise")
def test_a_delivered_message_is_on_record(server, users):
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    a.say(juliet.jid, "forrecordonly nightingale")
    b.hear("forrecordonly nightingale")
    found = server.archive_search(words="nightingale", sender=romeo.jid)
    assert len(found) == 1


@only_chancery("Chancery's promise")
def test_a_refused_message_is_on_record_too(server, users):
    romeo = users()
    client = romeo.login()
    client.say(f"nobody@{server.domain}", "refused lark", name="r1")
    client.expect("<message type='error' id='r1'/>")
    assert len(server.archive_search(words="lark", sender=romeo.jid)) == 1
