"""How files go: after their time or by an administrator, on record first, with their key; and what a crash may leave of that."""

import re
import shutil
import sqlite3

import pytest

from support.elements import condition
from support.files import EICAR, LINK, ask_slot, get, heard_link, id_of, kept, put, records, sha256, share, slot, upload
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("what its own file service promises")

DATA = b"The plan, in short."
DAY = 86_400


def age(server, days, file=None):
    """The server stands still: everything (or one file) was uploaded so much earlier."""
    with sqlite3.connect(server.data / "state.db") as database:
        which = f" WHERE id = '{file}'" if file else ""
        database.execute(f"UPDATE file SET created_us = created_us - {days * DAY * 1_000_000}{which}")
    database.close()


def later(server, days, **settings):
    server.stop()
    age(server, days)
    server.settings.update(settings)
    return server.start()


def removals(server, file=None):
    return [record for record in records(server, "removal") if file is None or file in record["stanza"]]


def until_gone(server, link):
    wait_until(lambda: get(server, link).status == 410, "the file is removed", limit=60)


def test_files_are_kept_for_ever_unless_a_setting_says_so(own_server, users):
    link = upload(users(on=own_server).login(), DATA)
    [file] = kept(own_server)
    later(own_server, 10_000)
    assert file.exists() and not removals(own_server)
    assert own_server.cli("archive", "file", id_of(link), "--out", "-").stdout == DATA.decode()


def test_a_file_goes_when_its_time_is_over_and_its_record_stays(make_server, users, tmp_path):
    server = make_server(files__keep_days="30").start()
    romeo, juliet = users(2, on=server)
    author = romeo.login()
    link = upload(author, DATA, "plan.txt")
    share(author, juliet.jid, link)
    heard = heard_link(juliet.login())
    later(server, 29)
    assert get(server, heard).status in (200, 410) and kept(server), "a link may have ended; the file is there"
    later(server, 2)
    wait_until(lambda: not kept(server), "the content is gone")
    fresh = heard_link_in_history(juliet.login())
    gone = get(server, fresh)
    assert gone.status == 410 and "removed" in gone.body.decode()
    assert [record["rule"] for record in records(server, "download") if record["refused"]][-1] == "file-removed"

    [record] = removals(server)
    assert (record["from"], record["to"]) == (server.domain, author.bare)
    for said in (id_of(link), sha256(DATA), "plan.txt", "under the retention of 30 days (files.keep_days)"):
        assert said in record["stanza"]
    told = server.cli("archive", "file", id_of(link), "--out", tmp_path / "plan", check=False)
    assert told.returncode == 2 and not (tmp_path / "plan").exists()
    assert re.search(r"plan\.txt .* was removed on 20\d\d-\S+ under the retention of 30 days", told.stderr)
    [message] = [each for each in server.archive_search(sender=author.bare, to=juliet.jid) if "files" in each]
    assert message["files"][0]["sha256"] == sha256(DATA) and "retention" in message["files"][0]["removed"]["how"]
    assert "removed on" in server.cli("archive", "show", str(message["position"])).stdout


def heard_link_in_history(client):
    client.send("<iq type='set' id='h'><query xmlns='urn:xmpp:mam:2' queryid='h'/></iq>")
    client.expect("<iq type='result' id='h'/>")
    said = client.take(lambda element: element.find("{urn:xmpp:mam:2}result") is not None)
    [link] = {LINK.search(text).group() for each in said for text in each.itertext() if LINK.search(text)}
    return link


def test_a_period_shorter_than_the_life_of_links_lasts_as_long_as_they_do(make_server, users):
    server = make_server(files__keep_days="1", files__link_hours="72").start()
    upload(users(on=server).login(), DATA)
    later(server, 2)
    assert kept(server) and not removals(server)
    later(server, 2)
    wait_until(lambda: not kept(server), "the content is gone")
    assert len(removals(server)) == 1


def test_what_two_have_uploaded_stays_until_the_last_of_them_goes(make_server, users):
    server = make_server(files__keep_days="30").start()
    romeo, juliet = users(2, on=server)
    first, second = upload(romeo.login(), DATA), upload(juliet.login(), DATA)
    [content] = kept(server)
    server.stop()
    age(server, 31, id_of(first))
    server.start()
    until_gone(server, first)
    assert content.exists() and get(server, second).body == DATA
    found = server.cli("archive", "file", sha256(DATA), "--out", "-").stdout
    assert found == DATA.decode(), "by its SHA-256 the one that is there is found"


@pytest.mark.skipif(not shutil.which("clamd"), reason="clamav-daemon is not installed (tests/packages)")
def test_what_is_in_quarantine_has_a_period_of_its_own(make_server, users, tmp_path):
    from support.clamd import Clamd
    (tmp_path / "clamd").mkdir()
    clamd = Clamd(tmp_path / "clamd").start()
    try:
        server = make_server(files__scanner=str(clamd.path), files__quarantine_days="10").start()
        client = users(on=server).login()
        clean = upload(client, DATA)
        place = slot(client, size=len(EICAR))
        assert put(server, place.put, EICAR).status == 403
        assert len(kept(server, "quarantine")) == 1
        later(server, 11)
        wait_until(lambda: not kept(server, "quarantine"), "quarantine is empty")
        assert len(kept(server)) == 1 and not removals(server, id_of(clean))
        [record] = removals(server, place.id)
        assert "files.quarantine_days" in record["stanza"]
    finally:
        clamd.stop()


# An administrator removes one

