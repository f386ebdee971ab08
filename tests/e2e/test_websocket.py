"""RFC 7395: XMPP over WebSocket; RFC 6455: its frames, and what must not be one."""

import struct

import pytest

from support.client import SaslFailure
from support.elements import NS
from support.sasl2 import SASL2, Sasl2, bind_xml
from support.server import wait_until
from support.websocket import BINARY, CLOSE, FRAMING, PING, PONG, TEXT, Socket, WebClient, frame

pytestmark = pytest.mark.only_chancery("the address of its WebSocket is its own")

SETTINGS = {"web__origins": "https://chat.example https://other.example:8000", "limits__resume_seconds": "60"}


@pytest.fixture
def raw(server):
    socket = Socket(server).open()
    yield socket
    socket.close()


@pytest.fixture
def web(server, clients):
    """web(user) is a client of that person over WebSocket that has not connected yet."""
    def make(user=None):
        client = WebClient(server)
        client.user = user
        clients.append(client)
        return client
    return make


def login(client, user, presence=True, **options):
    client.login(user, **options)
    return client.available() if presence else client


# The handshake (RFC 6455 §4.2, RFC 7395 §3.1)

@pytest.mark.parametrize("changes, status", [
    ({"drop": ("Upgrade", "Connection")}, 426), ({"Upgrade": "h2c"}, 426), ({"Connection": "keep-alive"}, 426),
    ({"Sec_WebSocket_Version": "8"}, 426), ({"drop": ("Sec-WebSocket-Version",)}, 426),
    ({"drop": ("Sec-WebSocket-Key",)}, 400), ({"Sec_WebSocket_Key": "short"}, 400),
    ({"drop": ("Sec-WebSocket-Protocol",)}, 400), ({"Sec_WebSocket_Protocol": "mqtt"}, 400)], ids=str)
def test_a_handshake_that_lacks_something_is_refused(server, changes, status):
    socket = Socket(server)
    response = socket.handshake(**changes)
    assert response.status == status
    if status == 426:
        assert response["Upgrade"] == "websocket"
    socket.close()


def test_the_version_that_is_spoken_is_named(server):
    assert Socket(server).handshake(Sec_WebSocket_Version="8")["Sec-WebSocket-Version"] == "13"


def test_the_protocol_is_found_among_others(server):
    response = Socket(server).handshake(Sec_WebSocket_Protocol="mqtt, xmpp")
    assert response.status == 101 and response["Sec-WebSocket-Protocol"] == "xmpp"


@pytest.mark.parametrize("origin, status", [
    ("https://chat.example", 101), ("https://CHAT.example:443", 101), ("https://other.example:8000", 101), ("own", 101),
    ("https://other.example", 403), ("http://chat.example", 403), ("https://evil.example", 403), ("null", 403),
    ("https://chat.example.evil.example", 403), ("https://chat.example/", 403), ("garbage", 403)])
def test_only_pages_of_sites_that_are_listed_may_connect(server, origin, status):
    socket = Socket(server)
    assert socket.handshake(Origin=f"https://{socket.host}" if origin == "own" else origin).status == status
    socket.close()


def test_an_origin_that_is_none_stops_the_start(make_server):
    server = make_server(web__origins="chat.example")
    with pytest.raises(AssertionError, match="web.origins"):
        server.start()
    server.process = None


# The stream (RFC 7395 §3.3 to §3.6)

def test_open_is_answered_with_open(server, web):
    client = web()
    client.connect()
    client.open()
    client.features()
    assert client.header["from"] == server.domain and client.header["version"] == "1.0" and client.header["id"]


def test_what_is_offered_is_what_is_offered_over_tcp(server, users, web):
    over_tcp, over_web = users().client().secure_directly(), web().secure_directly()
    names = [[element.text for element in features.iter("{%s}mechanism" % NS["sasl"])] for features in (over_tcp, over_web)]
    assert names[0] == names[1] and "SCRAM-SHA-256-PLUS" in names[1], "TLS ends in the server here too"


