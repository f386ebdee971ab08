"""What an operator types, and what the server's own socket bears."""

import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import termios

import pytest

from support.chancery import binary
from support.client import SaslFailure
from support.rooms import ask_in, configure, enter, is_own, new_room

pytestmark = pytest.mark.only_chancery("our command line")


def knock(server):
    """A connection to the administration socket that has said nothing yet."""
    there = socket.socket(socket.AF_UNIX)
    there.connect(str(server.data / "chancery.sock"))
    return there


def test_silent_and_deaf_administrators_do_not_delay_the_end(own_server, users):
    """The server would wait for half a minute for each; stop() allows a quarter."""
    silent, halfway = knock(own_server), knock(own_server)
    halfway.sendall(b'{"command":')
    assert own_server.status()["running"], "others are answered meanwhile"
    own_server.stop()
    silent.close()
    halfway.close()


def first_checkpoint(server, file):
    notes = (server.data / "journal" / "checkpoints").read_text()
    lines = notes.splitlines(keepends=True)
    end = next(number for number, line in enumerate(lines) if line.startswith("— "))
    file.write_text("".join(lines[:end + 1]))
    return file


def test_the_journal_is_shown_to_extend_its_first_checkpoint_over_no_records(own_server, users, tmp_path):
    romeo, juliet = users(2)
    client = romeo.login()
    client.say(juliet.jid, "on the record")
    client.fence()
    empty = first_checkpoint(own_server, tmp_path / "empty")
    assert empty.read_text().splitlines()[1] == "0"
    proof = tmp_path / "proof.json"
    proof.write_text(own_server.cli("archive", "prove", "--since", empty).stdout)
    own_server.cli("archive", "verify", "--proof", proof)


def test_what_is_typed_wrong_is_answered_with_what_is_right(make_server):
    server = make_server()
    for words, hint in [(["nonsense"], "nonsense is not understood"), (["user"], "--help"), (["user", "add"], "NAME"),
                        (["archive", "show", "12", "13"], "13 is not understood")]:
        wrong = server.cli(*words, check=False)
        assert wrong.returncode == 2, words
        assert hint in wrong.stderr, wrong.stderr
    assert server.cli("--help").returncode == 0


def test_what_was_done_is_said_in_a_sentence(own_server, users):
    users()
    assert own_server.cli("user", "add", "clara", "--administrator", stdin="a password\n").stdout == "Added clara.\n"
    assert "clara  administrator  never signed in\n" in own_server.cli("user", "list").stdout
    assert own_server.cli("send", "--to", "clara", "--text", "Welcome.").stdout == "Sent 1 message.\n"
    found = own_server.cli("archive", "search", "--all").stdout
    assert f"admin  uid {os.geteuid()}" in found


