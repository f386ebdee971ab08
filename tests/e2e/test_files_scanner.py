"""No file can be fetched before its verdict: clamd says clean or infected, is not there, or hangs."""

import os
import re
import shutil

import pytest

from support.clamd import VIRUS, Clamd
from support.elements import body
from support.files import EICAR, get, heard_link, id_of, kept, put, records, share, slot, upload
from support.http import Http
from support.server import wait_until

pytestmark = [pytest.mark.only_chancery("what its own file service promises"),
              pytest.mark.skipif(not shutil.which("clamd"), reason="clamav-daemon is not installed (tests/packages)")]


@pytest.fixture
def clamd(tmp_path):
    directory = tmp_path / "clamd"
    directory.mkdir()
    scanner = Clamd(directory).start()
    yield scanner
    scanner.stop()


@pytest.fixture
def scanning(make_server, clamd):
    return make_server(files__scanner=str(clamd.path), files__scanner_seconds="60").start()


def put_refused(server, client, data, name="plan.txt"):
    place = slot(client, name, len(data))
    response = put(server, place.put, data)
    assert get(server, place.get).status in (403, 404), "nobody gets it"
    assert not kept(server, "incoming") and not kept(server)
    [record] = [each for each in records(server, "upload") if place.id in each["stanza"]]
    assert record["refused"]
    return place, response, record


def test_a_clean_file_passes_and_its_verdict_is_on_record(scanning, users):
    client = users(on=scanning).login()
    data = os.urandom(300_000)
    link = upload(client, data)
    assert get(scanning, link).body == data
    [record] = records(scanning, "upload")
    assert re.search("verdict=.clean.", record["stanza"])
    assert "scanned for viruses by" in scanning.cli("doctor", check=False).stdout
    assert scanning.status()["files"]["trouble"] == ""


def test_a_virus_goes_to_quarantine_and_the_sender_is_told(scanning, users, tmp_path):
    client = users(on=scanning).login()
    data = b"Dear Juliet, " + EICAR
    place, response, record = put_refused(scanning, client, data, "letter.txt")
    assert response.status == 403 and VIRUS in response.body.decode()
    assert (record["rule"], VIRUS in record["reason"]) == ("file-clean", True)
    told = client.expect(lambda element: element.tag == "{jabber:client}message" and VIRUS in (body(element) or ""))
    assert told.get("from") == scanning.domain and "letter.txt" in body(told)
    assert put(scanning, place.put, data).status == 409

    [file] = kept(scanning, "quarantine")
    assert EICAR not in file.read_bytes(), "encrypted like every file"
    out = tmp_path / "found"
    scanning.cli("archive", "file", place.id, "--out", out)
    assert out.read_bytes() == data, "a records officer has it"


def test_who_is_sent_a_link_to_a_virus_reads_why_it_does_not_open(scanning, users):
    romeo, juliet = users(2, on=scanning)
    sender, hearer = romeo.login(), juliet.login()
    place, _, _ = put_refused(scanning, sender, EICAR)
    sender.send(f"<message to='{hearer.jid}' type='chat'><body>Look: {place.get}</body></message>")
    hearer.hear("Look: (file withheld: a virus was found in it)")
    withheld = get(scanning, place.get)
    assert withheld.status == 403 and "virus" in withheld.body.decode()
    scanning.restart()
    again = romeo.login()
    again.send(f"<message to='{juliet.jid}' type='chat'><body>Again: {place.get}</body></message>")
    juliet.login().hear("Again: (file withheld: a virus was found in it)")


def test_what_passed_before_its_virus_was_known_is_withheld_as_soon_as_it_is(scanning, users, clamd):
    client = users(on=scanning).login()
    data = b"a worm of tomorrow" * 10
    link = upload(client, data, "game.bin")
    assert get(scanning, link).status == 200
    with open(clamd.directory / "db" / "test.ndb", "a") as database:
        database.write(f"Tomorrow.Worm:0:*:{b'a worm of tomorrow'.hex()}\n")
    clamd.stop()
    clamd.start()
    place = slot(client, "other.bin", len(data))
    assert put(scanning, place.put, data).status == 403
    assert get(scanning, link).status == 403
    assert not kept(scanning) and len(kept(scanning, "quarantine")) == 1


def test_without_a_scanner_that_answers_nothing_is_accepted(scanning, users, clamd):
    client = users(on=scanning).login()
    clamd.stop()
    _, response, record = put_refused(scanning, client, b"harmless")
    assert response.status == 503 and "could not be checked for viruses" in response.body.decode()
    assert record["rule"] == "file-scanned"
    assert "FAILS" in scanning.cli("status").stdout
    assert scanning.cli("doctor", check=False).returncode == 1
    assert "no verdict" in scanning.tail()
    clamd.start()
    assert get(scanning, upload(client, b"harmless")).body == b"harmless"


def test_a_scanner_that_hangs_gives_no_verdict_and_keeps_nobody_else_waiting(make_server, users, clamd):
    server = make_server(files__scanner=str(clamd.path), files__scanner_seconds="1").start()
    person = users(on=server)
    client = person.login()
    clamd.hang()
    connections = []
    for number in range(5):
        place = slot(client, f"{number}.txt", 8)
        http = Http(server)
        http.request("PUT", "/" + place.put.split("/", 3)[3], body=b"harmless")
        connections.append(http)
    person.login("while-it-hangs").fence()
    for http in connections:
        assert http.response().status == 503
        http.close()
    assert not kept(server) and not kept(server, "incoming")
    clamd.wake()


def test_a_stop_waits_for_no_scanner(make_server, users, clamd):
    server = make_server(files__scanner=str(clamd.path), files__scanner_seconds="3600").start()
    client = users(on=server).login()
    clamd.hang()
    place = slot(client, "a.txt", 8)
    http = Http(server)
    http.request("PUT", "/" + place.put.split("/", 3)[3], body=b"harmless")
    wait_until(lambda: kept(server, "incoming"), "it has come")
    server.stop()
    http.close()
    clamd.wake()


def test_what_the_scanner_does_not_take_is_not_let_through(make_server, users, tmp_path):
    directory = tmp_path / "small"
    directory.mkdir()
    clamd = Clamd(directory, most_bytes=1 << 20).start()
    try:
        server = make_server(files__scanner=str(clamd.path)).start()
        client = users(on=server).login()
        _, response, record = put_refused(server, client, os.urandom(3 << 20))
        assert response.status == 503 and record["rule"] == "file-scanned"
        assert "size limit" in server.tail()
    finally:
        clamd.stop()


@pytest.mark.parametrize("address", ["192.0.2.1:3310", "somewhere", "/" + "x" * 200])
def test_a_scanner_that_is_not_on_this_machine_is_no_setting(make_server, address):
    server = make_server(files__scanner=address)
    server.launch()
    assert server.process.wait(20) != 0
    server.process = None
    assert "files.scanner" in server.tail()


def test_without_a_scanner_the_record_and_the_administrator_are_told_so(own_server, users):
    upload(users().login(), b"anything")
    [record] = records(own_server, "upload")
    assert re.search("verdict=.not scanned.", record["stanza"])
    assert "not scanned for viruses" in own_server.cli("doctor", check=False).stdout
    assert "not scanned for viruses" in own_server.cli("status").stdout
