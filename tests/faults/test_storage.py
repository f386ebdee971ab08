"""The disk fills, permissions go, keys vanish, an index is deleted, a bit rots: the record stays honest."""

import os
import shutil
import subprocess

import pytest

from support.chancery import binary
from support.elements import condition
from support.server import NotStarted, parse_json, run, wait_until

pytestmark = pytest.mark.only_chancery("what our storage does when the world fails it")
REFUSAL = "Not sent: the archive is not available"


def say_until_refused(client, to, size=20_000, limit=3_000):
    """Sends large messages until one is refused; the refusal."""
    for number in range(limit):
        client.say(to, f"filler{number} " + os.urandom(size // 2).hex(), name=f"fill{number}")
        client.fence()
        refused = client.take("<message type='error'/>")
        if refused:
            return refused[0]
    raise AssertionError("the disk is full and nothing is refused")


def assert_refused_as_promised(refusal):
    assert condition(refusal) == "resource-constraint"
    assert refusal.find("error", {"": "jabber:client"}).get("type") == "wait"
    text = refusal.findtext("error/{urn:ietf:params:xml:ns:xmpp-stanzas}text", None, {"": "jabber:client"})
    assert text == REFUSAL


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MiB of its own, in memory."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True,
                             text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs here: {mounted.stderr}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_stops_messages_with_a_readable_reason_and_service_resumes_by_itself(
        make_server, users, small_disk):
    server = make_server(data=small_disk / "data", journal__segment_mib="1").start()
    romeo, juliet = users(2, on=server)
    sender, hearer = romeo.login(), juliet.login()
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 3 * 1024 * 1024))

    refusal = say_until_refused(sender, juliet.jid)
    assert_refused_as_promised(refusal)
    last_accepted = f"fill{int(refusal.get('id').removeprefix('fill')) - 1}"
    hearer.expect(f"<message id='{last_accepted}'/>")
    assert refusal.get("id") not in {message.get("id") for message in hearer.take("<message/>")}, "refused and delivered"
    status = server.cli("status", "--json", check=False)
    assert status.returncode != 0
    assert "journal" in status.stdout.lower() or "archive" in status.stdout.lower()

    # While it lasts: nothing is delivered, but whoever is there stays there.
    for number in range(5):
        sender.say(juliet.jid, "small", name=f"while{number}")
        assert_refused_as_promised(sender.expect(f"<message type='error' id='while{number}'/>"))
    hearer.expect_nothing()

    ballast.unlink()
    wait_until(lambda: gets_through(sender, hearer, juliet), "messages pass again", limit=20)
    wait_until(lambda: server.cli("status", "--json", check=False).returncode == 0, "status is good again", limit=20)
    found = server.archive_search(words="room", sender=romeo.jid)
    assert found, "delivered and not on record"


def gets_through(sender, hearer, person):
    sender.say(person.jid, "room again")
    sender.fence()
    hearer.fence()
    return bool(hearer.take("<message/>"))


def test_when_the_journal_cannot_be_written_nothing_is_delivered(own_server, users):
    """A file-size limit on the running process stands in for a device that refuses writes; root ignores modes.

    The kernel sends SIGXFSZ with it, which a server has to ignore to hear of the failure from write().
    """
    romeo, juliet = users(2)
    sender, hearer = romeo.login(), juliet.login()
    sender.say(juliet.jid, "before")
    hearer.hear("before")
    limit(own_server, 0)
    try:
        sender.say(juliet.jid, "into the void", name="v1")
        assert_refused_as_promised(sender.expect("<message type='error' id='v1'/>"))
        hearer.expect_nothing()
        announced = own_server.cli("send", "--to", juliet.name, "--text", "into the void", check=False)
        assert announced.returncode == 2
        assert "the archive cannot record it" in announced.stderr
        hearer.expect_nothing()
    finally:
        limit(own_server, "unlimited")


def test_a_message_to_many_that_the_journal_takes_in_part_is_sent_to_those_and_no_others(own_server, users):
    """What fits is some of it: a batch of the journal has 4 MiB at most, and all of it is twice that and more."""
    crowd = users(60)
    words = "into the void " + os.urandom(90_000).hex()
    limit(own_server, 6 * 1024 * 1024)
    try:
        told = own_server.cli("send", "--json", "--to", *[person.name for person in crowd], stdin=words, check=False)
    finally:
        limit(own_server, "unlimited")
    assert told.returncode == 1, told.stderr
    report = parse_json(told.stdout)
    failed = {each["to"] for each in report["failed"]}
    assert 0 < report["sent"] and report["sent"] + len(failed) == len(crowd) and report["refused"] == []
    assert all("chancery status" in each["reason"] for each in report["failed"])
    wait_until(lambda: own_server.cli("status", "--json", check=False).returncode == 0, "the journal writes again", limit=20)
    recorded = {record["to"] for record in own_server.archive_search(words="void", limit=1000)}
    assert recorded == {person.jid for person in crowd} - failed
    for person in crowd:
        client = person.login()
        if person.jid not in failed:
            client.expect("<message><subject>Announcement</subject></message>")
        client.expect_nothing()
        client.close()


