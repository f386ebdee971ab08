"""XEP-0484: tokens that stand for the password on one device, and XEP-0480: hashes that an account lacks."""

import base64
import hashlib
import hmac
import sqlite3

import pytest

from support.client import SaslFailure
from support.sasl2 import SASL2, Sasl2, agent_xml, bind_xml, new_agent, token_of

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no SASL2")

NONE, ENDP, EXPR = "HT-SHA-256-NONE", "HT-SHA-256-ENDP", "HT-SHA-256-EXPR"


def wish(mechanism=NONE):
    return f"<request-token xmlns='urn:xmpp:fast:0' mechanism='{mechanism}'/>"


def get_token(person, agent, mechanism=NONE):
    attempt = Sasl2(person).secure()
    token, expiry = token_of(attempt.with_password(agent_xml(agent) + wish(mechanism)))
    assert expiry > "2026"
    attempt.client.close()
    return token


def refused(person, token, **more):
    attempt = Sasl2(person).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_token(token, **more)
    attempt.client.cut()
    return failed.value.condition


def test_the_mechanisms_are_listed_those_with_channel_binding_first(users):
    attempt = Sasl2(users()).secure()
    assert attempt.token_mechanisms() == [EXPR, ENDP, NONE]
    assert not set(attempt.token_mechanisms()) & set(attempt.mechanisms())


@pytest.mark.parametrize("mechanism, kind", [(NONE, None), (ENDP, "tls-server-end-point"), (EXPR, "tls-exporter")])
def test_a_token_signs_in_in_one_step(users, mechanism, kind):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent, mechanism)
    attempt = Sasl2(romeo).secure()
    binding = attempt.client.channel_binding(kind)[1] if kind else b""
    success = attempt.with_token(token, mechanism, agent, bind_xml(), binding=binding)
    assert success.findtext(f"{{{SASL2}}}authorization-identifier").startswith(f"{romeo.jid}/robot/")
    assert token_of(success) is None, "a fresh token is not replaced"
    attempt.client.fence()


def test_a_token_bound_to_another_channel_does_not_sign_in(users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent, EXPR)
    other, attempt = Sasl2(romeo).secure(), Sasl2(romeo).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_token(token, EXPR, agent, binding=other.client.channel_binding("tls-exporter")[1])
    assert failed.value.condition == "not-authorized"


def test_a_token_is_good_for_its_mechanism_only(users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent, EXPR)
    assert refused(romeo, token, mechanism=NONE, agent=agent) == "not-authorized"


def test_a_token_is_good_for_its_device_and_person_only(users):
    romeo, juliet = users(2)
    agent = new_agent()
    token = get_token(romeo, agent)
    get_token(juliet, agent)
    assert refused(romeo, token, agent=new_agent()) == "not-authorized"
    assert refused(juliet, token, agent=agent) == "not-authorized"
    assert refused(romeo, token, agent=agent, name="nobody-of-that-name") == "not-authorized"
    Sasl2(romeo).secure().with_token(token, agent=agent)


def test_a_token_needs_the_device_to_be_named(users):
    romeo = users()
    token = get_token(romeo, new_agent())
    assert refused(romeo, token) == "malformed-request"
    attempt = Sasl2(romeo).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_password(wish())
    assert failed.value.condition == "malformed-request"


def test_a_token_for_a_mechanism_that_is_not_offered_is_not_given(users):
    attempt = Sasl2(users()).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_password(agent_xml(new_agent()) + wish("HT-MD5-NONE"))
    assert failed.value.condition == "malformed-request"


def test_a_failed_sign_in_gives_no_token(users):
    attempt = Sasl2(users()).secure()
    with pytest.raises(SaslFailure):
        attempt.with_password(agent_xml(new_agent()) + wish(), password="wrong")
    assert "<token" not in "".join(attempt.client.transcript)


