"""XEP-0199: XMPP Ping."""
from support.elements import NS, condition

PING = f"<ping xmlns='{NS['ping']}'/>"


def test_the_server_answers_a_ping(server, users):
    romeo = users().login()
    assert romeo.iq("get", PING, to=server.domain).get("type") == "result"


def test_a_ping_without_an_address_is_for_the_own_account(users):
    assert users().login().iq("get", PING).get("type") == "result"


def test_a_ping_to_the_own_bare_address_is_answered_by_the_server(users):
    romeo = users().login()
    assert romeo.iq("get", PING, to=romeo.bare).get("type") == "result"


def test_a_ping_to_a_full_address_reaches_that_client(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<iq type='get' id='p1' to='{juliet.jid}'>{PING}</iq>")
    juliet.expect(f"<iq type='get' id='p1' from='{romeo.jid}'>{PING}</iq>")
    juliet.send(f"<iq type='result' id='p1' to='{romeo.jid}'/>")
    romeo.expect(f"<iq type='result' id='p1' from='{juliet.jid}'/>")


def test_a_ping_to_somebody_who_is_not_there_is_an_error(users):
    romeo, juliet = users(2)
    romeo = romeo.login()
    assert condition(romeo.iq("get", PING, to=f"{juliet.jid}/nowhere")) == "service-unavailable"
