"""RFC 9112 and RFC 9110 on the HTTPS port, in raw bytes; XEP-0156; ALPN."""

import json
import socket
import ssl
import xml.etree.ElementTree as ET

import pytest

from support.client import Client
from support.http import Http
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("the address of its HTTP server is its own")

HOST_META = "/.well-known/host-meta"


@pytest.fixture
def http(server):
    connection = Http(server)
    yield connection
    connection.close()


def refused(server, request):
    """The status of the answer to these bytes, after which the server has closed."""
    connection = Http(server)
    connection.send(request)
    response = connection.response()
    assert response["Connection"] == "close"
    connection.expect_end()
    connection.close()
    return response.status


# Every answer

@pytest.mark.parametrize("path", ["/", HOST_META, "/xmpp-websocket", "/%00"])
def test_every_answer_makes_a_browser_careful(http, path):
    response = http.ask("GET", path)
    assert response["Strict-Transport-Security"] == "max-age=63072000"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "server" not in response.headers, "which release runs is not told to strangers"


def test_what_is_not_there_is_not_found(http):
    assert http.ask("GET", "/").status == 404
    assert http.ask("GET", "/.well-known/host-meta/more").status == 404
    assert http.ask("POST", "/nowhere").status == 404


def test_a_method_that_is_not_for_this_is_refused_with_those_that_are(http):
    response = http.ask("POST", HOST_META)
    assert response.status == 405 and response["Allow"] == "GET, HEAD"
    assert http.ask("BREW", HOST_META).status == 501


def test_head_is_get_without_the_content(http):
    whole, head = http.ask("GET", HOST_META), http.ask("HEAD", HOST_META)
    assert head.status == 200 and head["Content-Length"] == whole["Content-Length"] == str(len(whole.body))
    assert http.ask("GET", "/").status == 404, "what follows is the next response"


# Connections

def test_requests_that_are_sent_at_once_are_answered_in_their_order(http):
    host = f"Host: {http.host}\r\n\r\n"
    http.send(f"GET / HTTP/1.1\r\n{host}GET {HOST_META} HTTP/1.1\r\n{host}HEAD / HTTP/1.1\r\n{host}")
    assert [http.response().status, http.response().status, http.response("HEAD").status] == [404, 200, 404]


def test_a_connection_is_closed_when_the_client_wants_it(http):
    assert http.ask("GET", HOST_META, {"Connection": "close"})["Connection"] == "close"
    http.expect_end()


def test_http_1_0_is_answered_and_closed(server, http):
    http.send(f"GET {HOST_META} HTTP/1.0\r\n\r\n")
    assert http.response().status == 200
    http.expect_end()


