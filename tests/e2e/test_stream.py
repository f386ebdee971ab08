"""RFC 6120 §4 and §5: streams, their errors, and TLS."""

import socket
import ssl

import pytest

from support.elements import NS
from support.fixtures import PEER

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs

PING = f"<iq type='get' id='p'><ping xmlns='{NS['ping']}'/></iq>"


def ours_or(ours, *peers):
    """The one condition that we send; a peer may send another that RFC 6120 allows as well."""
    return (ours,) if PEER == "chancery" else (ours, *peers)


@pytest.fixture
def stranger(users):
    """A client that has not connected yet."""
    return users().client()


# The header

def test_the_header_names_the_server_and_gives_the_stream_an_id(server, stranger):
    stranger.connect()
    stranger.open()
    stranger.features()
    assert stranger.header["from"] == server.domain
    assert stranger.header["version"] == "1.0"
    assert stranger.header["id"]
    assert stranger.header["{http://www.w3.org/XML/1998/namespace}lang"]
    assert stranger.header["tag"] == "{%s}stream" % NS["stream"]


def test_every_restart_of_a_stream_has_an_id_of_its_own(users):
    romeo = users()
    client, ids = romeo.client(), []
    client.connect()
    client.open()
    client.features()
    ids.append(client.header["id"])
    client.send(f"<starttls xmlns='{NS['tls']}'/>")
    client.expect(f"<proceed xmlns='{NS['tls']}'/>")
    client.start_tls()
    client.open()
    client.features()
    ids.append(client.header["id"])
    client.authenticate(romeo.name, romeo.password)
    ids.append(client.header["id"])
    assert len(set(ids)) == 3


def test_another_domain_is_unknown_here(stranger):
    stranger.connect()
    stranger.open(to="elsewhere.example")
    stranger.expect_stream_error("host-unknown")


def test_a_header_without_an_address_is_answered_or_refused_but_not_dropped(stranger):
    stranger.connect()
    stranger.open(to="")
    try:
        stranger.features()
    except AssertionError:
        stranger.expect_stream_error("improper-addressing", "host-unknown")


def test_a_foreign_stream_namespace_is_refused(server, stranger):
    stranger.connect()
    stranger._restart_parser()
    stranger.send("<stream:stream xmlns='jabber:client' xmlns:stream='http://wrong.example/' version='1.0' "
                  f"to='{server.domain}'>")
    stranger.expect_stream_error("invalid-namespace")


@peer_differs("Prosody serves any content namespace")
def test_a_foreign_content_namespace_is_refused(stranger):
    stranger.connect()
    stranger.open(namespace="jabber:unheard-of")
    stranger.expect_stream_error("invalid-namespace")


@peer_differs("Prosody lets streams older than 1.0 in, without features")
def test_a_stream_older_than_1_0_is_not_supported(stranger):
    stranger.connect()
    stranger.open(version=None)
    stranger.expect_stream_error("unsupported-version")


def test_the_prefix_of_the_stream_namespace_is_free(server, stranger):
    stranger.connect()
    stranger._restart_parser()
    stranger.send(f"<s:stream xmlns='jabber:client' xmlns:s='{NS['stream']}' version='1.0' to='{server.domain}'>")
    stranger.features()


def test_a_header_may_arrive_byte_by_byte(server, stranger):
    stranger.connect()
    stranger._restart_parser()
    for byte in (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='{server.domain}' "
                 f"xmlns:stream='{NS['stream']}' version='1.0'>"):
        stranger.socket.sendall(byte.encode())
    stranger.features()


def test_a_closing_tag_is_answered_with_a_closing_tag(users):
    romeo = users().login()
    romeo.send("</stream:stream>")
    romeo.expect_end()
    assert "</stream:stream>" in romeo.transcript[-1]


# Before TLS

def test_before_tls_there_is_nothing_but_starttls_and_it_is_required(stranger):
    stranger.connect()
    stranger.open()
    features = stranger.features()
    assert [child.tag for child in features] == ["{%s}starttls" % NS["tls"]]
    assert features.find("tls:starttls/tls:required", NS) is not None


@peer_differs("Prosody answers with stanza errors")
@pytest.mark.parametrize("stanza", ["<message to='a@post.example'><body>psst</body></message>", "<presence/>", PING])
def test_a_stanza_before_tls_ends_the_stream(stranger, stanza):
    stranger.connect()
    stranger.open()
    stranger.features()
    stranger.send(stanza)
    stranger.expect_stream_error("not-authorized", "policy-violation")