def test_an_administrator_removes_a_file_at_once(server, users, tmp_path):
    romeo, juliet = (person.login() for person in users(2))
    link, other = upload(romeo, DATA + b"one"), upload(romeo, DATA + b"two")
    before = set(kept(server))
    asked = server.cli("file", "remove", id_of(link), "--reason", "personal data", check=False, stdin="")
    assert asked.returncode == 2 and "--yes" in asked.stderr and set(kept(server)) == before, "it is to be confirmed"
    assert server.cli("file", "remove", id_of(link), "--reason", "personal data", "--yes").stdout.startswith("Removed 1 file.")
    assert len(before - set(kept(server))) == 1
    gone = get(server, link)
    assert gone.status == 410 and get(server, other).status == 200
    [record] = removals(server, id_of(link))
    assert "personal data" in record["stanza"] and "uid " in record["stanza"]
    command = [each for each in server.archive_search(all=True) if each["kind"] == "admin" and "file remove" in each["body"]]
    assert id_of(link) in command[-1]["body"], "so is the command"
    again = server.cli("file", "remove", id_of(link), "--reason", "again", "--yes", check=False)
    assert again.returncode == 2 and "was removed on" in again.stderr and "personal data" in again.stderr
    unknown = server.cli("file", "remove", "0" * 32, "--reason", "none", "--yes", check=False)
    assert unknown.returncode == 2 and "There is no file" in unknown.stderr
    awaited = slot(romeo)
    never = server.cli("file", "remove", awaited.id, "--reason", "none", "--yes", check=False)
    assert never.returncode == 2 and "never came" in never.stderr


def test_by_its_sha256_everybodys_upload_of_it_is_removed(server, users):
    data = b"uploaded by both"
    romeo, juliet = (person.login() for person in users(2))
    links = [upload(romeo, data), upload(juliet, data)]
    result = server.cli("file", "remove", sha256(data), "--reason", "unlawful", "--yes", "--json").stdout
    assert result.count('"id":') == 2
    assert [get(server, link).status for link in links] == [410, 410]
    link = upload(romeo, data)
    assert get(server, link).body == data, "the same bytes may come again"
    assert get(server, links[0]).status == 410, "which brings back nobody's link"


def test_what_was_removed_does_not_count_for_the_quota(make_server, users):
    server = make_server(files__mib_per_day="2").start()
    client = users(on=server).login()
    link = upload(client, bytes(2 << 20))
    assert condition(ask_slot(client, "more", 1)) == "resource-constraint"
    server.cli("file", "remove", id_of(link), "--reason", "too large", "--yes")
    assert ask_slot(client, "more", 1).get("type") == "result"


def test_a_file_is_removed_without_a_server_too(own_server, users):
    link = upload(users(on=own_server).login(), DATA)
    own_server.stop()
    own_server.cli("file", "remove", id_of(link), "--reason", "personal data", "--yes")
    assert not kept(own_server)
    own_server.start()
    assert get(own_server, link).status == 410 and len(removals(own_server)) == 1


# What a crash may leave

def test_content_that_a_crash_left_behind_a_removal_is_swept(own_server, users, tmp_path):
    """The file was marked as removed, and the server died before the bytes were gone."""
    client = users(on=own_server).login()
    link = upload(client, DATA)
    [content] = kept(own_server)
    shutil.copy(content, tmp_path / "left")
    own_server.cli("file", "remove", id_of(link), "--reason", "personal data", "--yes")
    assert not content.exists()
    own_server.stop()
    shutil.copy(tmp_path / "left", content)
    own_server.start()
    wait_until(lambda: not content.exists(), "the sweep finds it")
    [swept] = removals(own_server, content.name)
    assert "no upload needs it" in swept["stanza"]


def test_content_of_an_upload_that_was_not_finished_is_swept(own_server, users):
    """The server died when the bytes were in their place and state.db did not yet say so."""
    client = users(on=own_server).login()
    link = upload(client, DATA)
    [content] = kept(own_server)
    own_server.stop()
    with sqlite3.connect(own_server.data / "state.db") as database:
        database.execute(f"UPDATE file SET state = 0, content = NULL WHERE id = '{id_of(link)}'")
    database.close()
    own_server.start()
    wait_until(lambda: not content.exists(), "the sweep finds it")
    assert get(own_server, link).status == 404


def test_content_that_the_database_knows_nothing_of_is_left_alone(own_server, users):
    """An older state.db was restored from a backup: what came since is not thrown away."""
    users(on=own_server).login()
    own_server.stop()
    backup = {path: path.read_bytes() for path in own_server.data.glob("state.db*")}
    own_server.start()
    upload(users(on=own_server).login(), DATA)
    [content] = kept(own_server)
    own_server.stop()
    for path in own_server.data.glob("state.db*"):
        path.unlink()
    for path, data in backup.items():
        path.write_bytes(data)
    own_server.start()
    wait_until(lambda: "files.strangers" in own_server.log.read_text(), "the log says so")
    assert content.exists()


def test_the_key_goes_with_the_file(own_server, users):
    """Whoever still has the file open, as a snapshot would, cannot read it: the key in its head is zeros."""
    link = upload(users(on=own_server).login(), DATA)
    [content] = kept(own_server)
    with open(content, "rb") as held:
        own_server.cli("file", "remove", id_of(link), "--reason", "personal data", "--yes")
        head = held.read(128)
    assert head[:8] == b"CHNCFILE" and head[24:84] == bytes(60)
