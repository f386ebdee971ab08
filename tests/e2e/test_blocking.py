"""XEP-0191: whom a person does not want to hear. What they say to her is refused, and on record."""

import pytest

from support.elements import NS, condition

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


def change(client, verb, *people):
    items = "".join(f"<item jid='{person}'/>" for person in people)
    return client.iq("set", f"<{verb} xmlns='{NS['block']}'>{items}</{verb}>")


def blocked(client):
    answer = client.iq("get", f"<blocklist xmlns='{NS['block']}'/>")
    return sorted(item.get("jid") for item in answer.findall("block:blocklist/block:item", NS))


def test_the_list_starts_empty_and_holds_what_was_put_there(users):
    romeo = users().login()
    assert blocked(romeo) == []
    assert change(romeo, "block", "a@x.example", "y.example").get("type") == "result"
    assert blocked(romeo) == ["a@x.example", "y.example"]
    assert change(romeo, "unblock", "y.example").get("type") == "result"
    assert blocked(romeo) == ["a@x.example"]
    assert change(romeo, "unblock").get("type") == "result"
    assert blocked(romeo) == []


def test_changes_are_pushed_to_those_who_asked_for_the_list(users):
    romeo = users()
    phone, desk, silent = romeo.login(), romeo.login(), romeo.login()
    blocked(phone)
    blocked(desk)
    change(phone, "block", "a@x.example")
    desk.expect(f"<iq type='set'><block xmlns='{NS['block']}'><item jid='a@x.example'/></block></iq>")
    phone.expect(f"<iq type='set'><block xmlns='{NS['block']}'><item jid='a@x.example'/></block></iq>")
    change(phone, "unblock", "a@x.example")
    desk.expect(f"<iq type='set'><unblock xmlns='{NS['block']}'><item jid='a@x.example'/></unblock></iq>")
    silent.expect_nothing("<iq type='set'/>", after=phone)


def test_blocking_nobody_is_a_bad_request(users):
    assert condition(change(users().login(), "block")) == "bad-request"


def test_the_list_survives_signing_out(users):
    romeo = users()
    client = romeo.login()
    change(client, "block", "a@x.example")
    client.close()
    assert blocked(romeo.login()) == ["a@x.example"]