def test_a_password_before_tls_is_not_looked_at(stranger):
    stranger.connect()
    stranger.open()
    stranger.features()
    stranger.send(f"<auth xmlns='{NS['sasl']}' mechanism='PLAIN'>AGEAYg==</auth>")
    answer = stranger.expect(lambda element: True)
    names = [child.tag.split("}")[1] for child in answer]
    assert names[0] in ("encryption-required", "not-authorized", "policy-violation", "invalid-mechanism"), names
    assert not stranger.take(lambda element: "challenge" in element.tag or "success" in element.tag)


@peer_differs("Prosody 0.12 fails with a traceback, which is safe but not nice")
def test_what_is_written_in_the_clear_behind_starttls_is_not_read_inside_tls(server, stranger):
    stranger.connect()
    stranger.open()
    stranger.features()
    stranger.send(f"<starttls xmlns='{NS['tls']}'/>"
                  f"<stream:stream xmlns='jabber:client' xmlns:stream='{NS['stream']}' version='1.0' "
                  f"to='{server.domain}'>")
    try:
        stranger.expect(f"<proceed xmlns='{NS['tls']}'/>")
        stranger.start_tls()
        stranger.open()
        stranger.features()
    except (AssertionError, OSError):
        return  # the server hangs up on a client that does so: as good
    received = [line for line in stranger.transcript if line.startswith("<")]
    assert sum(line.count("<stream:stream") for line in received) == 2


# TLS

def test_the_certificate_is_ours_and_tls_is_1_2_or_1_3(stranger):
    stranger.secure()
    assert stranger.socket.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(server, stranger):
    stranger.connect()
    stranger.open()
    stranger.features()
    stranger.send(f"<starttls xmlns='{NS['tls']}'/>")
    stranger.expect(f"<proceed xmlns='{NS['tls']}'/>")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(stranger.socket, server_hostname=server.domain)


def test_direct_tls_needs_no_starttls(users):
    romeo = users()
    client = romeo.client()
    features = client.secure_directly()
    assert features.find("tls:starttls", NS) is None
    assert features.find("sasl:mechanisms", NS) is not None
    client.authenticate(romeo.name, romeo.password)
    client.bind()
    client.fence()


@peer_differs("Prosody 0.12 with Debian's LuaSec selects no protocol")
def test_direct_tls_agrees_on_xmpp_by_alpn(stranger):
    stranger.secure_directly()
    assert stranger.socket.selected_alpn_protocol() == "xmpp-client"


def test_the_direct_tls_port_does_not_speak_in_the_clear(server):
    with socket.create_connection((server.host, server.tls_port), timeout=8) as plain:
        plain.sendall(f"<?xml version='1.0'?><stream:stream to='{server.domain}' version='1.0'>".encode())
        try:
            assert b"stream" not in plain.recv(4096)
        except ConnectionError:
            pass


# Before signing in

@peer_differs("Prosody answers with stanza errors")
@pytest.mark.parametrize("stanza", ["<message to='a@post.example'><body>psst</body></message>", "<presence/>", PING])
def test_a_stanza_before_signing_in_ends_the_stream(stranger, stanza):
    stranger.secure()
    stranger.send(stanza)
    stranger.expect_stream_error("not-authorized")


@peer_differs("Prosody answers with stanza errors")
@pytest.mark.parametrize("stanza", ["<message to='a@post.example'><body>psst</body></message>", "<presence/>"])
def test_a_stanza_before_binding_ends_the_stream(users, stanza):
    romeo = users()
    client = romeo.client()
    client.secure()
    client.authenticate(romeo.name, romeo.password)
    client.send(stanza)
    client.expect_stream_error("not-authorized")


def test_a_message_before_binding_is_not_delivered(users):
    romeo, juliet = users(2)
    client, hearer = romeo.client(), juliet.login()
    client.secure()
    client.authenticate(romeo.name, romeo.password)
    client.send(f"<message type='chat' to='{juliet.jid}'><body>psst</body></message>")
    client.expect(lambda element: True)  # an error of whichever kind
    hearer.expect_nothing()


# Bad XML, on an open session

