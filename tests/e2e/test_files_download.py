"""Downloads: ranges, conditions, headers, and links that do not open."""

import os

import pytest

from support.files import LINK, ask, get, id_of, kept, pass_of, put, records, slot, upload

pytestmark = pytest.mark.only_chancery("what its own file service promises")


@pytest.fixture
def romeo(users):
    return users().login()


@pytest.fixture(scope="module")
def data():
    return os.urandom(200_000)


@pytest.fixture
def link(romeo, data):
    return upload(romeo, data, "map.bin")


@pytest.mark.parametrize("wanted, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=65530-65545", 65530, 65545), ("bytes=131072-", 131072, 199_999),
    ("bytes=-1", 199_999, 199_999), ("bytes=-999999", 0, 199_999), ("bytes=199000-999999", 199_000, 199_999),
])
def test_a_part_of_a_file(server, link, data, wanted, first, last):
    response = get(server, link, Range=wanted)
    assert (response.status, response["Content-Range"]) == (206, f"bytes {first}-{last}/200000")
    assert response.body == data[first:last + 1]
    [record] = [each for each in records(server, "download") if id_of(link) in each["stanza"]]
    assert f"{first}-{last}" in record["stanza"]


@pytest.mark.parametrize("wanted", ["bytes=200000-", "bytes=-0", "bytes=99999999999999999999-"])
def test_a_part_that_is_not_there(server, link, wanted):
    response = get(server, link, Range=wanted)
    assert (response.status, response["Content-Range"]) == (416, "bytes */200000")


@pytest.mark.parametrize("wanted", ["bytes=5-4", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=-", "bytes"])
def test_a_wish_that_is_not_understood_gets_the_whole(server, link, data, wanted):
    response = get(server, link, Range=wanted)
    assert (response.status, response.body) == (200, data)


def test_a_download_that_broke_off_goes_on_if_the_file_is_still_the_same(server, link, data):
    first = get(server, link, Range="bytes=0-999")
    rest = get(server, link, Range="bytes=1000-", If_Range=first["ETag"])
    assert rest.status == 206 and first.body + rest.body == data
    assert get(server, link, Range="bytes=1000-", If_Range='"another"').status == 200
    unchanged = get(server, link, If_None_Match=first["ETag"])
    assert (unchanged.status, unchanged.body) == (304, b"")


def test_the_head_alone_tells_what_there_is_and_is_no_download(server, link):
    response = ask(server, "HEAD", link)
    assert (response.status, response["Content-Length"], response["Accept-Ranges"]) == (200, "200000", "bytes")
    assert not [each for each in records(server, "download") if id_of(link) in each["stanza"]]


@pytest.mark.parametrize("name, data, kind, shown", [
    ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png", "inline"),
    ("notes.txt", "Grüße\n".encode(), "text/plain; charset=utf-8", "inline"),
    ("a.pdf", b"%PDF-1.7 ...", "application/pdf", "inline"),
    ("a.png", b"<html><script>alert(1)</script>", "application/octet-stream", "attachment"),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream", "attachment"),
    ("a.txt", b"MZ\x90\0" + bytes(50), "application/vnd.microsoft.portable-executable", "attachment"),
    ("a.jpg", bytes(range(256)), "application/octet-stream", "attachment"),
    ("a.zip", b"PK\x03\x04" + bytes(50), "application/zip", "attachment"),
])
def test_what_a_browser_is_told_goes_by_the_bytes_alone(server, romeo, name, data, kind, shown):
    response = get(server, upload(romeo, data, name, "image/png"))
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == f"{shown}; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")


def test_a_name_in_any_script_comes_down_as_it_went_up(server, romeo):
    response = get(server, upload(romeo, b"x", 'Отчёт "3".txt'))
    assert response["Content-Disposition"].endswith("filename*=UTF-8''%d0%9e%d1%82%d1%87%d1%91%d1%82%20%223%22.txt")
    assert 'filename="_' in response["Content-Disposition"]


def test_a_link_that_nobody_has_signed_says_no_more_than_a_file_that_is_not_there(server, romeo, link):
    signature = pass_of(link)
    forged = [link.replace(id_of(link), "0" * 32), link.replace(f"/{signature}/", "/"),
              link.replace(signature, signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]),
              link.replace(signature, pass_of(upload(romeo, b"other"))), slot(romeo).put, slot(romeo).get]
    answers = {(response.status, response.body) for response in (get(server, each) for each in forged)}
    assert answers == {(404, b"There is no such file, or this link does not open it.\n")}
    assert put(server, slot(romeo).get, b"x").status == 404


def test_two_links_to_one_file_do_not_tell_whom_they_are_for(romeo, link):
    assert LINK.fullmatch(link)
    assert romeo.bare not in link and romeo.bare.split("@")[0] not in link


def test_a_file_that_is_gone_or_damaged_on_disk_is_not_given_out_as_if_it_were_whole(server, romeo):
    before = set(kept(server))
    link = upload(romeo, os.urandom(100_000))
    [file] = set(kept(server)) - before
    whole = file.read_bytes()
    file.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    assert get(server, link).status == 500
    file.write_bytes(whole[:70_000])
    assert get(server, link, Range="bytes=99000-").status == 500
    file.unlink()
    assert get(server, link).status == 410
    assert "files.disk" in server.tail()