def test_a_message_of_which_nothing_can_be_recorded_is_said_to_be_sent_to_nobody(own_server, users):
    crowd = users(3)
    limit(own_server, 100_000)  # enough for the record of the command, and none of the messages
    try:
        told = own_server.cli("send", "--everybody", stdin="into the void " + os.urandom(90_000).hex(), check=False)
    finally:
        limit(own_server, "unlimited")
    assert told.returncode == 2
    assert "Nothing was sent." in told.stderr and crowd[0].jid in told.stderr and "promise" not in told.stderr
    crowd[0].login().expect_nothing()


def limit(server, size):
    run(["prlimit", f"--pid={server.process.pid}", f"--fsize={size}:unlimited"])


def test_a_missing_key_prevents_the_start_and_is_named(make_server):
    server = make_server()
    keys = sorted(path for path in (server.data / "keys").iterdir() if path.is_file() and path.name != "ca.key")  # which belongs elsewhere
    assert keys
    for key in keys:
        if key.suffix in (".pem", ".pub", ".crt"):
            continue  # certificates and public halves can be made again
        hidden = key.with_name(key.name + ".hidden")
        key.rename(hidden)
        with pytest.raises(NotStarted) as failed:
            server.start()
        server.process = None
        assert key.name in str(failed.value), f"the log does not name {key.name}"
        hidden.rename(key)
    server.start()


def test_a_directory_that_cannot_be_read_prevents_the_start_and_is_named(make_server, tmp_path):
    server = make_server()
    journal = server.data / "journal"
    moved = tmp_path / "journal-elsewhere"
    journal.rename(moved)
    journal.write_text("not a directory")
    with pytest.raises(NotStarted) as failed:
        server.start()
    server.process = None
    assert "journal" in str(failed.value)
    journal.unlink()
    moved.rename(journal)
    server.start()


def converse(server, users, lines):
    romeo, juliet = users(2, on=server)
    sender, hearer = romeo.login(), juliet.login()
    for line in lines:
        sender.say(juliet.jid, line)
    hearer.hear(lines[-1])
    sender.close()
    hearer.close()
    return romeo, juliet


def indexes(server):
    """Files of the archive's index, which is a view that can be deleted at any time."""
    return [path for path in server.data.rglob("*") if path.is_file()
            and any(part.startswith(("index", "archive")) for part in path.relative_to(server.data).parts)]


def test_a_deleted_index_is_built_again_and_answers_the_same(make_server, users):
    server = make_server().start()
    romeo, _ = converse(server, users, [f"nightingale {number}" for number in range(40)])
    before = server.archive_search(words="nightingale", sender=romeo.jid)
    assert len(before) == 40
    server.stop()
    files = indexes(server)
    assert files, "no index found to delete"
    for path in files:
        path.unlink()
    server.start()
    after = wait_until(lambda: complete(server, romeo, 40), "the index is there again")
    assert after == before


def complete(server, person, count):
    try:
        found = server.archive_search(words="nightingale", sender=person.jid)
    except AssertionError:
        return None  # not ready while the index is built
    return found if len(found) == count else None


def test_a_flipped_bit_in_the_journal_is_found_and_the_file_named(make_server, users):
    server = make_server(journal__segment_mib="1").start()
    converse(server, users, [f"{number} " + "sealed " * 2000 for number in range(150)])
    server.stop()
    assert server.cli("archive", "verify").returncode == 0
    segments = sorted((path for path in (server.data / "journal").rglob("*") if path.is_file()),
                      key=lambda path: path.stat().st_size, reverse=True)
    segment = segments[0]
    with open(segment, "r+b") as file:
        file.seek(segment.stat().st_size // 3)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0x10]))
    found = server.cli("archive", "verify", check=False)
    assert found.returncode != 0
    assert segment.name in found.stdout + found.stderr


def test_no_word_stands_in_the_data_directory_in_the_clear(make_server, users):
    """The whole directory, byte by byte, while the server runs and after it."""
    server = make_server().start()
    words = ["quetzalcoatl", "zugzwang", "syzygy"]
    romeo, juliet = converse(server, users, [f"{word} {number}" for number in range(30) for word in words])
    away = users(on=server)
    sender = romeo.login()
    sender.say(away.jid, "quetzalcoatl waits")
    sender.fence()
    sender.close()
    assert_nowhere(server, words)
    server.stop()
    assert_nowhere(server, [*words, romeo.password, juliet.password])


def assert_nowhere(server, words):
    for path in server.data.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            for word in words:
                for form in (word.lower().encode(), word.lower().encode("utf-16-le")):
                    assert form not in data, f"{word} stands in {path}"
    assert not any(word in server.log.read_text(errors="replace") for word in words), "in the log"


def test_a_second_server_on_the_same_directory_is_refused(own_server, users):
    second = subprocess.run([str(binary()), "serve", "--data", str(own_server.data), "--set",
                             "listen.starttls=127.0.0.1:0", "--set", "listen.tls=127.0.0.1:0",
                             "--set", "listen.https=127.0.0.1:0"],
                            capture_output=True, text=True, timeout=20)
    assert second.returncode != 0
    users().login().fence()


def test_an_unknown_setting_prevents_the_start_and_is_named(make_server):
    server = make_server(listen__starttsl="127.0.0.1:1")
    with pytest.raises(NotStarted) as failed:
        server.start()
    server.process = None
    assert "starttsl" in str(failed.value)
