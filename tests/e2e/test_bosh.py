"""XEP-0124 1.11.2 and XEP-0206 1.4: XMPP over HTTP requests."""

import hashlib
import random
import time

import pytest

from support.bosh import PATH, BoshClient, ask, body, parse
from support.elements import NS
from support.http import Http
from support.sasl2 import SASL2, Sasl2, bind_xml
from support.server import wait_until
from support.websocket import WebClient

pytestmark = pytest.mark.only_chancery("the address of its BOSH service is its own")

SETTINGS = {"web__origins": "https://chat.example"}


@pytest.fixture
def bosh(server, clients):
    def make(**options):
        client = BoshClient(server, **options)
        clients.append(client)
        return client
    return make


def login(client, user):
    client.login(user)
    return client.available()


@pytest.fixture
def session(bosh):
    """A session before signing in, whose requests the test makes by itself."""
    client = bosh()
    client.secure()
    return client


def one_held(client):
    """Nothing is left to be told, and one request waits for what comes next."""
    client.fence()
    while len(client.pending) != 1:
        if client.pending:
            client._read(time.monotonic() + 5)
        else:
            client.request()


def all_answered(client):
    """No request waits any more: for a client whose `wait` is short."""
    while client.pending:
        assert client._read(time.monotonic() + 5)


def condition(element):
    assert element.get("type") == "terminate"
    return element.get("condition")


def create(server, **changes):
    attributes = {"rid": random.randrange(1, 1 << 40), "to": server.domain, "wait": 60, "hold": 1, "ver": "1.6", "xmpp_version": "1.0"}
    attributes.update(changes)
    return ask(server, body(**{name: value for name, value in attributes.items() if value is not None}))


# The session (XEP-0124 §7, XEP-0206 §3)

def test_a_session_says_what_holds_for_it(server):
    answer = create(server)
    assert len(answer.get("sid")) >= 32 and answer.get("authid")
    assert (answer.get("wait"), answer.get("hold"), answer.get("requests")) == ("60", "1", "2")
    assert answer.get("inactivity") and answer.get("polling") and answer.get("ver") == "1.6"
    assert answer.get("maxpause") == "120"
    assert answer.get("from") == server.domain
    assert answer.get("{urn:xmpp:xbosh}restartlogic") == "true" and answer.get("{urn:xmpp:xbosh}version") == "1.0"
    names = [element.text for element in answer.iter("{%s}mechanism" % NS["sasl"])]
    assert "SCRAM-SHA-256" in names and not any(name.endswith("-PLUS") for name in names), "requests share no one channel"


def test_every_session_has_an_id_of_its_own(server):
    assert len({create(server).get("sid") for _ in range(5)}) == 5


@pytest.mark.parametrize("wish, given", [((10, 1), ("10", "1", "2")), ((3600, 5), ("60", "1", "2")),
                                         ((0, 1), ("0", "0", "1")), ((60, 0), ("60", "0", "1"))], ids=str)
def test_what_a_client_wishes_has_its_limits(server, wish, given):
    answer = create(server, wait=wish[0], hold=wish[1])
    assert (answer.get("wait"), answer.get("hold"), answer.get("requests")) == given


@pytest.mark.parametrize("changes, expected", [
    ({"to": "elsewhere.example"}, "host-unknown"), ({"to": None}, "improper-addressing"), ({"rid": None}, "bad-request"),
    ({"rid": 0}, "bad-request"), ({"rid": -5}, "bad-request"), ({"rid": "x"}, "bad-request"), ({"rid": 1 << 53}, "bad-request"),
    ({"wait": "soon"}, "bad-request"), ({"sid": "nobody's"}, "item-not-found")], ids=str)
def test_a_session_that_cannot_be_made_is_refused(server, changes, expected):
    assert condition(create(server, **changes)) == expected


@pytest.mark.parametrize("text", ["", "hello", "<body", "<body/>", "<message xmlns='jabber:client'/>",
                                  "<?xml version='1.0'?><body xmlns='http://jabber.org/protocol/httpbind' rid='1'/>",
                                  "<!DOCTYPE a><body xmlns='http://jabber.org/protocol/httpbind' rid='1'/>",
                                  "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' type='other'/>"], ids=lambda text: text[:30])
def test_what_is_no_request_is_a_bad_one(server, text):
    assert condition(ask(server, text)) == "bad-request"


