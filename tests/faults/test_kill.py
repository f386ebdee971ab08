"""kill -9 under load: nothing acknowledged is lost, nothing is doubled."""

from collections import Counter

import pytest
from load import Recipient, Sender

from support.elements import NS
from support.fixtures import PEER

ROUNDS, PAIRS = 10, 3


def run_rounds(server, people):
    """Loads the server, kills it and starts it again, `ROUNDS` times: (acknowledged, sent, recipients)."""
    recipients = [Recipient(recipient) for _, recipient in people]
    acknowledged, sent, numbers = [], [], [0] * len(people)
    for _ in range(ROUNDS):
        for recipient in recipients:
            recipient.arrive()
        senders = [Sender(sender, recipient.jid, number, f"k{index}")
                   for index, ((sender, recipient), number) in enumerate(zip(people, numbers))]
        for sender in senders:
            sender.start()
        for sender in senders:
            assert sender.progress.wait(20), "the server acknowledges nothing"
        server.kill()
        for index, sender in enumerate(senders):
            sender.join(20)
            sender.client.cut()
            acknowledged += sender.acknowledged
            sent += sender.sent
            numbers[index] = sender.next
        for recipient in recipients:
            recipient.listen(server_is_dead=True)
            recipient.leave()
        server.start()
    for recipient in recipients:
        recipient.arrive()
        recipient.listen()
        recipient.leave()
    return acknowledged, sent, recipients


@pytest.mark.peer_differs("Prosody does not promise it; the test's own load and counting run against it with -k load")
def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_dies_again_and_again(own_server, users):
    people = [tuple(users(2)) for _ in range(PAIRS)]
    acknowledged, sent, recipients = run_rounds(own_server, people)
    assert len(acknowledged) >= ROUNDS * PAIRS * 3 * Sender.WINDOW

    heard = Counter(text for recipient in recipients for text in recipient.heard.values())
    assert [text for text in acknowledged if text not in heard] == [], "acknowledged and never received"
    assert [text for text in heard if heard[text] > 1] == [], "received under two archive ids"
    assert [text for recipient in recipients for text in recipient.repeats] == []

    recorded = Counter()
    for sender, recipient in people:
        recorded.update(text_of(record) for record in everything(own_server, sender, recipient))
    assert [text for text in acknowledged if recorded[text] != 1] == [], "acknowledged and not once on record"
    assert [text for text in heard if recorded[text] != 1] == [], "received and not once on record"
    assert set(recorded) <= set(sent)
    own_server.cli("archive", "verify")


def everything(server, sender, recipient):
    return server.archive_search(sender=sender.jid, to=recipient.jid, limit=1_000_000)


def text_of(record):
    return record.get("text") or record.get("body")


def test_load_the_senders_and_recipients_count_rightly_when_nobody_dies(own_server, users):
    """The measuring instrument itself, without faults; it runs against any server."""
    people = [tuple(users(2)) for _ in range(PAIRS)]
    recipients = [Recipient(recipient) for _, recipient in people]
    for recipient in recipients:
        recipient.arrive()
    senders = [Sender(sender, recipient.jid, 0, f"k{index}") for index, (sender, recipient) in enumerate(people)]
    for sender in senders:
        sender.start()
    for sender in senders:
        assert sender.progress.wait(20)
        sender.stop.set()
        sender.join(20)
        sender.client.fence()
        sender.client.cut()
    for sender, recipient in zip(senders, recipients):
        recipient.listen()
        recipient.leave()
        assert sender.acknowledged == sender.sent
        assert list(recipient.heard.values()) == sender.sent
        assert recipient.repeats == []


def test_a_server_that_died_starts_again_and_says_that_it_is_ready(own_server, users):
    own_server.kill()
    own_server.start()
    users().login().fence()
    if PEER == "chancery":
        status = own_server.status()
        assert status["pid"] == own_server.process.pid


def heard(client, text, person):
    """The archive id under which it came."""
    return client.hear(text).find(f"sid:stanza-id[@by='{person.jid}']", NS).get("id")


def come_back(juliet, client, received):
    """Asks the new process to resume the stream of the old one; the answer."""
    back = juliet.client()
    back.secure()
    back.authenticate(juliet.name, juliet.password)
    back.send(f"<resume xmlns='{NS['sm']}' previd='{client.sm_id}' h='{received}'/>")
    return back, back.expect(f"<failed xmlns='{NS['sm']}'><item-not-found xmlns='{NS['stanza-error']}'/></failed>")


@pytest.mark.peer_differs("Prosody leaves such messages to the archive")
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_what_a_client_says_that_it_has_does_not_come_again(own_server, users, end):
    """Decision 0006: the stream cannot be resumed, but its counts are known."""
    romeo, juliet = users(2)
    speaker, client = romeo.login(), juliet.login(sm=True)
    speaker.say(juliet.jid, "acknowledged")
    client.hear("acknowledged")
    client.send(f"<a xmlns='{NS['sm']}' h='{client.answered}'/>")
    client.fence()
    speaker.say(juliet.jid, "heard and not acknowledged")
    client.hear("heard and not acknowledged")
    received = client.answered
    speaker.say(juliet.jid, "not heard")
    lost = heard(client, "not heard", juliet)
    getattr(own_server, end)()
    own_server.start()

    back, _ = come_back(juliet, client, received)
    back.bind()
    back.available()
    assert heard(back, "not heard", juliet) == lost
    back.expect_nothing()


@pytest.mark.peer_differs("Prosody leaves such messages to the archive")
def test_what_a_client_does_not_account_for_comes_again_and_under_the_same_id(own_server, users):
    romeo, juliet = users(2)
    speaker, client = romeo.login(), juliet.login(sm=True)
    speaker.say(juliet.jid, "heard and not acknowledged")
    before = heard(client, "heard and not acknowledged", juliet)
    own_server.kill()
    own_server.start()
    back = juliet.login()
    assert heard(back, "heard and not acknowledged", juliet) == before
    back.expect_nothing()


@pytest.mark.peer_differs("Prosody tells no count")
def test_after_a_crash_a_client_learns_what_of_its_own_had_arrived(own_server, users):
    romeo, juliet = users(2)
    client = romeo.login(sm=True)
    for number in range(3):
        client.say(juliet.jid, f"word {number}")
    client.send(f"<r xmlns='{NS['sm']}'/>")
    handled = client.expect(f"<a xmlns='{NS['sm']}'/>").get("h")
    own_server.kill()
    own_server.start()
    _, failed = come_back(romeo, client, client.answered)
    assert failed.get("h") == handled


@pytest.mark.peer_differs("Prosody tells no count")
def test_nobody_learns_of_another_persons_stream(own_server, users):
    romeo, juliet = users(2)
    client = romeo.login(sm=True)
    client.say(juliet.jid, "a word")
    client.send(f"<r xmlns='{NS['sm']}'/>")
    client.expect(f"<a xmlns='{NS['sm']}'/>")
    own_server.kill()
    own_server.start()
    _, failed = come_back(juliet, client, 0)
    assert failed.get("h") is None
