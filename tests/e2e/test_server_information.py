"""XEP-0128 forms of what the server says of itself (XEP-0157, XEP-0232), and XEP-0215."""

import base64
import hashlib
import hmac
import time

import pytest

from support.elements import NS, condition

pytestmark = pytest.mark.only_chancery("settings of ours")

EXTDISCO = "urn:xmpp:extdisco:2"


def forms(client):
    answer = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.server.domain)
    return {form.findtext("data:field[@var='FORM_TYPE']/data:value", None, NS):
            {field.get("var"): [value.text for value in field.findall("data:value", NS)] for field in form.findall("data:field", NS)}
            for form in answer.findall("info:query/data:x", NS)}


def test_the_software_is_named(users):
    software = forms(users().login())["urn:xmpp:dataforms:softwareinfo"]
    assert software["software"] == ["Chancery"] and software["software_version"]
    assert "os" not in software


def test_addresses_of_who_runs_the_server_are_shown_as_set(make_server, users):
    server = make_server(contact__abuse="mailto:abuse@post.example xmpp:abuse@post.example",
                         contact__security="https://post.example/security").start()
    shown = forms(users(on=server).login())["http://jabber.org/network/serverinfo"]
    assert shown["abuse-addresses"] == ["mailto:abuse@post.example", "xmpp:abuse@post.example"]
    assert shown["security-addresses"] == ["https://post.example/security"]
    assert "support-addresses" not in shown


def test_without_a_setting_there_are_none(users):
    assert "http://jabber.org/network/serverinfo" not in forms(users().login())


def test_the_hash_of_the_capabilities_covers_the_forms(users):
    """XEP-0115 §5.1."""
    client = users().client()
    client.secure()
    features = client.authenticate(client.server.pool.spare[-1][0], client.server.pool.spare[-1][1])
    client.bind()
    version = features.find("caps:c", NS).get("ver")
    query = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.server.domain)[0]
    identity = query.find("info:identity", NS)
    text = f"{identity.get('category')}/{identity.get('type')}//{identity.get('name')}<"
    text += "".join(sorted(feature.get("var") + "<" for feature in query.findall("info:feature", NS)))
    for name, fields in sorted(forms(client).items()):
        text += name + "<" + "".join(var + "<" + "".join(value + "<" for value in sorted(values))
                                     for var, values in sorted(fields.items()) if var != "FORM_TYPE")
    assert version == base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


# XEP-0215

@pytest.fixture
def with_turn(make_server, users):
    server = make_server(turn__host="turn.post.example", turn__secret="shared with coturn", turn__seconds="600").start()
    return users(on=server)


def services(client, attributes=""):
    answer = client.iq("get", f"<services xmlns='{EXTDISCO}'{attributes}/>", client.server.domain)
    return [dict(element.items()) for element in answer.findall(f"{{{EXTDISCO}}}services/{{{EXTDISCO}}}service")]


def test_relays_come_with_credentials_that_end_soon(with_turn):
    client = with_turn.login()
    listed = services(client)
    assert [(each["type"], each["transport"], each["port"]) for each in listed] == [
        ("stun", "udp", "3478"), ("turn", "udp", "3478"), ("turn", "tcp", "3478"), ("turns", "tcp", "5349")]
    assert "username" not in listed[0]
    relay = listed[1]
    end, name = relay["username"].split(":")
    assert 0 < int(end) - time.time() <= 601 and name == with_turn.name
    expected = hmac.digest(b"shared with coturn", relay["username"].encode(), "sha1")
    assert base64.b64decode(relay["password"]) == expected
    assert relay["expires"].startswith("20") and relay["host"] == "turn.post.example" and relay["restricted"] == "true"


def test_one_kind_can_be_asked_for(with_turn):
    client = with_turn.login()
    assert {each["type"] for each in services(client, " type='turns'")} == {"turns"}
    assert services(client, " type='ftp'") == []


def test_credentials_can_be_asked_for_alone(with_turn):
    client = with_turn.login()

    def ask(attributes):
        return client.iq("get", f"<credentials xmlns='{EXTDISCO}'><service{attributes}/></credentials>", client.server.domain)

    answer = ask(" host='turn.post.example' type='turn' port='3478' transport='udp'")
    found = answer.findall(f"{{{EXTDISCO}}}credentials/{{{EXTDISCO}}}service")
    assert len(found) == 1 and found[0].get("password")
    assert condition(ask(" host='turn.elsewhere.example' type='turn'")) == "item-not-found"
    free = ask(" host='turn.post.example' type='stun'").findall(f"{{{EXTDISCO}}}credentials/{{{EXTDISCO}}}service")
    assert free and all(each.get("password") is None for each in free)
    assert condition(ask(" type='turn'")) == "bad-request"


def test_without_a_shared_secret_there_is_stun_only(make_server, users):
    server = make_server(turn__host="turn.post.example").start()
    assert {each["type"] for each in services(users(on=server).login())} == {"stun"}


def test_without_a_server_nothing_is_offered(users):
    client = users().login()
    assert condition(client.iq("get", f"<services xmlns='{EXTDISCO}'/>", client.server.domain)) == "service-unavailable"
    info = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.server.domain)
    assert info.find(f"info:query/info:feature[@var='{EXTDISCO}']", NS) is None
