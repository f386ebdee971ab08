"""RFC 6120 §7: resource binding, and RFC 3921's session that some clients still ask for."""

import pytest

from support.elements import NS, condition

peer_differs = pytest.mark.peer_differs


def signed_in(person):
    client = person.client()
    client.secure()
    return client, client.authenticate(person.name, person.password)


def test_binding_is_offered_after_signing_in_and_mechanisms_no_longer(users):
    _, features = signed_in(users())
    assert features.find("bind:bind", NS) is not None
    assert features.find("sasl:mechanisms", NS) is None


def test_a_client_may_choose_its_resource(users):
    romeo = users()
    client, _ = signed_in(romeo)
    assert client.bind("orchard") == f"{romeo.jid}/orchard"


def test_the_server_chooses_otherwise_and_never_twice_the_same(users):
    romeo = users()
    first, second = romeo.login(), romeo.login()
    assert first.jid.split("/")[1]
    assert first.jid != second.jid


def test_the_newer_client_replaces_the_older_of_the_same_name(users):
    romeo = users()
    older = romeo.login("orchard")
    newer = romeo.login("orchard")
    older.expect_stream_error("conflict")
    newer.fence()
    assert newer.jid == f"{romeo.jid}/orchard"


def test_a_replaced_client_does_not_take_the_newer_ones_messages(users):
    romeo, juliet = users(2)
    romeo.login("orchard")
    newer = romeo.login("orchard")
    speaker = juliet.login()
    speaker.say(newer.jid, "to the newer")
    newer.hear("to the newer")


@pytest.mark.parametrize("resource", ["x" * 1100, "tab\tbed&#x7f;"])
@peer_differs("Prosody replaces or cuts what it cannot use")
def test_an_impossible_resource_is_a_bad_request(users, resource):
    client, _ = signed_in(users())
    answer = client.iq("set", f"<bind xmlns='{NS['bind']}'><resource>{resource}</resource></bind>")
    assert condition(answer) in ("bad-request", "jid-malformed", "not-acceptable")


def test_a_resource_may_be_in_any_script(users):
    romeo = users()
    client, _ = signed_in(romeo)
    assert client.bind("Büro 東京") == f"{romeo.jid}/Büro 東京"


@peer_differs("Prosody gives a second resource on the same stream")
def test_a_second_resource_on_one_stream_is_not_allowed(users):
    romeo = users().login()
    answer = romeo.iq("set", f"<bind xmlns='{NS['bind']}'/>")
    assert condition(answer) in ("not-allowed", "unexpected-request", "resource-constraint")


def test_a_session_is_not_needed(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.say(juliet.jid, "no session")
    juliet.hear("no session")


def test_who_asks_for_a_session_gets_it_and_is_told_that_it_is_optional(users):
    client, features = signed_in(users())
    client.bind()
    session = features.find("session:session", NS)
    if session is None:
        pytest.skip("not advertised, hence not to be asked for")
    assert session.find("session:optional", NS) is not None
    assert client.iq("set", f"<session xmlns='{NS['session']}'/>").get("type") == "result"