BAD = {
    "a tag that does not match": ("<message></presence>", ("not-well-formed",)),
    "an attribute twice": ("<message to='a' to='b'/>", ("not-well-formed",)),
    "an undeclared prefix": ("<message><x:y/></message>", ("not-well-formed", "bad-namespace-prefix", "bad-format")),
    "an attribute without quotes": ("<message to=a/>", ("not-well-formed",)),
    "a control character": ("<message><body>\x01</body></message>", ("not-well-formed",)),
    "a reference to a control character": ("<message><body>&#1;</body></message>", ("not-well-formed", "restricted-xml")),
    "a naked ampersand": ("<message><body>a & b</body></message>", ("not-well-formed", "restricted-xml")),
    "bytes that are not UTF-8": (b"<message><body>\xff\xfe</body></message>",
                                 ("not-well-formed", "unsupported-encoding", "bad-format")),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_well_formed_ends_the_stream(users, what):
    text, conditions = BAD[what]
    romeo = users().login()
    romeo.send_bytes(text if isinstance(text, bytes) else text.encode())
    romeo.expect_stream_error(*conditions)


RESTRICTED = {
    "a comment": "<!-- hidden -->",
    "a processing instruction": "<?php evil ?>",
    "a document type": "<!DOCTYPE message [<!ENTITY a 'b'>]>",
    "an unknown entity": "<message><body>&lol;</body></message>",
}


@pytest.mark.parametrize("what", RESTRICTED)
def test_restricted_xml_ends_the_stream(users, what):
    """RFC 6120 §11.1."""
    romeo = users().login()
    romeo.send(RESTRICTED[what])
    romeo.expect_stream_error(*ours_or("restricted-xml", "not-well-formed"))


def test_an_entity_bomb_in_the_first_bytes_goes_off_nowhere(server, stranger):
    stranger.connect()
    stranger._restart_parser()
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    stranger.send(f"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY l0 'lol'>{entities}]>"
                  f"<stream:stream xmlns='jabber:client' xmlns:stream='{NS['stream']}' to='&l9;' version='1.0'>")
    stranger.expect_stream_error(*ours_or("restricted-xml", "not-well-formed"))


LIMITS = {
    "a message of 300 KB": lambda to: f"<message to='{to}'><body>{'x' * 300_000}</body></message>",
    "a depth of 500": lambda to: f"<message to='{to}'>{'<a>' * 500}{'</a>' * 500}</message>",
    "1,000 attributes": lambda to: f"<message to='{to}'" + "".join(f" a{n}='{n}'" for n in range(1000)) + "/>",
    "20,000 elements": lambda to: f"<message to='{to}'>{'<a/>' * 20_000}</message>",
}


@pytest.mark.parametrize("what", [
    "a message of 300 KB",
    pytest.param("a depth of 500", marks=only_chancery("a limit of ours")),
    pytest.param("1,000 attributes", marks=only_chancery("a limit of ours")),
    pytest.param("20,000 elements", marks=only_chancery("a limit of ours")),
])
def test_what_is_too_large_ends_the_stream_and_is_not_delivered(users, what):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    try:
        romeo.send(LIMITS[what](juliet.bare))
    except OSError:
        pass  # hung up on before the end: its farewell may still be read
    romeo.expect_stream_error("policy-violation")
    juliet.expect_nothing()


def test_a_large_message_within_the_limit_arrives_whole(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    text = "0123456789" * 6_000
    romeo.say(juliet.bare, text)
    juliet.hear(text)


def test_too_much_before_signing_in_ends_the_stream(stranger):
    stranger.secure()
    try:
        stranger.send(f"<auth xmlns='{NS['sasl']}' mechanism='SCRAM-SHA-256'>{'A' * 300_000}</auth>")
    except OSError:
        pass
    stranger.expect_end()
    assert not stranger.take(f"<challenge xmlns='{NS['sasl']}'/>")


def test_white_space_between_stanzas_is_a_sign_of_life(users):
    romeo = users().login()
    romeo.send(" \n \t ")
    romeo.fence()


def test_a_stanza_may_use_a_prefix_for_its_own_namespace(users):
    romeo = users().login()
    romeo.send(f"<c:iq xmlns:c='jabber:client' type='get' id='x1'><ping xmlns='{NS['ping']}'/></c:iq>")
    romeo.expect("<iq type='result' id='x1'/>")


def test_a_payload_keeps_its_namespaces_when_it_is_relayed(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message to='{juliet.jid}' xmlns:p='urn:p'><p:a p:b='1'><c xmlns='urn:c'><p:d/></c></p:a></message>")
    juliet.expect("<message><a xmlns='urn:p' xmlns:p='urn:p' p:b='1'><c xmlns='urn:c'><p:d/></c></a></message>")


def test_text_with_every_kind_of_escape_is_relayed_as_it_was_meant(users):
    romeo, juliet = users(2)
    romeo, juliet = romeo.login(), juliet.login()
    romeo.send(f"<message to='{juliet.jid}' type='chat'><body>&lt;b&gt; &amp;amp; &#x1F600; é &quot;&apos;"
               "<![CDATA[<raw>&]]></body></message>")
    juliet.hear("<b> &amp; \U0001F600 é \"'<raw>&")


def test_an_element_that_is_no_stanza_ends_the_stream(users):
    romeo = users().login()
    romeo.send("<telegram to='juliet@post.example'/>")
    romeo.expect_stream_error("unsupported-stanza-type")
