"""Federation with servers of others: Prosody and ejabberd as Debian has them, found by DNS of the test's own or by a table."""

import pytest

from support import dnssec
from support.dns import Dns
from support.elements import NS, body
from support.federation import Partner, befriend, person, signed_in
from support.peers import Ejabberd, FederatedProsody, is_installed
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("federation of Chancery with others")
WAIT = 30


class Meeting:
    """A Chancery and another server that know each other, with a person at each."""

    def __init__(self, folder, kind, clients, **settings):
        if not is_installed(kind.split("-")[0]):
            pytest.skip(f"{kind} is not installed")
        self.dns = Dns()
        self.ours = Partner(folder / "ours", "post.example", federation__resolver=self.dns.address, **settings)
        self.dns.place(self.ours, starttls=True)
        if kind == "ejabberd":
            self.theirs = Ejabberd(folder / "theirs", "theirs.example", self.dns)
        else:
            self.theirs = FederatedProsody(folder / "theirs", "theirs.example", bidi=kind != "prosody-oneway")
        self.theirs.meet(self.ours)
        self.dns.place(self.theirs, starttls=kind != "prosody-direct")
        self.ours.trust(self.theirs.ca)
        self.ours.allow("theirs.example", "*.theirs.example")
        self.clients = clients
        self.romeo = person(self.ours, "romeo", clients)
        self.juliet = person(self.theirs, "juliet", clients)

    def start(self):
        self.theirs.start()
        self.ours.start()
        return self

    def sign_in(self):
        return signed_in(self.romeo), signed_in(self.juliet)

    def stop(self):
        for server in (self.ours, self.theirs):
            if server.process:
                server.stop()
        self.dns.close()


@pytest.fixture(scope="module", params=["prosody", "prosody-oneway", "prosody-direct", "ejabberd"])
def lasting(request, tmp_path_factory):
    made = Meeting(tmp_path_factory.mktemp(request.param), request.param, [])
    try:
        yield made.start()
    except AssertionError:
        print(made.theirs.tail())
        raise
    finally:
        for client in made.clients:
            client.cut()
        made.stop()


@pytest.fixture
def people(lasting):
    yield lasting.sign_in()
    while lasting.clients:
        lasting.clients.pop().cut()


@pytest.fixture(params=["prosody", "ejabberd"])
def meeting(request, tmp_path, clients):
    made = Meeting(tmp_path, request.param, clients)
    yield made
    made.stop()


def error_of(element):
    return element.find("{jabber:client}error")[0].tag.split("}")[1]


def test_messages_go_both_ways_and_are_on_record(lasting, people):
    romeo, juliet = people
    romeo.say(juliet.bare, "wherefore art thou")
    heard = juliet.expect(lambda each: body(each) == "wherefore art thou", timeout=WAIT)
    assert heard.get("from") == romeo.jid
    juliet.say(romeo.bare, "here")
    romeo.expect(lambda each: body(each) == "here", timeout=WAIT)
    assert [record["body"] for record in lasting.ours.archive_search(sender=juliet.bare)] == ["here"]
    assert [record["body"] for record in lasting.ours.archive_search(sender=romeo.bare)] == ["wherefore art thou"]


def test_order_is_kept_in_both_directions(people):
    for sender, hearer in (people, people[::-1]):
        for number in range(60):
            sender.say(hearer.bare, f"line {number}")
        heard = [body(hearer.expect(lambda each: (body(each) or "").startswith("line"), timeout=WAIT)) for _ in range(60)]
        assert heard == [f"line {number}" for number in range(60)]


def test_friendship_and_presence(people):
    romeo, juliet = people
    romeo.roster(), juliet.roster()
    befriend(romeo, juliet)
    assert romeo.roster()[juliet.bare].get("subscription") == "both"
    wait_until(lambda: juliet.roster()[romeo.bare].get("subscription") == "both", "subscribed")
    juliet.send("<presence><show>dnd</show><status>at the balcony</status></presence>")
    busy = romeo.expect(lambda each: each.get("from") == juliet.jid and each.find("{jabber:client}show") is not None, timeout=WAIT)
    assert busy.findtext("{jabber:client}status") == "at the balcony"
    romeo.send("<presence type='unavailable'/>")
    juliet.expect(f"<presence from='{romeo.jid}' type='unavailable'/>", timeout=WAIT)
    romeo.send("<presence/>")
    romeo.expect(lambda each: each.get("from") == juliet.jid and each.find("{jabber:client}show") is not None, timeout=WAIT)
    romeo.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{juliet.bare}' subscription='remove'/></query>")
    juliet.expect(f"<presence from='{romeo.bare}' type='unsubscribed'/>", timeout=WAIT)


def test_requests_both_ways(lasting, people):
    romeo, juliet = people
    for asking, domain in ((romeo, lasting.theirs.domain), (juliet, lasting.ours.domain)):
        for payload in ("<query xmlns='jabber:iq:version'/>", f"<ping xmlns='{NS['ping']}'/>",
                        "<query xmlns='http://jabber.org/protocol/disco#info'/>"):
            assert asking.iq("get", payload, domain, timeout=WAIT).get("type") == "result", payload
    romeo.iq("set", "<vCard xmlns='vcard-temp'><FN>Romeo M.</FN></vCard>")
    juliet.iq("set", "<vCard xmlns='vcard-temp'><FN>Juliet C.</FN></vCard>")
    for asking, owner, name in ((romeo, juliet, "Juliet C."), (juliet, romeo, "Romeo M.")):
        card = asking.iq("get", "<vCard xmlns='vcard-temp'/>", owner.bare, timeout=WAIT)
        assert card.findtext("{vcard-temp}vCard/{vcard-temp}FN") == name


