"""What one client may cost the server, and that nobody can lock somebody else out by filling what waits for them."""

import time

from support.elements import NS
from support.server import wait_until

READING_LIMIT = 60.0  # seconds, for thousands of messages


def condition_of(answer):
    return [child.tag.split("}")[1] for child in answer.find("c:error", NS_CLIENT) if "stanzas" in child.tag]


NS_CLIENT = {"c": "jabber:client"}


def test_who_trickles_bytes_is_hung_up_on_before_sign_in(make_server):
    server = make_server(limits__login_seconds="2").start()
    import socket

    trickle = socket.create_connection((server.host, server.port), timeout=0.2)
    begin = time.monotonic()
    sent = iter((b"<stream:stream xmlns='jabber:client' to='" + b"x" * 1000))
    while time.monotonic() - begin < 15:
        try:
            trickle.sendall(bytes([next(sent)]))
            if trickle.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    assert time.monotonic() - begin < 12
    trickle.close()


def fill(sender, recipient, count, size):
    for number in range(count):
        sender.say(recipient, f"{number} " + "x" * size)
    sender.fence(READING_LIMIT)


def hear_all(client, count):
    for number in range(count):
        client.expect(lambda element: element.tag == "{jabber:client}message" and
                      (element.findtext("c:body", "", NS_CLIENT).split(" ")[0] == str(number)), READING_LIMIT)


def test_what_waits_may_be_more_than_a_client_takes_at_once(make_server, users):
    """Six megabytes wait, and four may be unsent: without pacing the recipient could never sign in again."""
    server = make_server().start()
    romeo, juliet = users(2, on=server)
    fill(romeo.login(), juliet.jid, 600, 10_000)
    hear_all(juliet.login(), 600)


def test_what_waits_may_be_more_than_may_be_unacknowledged(make_server, users):
    server = make_server(limits__unacknowledged="100").start()
    romeo, juliet = users(2, on=server)
    fill(romeo.login(), juliet.jid, 500, 20)
    reader = juliet.login(sm=True)
    for number in range(500):
        reader.expect(lambda element: element.tag == "{jabber:client}message", READING_LIMIT)
        if number % 20 == 0:
            reader.send(f"<a xmlns='urn:xmpp:sm:3' h='{number + 2}'/>")  # its own presence was the first stanza


def test_a_lost_session_keeps_no_more_than_the_limit_and_loses_nothing(make_server, users):
    server = make_server(limits__unacknowledged="50").start()
    romeo, juliet = users(2, on=server)
    lost = juliet.login(sm=True)
    lost.fence()
    lost.cut()
    fill(romeo.login(), juliet.jid, 120, 20)
    wait_until(lambda: server.status().get("sessions") == 1, "the lost session is given up")
    hear_all(juliet.login(), 120)


def test_private_storage_is_bounded(users):
    client = users().login()
    answers = [client.iq("set", f"<query xmlns='jabber:iq:private'><note xmlns='urn:example:{number}'>{'x' * 200_000}</note></query>")
               for number in range(7)]
    assert [answer.get("type") for answer in answers].count("result") == 5
    assert condition_of(answers[-1])[0] == "resource-constraint"
    again = client.iq("set", f"<query xmlns='jabber:iq:private'><note xmlns='urn:example:0'>{'y' * 200_000}</note></query>")
    assert again.get("type") == "result", "what is there may be replaced"


def test_directed_presence_is_remembered_for_a_bounded_number_of_people(users):
    client = users().login()
    for number in range(1_100):
        client.send(f"<presence to='stranger{number}@{client.server.domain}'/>")
    refused = client.expect("<presence type='error'/>")
    assert condition_of(refused)[0] == "resource-constraint"
    client.fence()


def test_a_large_presence_is_refused(users):
    client = users().login()
    client.send(f"<presence><status>{'x' * 20_000}</status></presence>")
    assert condition_of(client.expect("<presence type='error'/>"))[0] == "not-acceptable"