@pytest.mark.parametrize("kind", ["tls-exporter", "tls-server-end-point"])
def test_signing_in_can_be_bound_to_the_channel(users, web, kind):
    romeo, client = users(), web()
    client.secure()
    client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-256-PLUS", client.channel_binding(kind))
    client.bind()
    client.fence()


def test_signing_in_with_all_that_follows_takes_one_stream(users, web):
    romeo = users()
    attempt = Sasl2(romeo, web())
    attempt.client.connect()
    attempt.client.open(extra=f" from='{romeo.jid}'")
    attempt.client.features()
    success = attempt.with_password(bind_xml())
    assert success.findtext(f"{{{SASL2}}}authorization-identifier").startswith(romeo.jid + "/")
    attempt.client.fence()


def test_people_over_both_talk_to_each_other(users, web):
    romeo, juliet = users(2)
    browser, desktop = login(web(), romeo), juliet.login()
    browser.say(desktop.jid, "from the browser")
    desktop.hear("from the browser", browser.jid)
    desktop.say(browser.jid, "to the browser")
    heard = browser.hear("to the browser", desktop.jid)
    assert heard.tag == "{jabber:client}message"


def test_a_long_message_passes(users, web):
    romeo = users()
    one, other = login(web(), romeo), login(web(), romeo)
    for size in (100, 125, 126, 60_000, 70_000, 200_000):
        one.say(other.jid, f"{size}:" + "é" * (size // 2))
        other.hear(f"{size}:" + "é" * (size // 2))


def test_a_wrong_password_is_refused_and_the_stream_goes_on(users, web):
    romeo = users()
    client = web()
    client.secure()
    with pytest.raises(SaslFailure):
        client.authenticate(romeo.name, "wrong")
    client.authenticate(romeo.name, romeo.password)
    client.bind()
    client.fence()


def test_close_is_answered_with_close(users, web):
    client = login(web(), users())
    client.send(f"<close xmlns='{FRAMING}'/>")
    client.expect_end()
    while not hasattr(client, "close_code"):
        client._read(float("inf"))
    assert client.close_code == 1000


def test_another_domain_is_unknown_here(web):
    client = web()
    client.connect()
    client.open(to="elsewhere.example")
    client.expect_stream_error("host-unknown")


@pytest.mark.parametrize("first, condition", [
    ("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' to='post.example' version='1.0'/>", "bad-format"),
    ("<open to='post.example' version='1.0'/>", "bad-format"),
    ("<open", "not-well-formed"), ("", "not-well-formed"), (" ", "not-well-formed"),
    ("<?xml version='1.0'?><open xmlns='%s'/>" % FRAMING, "restricted-xml"),
    ("<!DOCTYPE a><open xmlns='%s'/>" % FRAMING, "restricted-xml"),
    ("<!-- a --><open xmlns='%s'/>" % FRAMING, "restricted-xml")], ids=lambda text: text[:24])
def test_a_stream_begins_with_open(web, first, condition):
    client = web()
    client.connect()
    client.send(first)
    client.expect_stream_error(condition)


@pytest.mark.parametrize("text, condition", [
    ("<message xmlns='jabber:client'/><message xmlns='jabber:client'/>", "not-well-formed"),
    ("<message xmlns='jabber:client'>", "not-well-formed"),
    ("<x:message/>", "bad-namespace-prefix"),
    ("<nothing xmlns='urn:x'/>", "unsupported-stanza-type"),
    ("<open xmlns='%s'/>" % FRAMING, "unsupported-stanza-type")], ids=lambda text: text[:30])
def test_a_frame_is_one_element_that_says_its_namespace(users, web, text, condition):
    client = login(web(), users())
    client.send(text)
    client.expect_stream_error(condition)


def test_a_stanza_without_a_namespace_is_none(users, web):
    client = login(web(), users())
    client.web.send(frame(TEXT, "<presence/>"))
    client.expect_stream_error("unsupported-stanza-type")


def test_a_stanza_before_signing_in_ends_the_stream(web):
    client = web()
    client.secure()
    client.send("<message to='a@b'/>")
    client.expect_stream_error("not-authorized")


def test_a_stop_of_the_server_is_said(own_server, users, clients):
    client = WebClient(own_server)
    clients.append(client)
    login(client, users())
    own_server.stop()
    client.expect_stream_error("system-shutdown")


# XEP-0198 over it

def test_a_session_that_was_lost_is_resumed_over_another_socket(users, web):
    romeo, juliet = users(2)
    browser, desktop = login(web(), romeo), juliet.login()
    session = browser.enable_sm().get("id")
    browser.cut()
    desktop.say(browser.jid, "meanwhile")
    desktop.fence()
    again = web()
    again.secure()
    again.authenticate(romeo.name, romeo.password)
    again.send(f"<resume xmlns='{NS['sm']}' previd='{session}' h='0'/>")
    again.expect(f"<resumed xmlns='{NS['sm']}' previd='{session}'/>")
    again.hear("meanwhile", desktop.jid)


def test_a_session_goes_from_websocket_to_tcp_and_back(users, web):
    romeo = users()
    browser = login(web(), romeo)
    session = browser.enable_sm().get("id")
    jid = browser.jid
    for client in (romeo.client(), web(), romeo.client()):
        client.secure_directly()
        client.authenticate(romeo.name, romeo.password)
        client.send(f"<resume xmlns='{NS['sm']}' previd='{session}' h='0'/>")
        client.expect(f"<resumed xmlns='{NS['sm']}' previd='{session}'/>")
        client.jid = jid
        client.fence()


def test_a_socket_that_closes_without_close_leaves_the_session_to_be_resumed(server, users, web):
    romeo, juliet = users(2)
    browser, desktop = login(web(), romeo), juliet.login()
    session = browser.enable_sm().get("id")
    browser.web.send(frame(CLOSE, struct.pack("!H", 1001)))
    assert browser.web.receive()[0] == CLOSE
    browser.cut()
    desktop.say(romeo.jid, "while away")
    desktop.fence()
    again = web()
    again.secure()
    again.authenticate(romeo.name, romeo.password)
    again.send(f"<resume xmlns='{NS['sm']}' previd='{session}' h='0'/>")
    again.expect(f"<resumed xmlns='{NS['sm']}'/>")
    again.hear("while away")


def test_without_resumption_the_session_ends_with_its_socket(users, web):
    romeo, juliet = users(2)
    browser = login(web(), romeo)
    desktop = juliet.login()
    browser.cut()
    wait_until(lambda: desktop.iq("get", f"<ping xmlns='{NS['ping']}'/>", browser.jid).get("type") == "error", "the session's end")


# Frames (RFC 6455 §5)

def test_a_ping_is_answered_with_what_it_carries(raw):
    for payload in (b"", b"are you there", b"x" * 125):
        raw.send(frame(PING, payload))
        assert raw.receive() == (PONG, payload)


def test_a_pong_that_nobody_asked_for_is_ignored(raw):
    raw.send(frame(PONG, b"hello") + frame(PING, b"fence"))
    assert raw.receive() == (PONG, b"fence")


OPEN = f"<open xmlns='{FRAMING}' to='post.example' version='1.0'/>"


def test_a_message_may_come_in_fragments_with_a_ping_between(raw):
    half = len(OPEN) // 2
    raw.send(frame(TEXT, OPEN[:half], fin=False))
    raw.send(frame(PING, b"between"))
    assert raw.receive() == (PONG, b"between")
    raw.send(frame(0, "", fin=False) + frame(0, OPEN[half:]))
    opcode, payload = raw.receive()
    assert opcode == TEXT and payload.startswith(b"<open ")


def test_a_frame_may_come_byte_by_byte(raw):
    for byte in frame(TEXT, OPEN):
        raw.send(bytes([byte]))
    assert raw.receive()[1].startswith(b"<open ")


def test_a_character_may_be_cut_by_a_fragment(users, web):
    romeo = users()
    client = login(web(), romeo)
    message = f"<message xmlns='jabber:client' to='{client.jid}'><body>caf\N{LATIN SMALL LETTER E WITH ACUTE}</body></message>".encode()
    cut = message.index(b"\xc3") + 1
    client.web.send(frame(TEXT, message[:cut], fin=False) + frame(0, message[cut:]))
    client.hear("caf\N{LATIN SMALL LETTER E WITH ACUTE}")


PROTOCOL_ERRORS = {
    "a frame without a mask": frame(TEXT, OPEN, masked=False),
    "a reserved bit": frame(TEXT, OPEN, reserved=4),
    "another reserved bit": frame(TEXT, OPEN, reserved=2),
    "a reserved bit of a ping": frame(PING, "", reserved=1),
    "an unknown kind of frame": frame(3, OPEN),
    "an unknown control frame": frame(11, ""),
    "a ping in fragments": frame(PING, "a", fin=False),
    "a long ping": frame(PING, b"x" * 126),
    "a long close": frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124),
    "a continuation of nothing": frame(0, OPEN),
    "a new message within another": frame(TEXT, "<a", fin=False) + frame(TEXT, "/>"),
    "a close with half a code": frame(CLOSE, b"\x03"),
}


@pytest.mark.parametrize("data", PROTOCOL_ERRORS.values(), ids=PROTOCOL_ERRORS)
def test_what_breaks_the_protocol_ends_it(raw, data):
    raw.send(data)
    raw.expect_close(1002)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1012, 1016, 1100, 2000, 2999, 5000, 65535])
def test_a_code_that_nobody_may_send_is_a_breach(raw, code):
    raw.send(frame(CLOSE, struct.pack("!H", code)))
    raw.expect_close(1002)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_code(raw, code):
    raw.send(frame(CLOSE, struct.pack("!H", code) + "tschüß".encode()))
    raw.expect_close(code)


def test_a_close_without_a_code_is_answered_without_one(raw):
    raw.send(frame(CLOSE))
    raw.expect_close(None)


def test_what_follows_a_close_is_not_heard(raw):
    raw.send(frame(CLOSE, struct.pack("!H", 1000)) + frame(PING, b"too late"))
    raw.expect_close(1000)


@pytest.mark.parametrize("payload", [b"\xff", b"<a>\xc0\xaf</a>", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"<a>\xc3", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"])
def test_what_is_not_utf_8_ends_it(raw, payload):
    raw.send(frame(TEXT, payload))
    raw.expect_close(1007)


def test_a_reason_that_is_not_utf_8_ends_it(raw):
    raw.send(frame(CLOSE, struct.pack("!H", 1000) + b"\xff"))
    raw.expect_close(1007)


def test_binary_is_not_understood(raw):
    raw.send(frame(BINARY, OPEN))
    raw.expect_close(1003)


def test_a_stranger_may_send_so_much_and_no_more(raw):
    raw.send(frame(TEXT, "<a>" + "x" * 10_240))
    raw.expect_close(1009)


def test_a_length_that_is_only_claimed_is_refused_too(raw):
    raw.send(frame(TEXT, b"<a", length=1 << 40))
    raw.expect_close(1009)


def test_fragments_count_together(raw):
    raw.send(frame(TEXT, "<a>", fin=False) + frame(0, "x" * 6_000, fin=False) + frame(0, "x" * 6_000, fin=False))
    raw.expect_close(1009)


def test_who_has_signed_in_may_send_more_but_not_without_end(users, web):
    client = login(web(), users())
    client.web.send(frame(TEXT, b"<", length=300_000))
    client.web.expect_close(1009)