def test_receipts_both_ways(people):
    for sender, hearer in (people, people[::-1]):
        sender.send(f"<message to='{hearer.jid}' type='chat' id='r1'><body>sign here</body><request xmlns='urn:xmpp:receipts'/></message>")
        hearer.expect(lambda each: body(each) == "sign here", timeout=WAIT)
        hearer.send(f"<message to='{sender.jid}' id='r2'><received xmlns='urn:xmpp:receipts' id='r1'/></message>")
        sender.expect(lambda each: each.find("{urn:xmpp:receipts}received") is not None, timeout=WAIT)


def test_nobody_is_said_to_be_nobody_both_ways(lasting, people):
    romeo, juliet = people
    for writing, domain in ((romeo, lasting.theirs.domain), (juliet, lasting.ours.domain)):
        name = writing.say(f"nobody@{domain}", "anybody?")
        assert error_of(writing.expect(f"<message type='error' id='{name}'/>", timeout=WAIT)) == "service-unavailable"


def test_a_peer_that_is_killed_and_comes_back_gets_everything_once_and_in_order(meeting):
    meeting.start()
    romeo, juliet = meeting.sign_in()
    romeo.say(juliet.bare, "before")
    juliet.expect(lambda each: body(each) == "before", timeout=WAIT)
    wait_until(lambda: meeting.ours.partner("theirs.example").get("waiting") == 0, "acknowledged")
    meeting.theirs.kill()
    for number in range(10):
        romeo.say(meeting.juliet.jid, f"line {number}")
    wait_until(lambda: meeting.ours.partner("theirs.example").get("waiting") == 10, "waiting")
    meeting.theirs.start()
    wait_until(lambda: meeting.ours.partner("theirs.example").get("waiting") == 0, "acknowledged", limit=WAIT)
    back = signed_in(meeting.juliet)
    heard = [body(back.expect(lambda each: body(each), timeout=WAIT)) for _ in range(10)]
    assert heard == [f"line {number}" for number in range(10)]
    back.expect_nothing("<message/>")


def test_a_certificate_that_the_peer_does_not_trust_is_refused_by_it(meeting, tmp_path):
    other = Partner(tmp_path / "other", "other.example")
    (meeting.theirs.directory / "partners.pem").write_text(other.ca.read_text())
    meeting.start()
    romeo = signed_in(meeting.romeo)
    romeo.say(meeting.juliet.jid, "do you know me?")
    wait_until(lambda: meeting.ours.partner("theirs.example").get("last_error"), "refused", limit=WAIT)
    assert meeting.ours.partner("theirs.example")["waiting"] == 1


def test_a_peer_that_we_do_not_trust_is_refused_both_ways(meeting):
    meeting.ours.trust(meeting.ours.ca)
    meeting.start()
    romeo, juliet = meeting.sign_in()
    romeo.say(juliet.bare, "out")
    wait_until(lambda: "not trusted" in meeting.ours.partner("theirs.example").get("last_error", ""), "refused", limit=WAIT)
    juliet.say(romeo.bare, "in")
    juliet.expect(lambda each: each.get("type") == "error", timeout=WAIT)
    romeo.expect_nothing("<message/>")
    assert meeting.ours.archive_search(sender=juliet.bare) == []


@pytest.mark.skipif(not dnssec.is_installed(), reason="unbound or ldnsutils is not installed")
@pytest.mark.parametrize("kind", ["prosody-oneway", "ejabberd"])
def test_a_peer_with_a_certificate_of_its_own_making_is_known_by_dns_both_ways(kind, tmp_path, clients):
    meeting = Meeting(tmp_path, kind, clients, federation__dane="true")
    resolver = dnssec.SignedDns(tmp_path / "resolver")
    theirs, ours = meeting.theirs, meeting.ours
    pem, key = dnssec.self_signed(tmp_path / "self", theirs.domain)
    for name, content in (("server.pem", pem.read_text()), ("server.key", key.read_text()), ("all.pem", pem.read_text() + key.read_text()), ("ca.pem", pem.read_text())):
        (theirs.directory / name).write_text(content)
    ours.trust(ours.ca)
    ours.settings["federation__resolver"] = resolver.address
    resolver.place(theirs, [dnssec.tlsa(pem)])
    try:
        resolver.start()
        meeting.start()
        romeo, juliet = meeting.sign_in()
        romeo.say(juliet.bare, "are you you?")
        juliet.expect(lambda each: body(each) == "are you you?", timeout=WAIT)
        juliet.say(romeo.bare, "I am")
        romeo.expect(lambda each: body(each) == "I am", timeout=WAIT)
        assert ours.partner(theirs.domain)["proof_out"] == ours.partner(theirs.domain)["proof_in"] == "DANE"
    finally:
        meeting.stop()
        resolver.stop()
