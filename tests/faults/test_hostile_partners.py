"""Other servers that lie, flood, break off or say nonsense. Whatever they do, the people here go on."""

import threading
import time

import pytest

from support.elements import body, to_text
from support.federation import person, signed_in
from support.post_office import call, friends_address, juliet, make_ours, ours  # noqa: F401, fixtures
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("federation")
WAIT = 20


@pytest.fixture
def friend(ours, call):
    stream = call(ours).secure()
    assert stream.authenticate()
    return stream


def test_a_partner_is_heard_and_answered_on_the_same_stream(ours, friend, juliet):
    friend.say("romeo@friend.example/x", juliet.bare, "hello")
    assert juliet.expect(lambda each: body(each) == "hello").get("from") == "romeo@friend.example/x"
    juliet.say("romeo@friend.example/x", "hello yourself")
    friend.expect(lambda each: each.tag == "{jabber:server}message" and each.findtext("{jabber:server}body") == "hello yourself")


@pytest.mark.parametrize("sender", ["romeo@other.example", "juliet@post.example", "romeo@sub.friend.example", "post.example"])
def test_a_sender_of_another_domain_ends_the_stream_and_nothing_is_delivered(ours, friend, juliet, sender):
    friend.say(sender, juliet.bare, "trust me")
    friend.expect_stream_error("invalid-from")
    juliet.expect_nothing("<message/>")
    assert ours.archive_search(words="trust") == []


@pytest.mark.parametrize("stanza, condition", [
    ("<message to='juliet@post.example'><body>x</body></message>", "improper-addressing"),
    ("<message from='romeo@friend.example'><body>x</body></message>", "improper-addressing"),
    ("<message from='romeo@friend.example' to='juliet@elsewhere.example'><body>x</body></message>", "host-unknown"),
    ("<message from='@' to='juliet@post.example'><body>x</body></message>", "invalid-from"),
    ("<message xmlns='jabber:client' from='romeo@friend.example' to='juliet@post.example'/>", "unsupported-stanza-type"),
    ("<nonsense/>", "unsupported-stanza-type"),
    ("<a xmlns='urn:xmpp:sm:3' h='5'/>", "unsupported-stanza-type"),
    ("<message from='romeo@friend.example' to='juliet@post.example'><body>x</message>", "not-well-formed"),
    pytest.param("<message from='romeo@friend.example' to='juliet@post.example'><body>" + "x" * 300_000 + "</body></message>",
                 "policy-violation", id="too-large"),
    ("<!DOCTYPE x>", "restricted-xml"),
])
def test_what_is_not_a_stanza_for_us_ends_the_stream(friend, juliet, stanza, condition):
    friend.send(stanza)
    friend.expect_stream_error(condition)
    juliet.expect_nothing("<message/>")


def test_a_malformed_recipient_is_an_error_and_the_stream_goes_on(friend, juliet):
    friend.send("<message from='romeo@friend.example' to='@@post.example' id='bad'><body>x</body></message>")
    friend.say("romeo@friend.example", juliet.bare, "still here")
    juliet.expect(lambda each: body(each) == "still here")
    assert friend.expect(lambda each: each.get("id") == "bad").get("type") == "error"


def test_who_is_no_partner_is_not_let_in(ours, call):
    stream = call(ours, "stranger.example", "DNS:stranger.example")
    stream.connect()
    stream.greet()
    stream.expect_stream_error("policy-violation")


def test_nobody_speaks_in_our_own_name(ours, call):
    stream = call(ours, "post.example", "DNS:post.example")
    stream.connect()
    stream.greet()
    stream.expect_stream_error("invalid-from")


@pytest.mark.parametrize("names", [None, "DNS:other.example", "DNS:*.friend.example", "DNS:friend.example.evil.example"])
def test_without_a_certificate_for_the_domain_nobody_is_let_in(ours, call, names):
    stream = call(ours, names=names).secure()
    stream.expect_stream_error("not-authorized")
    wait_until(lambda: "calls, but" in ours.partner("friend.example").get("last_error", ""), "noted")


def test_a_certificate_for_servers_only_is_enough(ours, call):
    assert call(ours, usage="serverAuth").secure().authenticate()


def test_a_certificate_for_something_else_is_not(ours, call):
    call(ours, usage="codeSigning").secure().expect_stream_error("not-authorized")


def test_the_certificate_lets_in_its_own_domain_and_no_other(ours, call):
    stream = call(ours, names="DNS:friend.example,DNS:elsewhere.example").secure()
    assert not stream.authenticate("other.example")
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>")
    stream.expect(lambda each: each.tag.endswith("failure"))


