"""Servers that we call, or that call us, and that try what has worked elsewhere: TLS left out, bytes put before it, certificates with
tricks, dialback keys used twice, stanzas that nobody agreed to. Nothing is said in the plain, and nobody gains a name."""

import shutil
import subprocess

import pytest

from support.called_partner import DIALBACK, EXTERNAL, STARTTLS, CalledPartner, Door
from support.elements import body
from support.federation import certificate, person, signed_in
from support.post_office import call, juliet, make_ours, ours  # noqa: F401, fixtures
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("federation")
WAIT = 20


@pytest.fixture
def door():
    made = Door()
    yield made
    made.close()


@pytest.fixture
def friends_address(door):
    return door.address


@pytest.fixture
def friend(ours, door, juliet, tmp_path, clients):
    """The partner, called because Juliet has written to it."""
    juliet.say("romeo@friend.example", "a secret")
    shown = certificate(tmp_path / "friend", ours.data / "keys", "DNS:friend.example")
    made = CalledPartner(ours, "friend.example", shown).accept(door)
    clients.append(made)
    return made


def trouble(ours, text):
    wait_until(lambda: text in ours.partner("friend.example").get("last_error", ""), text, limit=WAIT)


def heard_in_the_plain(stream):
    return [line for line in stream.transcript if line.startswith("<") and "secret" in line]


# Whom we call

@pytest.mark.parametrize("features", ["", EXTERNAL, DIALBACK, EXTERNAL + "<bidi xmlns='urn:xmpp:features:bidi'/>"], ids=["none", "EXTERNAL", "dialback", "bidi"])
def test_who_leaves_out_tls_is_told_nothing(ours, friend, features):
    friend.greet(features)
    trouble(ours, "the peer offers no TLS")
    assert not heard_in_the_plain(friend) and ours.partner("friend.example")["waiting"] == 1


@pytest.mark.parametrize("answer", ["<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
                                    "<stream:features/>", "<message from='romeo@friend.example' to='juliet@post.example'><body>x</body></message>"])
