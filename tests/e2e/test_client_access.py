"""XEP-0494: a person sees by which devices they can get in, and ends what they do not want."""

import pytest

from support.client import SaslFailure
from support.elements import condition
from support.sasl2 import Sasl2, agent_xml, bind_xml, new_agent, token_of

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no such thing")

CAM = "urn:xmpp:cam:0"
WISH = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"


def sign_in(person, agent, software="Robot", inside=""):
    attempt = Sasl2(person).secure()
    attempt.success = attempt.with_password(agent_xml(agent, software) + bind_xml() + inside)
    return attempt


def listed(client):
    answer = client.iq("get", f"<list xmlns='{CAM}'/>")
    assert answer.get("type") == "result"
    return {element.findtext(f"{{{CAM}}}user-agent/{{{CAM}}}software", ""): element for element in answer[0]}


def revoke(client, name):
    return client.iq("set", f"<revoke xmlns='{CAM}' id='{name}'/>")


def methods(element):
    return [child.tag.split("}")[1] for child in element.find(f"{{{CAM}}}auth")]


def test_devices_are_listed_with_how_they_sign_in(users):
    romeo = users()
    phone = new_agent()
    token, _ = token_of(sign_in(romeo, phone, "Phone", WISH).success)
    client = sign_in(romeo, new_agent(), "Desk").client
    devices = listed(client)
    assert set(devices) == {"Phone", "Desk"}
    assert methods(devices["Phone"]) == ["password", "fast"] and methods(devices["Desk"]) == ["password"]
    assert devices["Desk"].get("connected") == "true"
    assert devices["Phone"].findtext(f"{{{CAM}}}user-agent/{{{CAM}}}device") == "Bench"
    assert devices["Phone"].findtext(f"{{{CAM}}}first-seen") <= devices["Phone"].findtext(f"{{{CAM}}}last-seen")
    assert phone not in "".join(client.transcript[-3:]), "the client's own id stays between it and the server"


def test_a_device_that_has_left_is_not_connected(users):
    romeo = users()
    sign_in(romeo, new_agent(), "Phone").client.close()
    assert listed(sign_in(romeo, new_agent(), "Desk").client)["Phone"].get("connected") == "false"


def test_a_client_that_does_not_name_itself_is_listed_while_it_is_here(users):
    romeo = users()
    old = romeo.login("old")
    client = sign_in(romeo, new_agent(), "Desk").client
    assert listed(client)[""].get("connected") == "true"
    answer = revoke(client, listed(client)[""].get("id"))
    assert condition(answer) == "service-unavailable"
    assert answer.find(f"error/{{{CAM}}}password-reset-required", {"": "jabber:client"}) is not None
    old.expect_stream_error("policy-violation")
    assert set(listed(client)) == {"Desk"}


def test_nobody_elses_devices_are_listed_or_ended(users):
    romeo, juliet = users(2)
    hers = sign_in(juliet, new_agent(), "Hers").client
    his = sign_in(romeo, new_agent(), "His").client
    assert set(listed(his)) == {"His"}
    assert condition(revoke(his, listed(hers)["Hers"].get("id"))) == "item-not-found"
    assert his.iq("get", f"<list xmlns='{CAM}'/>", juliet.jid).get("type") == "error"
    hers.fence()


@pytest.mark.parametrize("name", ["", "session-0", "session-x", "nothing"])
def test_what_is_not_there_cannot_be_ended(users, name):
    assert condition(revoke(users().login(), name)) == "item-not-found"


def test_a_device_that_knows_the_password_is_signed_out_and_the_owner_warned(users):
    romeo = users()
    agent = new_agent()
    phone = sign_in(romeo, agent, "Phone", WISH)
    token, _ = token_of(phone.success)
    client = sign_in(romeo, new_agent(), "Desk").client
    answer = revoke(client, listed(client)["Phone"].get("id"))
    assert condition(answer) == "service-unavailable"
    phone.client.expect_stream_error("policy-violation")
    with pytest.raises(SaslFailure):
        Sasl2(romeo).secure().with_token(token, agent=agent)
    assert methods(listed(client)["Phone"]) == ["password"]


def test_after_a_new_password_only_tokens_given_since_let_in_and_they_can_be_ended(users, server):
    romeo = users()
    sign_in(romeo, new_agent(), "Phone")
    server.cli("user", "password", romeo.name, stdin="a new password\na new password\n")
    romeo.password = "a new password"
    client = sign_in(romeo, new_agent(), "Desk").client
    assert set(listed(client)) == {"Desk"}