def typed(server, *words, answers):
    """Exit code and all that is seen on a terminal where somebody types the command and then the answers."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen([binary(), "--data", server.data, *words], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if answers and seen.endswith(answers[0][0]):
            os.write(ours, answers.pop(0)[1])
    os.close(ours)
    return command.wait(), seen.decode()


def test_a_password_is_asked_for_twice_and_not_shown(own_server, users):
    romeo = users()
    code, seen = typed(own_server, "user", "password", romeo.name,
                       answers=[(b"Password: ", b"in the orchard\n"), (b"Once more: ", b"in the orchard\n")])
    assert code == 0, seen
    assert "orchard" not in seen
    romeo.password = "in the orchard"
    romeo.login()


def test_a_password_mistyped_the_second_time_changes_nothing(own_server, users):
    romeo = users()
    code, seen = typed(own_server, "user", "password", romeo.name,
                       answers=[(b"Password: ", b"in the orchard\n"), (b"Once more: ", b"in the orchid\n")])
    assert code == 2
    assert "The two passwords differ" in seen
    romeo.login()


def test_who_types_a_message_is_told_how_to_end_it(own_server, users):
    romeo = users()
    client = romeo.login()
    code, seen = typed(own_server, "send", "--to", romeo.name, answers=[(b"to end it:\r\n", b"Welcome.\n\x04")])
    assert code == 0, seen
    client.expect("<message><body>Welcome.</body></message>")


def test_who_sent_a_message_in_the_server_s_name_is_on_the_record(own_server, users):
    romeo, juliet = users(2)
    own_server.cli("send", "--to", juliet.name, "--text", "The gates are shut at nine.")
    commands = [each for each in own_server.archive_search(all=True) if each["kind"] == "admin" and '"send"' in each["body"]]
    assert [each["actor"] for each in commands] == [f"uid {os.geteuid()}"]
    assert juliet.name in commands[0]["body"]
    assert "gates" not in commands[0]["stanza"], "the words stand in the message's own record only"


def test_people_are_named_with_or_without_the_domain(own_server, users):
    romeo = users()
    own_server.cli("user", "disable", romeo.jid)
    own_server.cli("user", "enable", romeo.name)
    own_server.cli("send", "--to", romeo.jid, "--text", "Welcome.")
    elsewhere = own_server.cli("send", "--to", f"{romeo.name}@elsewhere.example", "--text", "Not you.", check=False)
    assert elsewhere.returncode == 2
    assert "no such account" in elsewhere.stderr


def test_what_is_said_into_a_room_is_the_rooms_own_word(own_server, users):
    """Whoever is in the room hears it, whoever comes later finds it; a room that only moderators may speak in is none for the server."""
    romeo, juliet = users(2)
    client, room = romeo.login(), new_room(own_server)
    enter(client, room, "romeo")
    configure(client, room, persistentroom=True, moderatedroom=True)
    assert own_server.cli("send", "--to", room, "--text", "The gates are shut at nine.").stdout == "Sent 1 message.\n"
    heard = client.expect("<message type='groupchat'><body>The gates are shut at nine.</body></message>")
    assert heard.get("from") == room
    late = juliet.login()
    ask_in(late, room, "juliet")
    assert late.expect("<message type='groupchat'><body>The gates are shut at nine.</body></message>").get("from") == room
    recorded = own_server.archive_search(words="gates")
    assert [(each["from"], each["to"]) for each in recorded] == [(own_server.domain, room)]


def test_a_room_that_is_not_there_is_named(own_server, users):
    users()
    nowhere = own_server.cli("send", "--to", f"nowhere@rooms.{own_server.domain}", "--text", "Anybody?", check=False)
    assert nowhere.returncode == 2
    assert "nowhere" in nowhere.stderr and "no such account or room" in nowhere.stderr


def test_what_is_refused_is_not_counted_as_sent_and_the_reason_is_said(make_server, users):
    """A room that is not open yet is none for anybody but its owner; nothing waits for who is away."""
    server = make_server(limits__offline_messages="0").start()
    romeo, juliet = users(2, on=server)
    client, room = romeo.login(), new_room(server)
    ask_in(client, room, "romeo")
    client.expect(lambda stanza: is_own(stanza))
    told = server.cli("send", "--to", romeo.name, juliet.name, room, "--text", "The gates are shut at nine.", check=False)
    assert told.returncode == 1
    assert told.stdout == (f"Sent 1 message.\n  refused: {room}: There is no such room.\n"
                           f"  refused: {juliet.jid}: Too many messages wait for this person already.\n")
    client.expect("<message><body>The gates are shut at nine.</body></message>")
    nobody = server.cli("send", "--to", juliet.name, room, "--text", "Once more.", "--json", check=False)
    assert nobody.returncode == 2 and nobody.stderr.startswith("chancery: Nothing was sent.\n")
    assert juliet.jid in nobody.stderr and f"{room}: There is no such room." in nobody.stderr
    report = json.loads(server.cli("send", "--to", romeo.name, room, "--text", "Again.", "--json", check=False).stdout)
    assert report == {"sent": 1, "refused": [{"to": room, "reason": "There is no such room."}], "failed": []}
    [refused] = [each for each in server.archive_search(words="gates") if each.get("refused")]
    assert refused["to"] == room, "what a rule refused is on record too"


def test_nothing_is_not_sent(own_server, users):
    romeo = users()
    empty = own_server.cli("send", "--to", romeo.name, stdin="\n", check=False)
    assert empty.returncode == 2
    assert "There is no text to send." in empty.stderr


def test_a_record_without_text_says_what_it_is_and_is_shown_once(own_server, users):
    romeo, juliet = users(2)
    client = romeo.login()
    client.send(f"<message to='{juliet.jid}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    client.send(f"<message to='{juliet.jid}'><subject>The ball</subject></message>")
    client.send(f"<presence to='{juliet.jid}' type='subscribe'/>")
    client.fence()
    found = own_server.cli("archive", "search", "--from", romeo.name).stdout
    assert "    (no text: composing)\n" in found
    assert "    (subject) The ball\n" in found
    [request] = [each for each in own_server.archive_search(sender=romeo.name, all=True) if "subscribe" in each["stanza"]]
    shown = own_server.cli("archive", "show", str(request["position"])).stdout
    assert shown.count("<presence") == 1


def test_who_is_disabled_is_told_so_and_the_attempt_is_in_the_log(own_server, users):
    romeo = users()
    own_server.cli("user", "disable", romeo.name, "--reason", "Banished.")
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure) as failed:
        client.authenticate(romeo.name, romeo.password)
    assert failed.value.condition == "account-disabled"
    own_server.stop()
    assert f"sign_in.disabled name={romeo.name} " in own_server.log.read_text()


def test_ctrl_c_at_the_password_leaves_a_terminal_that_shows_what_is_typed(own_server, users):
    romeo = users()
    ours, theirs = pty.openpty()
    command = subprocess.Popen([binary(), "--data", own_server.data, "user", "password", romeo.name], stdin=theirs, stdout=theirs,
                               stderr=theirs, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    seen = b""
    while not seen.endswith(b"Password: "):
        seen += os.read(ours, 4096)
    assert not termios.tcgetattr(theirs)[3] & termios.ECHO
    os.write(ours, b"\x03")
    assert command.wait(timeout=30) == -signal.SIGINT
    assert termios.tcgetattr(theirs)[3] & termios.ECHO
    os.close(ours)
    os.close(theirs)
