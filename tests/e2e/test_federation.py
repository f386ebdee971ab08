"""Two servers of ours that exchange stanzas: what people on one say reaches people on the other, and stays on record at both."""

import pytest

from support.elements import NS, body
from support.federation import Partner, befriend, certificate, introduce, person, signed_in
from support.files import LINK, get, records, upload
from support.server import wait_until

pytestmark = pytest.mark.only_chancery("federation between two Chancery servers")
WAIT = 20


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    """Two that stay up for all tests."""
    folder = tmp_path_factory.mktemp("offices")
    one, two = Partner(folder / "one", "one.example"), Partner(folder / "two", "two.example")
    introduce(one, two)
    one.start(), two.start()
    yield one, two
    one.stop(), two.stop()


@pytest.fixture
def make_partner(tmp_path):
    made = []

    def make(domain, **settings):
        made.append(Partner(tmp_path / domain, domain, **settings))
        return made[-1]

    yield make
    for each in made:
        if each.process:
            each.stop()


@pytest.fixture
def pair(offices, clients, request):
    one, two = offices
    name = request.node.name[-30:].strip("_").replace("[", "").replace("]", "")
    return [signed_in(person(server, f"{who}-{name}", clients)) for server, who in ((one, "romeo"), (two, "juliet"))]


def error_of(element):
    error = element.find("{jabber:client}error")
    return error[0].tag.split("}")[1]


def test_a_message_reaches_a_person_at_another_server_and_is_on_record_at_both(offices, pair):
    romeo, juliet = pair
    romeo.say(juliet.bare, "wherefore art thou", name="hello")
    heard = juliet.expect(lambda each: body(each) == "wherefore art thou", timeout=WAIT)
    assert heard.get("from") == romeo.jid and heard.get("to") == juliet.bare and heard.get("id") == "hello"
    stamps = heard.findall("{urn:xmpp:sid:0}stanza-id")
    assert [each.get("by") for each in stamps] == [juliet.bare], "only her own archive numbers what she gets"
    juliet.say(romeo.jid, "here")
    assert romeo.expect(lambda each: body(each) == "here", timeout=WAIT).get("from") == juliet.jid
    for server in offices:
        assert [record["body"] for record in server.archive_search(sender=romeo.bare)] == ["wherefore art thou"]
        assert [record["body"] for record in server.archive_search(sender=juliet.bare)] == ["here"]


def test_order_is_kept(pair):
    romeo, juliet = pair
    for number in range(200):
        romeo.say(juliet.bare, f"line {number}")
    heard = [body(juliet.expect(lambda each: body(each) and body(each).startswith("line"), timeout=WAIT)) for _ in range(200)]
    assert heard == [f"line {number}" for number in range(200)]


def test_friends_at_two_servers_see_each_other_come_and_go(pair):
    romeo, juliet = pair
    romeo.roster(), juliet.roster()
    befriend(romeo, juliet)
    assert romeo.roster()[juliet.bare].get("subscription") == "both"
    assert juliet.roster()[romeo.bare].get("subscription") == "both"
    juliet.send("<presence><show>away</show><status>at the balcony</status></presence>")
    away = romeo.expect(lambda each: each.get("from") == juliet.jid and each.find("{jabber:client}show") is not None, timeout=WAIT)
    assert away.findtext("{jabber:client}status") == "at the balcony"
    juliet.close()
    romeo.expect(f"<presence from='{juliet.jid}' type='unavailable'/>", timeout=WAIT)


def test_who_signs_in_is_told_who_is_there_at_the_other_server(offices, pair, clients):
    romeo, juliet = pair
    befriend(romeo, juliet)
    again = signed_in(next(user for user in [person(offices[0], "second-life", clients)]))
    befriend(again, juliet)
    again.send("<presence type='unavailable'/>")
    juliet.expect(f"<presence from='{again.jid}' type='unavailable'/>", timeout=WAIT)
    again.send("<presence/>")
    again.expect(f"<presence from='{juliet.jid}'/>", timeout=WAIT)
    juliet.expect(f"<presence from='{again.jid}'/>", timeout=WAIT)


def test_removing_a_contact_ends_the_subscription_at_both(pair):
    romeo, juliet = pair
    juliet.roster()
    befriend(romeo, juliet)
    romeo.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{juliet.bare}' subscription='remove'/></query>")
    juliet.expect(f"<presence from='{romeo.bare}' type='unsubscribe'/>", timeout=WAIT)
    juliet.expect(f"<presence from='{romeo.bare}' type='unsubscribed'/>", timeout=WAIT)
    wait_until(lambda: juliet.roster()[romeo.bare].get("subscription") == "none", "no subscription")


