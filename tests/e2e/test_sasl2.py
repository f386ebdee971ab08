"""XEP-0388: signing in with everything that is to follow named in advance. XEP-0474 and XEP-0440 beside it."""

import base64
import hashlib

import pytest

from support.client import SaslFailure
from support.elements import NS, condition
from support.sasl2 import SASL2, Sasl2, agent_xml, bind_xml, new_agent
from support.scram import Scram

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no SASL2")


def test_it_is_offered_beside_the_older_profile_with_the_same_mechanisms(users):
    attempt = Sasl2(users()).secure()
    old = [element.text for element in attempt.features.findall("sasl:mechanisms/sasl:mechanism", NS)]
    assert attempt.mechanisms() == old
    inline = attempt.offer().find(f"{{{SASL2}}}inline")
    assert inline.find("{urn:xmpp:bind:0}bind") is not None
    assert inline.find("sm:sm", NS) is not None


def test_it_is_not_offered_before_the_stream_is_encrypted(users):
    client = users().client().connect()
    client.open()
    assert client.features().find(f"{{{SASL2}}}authentication") is None
    client.send(f"<authenticate xmlns='{SASL2}' mechanism='SCRAM-SHA-256'/>")
    answer = client.expect(f"<failure xmlns='{SASL2}'/>")
    assert answer[0].tag == "{" + NS["sasl"] + "}encryption-required"


