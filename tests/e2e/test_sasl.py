"""RFC 6120 §6: signing in with SCRAM, and not signing in."""

import base64

import pytest

from support.client import SaslFailure, encode
from support.elements import NS
from support.fixtures import PEER

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


def mechanisms(features):
    return [element.text for element in features.findall("sasl:mechanisms/sasl:mechanism", NS)]


def auth(client, mechanism, initial):
    client.send(f"<auth xmlns='{NS['sasl']}' mechanism='{mechanism}'>{initial}</auth>")
    return client.expect(lambda element: element.tag.startswith("{" + NS["sasl"]))


def failure(element):
    assert element.tag.endswith("}failure"), element.tag
    return element[0].tag.split("}")[1]


@only_chancery("what we offer, strongest first, and nothing weaker")
def test_only_scram_with_sha_2_is_offered(users):
    offered = mechanisms(users().client().secure())
    assert {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} <= set(offered)
    assert not {"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "DIGEST-MD5", "ANONYMOUS", "EXTERNAL"} & set(offered)


def test_every_mechanism_without_channel_binding_that_is_offered_works(users):
    romeo = users()
    offered = [name for name in mechanisms(romeo.client().secure())
               if name.startswith("SCRAM-") and not name.endswith("-PLUS")]
    assert offered
    for name in offered:
        client = romeo.client()
        client.secure()
        client.authenticate(romeo.name, romeo.password, name)
        client.bind()


@only_chancery("settings of ours")
@pytest.mark.parametrize("setting, name", [("sasl__scram_sha1", "SCRAM-SHA-1"), ("sasl__plain", "PLAIN")])
def test_other_mechanisms_come_with_a_setting(make_server, users, setting, name):
    server = make_server(**{setting: "true"}).start()
    romeo = users(on=server)
    client = romeo.client()
    assert name in mechanisms(client.secure())
    if name == "PLAIN":
        answer = auth(client, "PLAIN", encode(f"\0{romeo.name}\0{romeo.password}".encode()))
        assert answer.tag.endswith("}success")
    else:
        client.authenticate(romeo.name, romeo.password, name)


@only_chancery("settings of ours")
def test_scram_sha_1_works_at_once_for_those_who_are_there_when_it_is_switched_on(make_server, users):
    server = make_server().start()
    romeo = users(on=server)
    assert "SCRAM-SHA-512" in mechanisms(romeo.client().secure())
    server.settings["sasl__scram_sha1"] = "true"
    server.restart()
    client = romeo.client()
    assert "SCRAM-SHA-1" in mechanisms(client.secure())
    client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-1")


def test_a_wrong_password_is_not_authorized(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure) as failed:
        client.authenticate(romeo.name, "wrong")
    assert failed.value.condition == "not-authorized"


def test_another_try_on_the_same_stream_may_succeed(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure):
        client.authenticate(romeo.name, "wrong")
    client.authenticate(romeo.name, romeo.password)
    client.bind()


@peer_differs("Prosody answers an unknown name before the challenge")
def test_an_unknown_name_looks_like_a_wrong_password(users):
    romeo = users()
    seen = []
    for name in (romeo.name, "nobody-of-that-name"):
        client = romeo.client()
        client.secure()
        with pytest.raises(SaslFailure) as failed:
            client.authenticate(name, "wrong")
        shape = [line.split(">")[0] for line in client.transcript[-4:]]
        seen.append((failed.value.condition, failed.value.text, shape))
    assert seen[0] == seen[1]


@peer_differs("Prosody answers an unknown name before the challenge")
def test_an_unknown_name_has_the_same_salt_and_iterations_every_time(users):
    romeo = users()
    salts = set()
    for _ in range(2):
        client = romeo.client()
        client.secure()
        answer = auth(client, "SCRAM-SHA-256", encode(b"n,,n=nobody-of-that-name,r=abcdefghijkl"))
        salts.add(base64.b64decode(answer.text).split(b",", 1)[1])
    assert len(salts) == 1


def test_the_name_of_another_account_cannot_be_assumed(users):
    romeo, juliet = users(2)
    client = romeo.client()
    client.secure()
    with pytest.raises((SaslFailure, AssertionError)) as failed:
        client.authenticate(romeo.name, romeo.password, gs2=f"n,a={juliet.jid},")
        assert client.bind().startswith(romeo.name + "@")  # a server may also ignore the wish
        raise SaslFailure("invalid-authzid", "")
    assert failed.value.condition in ("invalid-authzid", "not-authorized", "malformed-request")


def test_an_aborted_exchange_can_start_again(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    auth(client, "SCRAM-SHA-256", encode(f"n,,n={romeo.name},r=abcdefghijkl".encode()))
    client.send(f"<abort xmlns='{NS['sasl']}'/>")
    assert failure(client.expect(f"<failure xmlns='{NS['sasl']}'/>")) == "aborted"
    client.authenticate(romeo.name, romeo.password)


MALFORMED = {
    "not base64": ("SCRAM-SHA-256", "%%%", ("incorrect-encoding",)),
    "not SCRAM": ("SCRAM-SHA-256", encode(b"hello"), ("malformed-request",)),
    "nothing": ("SCRAM-SHA-256", "=", ("malformed-request",)),
    "no nonce": ("SCRAM-SHA-256", encode(b"n,,n=romeo"), ("malformed-request",)),
    "an extension that must be understood": ("SCRAM-SHA-256", encode(b"n,,m=x,n=romeo,r=abcdefghijkl"),
                                             ("malformed-request", "not-authorized")),
    "an unheard-of mechanism": ("ROT13", encode(b"uryyb"), ("invalid-mechanism",)),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_request_is_named_as_such(users, what):
    mechanism, initial, conditions = MALFORMED[what]
    client = users().client()
    client.secure()
    assert failure(auth(client, mechanism, initial)) in conditions


@only_chancery("PLAIN is off unless set")
def test_plain_is_refused_by_default(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    answer = auth(client, "PLAIN", encode(f"\0{romeo.name}\0{romeo.password}".encode()))
    assert failure(answer) == "invalid-mechanism"


@pytest.mark.parametrize("final", [b"", b"c=biws", b"c=biws,r=wrong,p=AAAA", b"p=,c=,r=", b"\xff\xff"])
def test_a_malformed_proof_does_not_sign_in(users, final):
    romeo = users()
    client = romeo.client()
    client.secure()
    auth(client, "SCRAM-SHA-256", encode(f"n,,n={romeo.name},r=abcdefghijkl".encode()))
    client.send(f"<response xmlns='{NS['sasl']}'>{encode(final)}</response>")
    answer = client.expect(lambda element: element.tag.startswith("{" + NS["sasl"]))
    assert failure(answer) in ("not-authorized", "malformed-request", "incorrect-encoding")


def test_a_response_without_a_request_does_not_sign_in(users):
    client = users().client()
    client.secure()
    client.send(f"<response xmlns='{NS['sasl']}'>{encode(b'c=biws')}</response>")
    answer = client.expect(lambda element: True)
    assert answer.tag.split("}")[1] in ("failure", "error")


def test_who_keeps_guessing_on_one_stream_is_cut_off_in_the_end(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    try:
        for _ in range(12):
            with pytest.raises(SaslFailure):
                client.authenticate(romeo.name, "wrong")
        if PEER == "chancery":
            pytest.fail("twelve guesses on one stream")
    except (AssertionError, OSError):
        assert client.closed or client.take("<stream:error/>")


# Channel binding

def bindings(features):
    return [element.get("type") for element in features.findall("cb:sasl-channel-binding/cb:channel-binding", NS)]


@only_chancery("Prosody 0.12 binds to tls-unique only, which TLS 1.3 lacks")
def test_the_kinds_of_channel_binding_are_advertised(users):
    """XEP-0440, RFC 9266."""
    features = users().client().secure()
    assert "tls-exporter" in bindings(features)


@only_chancery("Prosody 0.12 binds to tls-unique only, which TLS 1.3 lacks")
@pytest.mark.parametrize("kind", ["tls-exporter", "tls-server-end-point"])
def test_channel_binding_signs_in_when_it_is_right(users, kind):
    romeo = users()
    client = romeo.client()
    if kind not in bindings(client.secure()):
        pytest.skip(f"{kind} is not advertised")
    client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-256-PLUS", client.channel_binding(kind))
    client.bind()


@only_chancery("settings of ours")
def test_two_talk_and_bind_where_libssl_keeps_the_sessions(make_server, users):
    """decisions/0009: every other story runs without."""
    server = make_server(tls__compact="false").start()
    romeo, juliet = users(2, on=server)
    client = romeo.client()
    client.secure()
    client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-256-PLUS", client.channel_binding("tls-exporter"))
    client.bind()
    juliet = juliet.login()
    client.send(f"<message to='{juliet.jid}' type='chat'><body>hello</body></message>")
    juliet.hear("hello")


@only_chancery("Prosody 0.12 binds to tls-unique only, which TLS 1.3 lacks")
def test_channel_binding_to_another_connection_does_not_sign_in(users):
    romeo = users()
    client, other = romeo.client(), romeo.client()
    client.secure()
    other.secure()
    with pytest.raises(SaslFailure) as failed:
        client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-256-PLUS", other.channel_binding("tls-exporter"))
    assert failed.value.condition == "not-authorized"


@only_chancery("Prosody 0.12 binds to tls-unique only, which TLS 1.3 lacks")
def test_a_client_that_was_told_there_is_no_channel_binding_is_refused(users):
    """RFC 5802 §6: the flag y against a server that offers -PLUS means that somebody between them took it away."""
    romeo = users()
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure) as failed:
        client.authenticate(romeo.name, romeo.password, gs2="y,,")
    assert failed.value.condition == "not-authorized"


@only_chancery("Prosody 0.12 binds to tls-unique only, which TLS 1.3 lacks")
def test_an_unknown_kind_of_channel_binding_is_refused(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure):
        client.authenticate(romeo.name, romeo.password, "SCRAM-SHA-256-PLUS", ("tls-imagined", b"x" * 32))


@only_chancery("Prosody has no lock-out of its own")
def test_guessing_from_many_streams_is_slowed_down_even_if_the_last_guess_is_right(users):
    romeo = users()
    for _ in range(12):
        client = romeo.client()
        client.secure()
        with pytest.raises(SaslFailure):
            client.authenticate(romeo.name, "wrong")
        client.cut()
    client = romeo.client()
    client.secure()
    with pytest.raises(SaslFailure) as failed:
        client.authenticate(romeo.name, romeo.password)
    assert failed.value.condition in ("temporary-auth-failure", "account-disabled", "not-authorized")


def test_guessing_at_one_account_does_not_lock_out_another(users):
    romeo, juliet = users(2)
    for _ in range(12):
        client = romeo.client()
        client.secure()
        with pytest.raises(SaslFailure):
            client.authenticate(romeo.name, "wrong")
        client.cut()
    juliet.login()
