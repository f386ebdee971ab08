"""RFC 6120 §8.2.3 and RFC 6121 §8: requests and their answers."""

import pytest

from support.elements import NS, condition, error_type

peer_differs = pytest.mark.peer_differs
UNKNOWN = "<query xmlns='urn:example:unheard-of'/>"
PING = f"<ping xmlns='{NS['ping']}'/>"


@pytest.mark.parametrize("kind", ["get", "set"])
@pytest.mark.parametrize("to", ["the server", "the own account", "no address"])
def test_a_request_nobody_understands_is_service_unavailable(server, users, kind, to):
    romeo = users().login()
    address = {"the server": server.domain, "the own account": romeo.bare, "no address": None}[to]
    answer = romeo.iq(kind, UNKNOWN, address)
    assert condition(answer) in ("service-unavailable", "feature-not-implemented")
    assert error_type(answer) == "cancel"


def test_an_answer_comes_from_the_address_that_was_asked(server, users):
    romeo = users().login()
    assert romeo.iq("get", PING, server.domain).get("from") == server.domain
    assert romeo.iq("get", PING, romeo.bare).get("from") in (None, romeo.bare)
    assert romeo.iq("get", PING).get("from") in (None, romeo.bare)


def test_an_answer_has_the_id_of_its_request_and_our_address(server, users):
    romeo = users().login()
    romeo.send(f"<iq type='get' id='&lt;odd&quot;&apos;id&gt;' to='{server.domain}'>{PING}</iq>")
    romeo.expect(f"<iq type='result' id='&lt;odd&quot;&apos;id&gt;' to='{romeo.jid}'/>")


def test_a_request_without_an_id_is_a_bad_request(users):
    romeo = users().login()
    romeo.send(f"<iq type='get'>{PING}</iq>")
    answer = romeo.expect(lambda element: element.tag == "{jabber:client}iq" or element.tag.endswith("}error"))
    assert answer.get("type") == "error" and condition(answer) == "bad-request" or answer.tag.endswith("}error")


@peer_differs("Prosody treats an unheard-of type as a request that failed")
def test_a_type_that_does_not_exist_is_a_bad_request(users):
    romeo = users().login()
    romeo.send(f"<iq type='please' id='b1'>{PING}</iq>")
    assert condition(romeo.expect("<iq type='error' id='b1'/>")) == "bad-request"


@pytest.mark.parametrize("payload", ["", PING + UNKNOWN])
def test_a_request_has_exactly_one_child(users, payload):
    romeo = users().login()
    romeo.send(f"<iq type='get' id='b2'>{payload}</iq>")
    assert condition(romeo.expect("<iq type='error' id='b2'/>")) == "bad-request"


@pytest.mark.parametrize("kind", ["result", "error"])
@pytest.mark.parametrize("to", ["the server", "the own account", "no address"])
def test_an_answer_to_nothing_is_not_answered(server, users, kind, to):
    romeo = users().login()
    address = {"the server": f" to='{server.domain}'", "the own account": f" to='{romeo.bare}'", "no address": ""}[to]
    error = f"<error type='cancel'><gone xmlns='{NS['stanza-error']}'/></error>" if kind == "error" else ""
    romeo.send(f"<iq type='{kind}' id='a1'{address}>{error}</iq>")
    romeo.expect_nothing("<iq id='a1'/>")


def test_a_request_to_a_client_is_relayed_and_so_is_its_answer(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<iq type='set' id='r1' to='{juliet.jid}'><poke xmlns='urn:example:poke' hard='1'/></iq>")
    juliet.expect(f"<iq type='set' id='r1' from='{romeo.jid}' to='{juliet.jid}'>"
                  "<poke xmlns='urn:example:poke' hard='1'/></iq>")
    juliet.send(f"<iq type='error' id='r1' to='{romeo.jid}'><error type='auth'>"
                f"<forbidden xmlns='{NS['stanza-error']}'/></error></iq>")
    answer = romeo.expect(f"<iq type='error' id='r1' from='{juliet.jid}'/>")
    assert condition(answer) == "forbidden"


@pytest.mark.parametrize("kind", ["get", "set"])
def test_a_request_to_a_client_that_is_not_there_is_service_unavailable(users, kind):
    romeo, juliet = users(2)
    romeo = romeo.login()
    assert condition(romeo.iq(kind, UNKNOWN, f"{juliet.jid}/absent")) == "service-unavailable"


@pytest.mark.parametrize("kind", ["result", "error"])
def test_an_answer_to_a_client_that_is_not_there_is_dropped(users, kind):
    romeo, juliet = users(2)
    romeo = romeo.login()
    romeo.send(f"<iq type='{kind}' id='g1' to='{juliet.jid}/absent'/>")
    romeo.expect_nothing("<iq id='g1'/>")


def test_a_request_to_the_account_of_another_is_answered_by_the_server_for_them(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    answer = romeo.iq("get", UNKNOWN, juliet.bare)
    assert condition(answer) in ("service-unavailable", "feature-not-implemented")
    juliet.expect_nothing("<iq type='get'/>")


def test_a_request_to_an_account_that_does_not_exist_looks_the_same(server, users):
    romeo, juliet = users(2)
    romeo = romeo.login()
    exists = condition(romeo.iq("get", UNKNOWN, juliet.jid))
    assert condition(romeo.iq("get", UNKNOWN, f"nobody@{server.domain}")) == exists


def test_many_requests_are_answered_in_their_order(users):
    romeo = users().login()
    romeo.send("".join(f"<iq type='get' id='o{n}'>{PING}</iq>" for n in range(100)))
    romeo.expect("<iq id='o99'/>")
    assert [answer.get("id") for answer in romeo.take("<iq/>")] == [f"o{n}" for n in range(99)]
