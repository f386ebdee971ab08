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
