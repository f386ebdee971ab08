"""What slow, deaf and restless clients cost: a bounded amount of memory each, given back when they are gone."""

import socket
import ssl
import threading

import pytest
from memory import Growth
from test_clients_that_misbehave import client_hello, header, plain

from support.client import Client
from support.elements import NS
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("the limits are ours")
UNSENT_KIB = 4_096  # limits.unsent_kib
HALF_OPEN = 1_000


def pour_messages(sender, recipient, count, size):
    for number in range(count):
        sender.say(recipient, f"{number} " + "x" * size)
        if number % 100 == 99:
            sender.fence(timeout=60)
            sender.take("<message/>")


def assert_still_serving(server, users):
    romeo, juliet = users(2, on=server)
    a, b = romeo.login(), juliet.login()
    a.say(b.jid, "still there")
    b.hear("still there")


@pytest.mark.parametrize("counting", [False, True], ids=["without_stream_management", "with_stream_management"])
def test_forty_megabytes_for_somebody_who_never_reads(own_server, users, counting):
    """What the kernel does not take is kept up to the limit; the rest waits on record, which costs a number a message."""
    romeo, juliet = users(2)
    sender, deaf = romeo.login(), juliet.login(sm=counting)
    pour_messages(sender, romeo.jid, 200, 20_000)  # buffers of the road itself are warm
    growth = Growth(own_server)
    pour_messages(sender, deaf.jid, 2_000, 20_000)
    growth.assert_below(6 * UNSENT_KIB)
    assert_still_serving(own_server, users)


def test_ten_people_who_ask_and_never_read_the_answers(own_server, users):
    greedy = [person.login(presence=False) for person in users(10)]
    growth = Growth(own_server)
    request = f"<iq type='get' id='g'><query xmlns='{NS['info']}'/></iq>".encode() * 50
    for each in greedy:
        each.socket.settimeout(0.2)
        try:
            for _ in range(1_000):
                each.socket.sendall(request)
        except (OSError, ssl.SSLError):
            pass  # cut off, or not read any more
    growth.assert_below(10 * 2 * UNSENT_KIB)
    assert_still_serving(own_server, users)


def test_half_open_connections_cost_little_and_end(make_server, users):
    server = make_server(limits__login_seconds="2").start()
    hello = client_hello(server)
    hello = hello[:len(hello) // 2]

    def open_and_wait():
        before = Growth(server)
        strangers = [connect() for _ in range(HALF_OPEN // 3)
                     for connect in (lambda: plain(server), lambda: saying(server, server.port, header(server)[:-5]),
                                     lambda: saying(server, server.tls_port, hello))]
        before.assert_below(len(strangers) * 64)
        wait_until(lambda: server.status()["connections"] == 0, "the half-open ones are hung up on", limit=30)
        for each in strangers:
            each.close()

    for _ in range(3):  # buys what is kept for the next ones: how many each shard gets is chance
        open_and_wait()
    growth = Growth(server)
    open_and_wait()
    growth.assert_below(4_096)
    assert_still_serving(server, users)


def saying(server, port, text):
    connection = socket.create_connection((server.host, port), timeout=5)
    connection.sendall(text)
    return connection


def test_clients_that_type_a_byte_at_a_time_cost_no_more_than_they_sent(own_server, users):
    slow = [person.login() for person in users(20)]
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    growth = Growth(own_server)
    for byte in f"<message to='{juliet.jid}'><body>slow</body></message>".encode():
        for each in slow:
            each.send_bytes(bytes([byte]))
        a.say(b.jid, "quick")
        b.hear("quick")
    for _ in slow:
        b.hear("slow")
    growth.assert_below(4_096)


def test_a_storm_of_lost_and_resumed_sessions_leaves_no_more_than_the_limit(make_server, users):
    """Each loses its connection again and again: those that are not resumed wait, up to the limit of sessions."""
    server = make_server(limits__resume_seconds="2", limits__sessions_per_user="5").start()
    people = users(8, on=server)
    failures = []

    def storm(person, rounds):
        for number in range(rounds):
            client = Client(server)
            try:
                client.login(person, f"r{number % 5}")
                client.enable_sm()
                client.available()
            except (OSError, AssertionError) as error:
                failures.append(repr(error)[:300])
            finally:
                client.cut()

    def all_at_once(rounds):
        threads = [threading.Thread(target=storm, args=(person, rounds), daemon=True) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert server.status()["sessions"] <= 5 * len(people)
        wait_until(lambda: server.status()["sessions"] == 0, "nobody resumes, so all of them end", limit=20)

    all_at_once(10)
    growth = Growth(server)
    all_at_once(30)
    growth.assert_below(2_048)
    assert_still_serving(server, users)