def test_a_message_from_somebody_blocked_is_refused_and_not_delivered(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    t.say(romeo.jid, "thou villain", name="b1")
    assert condition(t.expect("<message type='error' id='b1'/>")) == "service-unavailable"
    r.expect_nothing(after=t)


@peer_differs("Prosody 0.12 drops it without a word")
def test_a_message_to_a_device_of_somebody_who_blocks_is_refused_too(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    t.say(r.jid, "thou villain", name="b2")
    assert condition(t.expect("<message type='error' id='b2'/>")) == "service-unavailable"
    r.expect_nothing(after=t)


def test_a_message_from_somebody_blocked_does_not_wait_either(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    r.close()
    t.say(romeo.jid, "thou villain")
    t.fence()
    romeo.login().expect_nothing()


@only_chancery("every word is on record")
def test_a_message_from_somebody_blocked_is_on_record(server, users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    t.say(romeo.jid, "villainous magpie", name="b1")
    t.expect("<message type='error' id='b1'/>")
    assert len(server.archive_search(words="magpie", sender=tybalt.jid)) == 1


def test_a_message_to_somebody_blocked_is_refused_with_the_reason(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    r.say(tybalt.jid, "peace", name="p1")
    answer = r.expect("<message type='error' id='p1'/>")
    assert condition(answer) == "not-acceptable"
    assert answer.find("error/blocked:blocked", NS) is not None
    t.expect_nothing(after=r)


def test_a_request_from_somebody_blocked_is_service_unavailable(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    assert condition(t.iq("get", f"<query xmlns='{NS['version']}'/>", r.jid)) == "service-unavailable"
    r.expect_nothing("<iq type='get'/>")


def test_presence_of_somebody_blocked_is_not_seen_and_ours_is_not_seen_by_them(friends):
    romeo, tybalt = friends
    r, t = romeo.login("orchard"), tybalt.login("square")
    r.expect(f"<presence from='{t.jid}'/>")
    t.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", tybalt.jid)
    t.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    r.send("<presence><show>dnd</show></presence>")
    t.expect_nothing(f"<presence from='{r.jid}'/>", after=r)
    t.send("<presence><show>xa</show></presence>")
    r.expect_nothing(f"<presence from='{t.jid}'><show>xa</show></presence>", after=t)


def test_unblocking_brings_presence_back(friends):
    romeo, tybalt = friends
    r, t = romeo.login("orchard"), tybalt.login("square")
    t.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", tybalt.jid)
    t.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    change(r, "unblock", tybalt.jid)
    t.expect(f"<presence from='{r.jid}'/>")


def test_blocking_one_device_leaves_the_person_free_to_speak_from_another(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", f"{tybalt.jid}/square")
    t.say(romeo.jid, "from elsewhere")
    r.hear("from elsewhere")


def test_a_subscription_request_from_somebody_blocked_does_not_come(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    t.send(f"<presence type='subscribe' to='{romeo.jid}'/>")
    r.expect_nothing("<presence type='subscribe'/>", after=t)


def test_unblocking_lets_messages_through_again(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    change(r, "unblock", tybalt.jid)
    t.say(romeo.jid, "peace")
    r.hear("peace")


# What the one who blocks says

def is_blocked_error(answer):
    return condition(answer) == "not-acceptable" and answer.find("error/blocked:blocked", NS) is not None


@peer_differs("Prosody lets some of it through")
@pytest.mark.parametrize("kind", ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "directed", "leaving"])
def test_presence_to_somebody_one_has_blocked_is_not_acceptable(users, kind):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    change(r, "block", tybalt.jid)
    typed = {"directed": "", "leaving": "type='unavailable'"}.get(kind, f"type='{kind}'")
    r.send(f"<presence {typed} to='{tybalt.jid}' id='p1'/>")
    assert is_blocked_error(r.expect(f"<presence type='error' id='p1' from='{tybalt.jid}'/>"))
    t.expect_nothing(f"<presence from='{r.jid}'/>", after=r)
    t.expect_nothing(f"<presence from='{romeo.jid}'/>")


@peer_differs("Prosody answers for the account")
@pytest.mark.parametrize("to", ["{0}", "{0}/square", "nobody@{1}", "a@x.example"])
def test_a_request_to_somebody_one_has_blocked_is_not_acceptable(server, users, to):
    romeo, tybalt = users(2)
    r = romeo.login()
    tybalt.login("square")
    address = to.format(tybalt.jid, server.domain)
    change(r, "block", address)
    assert is_blocked_error(r.iq("get", "<vCard xmlns='vcard-temp'/>", address))


def test_a_message_to_a_domain_one_has_blocked_is_not_acceptable(users):
    r = users().login()
    change(r, "block", "x.example")
    r.say("a@x.example", "hello", name="m1")
    assert is_blocked_error(r.expect("<message type='error' id='m1'/>"))


def test_a_probe_from_somebody_blocked_gets_nothing(friends):
    romeo, tybalt = friends
    r, t = romeo.login(), tybalt.login()
    t.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", tybalt.jid)
    t.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    for to in (romeo.jid, r.jid):
        t.send(f"<presence type='probe' to='{to}'/>")
    t.expect_nothing("<presence/>")


# Devices, domains, and oneself (XEP-0191 §4 and §5)

def test_blocking_a_device_is_seen_by_that_device_only_and_so_is_unblocking(friends):
    romeo, tybalt = friends
    r = romeo.login("orchard")
    square, home = tybalt.login("square"), tybalt.login("home")
    for client in (square, home):
        client.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", square.jid)
    square.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    r.send("<presence><show>dnd</show></presence>")
    home.expect(f"<presence from='{r.jid}'><show>dnd</show></presence>")
    square.expect_nothing(f"<presence from='{r.jid}'/>", after=r)
    home.expect_nothing(f"<presence type='unavailable' from='{r.jid}'/>")
    change(r, "unblock", square.jid)
    square.expect(f"<presence from='{r.jid}'><show>dnd</show></presence>")
    home.expect_nothing(f"<presence from='{r.jid}'/>", after=r)


@peer_differs("Prosody shows the account as a whole")
def test_presence_of_a_blocked_device_is_not_seen(friends):
    romeo, tybalt = friends
    r = romeo.login("orchard")
    change(r, "block", f"{tybalt.jid}/square")
    square, home = tybalt.login("square"), tybalt.login("home")
    r.expect(f"<presence from='{home.jid}'/>")
    r.expect_nothing(f"<presence from='{square.jid}'/>", after=square)


def test_blocking_ends_what_was_shown_to_a_stranger_directly(users):
    romeo, tybalt = users(2)
    r, t = romeo.login("orchard"), tybalt.login()
    r.send(f"<presence to='{t.jid}'/>")
    t.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", tybalt.jid)
    t.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    r.close()
    t.expect_nothing(f"<presence from='{romeo.jid}/orchard'/>")


def test_unblocking_somebody_whose_domain_is_blocked_shows_nothing(server, friends):
    romeo, tybalt = friends
    r, t = romeo.login("orchard"), tybalt.login("square")
    t.expect(f"<presence from='{r.jid}'/>")
    change(r, "block", tybalt.jid, server.domain)
    t.expect(f"<presence type='unavailable' from='{r.jid}'/>")
    change(r, "unblock", tybalt.jid)
    t.fence()
    t.take("<presence type='unavailable'/>")
    t.expect_nothing(f"<presence from='{r.jid}'/>", after=r)
    change(r, "unblock")
    t.expect(f"<presence from='{r.jid}'/>")


def test_who_blocks_the_own_domain_is_not_locked_out(server, users):
    romeo, tybalt = users(2)
    r, other, t = romeo.login("orchard"), romeo.login("street"), tybalt.login()
    change(r, "block", server.domain, romeo.jid, other.jid)
    r.fence()
    r.say(other.jid, "to myself")
    other.hear("to myself")
    r.send("<presence><show>dnd</show></presence>")
    other.expect(f"<presence from='{r.jid}'><show>dnd</show></presence>")
    assert r.iq("get", "<vCard xmlns='vcard-temp'/>", romeo.jid).get("type") == "result"
    t.say(romeo.jid, "hello", name="m1")
    assert condition(t.expect("<message type='error' id='m1'/>")) == "service-unavailable"
    assert server.domain in blocked(r)
