"""slixmpp's own file upload (XEP-0363) and its HTTP client against ours: one uploads, another opens what the message says."""

import os

import pytest
from robots import Slixmpp

from support.files import LINK, records, sha256
from support.fixtures import _Pool, make_users, new_server
from support.rooms import new_room

pytestmark = pytest.mark.only_chancery("what its own file service promises")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = new_server(tmp_path_factory.mktemp("server"))
    server.settings["web__public_url"] = f"https://localhost:{server.https_port}"  # a name that every machine finds
    server.pool = _Pool(server, size=12)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def robots(server, clients):
    made = [Slixmpp(server, person, server.ca) for person in make_users(server, 2, clients)]
    for robot in made:
        robot.jid = robot.wait_online()
        robot.be(None, "here")
    yield made
    for robot in made:
        robot.leave()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "holiday.png"


def upload(robot, path, to, kind="chat"):
    robot.do("upload", path=str(path), to=to, kind=kind)
    return robot.expect("uploaded")["link"]


def fetch(robot, link):
    robot.do("fetch", link=link)
    return robot.expect("fetched")


def test_a_client_sends_a_file_and_another_opens_it(server, robots, path, observe):
    romeo, juliet = robots
    data = b"\x89PNG\r\n\x1a\n" + os.urandom(2_000_000)
    path.write_bytes(data)
    with observe(romeo, "sends a file (HTTP upload) that another opens"):
        link = upload(romeo, path, juliet.jid)
        heard = juliet.expect("message")["body"]
        assert LINK.fullmatch(heard) and heard != link
        assert fetch(juliet, heard) == {"event": "fetched", "status": 200, "type": "image/png", "sha256": sha256(data)}
    assert [record["from"] for record in records(server, "download")] == [juliet.jid.split("/")[0]]


def test_a_client_sends_a_file_to_a_room(server, robots, path, observe):
    romeo, juliet = robots
    room, data = new_room(server), b"plain words" * 1000
    path.write_bytes(data)
    for robot in robots:
        robot.do("join", room=room, nick=robot.jid.split("@")[0])
        robot.expect("joined")
        if robot is romeo:
            robot.do("configure", room=room, fields={})
            robot.expect("configured")
    with observe(romeo, "sends a file to a room"):
        upload(romeo, path, room, "groupchat")
        heard = juliet.expect("groupchat")["body"]
        assert fetch(juliet, heard)["sha256"] == sha256(data)