def test_a_whole_address_is_understood(server, http):
    http.send(f"GET https://{server.domain}{HOST_META} HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
    assert server.domain in http.response().body.decode()


def test_nothing_is_said_without_tls(server):
    with socket.create_connection((server.host, server.https_port), timeout=8) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        heard = b""
        while data := plain.recv(4096):
            heard += data
        assert b"HTTP" not in heard


MALFORMED = {
    "two lengths": "Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    "a length and chunks": "Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    "a length that is no number": "Host: a\r\nContent-Length: 1x\r\n",
    "a line that goes on": "Host: a\r\nX: y\r\n z\r\n",
    "a line that ends with LF": "Host: a\nX: y\r\n",
    "space before the colon": "Host: a\r\nX : y\r\n",
    "no host": "",
    "two hosts": "Host: a\r\nHost: b\r\n",
    "a host that is none": "Host: a/b\r\n",
    "a control character": "Host: a\r\nX: \x01\r\n",
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_a_request_that_could_be_understood_in_two_ways_ends_the_connection(server, fields):
    smuggled = f"GET {HOST_META} HTTP/1.1\r\nHost: a\r\n\r\n"
    assert refused(server, f"GET / HTTP/1.1\r\n{fields}\r\n{smuggled}") == 400


@pytest.mark.parametrize("request_line, status", [
    ("GET / HTTP/3.0", 505), ("GET /", 400), ("GET  / HTTP/1.1", 400), ("GET /../etc/passwd HTTP/1.1", 400),
    ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", 400), ("GET //a HTTP/1.1", 400), ("CONNECT a:443 HTTP/1.1", 400),
    ("GET /" + "x" * 20_000 + " HTTP/1.1", 414)], ids=lambda value: str(value)[:30])
def test_a_bad_request_line_is_refused(server, request_line, status):
    assert refused(server, f"{request_line}\r\nHost: a\r\n\r\n") == status


def test_a_head_that_is_too_long_is_refused(server):
    assert refused(server, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * 20_000 + "\r\n\r\n") == 431
    assert refused(server, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n" * 200 + "\r\n") == 431


# ALPN

def test_the_same_port_speaks_xmpp_to_those_who_ask_for_it(server, users):
    class OnHttpsPort(Client):
        def connect(self, direct_tls=False):
            self.socket = socket.create_connection((self.server.host, self.server.https_port), timeout=8)
            self.start_tls(alpn=["xmpp-client"])
            assert self.socket.selected_alpn_protocol() == "xmpp-client"

        secure = Client.secure_directly

    romeo, juliet = users(2)
    client = OnHttpsPort(server)
    client.login(romeo)
    listener = juliet.login()
    client.say(juliet.jid, "by the browsers' door")
    listener.hear("by the browsers' door", client.jid)
    client.close()


def test_a_client_that_asks_for_nothing_gets_http(server):
    http = Http(server, alpn=())
    assert http.socket.selected_alpn_protocol() is None
    assert http.ask("GET", HOST_META).status == 200
    http.close()


def test_a_browser_gets_http_1_1(server):
    http = Http(server, alpn=("h2", "http/1.1"))
    assert http.socket.selected_alpn_protocol() == "http/1.1"
    http.close()


def test_a_protocol_that_is_not_spoken_here_is_refused(server):
    with pytest.raises(ssl.SSLError):
        Http(server, alpn=("h2",))


# XEP-0156

def links(response):
    return {link.get("rel"): link.get("href") for link in ET.fromstring(response.body)}


def test_host_meta_says_where_the_websocket_is(server, http):
    response = http.ask("GET", HOST_META)
    assert response.status == 200 and response["Content-Type"].startswith("application/xrd+xml")
    assert response["Access-Control-Allow-Origin"] == "*"
    found = links(response)
    assert found["urn:xmpp:alt-connections:websocket"] == f"wss://{server.domain}:{server.https_port}/xmpp-websocket"


def test_host_meta_says_the_same_in_json(http):
    found = json.loads(http.ask("GET", HOST_META + ".json").body)
    assert {link["rel"]: link["href"] for link in found["links"]} == links(http.ask("GET", HOST_META))


def test_host_meta_does_not_repeat_a_host_that_is_not_ours(server, http):
    found = links(http.ask("GET", HOST_META, host="evil.example"))
    assert all("evil" not in address and server.domain in address for address in found.values())


def test_host_meta_says_what_is_set(make_server):
    server = make_server(web__public_url="https://chat.agency.example").start()
    http = Http(server)
    assert links(http.ask("GET", HOST_META))["urn:xmpp:alt-connections:websocket"] == "wss://chat.agency.example/xmpp-websocket"
    http.close()


@pytest.mark.parametrize("setting", ["http://chat.example", "chat.example", "https://chat.example/path"])
def test_a_public_address_that_is_none_stops_the_start(make_server, setting):
    server = make_server(web__public_url=setting)
    with pytest.raises(AssertionError, match="web.public_url"):
        server.start()
    server.process = None


def test_status_says_the_port(server):
    assert server.status()["ports"]["https"] == server.https_port


def test_its_connections_count_like_all_others(make_server):
    server = make_server(limits__connections="10", limits__signing_in="2").start()
    first, second = Http(server), Http(server)
    assert first.ask("GET", HOST_META).status == second.ask("GET", HOST_META).status == 200
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Http(server)
    first.close()
    wait_until(lambda: server.status()["connections"] == 1, "the first has gone")
    third = Http(server)
    assert third.ask("GET", HOST_META).status == 200
    second.close(), third.close()


def test_an_empty_address_switches_it_off(make_server):
    server = make_server(listen__https="").start()
    assert server.status()["ports"]["https"] == 0
    with pytest.raises(OSError):
        socket.create_connection((server.host, server.https_port), timeout=5)


def test_a_renewed_certificate_is_served_here_too(own_server):
    import os
    import shutil
    import signal
    import subprocess

    keys = own_server.data / "keys"

    def served():
        http = Http(own_server)
        certificate = http.socket.getpeercert(binary_form=True)
        http.close()
        return certificate

    before = served()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=renewed", "-addext", f"subjectAltName=DNS:{own_server.domain}", "-keyout", keys / "server.key",
                    "-out", keys / "server.pem"], check=True, capture_output=True)
    shutil.copy(keys / "server.pem", keys / "ca.pem")
    os.kill(own_server.process.pid, signal.SIGHUP)

    def is_renewed():
        try:
            return served() != before
        except ssl.SSLError:
            return False

    wait_until(is_renewed, "the renewed certificate")
