"""XEP-0363 1.2.0: a slot, the bytes, the link; and what is on record of it."""

import os
import xml.etree.ElementTree as ET

import pytest

from support.elements import NS, condition, error_type
from support.files import (UPLOAD, ask, ask_slot, forms_of, get, id_of, kept, path_of, put, records, service, sha256, slot, upload)
from support.http import Http
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("what its own file service promises")

SETTINGS = {"files__most_mib": "4", "files__mib_per_day": "9", "files__forbidden": "text/html,video/*"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def romeo(users):
    return users().login()


# Finding it, and asking for a place

def test_the_service_is_found_and_says_how_large_files_may_be(server, romeo):
    listed = romeo.iq("get", f"<query xmlns='{NS['items']}'/>", server.domain).findall("items:query/items:item", NS)
    assert service(server) in [each.get("jid") for each in listed]
    query = romeo.iq("get", f"<query xmlns='{NS['info']}'/>", service(server)).find("info:query", NS)
    assert (query.find("info:identity", NS).get("category"), query.find("info:identity", NS).get("type")) == ("store", "file")
    assert UPLOAD in [each.get("var") for each in query.findall("info:feature", NS)]
    assert forms_of(query) == {"FORM_TYPE": UPLOAD, "max-file-size": str(4 << 20)}


def test_a_file_goes_up_and_comes_down_and_both_are_on_record(server, romeo):
    data = os.urandom(300_000)
    place = slot(romeo, "très cool.jpg", len(data), "image/jpeg")
    assert place.put.startswith(f"https://{server.domain}:{server.https_port}/files/")
    assert place.get.endswith("/tr%c3%a8s%20cool.jpg")
    assert put(server, place.put, data, "image/jpeg").status == 201
    response = get(server, place.get)
    assert (response.status, response.body) == (200, data)

    [uploaded] = [record for record in records(server, "upload") if place.id in record["stanza"]]
    assert (uploaded["from"], uploaded["to"], uploaded["refused"]) == (romeo.bare, service(server), False)
    said = ET.fromstring(uploaded["stanza"])
    assert said.attrib == {"id": place.id, "name": "très cool.jpg", "size": "300000", "sha256": sha256(data),
                           "declared-type": "image/jpeg", "type": "application/octet-stream", "verdict": "not scanned"}
    [downloaded] = [record for record in records(server, "download") if place.id in record["stanza"]]
    assert downloaded["from"] == romeo.bare
    said = ET.fromstring(downloaded["stanza"])
    assert (said.get("bytes"), said.get("sha256")) == ("0-299999", sha256(data))


def test_what_lies_on_disk_says_neither_what_it_is_nor_whose(server, romeo):
    data = b"The treaty is signed. " * 10_000
    before = set(kept(server))
    link = upload(romeo, data, "treaty.txt")
    [file] = set(kept(server)) - before
    assert b"treaty" not in file.read_bytes()
    assert file.name != sha256(data) and id_of(link) not in str(file)
    upload(romeo, data, "the-same-again.txt")
    assert set(kept(server)) - before == {file}, "the same bytes are kept once"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("request_, expected", [
    ("filename='a' size='0'", "bad-request"), ("filename='a' size='-1'", "bad-request"), ("filename='a'", "bad-request"),
    ("filename='' size='1'", "bad-request"), ("filename='..' size='1'", "bad-request"), (f"filename='{'a' * 256}' size='1'", "bad-request"),
    ("filename='a' size='1' content-type='no type'", "bad-request"), ("filename='a' size='99999999999999999999'", "bad-request"),
])
def test_a_request_that_makes_no_sense_is_refused(server, romeo, request_, expected):
    assert condition(romeo.iq("get", f"<request xmlns='{UPLOAD}' {request_}/>", service(server))) == expected


def test_a_purpose_that_is_not_served_is_refused(romeo):
    answer = ask_slot(romeo, "a", 1, extra="<ephemeral xmlns='urn:xmpp:http:upload:purpose:0' expire-before='2030-01-01T00:00:00Z'/>")
    assert condition(answer) == "feature-not-implemented"
    assert ask_slot(romeo, "a", 1, extra="<message xmlns='urn:xmpp:http:upload:purpose:0'/>").get("type") == "result"


def test_the_way_on_the_senders_disk_is_not_told(romeo):
    assert slot(romeo, r"C:\Users\romeo\secret.txt").get.endswith("/secret.txt")
    assert slot(romeo, "/home/romeo/secret.txt").get.endswith("/secret.txt")


def test_a_file_that_is_too_large_is_refused_on_record_and_with_the_limit(server, romeo):
    refused = ask_slot(romeo, "large.bin", (4 << 20) + 1)
    assert (condition(refused), error_type(refused)) == ("not-acceptable", "modify")
    assert refused.find(f".//{{{UPLOAD}}}max-file-size").text == str(4 << 20)
    [record] = [each for each in records(server, "request") if "large.bin" in each["stanza"]]
    assert (record["from"], record["refused"], record["rule"]) == (romeo.bare, True, "file-size")
    assert record["body"] == f"request large.bin, size {(4 << 20) + 1}"


def test_who_has_uploaded_much_waits(server, romeo):
    for number in range(2):
        upload(romeo, os.urandom(4 << 20), f"{number}.bin")
    refused = ask_slot(romeo, "third.bin", 4 << 20)
    assert (condition(refused), error_type(refused)) == ("resource-constraint", "wait")
    assert refused.find(f".//{{{UPLOAD}}}retry").get("stamp").endswith("Z")
    assert ask_slot(romeo, "small.bin", 1 << 20).get("type") == "result"


# The bytes

def test_a_place_is_good_for_one_file(server, romeo):
    place = slot(romeo, size=5)
    assert put(server, place.put, b"hello").status == 201
    assert put(server, place.put, b"other").status == 409
    assert get(server, place.get).body == b"hello"


@pytest.mark.parametrize("data, status", [(b"four", 400), (b"sixsix", 413)])
def test_a_file_of_another_size_is_refused(server, romeo, data, status):
    place = slot(romeo, size=5)
    assert put(server, place.put, data).status == status
    assert get(server, place.get).status == 404
    assert put(server, place.put, b"right").status == 201, "the place is still there"


def test_a_file_without_its_length_is_refused(server, romeo):
    place = slot(romeo, size=5)
    http = Http(server)
    http.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {http.host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert http.response().status == 411
    http.close()


def test_a_file_of_another_type_than_announced_is_refused(server, romeo):
    place = slot(romeo, "a.png", 5, "image/png")
    assert put(server, place.put, b"hello", "text/plain").status == 415
    assert put(server, place.put, b"hello", "image/PNG; q=1").status == 201


def test_two_at_a_time_do_not_fill_one_place(server, romeo):
    place = slot(romeo, size=10)
    first = Http(server)
    first.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {first.host}\r\nContent-Length: 10\r\n\r\nfirst")
    wait_until(lambda: kept(server, "incoming"), "the first has begun")
    assert put(server, place.put, b"secondhalf").status == 409
    first.send("comes")
    assert first.response().status == 201
    first.close()
    assert get(server, place.get).body == b"firstcomes"


def test_a_client_that_goes_away_leaves_nothing_and_may_come_again(server, romeo):
    place = slot(romeo, size=100_000)
    http = Http(server)
    http.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {http.host}\r\nContent-Length: 100000\r\n\r\n" + "x" * 70_000)
    wait_until(lambda: kept(server, "incoming"), "it has begun")
    http.close()
    wait_until(lambda: not kept(server, "incoming"), "nothing of it is left")
    assert get(server, place.get).status == 404
    assert put(server, place.put, b"y" * 100_000).status == 201


def test_a_client_that_waits_for_our_word_hears_no_before_it_sends(server, romeo):
    place = slot(romeo, size=5)
    http = Http(server)
    http.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {http.host}\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
    assert http.response().status == 413
    http.close()
    http = Http(server)
    http.send(f"PUT {path_of(place.put)} HTTP/1.1\r\nHost: {http.host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert http.response().status == 100
    http.send("hello")
    assert http.response().status == 201
    http.close()


@pytest.mark.parametrize("data, kind", [(b"  <!DOCTYPE HTML><p>", "text/html"), (b"\0\0\0\x18ftypisom" + bytes(20), "video/mp4")])
def test_what_is_forbidden_is_known_by_its_bytes_whatever_it_is_called(server, romeo, data, kind):
    place = slot(romeo, "holiday.png", len(data), "image/png")
    before = kept(server)
    refused = put(server, place.put, data, "image/png")
    assert refused.status == 415 and kind in refused.body.decode()
    assert get(server, place.get).status == 404 and kept(server) == before and not kept(server, "incoming")
    [record] = [each for each in records(server, "upload") if place.id in each["stanza"]]
    assert record["refused"] and record["rule"] == "file-type" and f'"{kind}"' in record["stanza"].replace("'", '"')


def test_who_may_not_sign_in_any_more_uploads_nothing(server, users):
    person = users()
    client = person.login()
    place = slot(client, size=5)
    link = upload(client, b"before")
    server.cli("user", "disable", person.name)
    assert put(server, place.put, b"hello").status == 403
    assert get(server, link).status == 403
    [record] = records(server, "download")[-1:]
    assert (record["from"], record["refused"], record["rule"]) == (person.jid, True, "file-audience"), "who was refused is on record"


# Pages of other sites

def test_a_web_client_of_another_site_may_upload_and_fetch(server, romeo):
    place = slot(romeo, "a.png", len(PNG), "image/png")
    asked = {"Origin": "https://chat.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    allowed = ask(server, "OPTIONS", place.put, asked)
    assert allowed.status == 204 and allowed["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in allowed["Access-Control-Allow-Methods"] and "Content-Type" in allowed["Access-Control-Allow-Headers"]
    assert put(server, place.put, PNG, "image/png")["Access-Control-Allow-Origin"] == "*"
    fetched = get(server, place.get)
    assert fetched["Access-Control-Allow-Origin"] == "*" and fetched["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert put(server, place.put, PNG)["Access-Control-Allow-Origin"] == "*", "refusals can be read as well"


def test_other_methods_are_refused_with_those_that_are_for_files(server, romeo):
    response = ask(server, "DELETE", slot(romeo).get)
    assert response.status == 405 and "PUT" in response["Allow"]