def test_a_request_that_is_too_large_is_not_read(server):
    http = Http(server)
    http.send(f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    assert http.response().status == 413
    http.expect_end()


def test_people_over_all_three_ways_talk_to_each_other(server, users, bosh, clients):
    romeo, juliet, nurse = users(3)
    browser, socket, desktop = login(bosh(), romeo), WebClient(server), nurse.login()
    clients.append(socket)
    login(socket, juliet)
    for sender, recipient in ((browser, socket), (socket, desktop), (desktop, browser), (browser, desktop), (socket, browser)):
        sender.say(recipient.jid, f"{sender.jid} to {recipient.jid}")
        recipient.hear(f"{sender.jid} to {recipient.jid}", sender.jid)


def test_a_wrong_password_is_refused_and_the_session_goes_on(users, bosh):
    from support.client import SaslFailure
    romeo, client = users(), bosh()
    client.secure()
    with pytest.raises(SaslFailure):
        client.authenticate(romeo.name, "wrong")
    client.authenticate(romeo.name, romeo.password)
    client.bind()
    client.fence()


def test_signing_in_with_all_that_follows_needs_no_restart(users, bosh):
    romeo = users()
    attempt = Sasl2(romeo, bosh())
    attempt.client.connect()
    attempt.client.open(extra=f" from='{romeo.jid}'")
    attempt.client.features()
    success = attempt.with_password(bind_xml())
    assert success.findtext(f"{{{SASL2}}}authorization-identifier").startswith(romeo.jid + "/")
    attempt.client.fence()


def test_a_restart_is_answered_with_features_alone(users, bosh):
    romeo, client = users(), bosh()
    client.secure()
    features = client.authenticate(romeo.name, romeo.password)
    assert features.find("{urn:ietf:params:xml:ns:xmpp-bind}bind") is not None
    assert "sid" not in client.last_answer


def test_stanzas_of_one_request_are_taken_in_their_order(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(), romeo), juliet.login()
    browser.request("".join(f"<message xmlns='jabber:client' to='{desktop.jid}' type='chat'><body>{i}</body></message>" for i in range(20)))
    heard = [desktop.expect("<message/>").findtext("{jabber:client}body") for _ in range(20)]
    assert heard == [str(i) for i in range(20)]


def test_a_stanza_is_as_large_as_over_tcp_and_no_larger(users, bosh):
    client = login(bosh(), users())
    client.say(client.jid, "x" * 200_000)
    client.hear("x" * 200_000)


def test_a_stranger_may_send_so_much_and_no_more(session):
    session.send("<auth xmlns='%s' mechanism='PLAIN'>%s</auth>" % (NS["sasl"], "x" * 20_000))
    session.expect_stream_error("policy-violation")
    assert session.condition == "remote-stream-error"


def test_an_error_of_the_stream_stands_in_the_last_body(session):
    session.send("<message to='a@b'/>")
    session.expect_stream_error("not-authorized")
    assert session.condition == "remote-stream-error"


def test_terminate_ends_the_session_and_says_goodbye(users, bosh, friends):
    romeo, juliet = friends
    desktop = juliet.login()
    browser = login(bosh(), romeo)
    desktop.expect(f"<presence from='{browser.jid}'/>")
    sid = browser.sid
    browser.request("<presence xmlns='jabber:client' type='unavailable'><status>off</status></presence>", type="terminate")
    browser.expect_end()
    assert browser.condition is None
    desktop.expect(f"<presence type='unavailable' from='{browser.jid}'><status>off</status></presence>")
    assert condition(ask(browser.server, body(rid=browser.rid + 1, sid=sid))) == "item-not-found"


def test_a_stop_of_the_server_is_said(own_server, users, clients):
    client = BoshClient(own_server)
    clients.append(client)
    login(client, users())
    client.request()
    own_server.stop()
    client.expect_stream_error("system-shutdown")
    assert client.condition == "system-shutdown"


# Waiting and answering (§8, §9)

def test_a_request_is_held_until_there_is_something_to_say(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(), romeo), juliet.login()
    browser.request()
    desktop.say(browser.jid, "ring")
    browser.hear("ring")


def test_a_request_that_waited_long_enough_is_answered_with_nothing(users, bosh):
    client = login(bosh(wait=1), users())
    client.fence()
    all_answered(client)
    began = time.monotonic()
    client.request()
    assert client._read(time.monotonic() + 5)
    assert client.inbox == [] and 0.8 < time.monotonic() - began < 4


def test_a_new_request_sets_the_one_before_free(users, bosh):
    client = login(bosh(), users())
    client.fence()
    client.request()
    client.request()
    client._read(time.monotonic() + 2)
    assert len(client.pending) <= 1


def test_what_came_while_nobody_asked_is_told_to_the_next_request(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=1), romeo), juliet.login()
    all_answered(browser)
    for i in range(3):
        desktop.say(browser.jid, f"waiting {i}")
    desktop.fence()
    browser.request()
    assert browser._read(time.monotonic() + 5)
    assert [element.findtext("{jabber:client}body") for element in browser.take("<message/>")] == [f"waiting {i}" for i in range(3)]