def test_the_domain_cannot_be_changed_after_it_was_proven(ours, call):
    stream = call(ours, names="DNS:friend.example,DNS:other.example").secure()
    stream.features()
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>")
    stream.expect("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    stream.greet(domain="other.example")
    stream.expect_stream_error("invalid-from")


def test_nothing_is_said_before_tls(ours, call):
    stream = call(ours).connect()
    stream.greet()
    stream.features()
    stream.say("romeo@friend.example", "juliet@post.example", "in the open")
    stream.expect_stream_error("policy-violation")


def test_nothing_is_said_before_the_domain_is_proven(ours, call):
    stream = call(ours).secure()
    stream.features()
    stream.say("romeo@friend.example", "juliet@post.example", "unproven")
    stream.expect_stream_error("not-authorized")


def test_keys_are_refused_where_dns_is_no_proof(ours, friend, call):
    stream = call(ours).secure()
    stream.features()
    for stream in (stream, friend):
        stream.send("<db:result xmlns:db='jabber:server:dialback' from='friend.example' to='post.example'>0123</db:result>")
        answer = stream.expect(lambda each: each.tag == "{jabber:server:dialback}result")
        assert answer.get("type") == "error"
    friend.send("<db:verify xmlns:db='jabber:server:dialback' from='friend.example' to='post.example' id='1'>0123</db:verify>")
    assert friend.expect(lambda each: each.tag == "{jabber:server:dialback}verify").get("type") == "invalid"


def test_another_namespace_is_no_server(ours, call):
    stream = call(ours).connect()
    stream.greet(namespace="jabber:client")
    stream.expect_stream_error("invalid-namespace")


def test_a_domain_that_is_not_here_is_unknown(ours, call):
    stream = call(ours).connect()
    stream.greet(to="elsewhere.example")
    stream.expect_stream_error("host-unknown")


def test_who_says_nothing_is_shown_out(make_ours, call):
    ours = make_ours(limits__login_seconds="1")
    call(ours).connect().expect_end(WAIT)
    slow = call(ours).connect()
    slow.send("<?xml version='1.0'?><stream:stream")
    begin = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() < begin + WAIT:
            slow.send(" ")
            time.sleep(0.1)
    assert time.monotonic() < begin + WAIT


def test_who_sends_too_fast_is_read_slowly_and_loses_nothing(make_ours, call, clients):
    ours = make_ours(federation__stanzas_per_second="20")
    juliet = signed_in(person(ours, "juliet", clients))
    stream = call(ours).secure()
    assert stream.authenticate()
    begin = time.monotonic()
    for number in range(60):
        stream.say("romeo@friend.example", juliet.bare, f"line {number}")
    heard = [body(juliet.expect(lambda each: body(each), timeout=WAIT)) for _ in range(60)]
    assert heard == [f"line {number}" for number in range(60)]
    assert time.monotonic() - begin > 1.5, "sixty stanzas at twenty a second, the first twenty at once"


def test_who_writes_to_too_many_addresses_is_refused_new_ones(make_ours, call, clients):
    ours = make_ours(federation__targets_per_minute="1000", **{"federation.targets.friend.example": "3"})
    juliet = signed_in(person(ours, "juliet", clients))
    stream = call(ours).secure()
    assert stream.authenticate()
    for number in range(3):
        stream.say("romeo@friend.example", f"u{number}@post.example", "hello", name=f"n{number}")
    stream.say("romeo@friend.example", juliet.bare, "spam", name="too-many")
    refused = stream.expect(lambda each: each.get("id") == "too-many", timeout=WAIT)
    assert refused.find("{jabber:server}error")[0].tag.endswith("resource-constraint")
    juliet.expect_nothing("<message/>")


def test_who_tries_out_addresses_is_slowed_down(ours, friend, juliet):
    for number in range(60):
        friend.say("romeo@friend.example", f"guess{number}@post.example", "anybody?", name=f"g{number}")
    wait_until(lambda: ours.partner("friend.example").get("suspicious"), "noticed")
    juliet.fence()


def test_a_partner_is_told_of_its_stanzas_only_when_they_are_on_record(ours, friend, juliet):
    friend.send("<enable xmlns='urn:xmpp:sm:3'/>")
    friend.expect("<enabled xmlns='urn:xmpp:sm:3'/>")
    for number in range(5):
        friend.say("romeo@friend.example", juliet.bare, f"line {number}")
    friend.send("<r xmlns='urn:xmpp:sm:3'/>")
    assert friend.expect("<a xmlns='urn:xmpp:sm:3'/>").get("h") == "5"
    assert len(ours.archive_search(sender="romeo@friend.example")) == 5


def test_acknowledging_what_was_never_sent_ends_the_stream(friend):
    friend.send("<enable xmlns='urn:xmpp:sm:3'/>")
    friend.expect("<enabled xmlns='urn:xmpp:sm:3'/>")
    friend.send("<a xmlns='urn:xmpp:sm:3' h='7'/>")
    friend.expect_stream_error("undefined-condition", "unsupported-stanza-type")


def test_what_a_partner_did_not_acknowledge_is_sent_again(ours, call, juliet):
    first = call(ours).secure()
    assert first.authenticate()
    first.send("<enable xmlns='urn:xmpp:sm:3'/>")
    first.expect("<enabled xmlns='urn:xmpp:sm:3'/>")
    juliet.say("romeo@friend.example", "one")
    juliet.say("romeo@friend.example", "two")
    for _ in range(2):
        first.expect(lambda each: each.tag == "{jabber:server}message")
    first.send("<a xmlns='urn:xmpp:sm:3' h='1'/>")
    wait_until(lambda: ours.partner("friend.example")["waiting"] == 1, "acknowledged")
    first.cut()
    second = call(ours).secure()
    assert second.authenticate()
    again = second.expect(lambda each: each.tag == "{jabber:server}message", timeout=WAIT)
    assert again.findtext("{jabber:server}body") == "two"


def test_a_storm_of_connections_leaves_people_in_peace(make_ours, call, clients):
    ours = make_ours(federation__streams="8")
    juliet = signed_in(person(ours, "juliet", clients))
    streams = [call(ours).connect() for _ in range(40)]
    juliet.fence()
    for stream in streams:
        stream.cut()
    juliet.fence()


def managed(stream):
    stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
    stream.expect("<enabled xmlns='urn:xmpp:sm:3'/>")
    return stream


def test_what_is_sent_again_is_the_same_to_the_letter(ours, call, juliet):
    """So that a partner that looks for it can tell: also after a crash of ours."""
    first = call(ours).secure()
    assert first.authenticate()
    managed(first)
    juliet.say("romeo@friend.example", "once?", name="the-id")
    heard = first.expect(lambda each: each.tag == "{jabber:server}message")
    first.cut()
    second = call(ours).secure()
    assert second.authenticate()
    again = second.expect(lambda each: each.tag == "{jabber:server}message", timeout=WAIT)
    ours.kill()
    ours.start()
    third = call(ours).secure()
    assert third.authenticate()
    at_last = third.expect(lambda each: each.tag == "{jabber:server}message", timeout=WAIT)
    assert heard.get("id") == "the-id"
    assert to_text(heard) == to_text(again) == to_text(at_last)


def test_a_planned_end_waits_for_what_the_partner_has_to_acknowledge(ours, call, juliet):
    stream = call(ours).secure()
    assert stream.authenticate()
    managed(stream)
    juliet.say("romeo@friend.example", "once")
    stream.expect(lambda each: each.tag == "{jabber:server}message")
    stop = threading.Thread(target=ours.stop)
    stop.start()
    juliet.expect_end(WAIT)  # it is about to stop
    stream.send("<a xmlns='urn:xmpp:sm:3' h='1'/>")
    stream.expect_stream_error("system-shutdown")
    stop.join()
    ours.start()
    again = call(ours).secure()
    assert again.authenticate()
    again.say("romeo@friend.example", "juliet@post.example", "anything else?", name="last")
    again.send("<iq type='get' id='p1' from='friend.example' to='post.example'><ping xmlns='urn:xmpp:ping'/></iq>")
    again.expect(lambda each: each.get("id") == "p1")
    assert not again.take(lambda each: each.tag == "{jabber:server}message")


def test_a_planned_end_does_not_wait_for_ever(ours, call, juliet):
    stream = call(ours).secure()
    assert stream.authenticate()
    managed(stream)
    juliet.say("romeo@friend.example", "once")
    stream.expect(lambda each: each.tag == "{jabber:server}message")
    ours.stop()
    ours.start()


def test_a_planned_end_says_how_much_was_taken(ours, call, juliet):
    """XEP-0198 §4: so that the partner need not send it again."""
    stream = call(ours).secure()
    assert stream.authenticate()
    managed(stream)
    for number in range(3):
        stream.say("romeo@friend.example", juliet.bare, f"line {number}")
    juliet.expect(lambda each: body(each) == "line 2")
    ours.stop()
    assert stream.expect("<a xmlns='urn:xmpp:sm:3'/>").get("h") == "3"
    stream.expect_stream_error("system-shutdown")
    ours.start()