def test_wrong_tokens_count_as_wrong_passwords_do(users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    for _ in range(6):
        last = refused(romeo, "guessed", agent=agent)
    assert last == "temporary-auth-failure"
    assert refused(romeo, token, agent=agent) == "temporary-auth-failure"


def test_a_newer_token_ends_the_older_one_when_it_is_used_and_not_before(users):
    romeo = users()
    agent = new_agent()
    first = get_token(romeo, agent)
    Sasl2(romeo).secure().with_token(first, agent=agent)
    newer, _ = token_of(Sasl2(romeo).secure().with_token(first, agent=agent, inside=wish()))
    Sasl2(romeo).secure().with_token(first, agent=agent)
    Sasl2(romeo).secure().with_token(newer, agent=agent)
    assert refused(romeo, first, agent=agent) == "not-authorized"
    Sasl2(romeo).secure().with_token(newer, agent=agent)


def test_a_newer_token_that_was_never_used_is_replaced(users):
    romeo = users()
    agent = new_agent()
    first = get_token(romeo, agent)
    Sasl2(romeo).secure().with_token(first, agent=agent)
    lost, _ = token_of(Sasl2(romeo).secure().with_token(first, agent=agent, inside=wish()))
    newer, _ = token_of(Sasl2(romeo).secure().with_token(first, agent=agent, inside=wish()))
    assert refused(romeo, lost, agent=agent) == "not-authorized"
    Sasl2(romeo).secure().with_token(newer, agent=agent)


def test_a_token_can_be_given_back(users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    success = Sasl2(romeo).secure().with_token(token, agent=agent, attributes=" invalidate='true'")
    assert token_of(success) is None
    assert refused(romeo, token, agent=agent) == "not-authorized"


def test_a_changed_password_ends_all_tokens(users, server):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    server.cli("user", "password", romeo.name, stdin="another password\nanother password\n")
    assert refused(romeo, token, agent=agent) == "not-authorized"


def test_disabling_an_account_ends_all_tokens_for_good(users, server):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    server.cli("user", "disable", romeo.name)
    assert refused(romeo, token, agent=agent) in ("not-authorized", "account-disabled")
    server.cli("user", "enable", romeo.name)
    assert refused(romeo, token, agent=agent) == "not-authorized"


def test_tokens_survive_a_restart_and_expire(own_server, users):
    """The clock cannot be turned here, so the day of expiry is moved."""
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    own_server.restart()
    Sasl2(romeo).secure().with_token(token, agent=agent)
    own_server.stop()
    with sqlite3.connect(own_server.data / "state.db") as database:
        assert token.encode() not in (own_server.data / "state.db").read_bytes()
        database.execute("UPDATE access_token SET expiry_us = 1")
    own_server.start()
    assert refused(romeo, token, agent=agent) == "credentials-expired"
    assert refused(romeo, "guessed", agent=agent) == "not-authorized"


def test_a_token_that_is_a_day_old_is_replaced_by_itself(own_server, users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    Sasl2(romeo).secure().with_token(token, agent=agent)
    own_server.stop()
    with sqlite3.connect(own_server.data / "state.db") as database:
        database.execute("UPDATE access_token SET expiry_us = expiry_us - 90000000000")
    own_server.start()
    newer, _ = token_of(Sasl2(romeo).secure().with_token(token, agent=agent))
    Sasl2(romeo).secure().with_token(newer, agent=agent)
    own_server.stop()
    with sqlite3.connect(own_server.data / "state.db") as database:
        database.execute("UPDATE access_token SET expiry_us = expiry_us - 90000000000")
    own_server.start()
    success = Sasl2(romeo).secure().with_token(newer, agent=agent, attributes=" invalidate='1'")
    assert token_of(success) is None, "what is given back is not replaced"


def test_only_so_many_devices_are_remembered(make_server, users):
    server = make_server(limits__devices_per_user="2").start()
    romeo = users(on=server)
    agents = [new_agent() for _ in range(3)]
    tokens = [get_token(romeo, agent) for agent in agents]
    assert refused(romeo, tokens[0], agent=agents[0]) == "not-authorized"
    for token, agent in list(zip(tokens, agents))[1:]:
        Sasl2(romeo).secure().with_token(token, agent=agent)


def test_tokens_can_be_switched_off(make_server, users):
    server = make_server(sasl__token_days="0").start()
    attempt = Sasl2(users(on=server)).secure()
    assert attempt.token_mechanisms() == []
    with pytest.raises(SaslFailure):
        attempt.with_password(agent_xml(new_agent()) + wish())


def test_tokens_without_channel_binding_can_be_switched_off(make_server, users):
    server = make_server(sasl__token_unbound="false").start()
    assert Sasl2(users(on=server)).secure().token_mechanisms() == [EXPR, ENDP]


# XEP-0480

TASK = "UPGR-SCRAM-SHA-512"


def upgrade_wish(task=TASK):
    return f"<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>{task}</upgrade>"


@pytest.fixture
def lacking(make_server, users):
    """A person whose keys were made before SCRAM-SHA-512 was switched on."""
    server = make_server(sasl__scram_sha512="false").start()
    romeo = users(on=server)
    server.stop()
    server.settings["sasl__scram_sha512"] = "true"
    server.start()
    return romeo


def do_task(attempt, password, task=TASK, name="sha512"):
    attempt.client.send(f"<next xmlns='{SASL2}' task='{task}'/>")
    salt = attempt.answer("task-data").find("{urn:xmpp:scram-upgrade:0}salt")
    salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(salt.text), int(salt.get("iterations")))
    attempt.client.send(f"<task-data xmlns='{SASL2}'><hash xmlns='urn:xmpp:scram-upgrade:0'>"
                        f"{base64.b64encode(salted).decode()}</hash></task-data>")
    return int(salt.get("iterations"))


def test_an_account_gets_the_hash_that_it_lacks(lacking):
    attempt = Sasl2(lacking).secure()
    assert TASK in attempt.upgrades()
    told = attempt.with_password(upgrade_wish() + bind_xml(), done=False)
    assert [element.text for element in told.findall(f"{{{SASL2}}}tasks/{{{SASL2}}}task")] == [TASK]
    assert do_task(attempt, lacking.password) == 4_096
    success = attempt.answer("success")
    assert success.find(f"{{{SASL2}}}additional-data") is None, "what was told is not told again"
    assert "/robot/" in attempt.finish(success).findtext(f"{{{SASL2}}}authorization-identifier")
    assert Sasl2(lacking).secure().with_password(upgrade_wish()).tag.endswith("}success")


def test_when_nobody_lacks_a_hash_any_more_its_mechanism_is_offered(lacking):
    server = lacking.server
    for name, password in [(lacking.name, lacking.password), *server.pool.spare]:
        attempt = Sasl2(type(lacking)(name, password, server, lacking.clients)).secure()
        assert "SCRAM-SHA-512" not in attempt.mechanisms()
        attempt.with_password(upgrade_wish(), done=False)
        do_task(attempt, password)
        attempt.answer("success")
    server.restart()
    again = Sasl2(lacking).secure()
    again.with_password(mechanism="SCRAM-SHA-512")
    assert "i=4096" in again.challenge


def test_an_account_that_lacks_nothing_signs_in_at_once(users):
    assert Sasl2(users()).secure().with_password(upgrade_wish("UPGR-SCRAM-SHA-256")).tag.endswith("}success")


def test_an_upgrade_that_is_not_offered_is_refused(users):
    attempt = Sasl2(users()).secure()
    with pytest.raises(SaslFailure) as failed:
        attempt.with_password(upgrade_wish("UPGR-ROT13"))
    assert failed.value.condition == "malformed-request"


@pytest.mark.parametrize("reply, expected", [
    (f"<abort xmlns='{SASL2}'/>", "aborted"),
    (f"<next xmlns='{SASL2}' task='UPGR-ROT13'/>", "malformed-request"),
])
def test_who_does_not_do_the_task_is_not_signed_in(lacking, reply, expected):
    attempt = Sasl2(lacking).secure()
    attempt.with_password(upgrade_wish(), done=False)
    attempt.client.send(reply)
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == expected


@pytest.mark.parametrize("data, expected", [("", "malformed-request"), ("AAAA", "malformed-request"), ("%%%", "incorrect-encoding")])
def test_what_is_no_salted_password_is_not_taken(lacking, data, expected):
    attempt = Sasl2(lacking).secure()
    attempt.with_password(upgrade_wish(), done=False)
    attempt.client.send(f"<next xmlns='{SASL2}' task='{TASK}'/>")
    attempt.answer("task-data")
    attempt.client.send(f"<task-data xmlns='{SASL2}'><hash xmlns='urn:xmpp:scram-upgrade:0'>{data}</hash></task-data>")
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == expected
    assert Sasl2(lacking).secure().with_password(upgrade_wish(), done=False).tag.endswith("}continue")


def test_keys_of_too_few_rounds_are_replaced(make_server, users):
    server = make_server(sasl__iterations="4096").start()
    romeo = users(on=server)
    server.stop()
    server.settings["sasl__iterations"] = "5000"
    server.start()
    attempt = Sasl2(romeo).secure()
    attempt.with_password(upgrade_wish("UPGR-SCRAM-SHA-256"), done=False)
    assert do_task(attempt, romeo.password, "UPGR-SCRAM-SHA-256", "sha256") == 5000
    attempt.answer("success")
    again = Sasl2(romeo).secure()
    again.with_password()
    assert "i=5000" in again.challenge


def test_a_token_cannot_give_the_account_another_password(lacking):
    agent = new_agent()
    token = get_token(lacking, agent)
    success = Sasl2(lacking).secure().with_token(token, agent=agent, inside=upgrade_wish())
    assert success.tag.endswith("}success")


def test_the_proof_of_a_token_is_as_the_draft_says(users):
    """draft-schmaus-kitten-sasl-ht §3.1, once without the helper that all the others use."""
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    attempt = Sasl2(romeo).secure()
    proof = hmac.new(token.encode(), b"Initiator", hashlib.sha256).digest()
    attempt.start(NONE, romeo.name.encode() + b"\0" + proof, agent_xml(agent) + "<fast xmlns='urn:xmpp:fast:0'/>")
    answer = base64.b64decode(attempt.answer("success").findtext(f"{{{SASL2}}}additional-data"))
    assert answer == hmac.new(token.encode(), b"Responder", hashlib.sha256).digest()


@pytest.mark.parametrize("initial", [b"", b"romeo", b"\0" + 32 * b"x", b"romeo\0short", b"romeo\0" + 33 * b"x"])
def test_a_malformed_token_message_is_named_as_such(users, initial):
    attempt = Sasl2(users()).secure()
    attempt.start(NONE, initial, agent_xml(new_agent()) + "<fast xmlns='urn:xmpp:fast:0'/>")
    with pytest.raises(SaslFailure) as failed:
        attempt.answer("success")
    assert failed.value.condition == "malformed-request"


# Against replays (§3.4)

def test_each_attempt_with_a_count_has_a_greater_one(users):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    Sasl2(romeo).secure().with_token(token, agent=agent, attributes=" count='5'")
    for count in (5, 4, 1):
        assert refused(romeo, token, agent=agent, attributes=f" count='{count}'") == "not-authorized"
    Sasl2(romeo).secure().with_token(token, agent=agent, attributes=" count='6'")


def test_a_new_token_begins_to_count_anew(users):
    romeo = users()
    agent = new_agent()
    Sasl2(romeo).secure().with_token(get_token(romeo, agent), agent=agent, attributes=" count='9'")
    Sasl2(romeo).secure().with_token(get_token(romeo, agent), agent=agent, attributes=" count='1'")


@pytest.mark.parametrize("count", ["0", "-1", "", "one", "1.5", "99999999999999999999"])
def test_a_count_is_a_number_above_zero(users, count):
    romeo = users()
    agent = new_agent()
    token = get_token(romeo, agent)
    assert refused(romeo, token, agent=agent, attributes=f" count='{count}'") == "malformed-request"
    Sasl2(romeo).secure().with_token(token, agent=agent)
