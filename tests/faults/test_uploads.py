"""Uploads when the disk fills and when the server is killed: what was acknowledged is whole, and of the rest nothing is left."""

import os
import random
import shutil
import sqlite3
import threading

import pytest
from test_storage import limit, small_disk  # noqa: F401  (a fixture)

from support.files import get, id_of, kept, path_of, put, records, sha256, slot, upload
from support.http import ConnectionEnded, Http
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("what our storage does when the world fails it")

MIB = 1 << 20


def test_a_full_disk_refuses_files_with_a_text_and_leaves_nothing_of_them(make_server, users, small_disk):  # noqa: F811
    server = make_server(data=small_disk / "data", journal__segment_mib="1", files__reserve_mib="0").start()
    client = users(on=server).login()
    place = slot(client, size=4 * MIB)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 3 * MIB))
    refused = put(server, place.put, os.urandom(4 * MIB))
    assert refused.status == 507 and "no room" in refused.body.decode()
    wait_until(lambda: not kept(server, "incoming"), "what had come is gone")
    assert not kept(server)
    ballast.unlink()
    assert put(server, place.put, os.urandom(4 * MIB)).status == 201, "the place is still there"


def test_room_for_the_journal_is_left(make_server, users, small_disk):  # noqa: F811
    server = make_server(data=small_disk / "data", journal__segment_mib="1", files__reserve_mib="20").start()
    client = users(on=server).login()
    assert put(server, slot(client, size=8 * MIB).put, os.urandom(8 * MIB)).status == 507
    client.say(client.jid, "the journal writes on")
    client.hear("the journal writes on")


def test_a_write_that_fails_in_the_middle_leaves_nothing(own_server, users):
    """A file-size limit on the running process stands in for a disk that fills within the file."""
    client = users().login()
    place = slot(client, size=3 * MIB)
    data = os.urandom(3 * MIB)
    limit(own_server, 2 * MIB)
    try:
        assert put(own_server, place.put, data).status == 507
        wait_until(lambda: not kept(own_server, "incoming"), "what had come is gone")  # a moment after the answer
        assert not kept(own_server)
    finally:
        limit(own_server, "unlimited")
    assert put(own_server, place.put, data).status == 201
    assert get(own_server, place.get).body == data


def test_when_the_journal_cannot_be_written_no_file_is_accepted_or_given_out(own_server, users):
    client = users().login()
    data = os.urandom(1000)
    link, place = upload(client, data), slot(client, size=1000)
    limit(own_server, 0)
    try:
        assert put(own_server, place.put, data).status in (503, 507)
        assert get(own_server, link).status == 503
    finally:
        limit(own_server, "unlimited")
    wait_until(lambda: get(own_server, link).status == 200, "it goes on by itself", limit=20)
    assert get(own_server, place.get).status == 404


class Uploader(threading.Thread):
    """Uploads file after file until the server is gone; what was acknowledged, by link."""

    def __init__(self, server, slots):
        super().__init__()
        self.server, self.slots = server, slots
        self.acknowledged = {}
        self.progress = threading.Event()

    def run(self):
        for place, data in self.slots:
            try:
                http = Http(self.server)
                http.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {http.host}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
                if http.response().status == 201:
                    self.acknowledged[place.get] = data
                http.close()
            except (OSError, ConnectionEnded):
                return
            if len(self.acknowledged) == 3:
                self.progress.set()


def test_what_was_acknowledged_is_whole_after_a_kill(own_server, users):
    person = users()
    chance = random.Random(1)
    acknowledged = {}
    for _ in range(5):
        client = person.login()
        uploaders = []
        for _ in range(2):
            sizes = [chance.randrange(1, 600_000) for _ in range(40)]
            slots = [(slot(client, size=size), os.urandom(size)) for size in sizes]
            uploaders.append(Uploader(own_server, slots))
        for uploader in uploaders:
            uploader.start()
        for uploader in uploaders:
            assert uploader.progress.wait(30), "nothing is acknowledged"
        own_server.kill()
        for uploader in uploaders:
            uploader.join(30)
            acknowledged |= uploader.acknowledged
        client.cut()
        own_server.start()
        assert not kept(own_server, "incoming"), "what was on its way is gone"
    assert len(acknowledged) >= 30
    for link, data in acknowledged.items():
        response = get(own_server, link)
        assert (response.status, response.body) == (200, data), f"{id_of(link)} was acknowledged"
    on_record = {record["stanza"] for record in records(own_server, "upload")}
    for link, data in acknowledged.items():
        assert any(id_of(link) in stanza and sha256(data) in stanza for stanza in on_record)
    assert own_server.cli("archive", "verify").returncode == 0


def files_and_contents(server):
    """What state.db calls kept, and what lies on disk; both by the content's name. The server stands still."""
    with sqlite3.connect(server.data / "state.db") as database:
        named = [name for (name,) in database.execute("SELECT content FROM file WHERE state = 1")]
        removed = [file for (file,) in database.execute("SELECT id FROM file WHERE state = 3")]
    database.close()
    return set(named), {path.name for path in kept(server)}, removed


def test_a_server_that_is_killed_while_it_removes_files_leaves_none_without_content_and_no_content_for_long(make_server, users):
    server = make_server(files__keep_days="30").start()
    client = users(on=server).login()
    links = [upload(client, os.urandom(2_000)) for _ in range(60)]
    server.stop()
    with sqlite3.connect(server.data / "state.db") as database:
        database.execute(f"UPDATE file SET created_us = created_us - {31 * 86_400 * 1_000_000}")
    database.close()
    killed_on_the_way = 0
    while kept(server) and killed_on_the_way < 40:
        before = len(kept(server))
        server.launch()
        wait_until(lambda: len(kept(server)) < before, "a file is removed", limit=60)
        server.kill()
        named, there, _ = files_and_contents(server)
        assert named <= there, "no file without its content unless it is marked as removed"
        killed_on_the_way += 1
    assert killed_on_the_way > 1, "it was killed between two removals at least once"
    server.start()
    wait_until(lambda: not kept(server), "the rest is removed", limit=60)
    said = " ".join(record["stanza"] for record in records(server, "removal"))
    assert all(id_of(link) in said for link in links), "each removal is on record"
    server.stop()
    assert files_and_contents(server)[:2] == (set(), set()) and len(files_and_contents(server)[2]) == len(links)


def test_who_uploads_what_is_just_being_removed_keeps_it(own_server, users):
    """The same bytes again and again, while they are removed: whoever was told that a file is there has it until it is removed."""
    data, links, done = os.urandom(20_000), [], threading.Event()
    client = users(on=own_server).login()
    places = [slot(client, size=len(data)) for _ in range(40)]

    def remove():
        while not done.is_set():
            own_server.cli("file", "remove", sha256(data), "--reason", "again", "--yes", check=False)

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for place in places:
            assert put(own_server, place.put, data).status == 201
            links.append(place.get)
    finally:
        done.set()
        remover.join()
    last = upload(client, data)
    own_server.stop()
    named, there, removed = files_and_contents(own_server)
    assert named <= there and removed, "no file without its content unless it is marked as removed"
    own_server.start()
    assert get(own_server, last).body == data
    for link in links:
        answer = get(own_server, link)
        assert (answer.status, answer.body) == (200, data) or (answer.status == 410 and "was removed" in answer.body.decode())