def test_signing_in_names_the_address_and_goes_on_without_a_new_stream(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    success = attempt.with_password()
    assert success.findtext(f"{{{SASL2}}}authorization-identifier") == romeo.jid
    assert attempt.after.find("bind:bind", NS) is not None
    assert attempt.client.bind("orchard") == f"{romeo.jid}/orchard"
    attempt.client.fence()


@pytest.mark.parametrize("kind", ["tls-exporter", "tls-server-end-point"])
def test_channel_binding_works_as_in_the_older_profile(users, kind):
    attempt = Sasl2(users()).secure()
    attempt.with_password(mechanism="SCRAM-SHA-256-PLUS", binding=attempt.client.channel_binding(kind))


def test_the_challenge_has_a_hash_of_what_was_offered(users):
    """XEP-0474 0.5.0."""
    attempt = Sasl2(users()).secure()
    attempt.with_password()
    kinds = [element.get("type") for element in attempt.features.findall("cb:sasl-channel-binding/cb:channel-binding", NS)]
    text = "\x1e".join(sorted(attempt.mechanisms())) + "\x1f" + "\x1e".join(sorted(kinds))
    fields = dict(part.split("=", 1) for part in attempt.challenge.split(","))
    assert base64.b64decode(fields["h"]) == hashlib.sha256(text.encode()).digest()


def test_a_wrong_password_is_not_authorized_and_another_try_may_succeed(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_password(bind_xml(), password="wrong")
    assert failed.value.condition == "not-authorized"
    assert "/" in attempt.with_password(bind_xml()).findtext(f"{{{SASL2}}}authorization-identifier")


def test_an_unknown_name_looks_like_a_wrong_password(users):
    romeo = users()
    seen = []
    for name in (romeo.name, "nobody-of-that-name"):
        attempt = Sasl2(romeo, sender=f"{name}@{romeo.server.domain}").secure()
        attempt.person = type(romeo)(name, "wrong", romeo.server, romeo.clients)
        features = attempt.features
        with pytest.raises(SaslFailure) as failed:
            attempt.with_password(agent_xml(new_agent()))
        seen.append((failed.value.condition, failed.value.text, attempt.mechanisms(), attempt.upgrades(), len(features)))
    assert seen[0] == seen[1]


def test_who_keeps_guessing_on_one_stream_is_cut_off(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    for _ in range(5):
        with pytest.raises(SaslFailure):
            attempt.with_password(password="wrong")
    attempt.client.expect_stream_error("policy-violation")


def test_guesses_of_both_profiles_count_together(users):
    romeo = users()
    for number in range(6):
        attempt = Sasl2(romeo).secure()
        with pytest.raises(SaslFailure):
            if number % 2:
                attempt.with_password(password="wrong")
            else:
                attempt.client.authenticate(romeo.name, "wrong")
        attempt.client.cut()
    with pytest.raises(SaslFailure) as failed:
        Sasl2(romeo).secure().with_password()
    assert failed.value.condition == "temporary-auth-failure"


def test_an_aborted_exchange_can_start_again(users):
    attempt = Sasl2(users()).secure()
    attempt.start("SCRAM-SHA-256", Scram("SCRAM-SHA-256", attempt.person.name, "x").first())
    attempt.answer("challenge")
    attempt.client.send(f"<abort xmlns='{SASL2}'/>")
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == "aborted"
    attempt.with_password()


MALFORMED = {
    "a mechanism that was not offered": ("ROT13", b"x", "", "invalid-mechanism"),
    "PLAIN, which is off": ("PLAIN", b"\0romeo\0secret", "", "invalid-mechanism"),
    "a token's mechanism without a token": ("HT-SHA-256-NONE", b"romeo\0" + 32 * b"x", "", "invalid-mechanism"),
    "not SCRAM": ("SCRAM-SHA-256", b"hello", "", "malformed-request"),
    "a user agent's id that is no UUID": ("SCRAM-SHA-256", b"n,,n=romeo,r=abcdefghijkl", agent_xml("kitchen"), "malformed-request"),
    "an id of another version": ("SCRAM-SHA-256", b"n,,n=romeo,r=abcdefghijkl",
                                 agent_xml("d4565fa7-4d72-1749-b3d3-740edbf87770"), "malformed-request"),
    "a description without end": ("SCRAM-SHA-256", b"n,,n=romeo,r=abcdefghijkl",
                                  agent_xml("d4565fa7-4d72-4749-b3d3-740edbf87770", "x" * 1025), "malformed-request"),
    "a tag without end": ("SCRAM-SHA-256", b"n,,n=romeo,r=abcdefghijkl", bind_xml("x" * 600), "malformed-request"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_request_is_named_as_such(users, what):
    mechanism, initial, inside, expected = MALFORMED[what]
    attempt = Sasl2(users()).secure()
    attempt.start(mechanism, initial, inside)
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == expected


def test_what_is_not_base64_is_named_as_such(users):
    attempt = Sasl2(users()).secure()
    attempt.client.send(f"<authenticate xmlns='{SASL2}' mechanism='SCRAM-SHA-256'><initial-response>%%%</initial-response></authenticate>")
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == "incorrect-encoding"


def test_an_exchange_may_begin_without_an_initial_response(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    attempt.start("SCRAM-SHA-256", None)
    assert not attempt.answer("challenge").text
    scram = Scram("SCRAM-SHA-256", romeo.name, romeo.password)
    attempt.client.send(f"<response xmlns='{SASL2}'>{base64.b64encode(scram.first()).decode()}</response>")
    challenge = base64.b64decode(attempt.answer("challenge").text)
    attempt.client.send(f"<response xmlns='{SASL2}'>{base64.b64encode(scram.final(challenge)).decode()}</response>")
    attempt.answer("success")


def test_anything_else_in_the_middle_ends_the_stream(users):
    attempt = Sasl2(users()).secure()
    attempt.start("SCRAM-SHA-256", Scram("SCRAM-SHA-256", attempt.person.name, "x").first())
    attempt.answer("challenge")
    attempt.client.send("<message to='romeo@post.example'><body>too early</body></message>")
    attempt.client.expect_stream_error("not-authorized")


def test_signing_in_twice_on_one_stream_ends_it(users):
    attempt = Sasl2(users()).secure()
    attempt.with_password(bind_xml())
    attempt.start("SCRAM-SHA-256", b"n,,n=romeo,r=abcdefghijkl")
    attempt.client.expect_stream_error("policy-violation", "unsupported-stanza-type", "not-authorized")


def test_the_stream_must_be_of_whom_the_client_wants_to_be(users):
    romeo, juliet = users(2)
    attempt = Sasl2(romeo, sender=juliet.jid).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_password(gs2=f"n,a={romeo.jid},")
    assert failed.value.condition == "invalid-authzid"
    Sasl2(romeo).secure().with_password(gs2=f"n,a={romeo.jid},")


@pytest.mark.parametrize("sender", ["romeo@elsewhere.example", "@", "a b@post.example"])
def test_a_stream_from_another_domain_is_refused(users, sender):
    """RFC 6120 §4.9.3.9."""
    client = users().client().connect()
    client.open(extra=f" from='{sender}'")
    client.expect_stream_error("invalid-from")


def test_a_disabled_account_is_told_so_only_with_the_right_password(users, server):
    romeo = users()
    server.cli("user", "disable", romeo.name)
    with pytest.raises(SaslFailure) as failed:
        Sasl2(romeo).secure().with_password(bind_xml())
    assert failed.value.condition == "account-disabled"
    with pytest.raises(SaslFailure) as failed:
        Sasl2(romeo).secure().with_password(bind_xml(), password="wrong")
    assert failed.value.condition == "not-authorized"


def test_stanzas_sent_ahead_are_answered_after_signing_in(users):
    """A client with a token, or one that is in a hurry, does not wait for the answer."""
    romeo = users()
    attempt = Sasl2(romeo).secure()
    scram = Scram("SCRAM-SHA-256", romeo.name, romeo.password)
    attempt.start("SCRAM-SHA-256", scram.first(), bind_xml())
    challenge = base64.b64decode(attempt.answer("challenge").text)
    attempt.client.send(f"<response xmlns='{SASL2}'>{base64.b64encode(scram.final(challenge)).decode()}</response>"
                        f"<iq type='get' id='hurry'><query xmlns='{NS['roster']}'/></iq>")
    attempt.finish(attempt.answer("success"))
    answer = attempt.client.expect("<iq id='hurry'/>")
    assert answer.get("type") == "result" and condition(answer) is None