def test_acknowledgements_say_how_far_requests_have_come(users, bosh):
    client = login(bosh(ack=1), users())
    assert int(client.session["ack"]) < client.rid
    one_held(client)
    client.request()
    assert client._read(time.monotonic() + 5)
    assert client.last_answer["ack"] == str(client.rid)


# Numbers (§14)

def post(http, text):
    http.request("POST", PATH, {}, text)


def test_the_same_number_gets_the_same_answer(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=2), romeo), juliet.login()
    all_answered(browser)
    browser.rid += 1
    request = body(rid=browser.rid, sid=browser.sid)
    first, second = Http(browser.server), Http(browser.server)
    post(first, request)
    desktop.say(browser.jid, "only once")
    lost = first.response()
    post(second, request)
    again = second.response()
    assert b"only once" in lost.body and again.body == lost.body
    first.close(), second.close()


def test_a_stanza_that_is_sent_again_is_not_said_again(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=1), romeo), juliet.login()
    all_answered(browser)
    browser.rid += 1
    request = body(f"<message xmlns='jabber:client' to='{desktop.jid}' type='chat'><body>once</body></message>",
                   rid=browser.rid, sid=browser.sid)
    for _ in range(3):
        http = Http(browser.server)
        post(http, request)
        http.response()
        http.close()
    desktop.hear("once")
    browser.fence()
    desktop.expect_nothing("<message><body>once</body></message>")


def test_of_two_that_wait_with_the_same_number_the_later_gets_the_answer(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=30), romeo), juliet.login()
    one_held(browser)
    held, rid = browser.pending[0]
    later = Http(browser.server)
    post(later, body(rid=rid, sid=browser.sid))
    assert parse(held.response()).get("type") == "error"
    browser.pending.clear()
    desktop.say(browser.jid, "to the later")
    assert b"to the later" in later.response().body
    later.close()


def test_requests_that_arrive_in_the_wrong_order_are_put_right(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=1), romeo), juliet.login()
    all_answered(browser)
    rid = browser.rid + 1
    browser.rid += 2
    say = "<message xmlns='jabber:client' to='%s' type='chat'><body>%s</body></message>"
    late, early = Http(browser.server), Http(browser.server)
    post(early, body(say % (desktop.jid, "second"), rid=rid + 1, sid=browser.sid))
    assert not desktop.take("<message/>")
    post(late, body(say % (desktop.jid, "first"), rid=rid, sid=browser.sid))
    late.response(), early.response()
    assert [desktop.expect("<message/>").findtext("{jabber:client}body") for _ in range(2)] == ["first", "second"]
    late.close(), early.close()


@pytest.mark.parametrize("step", [-5, 4, 1000], ids=["long ago", "beyond the window", "far away"])
def test_a_number_out_of_the_window_ends_the_session(users, bosh, step):
    client = login(bosh(wait=1), users())
    all_answered(client)
    assert condition(ask(client.server, body(rid=client.rid + step, sid=client.sid))) == "item-not-found"
    assert condition(ask(client.server, body(rid=client.rid + 1, sid=client.sid))) == "item-not-found"


# Too often, too seldom (§10, §12, §13)

def test_who_polls_too_often_is_put_out(users, bosh):
    client = bosh(wait=0, hold=0)
    client.secure()
    for _ in range(3):
        answer = ask(client.server, body(rid=client.rid + 1, sid=client.sid))
        client.rid += 1
        if answer.get("type") == "terminate":
            break
    assert condition(answer) == "policy-violation"


def test_a_polling_client_signs_in_and_talks(users, bosh):
    romeo, juliet = users(2)
    desktop, client = juliet.login(), bosh(wait=0, hold=0)
    client.secure()
    # Requests with something in them may follow each other as they like: white space of a message is as good as any.
    client._read_empty = client._read

    def poll(deadline):
        if not client.pending:
            client.request(f"<iq xmlns='jabber:client' type='result' id='poll' to='{client.server.domain}'/>" if client.jid else "")
            time.sleep(0 if client.jid else 5.1)
        return client._read_empty(deadline)

    client._read = poll
    client.authenticate(romeo.name, romeo.password)
    client.bind()
    client.say(desktop.jid, "polled")
    desktop.hear("polled", client.jid)


# Pauses (§10)

def test_a_pause_sets_all_requests_free_and_says_nothing(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(), romeo), juliet.login()
    one_held(browser)
    browser.request(pause=60)
    while browser.pending:
        assert browser._read(time.monotonic() + 5)
    assert browser.inbox == [] and not browser.closed
    desktop.say(browser.jid, "during the pause")
    desktop.fence()
    browser.request()
    browser.hear("during the pause")