def test_who_answers_anything_but_the_beginning_of_tls_is_told_nothing(ours, friend, juliet, answer):
    friend.greet(STARTTLS)
    friend.expect("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    friend.send(answer)
    trouble(ours, "the peer does not begin TLS")
    assert not heard_in_the_plain(friend)
    juliet.expect_nothing("<message/>")


def test_what_stands_behind_the_go_ahead_is_not_read_as_if_it_came_inside_tls(ours, friend):
    """CVE-2011-0411, the other way round."""
    friend.greet(STARTTLS)
    friend.expect("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    friend.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:stream xmlns='jabber:server'><stream:features/>")
    trouble(ours, "bytes before TLS")
    assert not heard_in_the_plain(friend)


def test_who_sends_us_elsewhere_is_not_followed(ours, friend, door):
    friend.greet(STARTTLS)
    friend.expect("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    friend.send(f"<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{door.address}</see-other-host></stream:error></stream:stream>")
    trouble(ours, "see-other-host")


def test_who_was_called_does_not_speak_unless_that_was_agreed(ours, friend, juliet):
    friend.secure(EXTERNAL).let_in()
    friend.send("<message from='romeo@friend.example' to='juliet@post.example'><body>unasked</body></message>")
    friend.expect_stream_error("not-authorized")
    juliet.expect_nothing("<message/>")


@pytest.mark.parametrize("sender", ["romeo@other.example", "romeo@sub.friend.example", "juliet@post.example"])
def test_who_was_called_speaks_for_its_domain_alone(ours, friend, juliet, sender):
    friend.secure(EXTERNAL + "<bidi xmlns='urn:xmpp:features:bidi'/>").let_in()
    friend.send(f"<message from='{sender}' to='juliet@post.example'><body>trust me</body></message>")
    friend.expect_stream_error("invalid-from")
    juliet.expect_nothing("<message/>")


def test_who_answers_with_another_certificate_gets_nothing(ours, door, juliet, tmp_path, clients):
    juliet.say("romeo@friend.example", "a secret")
    stranger = CalledPartner(ours, "friend.example", certificate(tmp_path / "other", ours.data / "keys", "DNS:other.example")).accept(door)
    clients.append(stranger)
    stranger.greet(STARTTLS)
    stranger.expect("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stranger.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    try:
        stranger.start_tls()
    except OSError:
        pass  # we have hung up on it already
    trouble(ours, "does not name friend.example")
    assert not heard_in_the_plain(stranger)


# Who calls us

def made_by_hand(folder, authority, subject, extensions, at=None):
    """A certificate with whatever names: (chain, key). `at`: when it was made, for a day."""
    folder.mkdir(exist_ok=True)
    (folder / "extensions").write_text(extensions)
    before = ["faketime", at] if at else []

    def openssl(*words):
        subprocess.run([*before, "openssl", *map(str, words)], check=True, capture_output=True)

    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key", "-out", folder / "request", "-subj", subject)
    openssl("x509", "-req", "-in", folder / "request", "-CA", authority / "ca.pem", "-CAkey", authority / "ca.key", "-days", "1",
            "-extfile", folder / "extensions", "-out", folder / "chain")
    return folder / "chain", folder / "key"


HIDDEN_ZERO = "subjectAltName=DER:30:22:82:20:66:72:69:65:6E:64:2E:65:78:61:6D:70:6C:65:00:2E:73:74:72:61:6E:67:65:72:2E:65:78:61:6D:70:6C:65"


@pytest.mark.parametrize("subject, extensions", [
    ("/CN=friend.example", "extendedKeyUsage=clientAuth,serverAuth"),
    ("/CN=friend.example", "subjectAltName=DNS:stranger.example"),
    ("/CN=x", HIDDEN_ZERO),
    ("/CN=x", "subjectAltName=DNS:*"),
    ("/CN=x", "subjectAltName=DNS:f*.example,DNS:friend.*,DNS:*.friend.example,DNS:*friend.example"),
    ("/CN=x", "subjectAltName=DNS:friend.example."),
    ("/CN=x", "subjectAltName=email:friend.example,URI:xmpp:friend.example"),
    ("/CN=x", "subjectAltName=otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.friend.example"),
    ("/CN=x", "subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@friend.example"),
    ("/CN=x", "subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:friend.example/x"),
    ("/CN=x", "subjectAltName=DNS:friend.example\nextendedKeyUsage=emailProtection,codeSigning"),
], ids=["name in CN alone", "name in CN beside others", "zero byte", "star alone", "stars elsewhere", "dot at the end", "other kinds of names", "client's service name",
        "address of a person", "address of a device", "for mail and programs"])
def test_a_certificate_with_a_trick_proves_nothing(ours, call, tmp_path, subject, extensions):
    shown = made_by_hand(tmp_path / "trick", ours.data / "keys", subject, extensions)
    call(ours, shown=shown).secure().expect_stream_error("not-authorized")


@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is not installed")
@pytest.mark.parametrize("at, why", [("2020-01-01", "expired"), ("2099-01-01", "not yet valid")])
def test_a_certificate_of_another_time_proves_nothing(ours, call, tmp_path, at, why):
    shown = made_by_hand(tmp_path / "old", ours.data / "keys", "/CN=x", "subjectAltName=DNS:friend.example", at)
    call(ours, shown=shown).secure().expect_stream_error("not-authorized")
    trouble(ours, why)


def test_what_stands_behind_the_wish_for_tls_is_not_read_as_if_it_came_inside(ours, call, juliet):
    """CVE-2011-0411: somebody between us puts in bytes."""
    stream = call(ours).connect()
    stream.greet()
    stream.features()
    stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><message from='romeo@friend.example' to='juliet@post.example'><body>put in</body></message>")
    stream.expect_end()
    juliet.expect_nothing("<message/>")


def test_what_was_said_before_tls_counts_for_nothing(ours, call, juliet):
    """The header outside says other.example, the one inside friend.example, as the certificate does."""
    stream = call(ours).connect()
    stream.greet(domain="other.example")
    stream.features()
    stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.expect("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.start_tls()
    stream.greet()
    assert stream.authenticate()
    stream.say("romeo@other.example", juliet.bare, "trust me")
    stream.expect_stream_error("invalid-from")
    juliet.expect_nothing("<message/>")


def test_the_header_inside_tls_says_whose_certificate_is_wanted(ours, call):
    stream = call(ours).connect()
    stream.greet()
    stream.features()
    stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.expect("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.start_tls()
    stream.greet(domain="other.example")
    stream.expect_stream_error("not-authorized")


def test_to_whom_a_stream_goes_cannot_be_changed_after_the_proof(ours, call):
    stream = call(ours).secure()
    stream.features()
    stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>")
    stream.expect("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    stream.greet(to="rooms.post.example")
    stream.expect_stream_error("invalid-from")


# Dialback, where a setting allows it

@pytest.fixture
def lenient(make_ours):
    return make_ours(federation__dialback="friend.example")


def verify(stream, key, name, sender="friend.example", to="post.example"):
    stream.send(f"<db:verify xmlns:db='jabber:server:dialback' from='{sender}' to='{to}' id='{name}'>{key}</db:verify>")
    return stream.expect(lambda each: each.tag == "{jabber:server:dialback}verify").get("type")


def test_a_key_is_good_for_its_stream_and_its_domains_alone(lenient, door, tmp_path, clients, call):
    juliet = signed_in(person(lenient, "juliet", clients))
    juliet.say("romeo@friend.example", "a secret")
    friend = CalledPartner(lenient, "friend.example", certificate(tmp_path / "friend", lenient.data / "keys", "DNS:other.example")).accept(door)
    clients.append(friend)
    friend.secure(DIALBACK)
    key = friend.expect(lambda each: each.tag == "{jabber:server:dialback}result").text
    asking = call(lenient, names="DNS:other.example").secure()
    asking.features()
    assert verify(asking, key, "stream2") == "valid"
    for name, sender, to in (("stream1", "friend.example", "post.example"), ("", "friend.example", "post.example"),
                             ("stream2", "other.example", "post.example"), ("stream2", "friend.example", "rooms.post.example"),
                             ("stream2", "friend.example", "elsewhere.example"), ("stream2 ", "friend.example", "post.example")):
        assert verify(asking, key, name, sender, to) == "invalid", (name, sender, to)


@pytest.mark.parametrize("answer", ["from='other.example' to='post.example' type='valid'", "from='friend.example' to='elsewhere.example' type='valid'",
                                    "from='friend.example' to='post.example'", "from='friend.example' to='post.example' type='invalid'"])
def test_only_the_answer_to_our_key_lets_us_speak(lenient, door, tmp_path, clients, answer):
    juliet = signed_in(person(lenient, "juliet", clients))
    juliet.say("romeo@friend.example", "a secret")
    friend = CalledPartner(lenient, "friend.example", certificate(tmp_path / "friend", lenient.data / "keys", "DNS:other.example")).accept(door)
    clients.append(friend)
    friend.secure(DIALBACK)
    friend.expect(lambda each: each.tag == "{jabber:server:dialback}result")
    friend.send(f"<db:result {answer}/>")
    trouble(lenient, "does not accept our dialback key")
    assert not heard_in_the_plain(friend)


def test_who_says_of_itself_that_its_key_is_good_is_not_believed(lenient, door, call, clients, tmp_path):
    """An answer that nobody has asked for is a question like any other, and the domain itself is asked."""
    juliet = signed_in(person(lenient, "juliet", clients))
    liar = call(lenient, names="DNS:other.example").secure()
    liar.features()
    liar.send("<db:result xmlns:db='jabber:server:dialback' from='friend.example' to='post.example' type='valid'>0123</db:result>")
    friend = CalledPartner(lenient, "friend.example", certificate(tmp_path / "friend", lenient.data / "keys", "DNS:other.example")).accept(door)
    clients.append(friend)
    friend.secure("")
    asked = friend.expect(lambda each: each.tag == "{jabber:server:dialback}verify")
    friend.send(f"<db:verify from='friend.example' to='post.example' id='{asked.get('id')}' type='invalid'/>")
    assert liar.expect(lambda each: each.tag == "{jabber:server:dialback}result").get("type") == "invalid"
    liar.say("romeo@friend.example", juliet.bare, "it is me")
    liar.expect_stream_error("not-authorized")
    juliet.expect_nothing("<message/>")


@pytest.mark.parametrize("answer", ["from='friend.example' to='post.example' id='other' type='valid'", "from='other.example' to='post.example' id='{id}' type='valid'"])
def test_an_answer_about_another_stream_or_domain_lets_nobody_in(lenient, door, call, clients, tmp_path, answer):
    caller = call(lenient, names="DNS:other.example").secure()
    caller.features()
    caller.send("<db:result xmlns:db='jabber:server:dialback' from='friend.example' to='post.example'>0123</db:result>")
    friend = CalledPartner(lenient, "friend.example", certificate(tmp_path / "friend", lenient.data / "keys", "DNS:other.example")).accept(door)
    clients.append(friend)
    friend.secure("")
    asked = friend.expect(lambda each: each.tag == "{jabber:server:dialback}verify")
    friend.send(f"<db:verify {answer.format(id=asked.get('id'))}/>")
    assert caller.expect(lambda each: each.tag == "{jabber:server:dialback}result").get("type") == "invalid"


@pytest.mark.parametrize("sender, to", [("other.example", "post.example"), ("friend.example", "rooms.post.example"), ("post.example", "post.example")])
def test_a_key_for_others_than_the_header_named_is_refused(lenient, call, sender, to):
    caller = call(lenient, names="DNS:other.example").secure()
    caller.features()
    caller.send(f"<db:result xmlns:db='jabber:server:dialback' from='{sender}' to='{to}'>0123</db:result>")
    assert caller.expect(lambda each: each.tag == "{jabber:server:dialback}result").get("type") == "error"
