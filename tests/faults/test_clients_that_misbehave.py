"""Slow, silent, flooding and broken clients: a normal pair keeps talking all the while."""

import random
import socket
import ssl
import threading
import time

import pytest

from support.client import Client
from support.elements import NS
from support.server import SLOWNESS

SLOW_REPLY = 3.0 * SLOWNESS  # seconds; a line between two normal clients takes milliseconds on an idle machine


@pytest.fixture
def pair(users):
    """Two people who talk; `talk(n)` exchanges lines and gives the slowest round trip in seconds."""
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()

    def talk(count=20):
        slowest = 0.0
        for number in range(count):
            text = f"line {number} {random.random()}"
            begin = time.monotonic()
            a.say(b.jid, text)
            b.hear(text)
            slowest = max(slowest, time.monotonic() - begin)
        return slowest

    assert talk(3) < SLOW_REPLY
    return talk


def header(server):
    return (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{NS['stream']}' "
            f"to='{server.domain}' version='1.0'>").encode()


def plain(server):
    return socket.create_connection((server.host, server.port), timeout=5)


def test_clients_that_speak_a_byte_at_a_time_disturb_nobody(server, pair):
    """Not one byte a second, which would take a minute, but one byte between two lines of others: the same to a server."""
    slow = [plain(server) for _ in range(50)]
    for byte in header(server)[:40]:
        for each in slow:
            each.sendall(bytes([byte]))
        assert pair(1) < SLOW_REPLY
    for each in slow:
        each.close()


def test_half_open_and_silent_connections_disturb_nobody(server, pair):
    silent = [plain(server) for _ in range(200)]
    for each in silent[:100]:
        each.sendall(header(server))
    assert pair() < SLOW_REPLY
    in_handshake = [plain_tls_hello(server) for _ in range(50)]
    assert pair() < SLOW_REPLY
    for each in silent + in_handshake:
        each.close()
    assert pair() < SLOW_REPLY


def plain_tls_hello(server):
    """The first half of a ClientHello on the direct TLS port, and then silence."""
    hello = client_hello(server)
    connection = socket.create_connection((server.host, server.tls_port), timeout=5)
    connection.sendall(hello[:len(hello) // 2])
    return connection


def client_hello(server):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=server.domain)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def test_a_client_that_never_reads_disturbs_nobody(server, users, pair):
    """It asks and asks, and its answers pile up: the server stops reading it, or cuts it off."""
    greedy = users().login(presence=False)
    greedy.socket.settimeout(0.2)
    request = f"<iq type='get' id='g'><query xmlns='{NS['info']}'/></iq>".encode() * 50
    sent, stalled = 0, False
    while sent < 8_000_000 and not stalled:
        try:
            sent += greedy.socket.send(request)
        except (TimeoutError, ssl.SSLError, OSError):
            stalled = True
    assert pair() < SLOW_REPLY


def test_somebody_who_does_not_read_their_messages_disturbs_nobody(server, users, pair):
    deaf, speaker = users(2)
    deaf_client, loud = deaf.login(), speaker.login()
    for number in range(200):
        loud.say(deaf_client.jid, "x" * 20_000)
        if number % 50 == 0:
            loud.take("<message type='error'/>")
    assert pair() < SLOW_REPLY
    loud.fence(timeout=20)


def test_a_flood_from_one_client_disturbs_nobody(server, users, pair):
    flooder, victim = users(2)
    flood, target = flooder.login(), victim.login()
    stop = threading.Event()

    def pour():
        line = f"<message to='{target.jid}' type='chat'><body>spam</body></message>" * 20
        try:
            while not stop.is_set():
                flood.send(line)
                flood.fence()
                target.fence()
                target.take("<message/>")
        except (OSError, AssertionError):
            pass  # cut off: as good

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    try:
        assert pair(40) < SLOW_REPLY
    finally:
        stop.set()
        thread.join(10)


def test_a_storm_of_reconnections_disturbs_nobody(server, users, pair):
    people = users(10)
    failures = []

    def storm(person):
        for _ in range(8):
            client = Client(server)
            try:
                client.login(person, "same")
            except (OSError, AssertionError) as error:
                failures.append(repr(error)[:300])
            finally:
                client.cut()

    threads = [threading.Thread(target=storm, args=(person,), daemon=True) for person in people]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        slowest = max(slowest, pair(1))
    for thread in threads:
        thread.join()
    assert failures == []
    assert slowest < SLOW_REPLY


def test_two_hundred_malformed_tls_handshakes_do_no_harm(server, pair):
    dice = random.Random(20032)
    for _ in range(200):
        with socket.create_connection((server.host, server.tls_port), timeout=5) as connection:
            try:
                connection.sendall(b"\x16\x03\x01" + dice.randbytes(dice.randrange(1, 600)))
                connection.shutdown(socket.SHUT_WR)
                connection.recv(100)
            except OSError:
                pass
    assert server.process.poll() is None, "the server is dead"
    assert pair() < SLOW_REPLY


@pytest.mark.only_chancery("the setting is ours")
def test_who_does_not_sign_in_in_time_is_hung_up_on(make_server):
    server = make_server(limits__login_seconds=1).start()
    with plain(server) as idle:
        idle.sendall(header(server))
        data = b"-"
        while data:
            data = idle.recv(4096)


@pytest.mark.only_chancery("the setting is ours")
def test_one_more_session_than_allowed_is_refused(make_server, users):
    server = make_server(limits__sessions_per_user=3).start()
    romeo = users(on=server)
    for _ in range(3):
        romeo.login()
    client = romeo.client()
    client.secure()
    client.authenticate(romeo.name, romeo.password)
    answer = client.iq("set", f"<bind xmlns='{NS['bind']}'/>")
    assert answer.get("type") == "error"
    assert answer.find("error/{urn:ietf:params:xml:ns:xmpp-stanzas}resource-constraint", {"": "jabber:client"}) is not None
