"""Too many connections: of one address, of all, and of those who never sign in. Others are served all the while.

127.0.0.2 stands for an address elsewhere: 127.0.0.1 has no limit of its own.
"""

import socket

import pytest

from support.server import wait_until

pytestmark = pytest.mark.only_chancery("limits of ours")
ELSEWHERE = "127.0.0.2"


def come(server, source="127.0.0.1"):
    return socket.create_connection((server.host, server.port), timeout=10, source_address=(source, 0))


def told(connection):
    """What the server says before it hangs up."""
    text = b""
    while part := connection.recv(4096):
        text += part
    connection.close()
    return text.decode()


def count(server):
    return server.status()["connections"]


def test_an_address_has_so_many_connections_and_no_more(make_server, users):
    server = make_server(limits__connections_per_address="3").start()
    there = [come(server, ELSEWHERE) for _ in range(3)]
    wait_until(lambda: count(server) == 3, "all three are in")
    refusal = told(come(server, ELSEWHERE))
    assert "policy-violation" in refusal and refusal.endswith("</stream:stream>")
    users(on=server).login().fence()
    there.pop().close()
    wait_until(lambda: "policy-violation" not in greeting(come(server, ELSEWHERE)), "there is room again")


def greeting(connection):
    """What the server says at once; a connection that was let in hears nothing before it speaks."""
    connection.settimeout(0.3)
    try:
        return connection.recv(4096).decode()
    except TimeoutError:
        return ""
    finally:
        connection.close()


def test_who_never_signs_in_takes_no_more_than_the_places_of_an_address(make_server, users):
    server = make_server(limits__signing_in_per_address="20").start()
    silent = [come(server, ELSEWHERE) for _ in range(20)]
    wait_until(lambda: count(server) == 20, "they are in")
    for _ in range(80):
        assert "have not signed in" in told(come(server, ELSEWHERE))
    assert count(server) == 20
    romeo, juliet = users(2, on=server)
    a, b = romeo.login(), juliet.login()
    a.say(b.jid, "undisturbed")
    b.hear("undisturbed")
    for each in silent:
        each.close()


def test_a_thousand_half_open_connections_keep_no_more_than_the_limit(make_server, users):
    server = make_server(limits__signing_in="50").start()
    romeo, juliet = users(2, on=server)
    a, b = romeo.login(), juliet.login()
    silent = [come(server) for _ in range(50)]
    wait_until(lambda: count(server) == 52, "so many are in")
    assert "resource-constraint" in told(come(server)), "one more is told why"
    silent += [come(server) for _ in range(950)]
    assert count(server) == 52
    a.say(b.jid, "who is in stays in")
    b.hear("who is in stays in")
    for each in silent:
        each.close()
    wait_until(lambda: count(server) == 2, "all have left")
    users(on=server).login().fence()


def test_one_connection_more_than_the_server_has_is_told_so(make_server):
    server = make_server(limits__connections="5").start()
    there = [come(server) for _ in range(5)]
    wait_until(lambda: count(server) == 5, "all are in")
    assert "resource-constraint" in told(come(server))
    for each in there:
        each.close()
