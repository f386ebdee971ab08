"""What an operator types, and what the server's own socket bears."""

import os
import socket

import pytest

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