def test_a_shorter_pause_ends_the_session_sooner(users, bosh, friends):
    romeo, juliet = friends
    browser, desktop = login(bosh(), romeo), juliet.login()
    browser.available()
    desktop.expect(f"<presence from='{browser.jid}'/>")
    browser.request(pause=1)
    desktop.expect(f"<presence from='{browser.jid}' type='unavailable'/>")


def test_a_pause_longer_than_allowed_is_none(users, bosh):
    client = login(bosh(), users())
    client.fence()
    all_answered(client)
    client.request(pause=121)
    assert not client._read(time.monotonic() + 0.3), "it is held like any other"


# Keys (§15)

def keys(count=6, seed="seed"):
    """K(1) to K(n)."""
    made = [hashlib.sha1(seed.encode()).hexdigest()]
    while len(made) < count:
        made.append(hashlib.sha1(made[-1].encode()).hexdigest())
    return made


def test_requests_with_the_right_keys_go_on_and_the_sequence_may_change(server):
    first, second = keys(3), keys(3, "another")
    rid = 1_000
    answer = create(server, rid=rid, newkey=first.pop().upper())
    sid = answer.get("sid")
    for attributes in ({"key": first.pop()}, {"key": first.pop(), "newkey": second.pop()}, {"key": second.pop()}):
        rid += 1
        answer = ask(server, body(rid=rid, sid=sid, pause=1, **attributes))
        assert answer.get("type") is None


@pytest.mark.parametrize("attributes", [{}, {"key": "0" * 40}, {"newkey": "0" * 40}], ids=str)
def test_a_request_without_the_right_key_ends_the_session(server, attributes):
    answer = create(server, rid=2_000, newkey=keys()[-1])
    assert condition(ask(server, body(rid=2_001, sid=answer.get("sid"), **attributes))) == "item-not-found"


# The session ends like a connection that was lost

def test_a_session_that_breaks_off_is_resumed_over_another_way(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=1), romeo), juliet.login()
    session_id = browser.enable_sm().get("id")
    jid = browser.jid
    all_answered(browser)
    desktop.say(browser.jid, "meanwhile")
    desktop.fence()
    assert condition(ask(browser.server, body(rid=browser.rid + 1000, sid=browser.sid))) == "item-not-found"
    again = romeo.client()
    again.secure_directly()
    again.authenticate(romeo.name, romeo.password)
    again.send(f"<resume xmlns='{NS['sm']}' previd='{session_id}' h='0'/>")
    again.expect(f"<resumed xmlns='{NS['sm']}' previd='{session_id}'/>")
    assert again.hear("meanwhile").get("to") == jid


def test_without_resumption_the_session_ends_with_it(users, bosh):
    romeo, juliet = users(2)
    browser, desktop = login(bosh(wait=1), romeo), juliet.login()
    all_answered(browser)
    ask(browser.server, body(rid=browser.rid + 1000, sid=browser.sid))
    wait_until(lambda: desktop.iq("get", f"<ping xmlns='{NS['ping']}'/>", browser.jid).get("type") == "error", "the session's end")


def test_a_session_counts_like_a_connection(make_server):
    server = make_server(limits__signing_in="3").start()
    assert create(server).get("sid") and create(server).get("sid")
    wait_until(lambda: server.status()["connections"] == 2, "two sessions and no connection")
    assert condition(create(server)) == "policy-violation"


# Other sites (CORS)

def test_a_page_of_a_listed_site_may_ask(server):
    http = Http(server)
    answer = http.ask("OPTIONS", PATH, {"Origin": "https://chat.example", "Access-Control-Request-Method": "POST",
                                        "Access-Control-Request-Headers": "content-type"})
    assert answer.status == 204 and answer["Access-Control-Allow-Origin"] == "https://chat.example"
    assert "POST" in answer["Access-Control-Allow-Methods"] and answer["Access-Control-Allow-Headers"] == "Content-Type"
    answer = http.ask("POST", PATH, {"Origin": "https://chat.example"}, body(rid=5, to=server.domain, wait=5, hold=1))
    assert answer["Access-Control-Allow-Origin"] == "https://chat.example" and answer["Vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    http.close()


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_a_page_of_another_site_may_not(server, method):
    http = Http(server)
    answer = http.ask(method, PATH, {"Origin": "https://evil.example"}, body(rid=5, to=server.domain, wait=5, hold=1))
    assert answer.status == 403 and "access-control-allow-origin" not in answer.headers
    http.close()


def test_get_is_not_for_this(server):
    http = Http(server)
    answer = http.ask("GET", PATH)
    assert answer.status == 405 and answer["Allow"] == "POST, OPTIONS"
    http.close()