def test_twenty_thousand_probes_at_once_do_no_harm(users):
    romeo, juliet = users(2)
    a = romeo.login()
    probe = f"<presence type='probe' to='{juliet.jid}'/>"
    for _ in range(20):
        a.send(probe * 1_000)
    a.fence(READING_LIMIT)
    b = juliet.login()
    a.say(b.jid, "still there")
    b.hear("still there")


# A page of history

def page(client, paging, form=""):
    """(texts, the <fin/>) of one page."""
    answer = client.iq("set", f"<query xmlns='{NS['mam']}'>{form}<set xmlns='{NS['rsm']}'>{paging}</set></query>", timeout=READING_LIMIT)
    assert answer.get("type") == "result", client._story("no page")
    results = client.take(f"<message><result xmlns='{NS['mam']}'/></message>")
    bodies = [result.find(".//c:body", NS_CLIENT).text.split(" ")[0] for result in results]
    return bodies, answer.find("mam:fin", NS)


def test_a_page_of_large_messages_is_cut_short_and_paging_still_meets_all(make_server, users):
    """Fifteen megabytes where four may be unsent: a page that was sent whole would end the connection."""
    server = make_server().start()
    romeo, juliet = users(2, on=server)
    client = romeo.login()
    fill(client, juliet.jid, 250, 60_000)
    forwards, after = [], ""
    while True:
        bodies, fin = page(client, f"<max>250</max>{after}")
        forwards += bodies
        if fin.get("complete") == "true":
            break
        assert 0 < len(bodies) < 250
        after = f"<after>{fin.findtext('rsm:set/rsm:last', None, NS)}</after>"
    assert forwards == [str(number) for number in range(250)]

    backwards, before = [], "<before/>"
    while True:
        bodies, fin = page(client, f"<max>250</max>{before}")
        backwards = bodies + backwards
        if fin.get("complete") == "true":
            break
        before = f"<before>{fin.findtext('rsm:set/rsm:first', None, NS)}</before>"
    assert backwards == forwards


def test_messages_asked_for_by_id_come_in_pages_too(make_server, users):
    server = make_server().start()
    romeo, juliet = users(2, on=server)
    client = romeo.login()
    fill(client, juliet.jid, 100, 60_000)
    names, after = [], ""
    while True:
        answer = client.iq("set", f"<query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>250</max>{after}</set></query>",
                           timeout=READING_LIMIT)
        names += [message.find("mam:result", NS).get("id") for message in client.take(f"<message><result xmlns='{NS['mam']}'/></message>")]
        fin = answer.find("mam:fin", NS)
        if fin.get("complete") == "true":
            break
        after = f"<after>{fin.findtext('rsm:set/rsm:last', None, NS)}</after>"
    values = "".join(f"<value>{name}</value>" for name in names)
    form = (f"<x xmlns='{NS['data']}' type='submit'><field var='FORM_TYPE'><value>{NS['mam']}</value></field>"
            f"<field var='ids'>{values}</field></x>")
    met, after = [], ""
    while True:
        bodies, fin = page(client, f"<max>250</max>{after}", form)
        met += bodies
        if fin.get("complete") == "true":
            break
        assert 0 < len(bodies) < 100
        after = f"<after>{fin.findtext('rsm:set/rsm:last', None, NS)}</after>"
    assert met == [str(number) for number in range(100)]


def test_many_pages_asked_for_at_once_end_no_connection(make_server, users):
    """The client asks for thirty megabytes before it reads the first byte of them."""
    server = make_server().start()
    romeo, juliet = users(2, on=server)
    client = romeo.login()
    fill(client, juliet.jid, 50, 60_000)
    for number in range(10):
        client.send(f"<iq type='set' id='p{number}'><query xmlns='{NS['mam']}'><set xmlns='{NS['rsm']}'><max>50</max><before/></set></query></iq>")
    for number in range(10):
        client.expect(f"<iq type='result' id='p{number}'/>", READING_LIMIT)
