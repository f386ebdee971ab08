"""XEP-0198: acknowledgement and resumption. No message is lost with a connection, and none doubled."""

import pytest

from support.elements import NS, body, condition
from support.stream_management import resume

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


def reason(failed):
    assert failed.tag == "{%s}failed" % NS["sm"], failed.tag
    return [child.tag.split("}")[1] for child in failed]


def kind(element):
    return element.tag.split("}")[1]


def test_it_is_offered_after_signing_in(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    assert client.authenticate(romeo.name, romeo.password).find("sm:sm", NS) is not None


def test_it_can_be_enabled_once_and_only_after_binding(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    client.authenticate(romeo.name, romeo.password)
    client.send(f"<enable xmlns='{NS['sm']}'/>")
    assert reason(client.expect(f"<failed xmlns='{NS['sm']}'/>")) == ["unexpected-request"]
    client.bind()
    client.enable_sm()
    client.send(f"<enable xmlns='{NS['sm']}'/>")
    assert reason(client.expect(f"<failed xmlns='{NS['sm']}'/>")) == ["unexpected-request"]


@peer_differs("Prosody ends the stream")
@pytest.mark.parametrize("request_", ["<enable xmlns='urn:xmpp:sm:3'/>", "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>"])
def test_before_signing_in_it_is_refused_and_the_stream_goes_on(users, request_):
    """XEP-0198 §3."""
    romeo = users()
    client = romeo.client()
    client.connect()
    client.open()
    client.features()
    client.send(request_)
    assert reason(client.expect(f"<failed xmlns='{NS['sm']}'/>")) == ["unexpected-request"]
    client.send(f"<starttls xmlns='{NS['tls']}'/>")
    client.expect(f"<proceed xmlns='{NS['tls']}'/>")
    client.start_tls()
    client.open()
    client.features()
    client.send(request_)
    assert reason(client.expect(f"<failed xmlns='{NS['sm']}'/>")) == ["unexpected-request"]
    client.authenticate(romeo.name, romeo.password)
    client.bind()
    client.fence()


def test_enabling_gives_a_name_for_resumption_only_when_asked(users):
    assert users().login(presence=False).enable_sm(resume=True).get("id")
    enabled = users().login(presence=False).enable_sm(resume=False)
    assert enabled.get("resume") not in ("true", "1")


def test_the_server_counts_stanzas_and_nothing_else(users):
    romeo, juliet = users(2)
    client = romeo.login(presence=False)
    client.enable_sm()
    assert client.ask_count() == 0
    client.say(juliet.jid, "one")
    client.send("<presence/>")
    assert client.ask_count() == 2
    client.fence()
    client.send("  ")
    assert client.ask_count() == 3


def test_the_server_asks_for_an_acknowledgement(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login(sm=True), juliet.login()
    speaker.say(romeo.jid, "did you get it?")
    client.hear("did you get it?")
    client.expect(f"<r xmlns='{NS['sm']}'/>")


def test_a_resumed_stream_gets_what_was_not_acknowledged(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login("orchard", sm=True), juliet.login()
    speaker.say(romeo.jid, "first")
    client.hear("first")
    handled = client.answered
    client.cut()
    for number in range(5):
        speaker.say(f"{romeo.jid}/orchard", f"while away {number}")
    speaker.fence()

    back, answer = resume(romeo, client.sm_id, handled)
    assert kind(answer) == "resumed"
    assert answer.get("previd") == client.sm_id
    back.hear("while away 4")
    assert [body(message) for message in back.take("<message/>")] == [f"while away {n}" for n in range(4)]
    back.jid = f"{romeo.jid}/orchard"
    speaker.say(back.jid, "and on")
    back.hear("and on")


def test_what_was_received_but_not_counted_comes_again(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login("orchard", sm=True), juliet.login()
    client.fence()
    handled = client.answered
    speaker.say(romeo.jid, "heard, not acknowledged")
    client.hear("heard, not acknowledged")
    client.cut()
    back, answer = resume(romeo, client.sm_id, handled)
    assert kind(answer) == "resumed"
    back.hear("heard, not acknowledged")


def test_resumption_tells_what_the_server_has_handled(users):
    romeo, juliet = users(2)
    client, hearer = romeo.login(sm=True), juliet.login()
    client.say(juliet.jid, "one")
    client.say(juliet.jid, "two")
    hearer.hear("two")
    count = client.ask_count()
    client.cut()
    _, answer = resume(romeo, client.sm_id, client.answered)
    assert int(answer.get("h")) == count == 3  # with the initial presence


def test_nobody_is_seen_to_leave_while_a_stream_can_be_resumed(friends):
    romeo, juliet = friends
    watcher, client = juliet.login(), romeo.login("orchard", sm=True)
    watcher.expect(f"<presence from='{client.jid}'/>")
    client.cut()
    _, answer = resume(romeo, client.sm_id, client.answered)
    assert kind(answer) == "resumed"
    watcher.expect_nothing(f"<presence type='unavailable' from='{client.jid}'/>")


def test_a_stream_can_be_taken_over_while_its_connection_looks_alive(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login("orchard", sm=True), juliet.login()
    client.fence()
    back, answer = resume(romeo, client.sm_id, client.answered)
    assert kind(answer) == "resumed"
    client.expect_end()
    speaker.say(f"{romeo.jid}/orchard", "to the new connection")
    back.hear("to the new connection")


def test_a_stream_can_be_resumed_again_and_again(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login("orchard", sm=True), juliet.login()
    name, handled = client.sm_id, client.answered
    for number in range(3):
        client.cut()
        speaker.say(f"{romeo.jid}/orchard", f"round {number}")
        speaker.fence()
        client, answer = resume(romeo, name, handled)
        assert kind(answer) == "resumed"
        client.hear(f"round {number}")
        handled += 1


def test_an_unknown_stream_cannot_be_resumed_and_a_resource_can_be_bound_instead(users):
    romeo = users()
    client, answer = resume(romeo, "no-such-stream", 0)
    assert reason(answer)[0] == "item-not-found"
    client.bind("orchard")
    client.enable_sm()
    client.fence()


def test_the_stream_of_another_cannot_be_resumed(users):
    romeo, tybalt = users(2)
    client = romeo.login(sm=True)
    client.cut()
    _, answer = resume(tybalt, client.sm_id, 0)
    assert reason(answer)[0] == "item-not-found"


def test_a_stream_that_was_closed_in_good_order_cannot_be_resumed(users):
    romeo = users()
    client = romeo.login(sm=True)
    client.close()
    _, answer = resume(romeo, client.sm_id, client.answered)
    assert reason(answer)[0] == "item-not-found"


@peer_differs("Prosody logs it and goes on")
def test_acknowledging_more_than_was_sent_ends_the_stream(users):
    """XEP-0198 §4."""
    client = users().login(sm=True)
    client.send(f"<a xmlns='{NS['sm']}' h='{client.answered + 1000}'/>")
    error = client.expect_stream_error("undefined-condition")
    too_high = error.find("sm:handled-count-too-high", NS)
    assert too_high is not None
    assert too_high.get("h") == str(client.answered + 1000)


def test_an_error_is_a_stanza_that_is_counted(users):
    client = users().login(sm=True)
    client.send("<message to='@' id='m1'><body>to nobody</body></message><iq type='get' id='i1' to='@'><ping xmlns='urn:xmpp:ping'/></iq>")
    client.expect("<message type='error' id='m1'/>")
    client.expect("<iq type='error' id='i1'/>")
    client.send(f"<a xmlns='{NS['sm']}' h='{client.answered}'/>")
    client.fence()


@pytest.mark.parametrize("text", ["<a xmlns='urn:xmpp:sm:3' h='minus one'/>", "<a xmlns='urn:xmpp:sm:3'/>"])
@peer_differs("Prosody ignores it")
def test_an_acknowledgement_without_a_number_ends_the_stream(users, text):
    client = users().login(sm=True)
    client.send(text)
    client.expect_end()


# When the stream is not resumed in time

@pytest.fixture
def impatient(make_server):
    """A server on which a stream can be resumed for one second."""
    return make_server(resume_seconds=1).start()


@peer_differs("Prosody 0.12 leaves such messages to the archive")
def test_what_was_not_acknowledged_waits_for_the_next_log_in(impatient, users):
    romeo, juliet = users(2, on=impatient)
    client, speaker = romeo.login("orchard", sm=True), juliet.login()
    client.fence()
    client.send(f"<a xmlns='{NS['sm']}' h='{client.answered}'/>")
    client.fence()
    client.cut()
    for number in range(3):
        speaker.say(romeo.jid, f"unheard {number}")
    speaker.fence()
    _, answer = until_forgotten(romeo, client)
    assert reason(answer)[0] == "item-not-found"
    late = romeo.login("later")
    late.hear("unheard 2")
    assert [body(message) for message in late.take("<message/>")] == ["unheard 0", "unheard 1"]


@peer_differs("Prosody 0.12 leaves such messages to the archive")
def test_what_was_not_acknowledged_goes_to_another_device_that_has_not_had_it(impatient, users):
    romeo, juliet = users(2, on=impatient)
    phone, desk, speaker = romeo.login("phone", sm=True), romeo.login("desk", priority=-1), juliet.login()
    phone.fence()
    phone.cut()
    speaker.say(f"{romeo.jid}/phone", "for whoever is there")
    speaker.fence()
    desk.send("<presence><priority>1</priority></presence>")
    desk.hear("for whoever is there")


def test_who_does_not_come_back_is_seen_to_leave(impatient, users):
    romeo, juliet = users(2, on=impatient)
    client, watcher = romeo.login("orchard", sm=True), juliet.login()
    client.send(f"<presence to='{watcher.jid}'/>")
    watcher.expect(f"<presence from='{client.jid}'/>")
    client.cut()
    watcher.expect(f"<presence type='unavailable' from='{romeo.jid}/orchard'/>")


@peer_differs("Prosody leaves the request open")
def test_a_request_that_a_lost_client_never_had_is_answered(impatient, users):
    romeo, juliet = users(2, on=impatient)
    client, asker = romeo.login("orchard", sm=True), juliet.login()
    client.fence()
    client.cut()
    answer = asker.iq("get", f"<query xmlns='{NS['version']}'/>", f"{romeo.jid}/orchard")
    assert condition(answer) in ("service-unavailable", "recipient-unavailable")
    assert answer.get("from") == f"{romeo.jid}/orchard"


@peer_differs("Prosody 0.12 forgets the count")
def test_who_comes_too_late_is_told_what_had_arrived(impatient, users):
    romeo, juliet = users(2, on=impatient)
    client, hearer = romeo.login("orchard", sm=True), juliet.login()
    client.say(juliet.jid, "this much")
    hearer.hear("this much")
    count = client.ask_count()
    client.cut()
    _, answer = until_forgotten(romeo, client)
    assert reason(answer)[0] == "item-not-found"
    assert int(answer.get("h")) == count == 2


def until_forgotten(person, client):
    """Waits for the stream to time out by watching presence of its owner, then tries to resume it."""
    watcher = person.login("watcher", priority=-1)
    watcher.send(f"<presence type='probe' to='{person.jid}'/>")
    watcher.expect(f"<presence type='unavailable' from='{client.jid}'/>")
    watcher.close()
    return resume(person, client.sm_id, client.answered)


@only_chancery("durability is ours")
def test_an_acknowledged_stanza_is_on_record_even_if_the_server_dies_at_once(own_server, users):
    romeo, juliet = users(2)
    client = romeo.login(sm=True)
    for number in range(20):
        client.say(juliet.jid, f"durable {number}")
    assert client.ask_count() == 21
    own_server.kill()
    own_server.start()
    assert len(own_server.archive_search(words="durable", sender=romeo.jid)) == 20