def test_requests_are_answered_across_servers(offices, pair):
    romeo, juliet = pair
    one, two = offices
    version = romeo.iq("get", "<query xmlns='jabber:iq:version'/>", two.domain, timeout=WAIT)
    assert version.get("type") == "result"
    assert romeo.iq("get", f"<ping xmlns='{NS['ping']}'/>", two.domain, timeout=WAIT).get("type") == "result"
    juliet.iq("set", "<vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard>")
    card = romeo.iq("get", "<vCard xmlns='vcard-temp'/>", juliet.bare, timeout=WAIT)
    assert card.findtext("{vcard-temp}vCard/{vcard-temp}FN") == "Juliet"
    assert error_of(romeo.iq("get", "<query xmlns='jabber:iq:last'/>", juliet.bare, timeout=WAIT)) == "forbidden"
    assert error_of(romeo.iq("set", "<vCard xmlns='vcard-temp'/>", juliet.bare, timeout=WAIT)) == "forbidden"
    assert error_of(romeo.iq("get", f"<query xmlns='{NS['roster']}'/>", juliet.bare, timeout=WAIT)) == "service-unavailable"


def test_the_commands_of_a_server_are_for_its_own_people(offices, pair):
    romeo, _ = pair
    refused = romeo.iq("set", "<command xmlns='http://jabber.org/protocol/commands' node='urn:chancery:away' action='execute'/>",
                       offices[1].domain, timeout=WAIT)
    assert error_of(refused) == "forbidden"


def test_a_request_to_a_client_is_answered_by_it(pair):
    romeo, juliet = pair
    romeo.send(f"<iq type='get' id='v1' to='{juliet.jid}'><query xmlns='jabber:iq:version'/></iq>")
    asked = juliet.expect("<iq type='get' id='v1'/>", timeout=WAIT)
    juliet.send(f"<iq type='result' id='v1' to='{asked.get('from')}'><query xmlns='jabber:iq:version'><name>balcony</name></query></iq>")
    answer = romeo.expect("<iq type='result' id='v1'/>", timeout=WAIT)
    assert answer.get("from") == juliet.jid and answer.findtext("{jabber:iq:version}query/{jabber:iq:version}name") == "balcony"


def test_nobody_at_the_other_server_is_said_to_be_nobody(offices, pair):
    romeo, _ = pair
    name = romeo.say(f"nobody@{offices[1].domain}", "anybody?")
    refused = romeo.expect(f"<message type='error' id='{name}'/>", timeout=WAIT)
    assert error_of(refused) == "service-unavailable" and refused.get("from") == f"nobody@{offices[1].domain}"


def test_a_blocked_stranger_is_refused(offices, pair):
    romeo, juliet = pair
    juliet.iq("set", f"<block xmlns='urn:xmpp:blocking'><item jid='{offices[0].domain}'/></block>")
    name = romeo.say(juliet.bare, "let me in")
    assert error_of(romeo.expect(f"<message type='error' id='{name}'/>", timeout=WAIT)) == "service-unavailable"
    juliet.expect_nothing("<message/>")


def test_a_message_waits_at_the_other_server_for_who_is_away(pair, clients, offices):
    romeo, _ = pair
    away = person(offices[1], "away", clients)
    romeo.say(away.jid, "when you are back")
    wait_until(lambda: offices[1].archive_search(sender=romeo.bare), "on record there")
    back = signed_in(away)
    back.expect(lambda each: body(each) == "when you are back", timeout=WAIT)


def test_both_find_the_conversation_in_their_archive(pair):
    romeo, juliet = pair
    romeo.say(juliet.bare, "remember this")
    juliet.expect(lambda each: body(each) == "remember this", timeout=WAIT)
    for who, other in ((romeo, juliet), (juliet, romeo)):
        answer = who.iq("set", "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                               f"<value>urn:xmpp:mam:2</value></field><field var='with'><value>{other.bare}</value></field></x></query>")
        assert answer.get("type") == "result"
        found = who.take(lambda each: each.find("{urn:xmpp:mam:2}result") is not None)
        assert len(found) == 1


def test_receipts_and_chat_states_pass(pair):
    romeo, juliet = pair
    romeo.send(f"<message to='{juliet.jid}' type='chat' id='r1'><body>sign here</body><request xmlns='urn:xmpp:receipts'/>"
               "<active xmlns='http://jabber.org/protocol/chatstates'/></message>")
    juliet.expect(lambda each: body(each) == "sign here" and each.find("{http://jabber.org/protocol/chatstates}active") is not None, timeout=WAIT)
    juliet.send(f"<message to='{romeo.jid}' id='r2'><received xmlns='urn:xmpp:receipts' id='r1'/></message>")
    romeo.expect(lambda each: each.find("{urn:xmpp:receipts}received") is not None, timeout=WAIT)


def test_direct_tls_with_a_tls_marker_works(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two, direct_tls=True)
    one.settings["listen__s2s"] = two.settings["listen__s2s"] = ""
    one.start(), two.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), signed_in(person(two, "juliet", clients))
    romeo.say(juliet.bare, "in secret")
    juliet.expect(lambda each: body(each) == "in secret", timeout=WAIT)
    juliet.say(romeo.bare, "as well")
    romeo.expect(lambda each: body(each) == "as well", timeout=WAIT)


