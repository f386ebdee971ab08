"""XEP-0077: a person may change their password, and nothing else."""

import pytest

from support.client import SaslFailure
from support.elements import NS, condition
from support.sasl2 import Sasl2, agent_xml, bind_xml, new_agent, token_of

pytestmark = pytest.mark.only_chancery("what we allow")

REGISTER = "jabber:iq:register"


def change(client, name, password, to=None):
    return client.iq("set", f"<query xmlns='{REGISTER}'><username>{name}</username><password>{password}</password></query>", to)


def test_who_asks_is_told_that_they_are_registered(users):
    romeo = users()
    for to in (None, romeo.server.domain):
        query = romeo.login().iq("get", f"<query xmlns='{REGISTER}'/>", to)[0]
        assert query.find(f"{{{REGISTER}}}registered") is not None
        assert query.findtext(f"{{{REGISTER}}}username") == romeo.name


def test_nobody_can_register_before_signing_in(users):
    client = users().client()
    features = client.secure()
    assert features.find("{http://jabber.org/features/iq-register}register") is None
    client.send(f"<iq type='get' id='r1' to='{client.server.domain}'><query xmlns='{REGISTER}'/></iq>")
    client.expect_stream_error("not-authorized")


def test_the_password_can_be_changed_and_the_old_one_is_good_no_more(users):
    romeo = users()
    client = romeo.login()
    other = romeo.login("other")
    assert change(client, romeo.name, "a new one", romeo.server.domain).get("type") == "result"
    other.expect_stream_error("policy-violation")
    client.fence()
    with pytest.raises(SaslFailure):
        romeo.login()
    romeo.password = "a new one"
    romeo.login()


def test_the_change_is_on_record_and_the_password_is_not(users, server):
    romeo = users()
    client = romeo.login()
    change(client, romeo.name, "known-to-nobody-7134")
    found = [record for record in server.archive_search(sender=romeo.jid, all=True) if "change password" in str(record)]
    assert found
    assert "known-to-nobody-7134" not in str(server.archive_search(sender=romeo.jid, all=True))
    assert "known-to-nobody-7134" not in server.log.read_text()


def test_tokens_end_with_the_old_password(users):
    romeo = users()
    agent = new_agent()
    attempt = Sasl2(romeo).secure()
    token, _ = token_of(attempt.with_password(
        agent_xml(agent) + bind_xml() + "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"))
    assert change(attempt.client, romeo.name, "a new one").get("type") == "result"
    with pytest.raises(SaslFailure):
        Sasl2(romeo).secure().with_token(token, agent=agent)


def test_a_device_that_came_by_a_token_may_not(users):
    romeo = users()
    agent = new_agent()
    token, _ = token_of(Sasl2(romeo).secure().with_password(
        agent_xml(agent) + "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"))
    attempt = Sasl2(romeo).secure()
    attempt.with_token(token, agent=agent, inside=bind_xml())
    assert condition(change(attempt.client, romeo.name, "stolen")) == "not-authorized"
    romeo.login()


@pytest.mark.parametrize("payload, expected", [
    ("<remove/>", "not-allowed"),
    ("<username>{me}</username>", "bad-request"),
    ("<password>x</password>", "bad-request"),
    ("<username>{me}</username><password/>", "not-acceptable"),
    ("<username>{me}</username><password>a&#9;b</password>", "not-acceptable"),
    ("<username>{other}</username><password>x</password>", "not-allowed"),
    ("<username>new-in-town</username><password>x</password>", "not-allowed"),
])
def test_anything_else_is_refused(users, payload, expected):
    romeo, juliet = users(2)
    payload = payload.format(me=romeo.name, other=juliet.name)
    answer = romeo.login().iq("set", f"<query xmlns='{REGISTER}'>{payload}</query>", romeo.server.domain)
    assert condition(answer) == expected
    assert answer.findtext("error/stanza-error:text", None, NS)
    romeo.login()
    juliet.login()
