"""XEP-0160: messages for people who are away. None lost, none doubled."""

from datetime import datetime, timedelta, timezone

import pytest

from support.elements import NS, body

peer_differs = pytest.mark.peer_differs


def leave(sender, to, count, prefix="line"):
    for number in range(count):
        sender.say(to, f"{prefix} {number}")
    sender.fence()


def bodies(client):
    client.fence()
    return [body(message) for message in client.take("<message/>") if body(message)]


def test_messages_wait_and_come_in_order_at_the_next_log_in(users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 20)
    assert bodies(juliet.login()) == [f"line {n}" for n in range(20)]


def test_they_carry_the_time_at_which_they_were_sent(users):
    """XEP-0203."""
    romeo, juliet = users(2)
    sender = romeo.login()
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    leave(sender, juliet.jid, 1)
    message = juliet.login().hear("line 0", sender.jid)
    delay = message.find("delay:delay", NS)
    stamp = datetime.fromisoformat(delay.get("stamp").replace("Z", "+00:00"))
    assert before <= stamp <= datetime.now(timezone.utc) + timedelta(seconds=1)


def test_what_is_delivered_at_once_carries_no_delay(users):
    romeo, juliet = users(2)
    sender, hearer = romeo.login(), juliet.login()
    sender.say(juliet.jid, "now")
    assert hearer.hear("now").find("delay:delay", NS) is None


def test_they_are_delivered_once(users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 3)
    first = juliet.login()
    assert len(bodies(first)) == 3
    second = juliet.login()
    assert bodies(second) == []
    first.close()
    second.close()
    assert bodies(juliet.login()) == []


def test_a_second_presence_does_not_bring_them_again(users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 2)
    client = juliet.login()
    assert len(bodies(client)) == 2
    client.send("<presence><show>away</show></presence><presence/>")
    assert bodies(client) == []


@peer_differs("Prosody looks only at the first presence")
def test_a_negative_priority_gets_none_until_it_is_raised(users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 2)
    client = juliet.login(priority=-1)
    assert bodies(client) == []
    client.send("<presence><priority>0</priority></presence>")
    assert len(bodies(client)) == 2


def test_a_client_without_presence_gets_none(users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 1)
    silent = juliet.login(presence=False)
    assert bodies(silent) == []
    assert len(bodies(juliet.login())) == 1


def test_a_normal_message_waits_too(users):
    romeo, juliet = users(2)
    sender = romeo.login()
    sender.say(juliet.jid, "a letter", kind="normal")
    sender.fence()
    juliet.login().hear("a letter")


@peer_differs("Prosody 0.12 stores it")
def test_a_chat_state_alone_does_not_wait(users):
    """XEP-0160 §3: nobody wants to know tomorrow that somebody was typing today."""
    romeo, juliet = users(2)
    sender = romeo.login()
    sender.send(f"<message type='chat' to='{juliet.jid}'>"
                "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    sender.fence()
    client = juliet.login()
    client.expect_nothing("<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")


def test_what_a_stored_message_carries_is_kept(users):
    romeo, juliet = users(2)
    sender = romeo.login()
    payload = "<subject>S</subject><body>B</body><thread>t</thread><x xmlns='urn:example:x' a='1'><y>z</y></x>"
    sender.send(f"<message type='chat' id='k1' to='{juliet.jid}'>{payload}</message>")
    sender.fence()
    juliet.login().expect(f"<message type='chat' id='k1' from='{sender.jid}'>{payload}</message>")


@peer_differs("Prosody relays it")
def test_a_forged_delay_of_ours_is_removed(server, users):
    romeo, juliet = users(2)
    sender, hearer = romeo.login(), juliet.login()
    sender.send(f"<message type='chat' to='{juliet.jid}'><body>old news</body>"
                f"<delay xmlns='{NS['delay']}' from='{server.domain}' stamp='2001-01-01T00:00:00Z'/></message>")
    forged = [delay for delay in hearer.hear("old news").findall("delay:delay", NS)
              if delay.get("from") == server.domain]
    assert not forged


def test_stored_messages_survive_a_restart(own_server, users):
    romeo, juliet = users(2)
    sender = romeo.login()
    leave(sender, juliet.jid, 3)
    sender.close()
    own_server.restart()
    assert bodies(juliet.login()) == ["line 0", "line 1", "line 2"]


def test_stored_messages_survive_kill_9(own_server, users):
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 3)
    own_server.kill()
    own_server.start()
    client = juliet.login()
    assert bodies(client) == ["line 0", "line 1", "line 2"]
    client.close()
    assert bodies(juliet.login()) == []


def test_what_was_sent_before_the_goodbye_does_not_come_again(users):
    """However soon the goodbye follows. Found on a busy machine, where a client was faster than the mark of what it has."""
    romeo, juliet = users(2)
    leave(romeo.login(), juliet.jid, 3)
    client = juliet.login(presence=False)
    client.send("<presence/></stream:stream>")
    client.expect_end()
    assert [body(message) for message in client.take("<message/>")] == ["line 0", "line 1", "line 2"]
    assert bodies(juliet.login()) == []