def test_who_is_no_partner_is_not_reached_and_not_let_in(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    two.settings["federation__blocked"] = "one.example"
    one.start(), two.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), signed_in(person(two, "juliet", clients))
    name = juliet.say(romeo.bare, "out")
    assert error_of(juliet.expect(f"<message type='error' id='{name}'/>")) == "remote-server-not-found"
    romeo.say(juliet.bare, "in")
    wait_until(lambda: "policy-violation" in one.partner("two.example").get("last_error", ""), "refused")
    asked = romeo.iq("get", f"<ping xmlns='{NS['ping']}'/>", two.domain, timeout=WAIT)
    assert error_of(asked) == "remote-server-timeout"
    juliet.expect_nothing("<message/>")
    assert [each for each in two.archive_search(sender=romeo.bare)] == []


def test_a_certificate_for_another_name_is_refused_by_whoever_sees_it(make_partner, clients, tmp_path):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    chain, key = certificate(tmp_path / "wrong", two.data / "keys", "DNS:other.example")
    (two.data / "keys" / "server.pem").write_bytes(chain.read_bytes())
    (two.data / "keys" / "server.key").write_bytes(key.read_bytes())
    one.start(), two.start()
    romeo = signed_in(person(one, "romeo", clients))
    person(two, "juliet", clients)
    romeo.say("juliet@two.example", "are you you?")
    wait_until(lambda: "does not name two.example" in one.partner("two.example").get("last_error", ""), "refused")
    assert one.partner("two.example")["waiting"] == 1, "it waits for the certificate to be mended"
    assert two.archive_search(sender=romeo.bare) == []


def test_an_authority_nobody_trusts_is_refused(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    one.trust(one.ca)
    one.start(), two.start()
    romeo = signed_in(person(one, "romeo", clients))
    romeo.say("juliet@two.example", "are you you?")
    wait_until(lambda: "not trusted" in one.partner("two.example").get("last_error", ""), "refused")


def test_what_waits_for_a_server_that_is_down_arrives_once_and_in_order(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    one.start(), two.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), person(two, "juliet", clients)
    two.kill()
    for number in range(20):
        romeo.say(juliet.jid, f"line {number}")
    wait_until(lambda: one.partner("two.example").get("waiting") == 20, "waiting")
    two.start()
    client = signed_in(juliet)
    heard = [body(client.expect(lambda each: body(each), timeout=WAIT)) for _ in range(20)]
    assert heard == [f"line {number}" for number in range(20)]
    client.expect_nothing("<message/>")
    wait_until(lambda: one.partner("two.example").get("waiting") == 0, "acknowledged")


def test_what_waits_outlives_our_own_kill(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    one.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), person(two, "juliet", clients)
    for number in range(20):
        romeo.say(juliet.jid, f"line {number}")
    romeo.fence()
    one.kill()
    two.start(), one.start()
    client = signed_in(juliet)
    heard = [body(client.expect(lambda each: body(each), timeout=WAIT)) for _ in range(20)]
    assert heard == [f"line {number}" for number in range(20)]
    wait_until(lambda: one.partner("two.example").get("waiting") == 0, "acknowledged")
    one.restart()
    client.expect_nothing("<message/>")
    assert one.partner("two.example").get("waiting", 0) == 0, "what was acknowledged does not wait again"


def test_what_cannot_be_sent_in_time_is_returned(make_partner, clients):
    one, two = make_partner("one.example", federation__wait_seconds="1"), make_partner("two.example")
    introduce(one, two)
    one.start()
    romeo = signed_in(person(one, "romeo", clients))
    name = romeo.say("juliet@two.example", "hello?")
    assert error_of(romeo.expect(f"<message type='error' id='{name}'/>", timeout=WAIT)) == "remote-server-timeout"
    one.restart()
    assert one.partner("two.example").get("waiting", 0) == 0


def test_a_queue_has_an_end(make_partner, clients):
    one, two = make_partner("one.example", federation__queue_messages="10"), make_partner("two.example")
    introduce(one, two)
    one.start()
    romeo = signed_in(person(one, "romeo", clients))
    for number in range(11):
        romeo.say("juliet@two.example", f"line {number}", name=f"n{number}")
    refused = romeo.expect("<message type='error'/>", timeout=WAIT)
    assert refused.get("id") == "n10" and error_of(refused) == "resource-constraint"


def test_an_idle_stream_is_closed_and_opened_again_when_needed(make_partner, clients):
    one, two = make_partner("one.example", federation__idle_seconds="1"), make_partner("two.example")
    introduce(one, two)
    one.start(), two.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), signed_in(person(two, "juliet", clients))
    for text in ("first", "second"):
        romeo.say(juliet.bare, text)
        juliet.expect(lambda each: body(each) == text, timeout=WAIT)
        wait_until(lambda: one.partner("two.example")["streams_out"] == 0, "closed")


def test_federation_is_off_unless_partners_are_named(own_server, users):
    romeo = users().login()
    name = romeo.say("juliet@two.example", "hello?")
    assert error_of(romeo.expect(f"<message type='error' id='{name}'/>")) == "remote-server-not-found"
    assert own_server.status()["federation"] is None


def test_status_and_doctor_name_a_partner_that_cannot_be_reached(make_partner, clients):
    one, two = make_partner("one.example"), make_partner("two.example")
    introduce(one, two)
    one.start()
    romeo = signed_in(person(one, "romeo", clients))
    romeo.say("juliet@two.example", "hello?")
    wait_until(lambda: one.partner("two.example").get("last_error"), "noticed")
    assert "two.example" in one.cli("status").stdout
    doctor = one.cli("doctor", check=False).stdout
    assert "two.example" in doctor and "WRONG federation" in doctor


def test_where_a_setting_says_so_dns_alone_proves_who_somebody_is(make_partner, clients):
    one, two = (make_partner(domain, federation__dialback="one.example,two.example") for domain in ("one.example", "two.example"))
    introduce(one, two)
    one.trust(one.ca), two.trust(two.ca)
    one.start(), two.start()
    romeo, juliet = signed_in(person(one, "romeo", clients)), signed_in(person(two, "juliet", clients))
    romeo.say(juliet.bare, "by dialback")
    assert juliet.expect(lambda each: body(each) == "by dialback", timeout=WAIT).get("from") == romeo.jid
    juliet.say(romeo.bare, "and back")
    romeo.expect(lambda each: body(each) == "and back", timeout=WAIT)


def test_dialback_works_only_where_both_allow_it(make_partner, clients):
    one, two = make_partner("one.example", federation__dialback="two.example"), make_partner("two.example")
    introduce(one, two)
    one.trust(one.ca), two.trust(two.ca)
    one.start(), two.start()
    romeo = signed_in(person(one, "romeo", clients))
    romeo.say("juliet@two.example", "let me in")
    wait_until(lambda: "not-authorized" in one.partner("two.example").get("last_error", ""), "refused")
    assert two.archive_search(sender=romeo.bare) == []


MUC = "http://jabber.org/protocol/muc"


def enter(client, room, nick):
    client.send(f"<presence to='{room}/{nick}'><x xmlns='{MUC}'/></presence>")
    return client.expect(lambda each: each.tag.endswith("presence") and each.get("from") == f"{room}/{nick}"
                         and each.find(f"{{{MUC}#user}}x/{{{MUC}#user}}status[@code='110']") is not None, timeout=WAIT)


def test_a_file_is_opened_from_the_other_server_by_a_link_for_who_is_there(offices, pair):
    romeo, juliet = pair
    link = upload(romeo, b"a letter")
    for to in (juliet.bare, juliet.jid):
        romeo.say(to, link)
        heard = body(juliet.expect(lambda each: LINK.search(body(each) or ""), timeout=WAIT))
        assert heard != link and get(offices[0], heard).body == b"a letter"
    assert {record["from"] for record in records(offices[0], "download")} == {juliet.bare}
    assert juliet.iq("get", "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'/>", f"upload.{offices[0].domain}").get("type") == "error"


def test_people_of_both_servers_meet_in_a_room(offices, pair):
    romeo, juliet = pair
    room = f"garden@rooms.{offices[0].domain}"
    enter(romeo, room, "romeo")
    romeo.iq("set", f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>", room)
    enter(juliet, room, "juliet")
    romeo.expect(f"<presence from='{room}/juliet'/>", timeout=WAIT)
    for speaker, hearer, text in ((romeo, juliet, "good morrow"), (juliet, romeo, "good night")):
        speaker.say(room, text, kind="groupchat")
        hearer.expect(lambda each: body(each) == text and each.get("type") == "groupchat", timeout=WAIT)
        speaker.expect(lambda each: body(each) == text, timeout=WAIT)
    juliet.close()
    romeo.expect(f"<presence from='{room}/juliet' type='unavailable'/>", timeout=WAIT)
