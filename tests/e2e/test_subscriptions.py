"""RFC 6121 §3 and Appendix A: who may see whom.

The nine states of Appendix A.1 are the pairs of two facts: how far my subscription to you has come, and how far
yours to me (no, pending, yes). Both people are on one server, so my inbound table is your outbound one, and one
test drives both: from each state, every stanza that can be sent, with the contact at home and away.
"""

import itertools

import pytest

from support.elements import NS, matches, parse

peer_differs = pytest.mark.peer_differs
STAGES = ("no", "pending", "yes")
STATES = list(itertools.product(STAGES, STAGES))  # (mine to you, yours to me)
ACTIONS = ("subscribe", "subscribed", "unsubscribe", "unsubscribed")


def ask(client, kind, contact):
    client.send(f"<presence type='{kind}' to='{contact.jid}'/>")


def reach(a, b, mine, other_client):
    """Brings the subscription of a's person to b's to the stage `mine`."""
    client, person = a
    if mine == "no":
        return
    ask(client, "subscribe", b)
    other_client.expect(f"<presence type='subscribe' from='{person.jid}'/>")
    if mine == "yes":
        ask(other_client, "subscribed", person)
        client.expect(f"<presence type='subscribed' from='{b.jid}'/>")


def after(mine, yours, action):
    """The state that follows, and whether the contact hears of it (Appendix A.2 and A.3)."""
    if action == "subscribe":
        return ("pending" if mine == "no" else mine), yours, mine == "no"
    if action == "unsubscribe":
        return "no", yours, mine != "no"
    if action == "subscribed":
        return mine, ("yes" if yours == "pending" else yours), yours == "pending"
    return mine, "no", yours != "no"


def entry_of(mine, yours):
    """(subscription, ask) as the roster shows them."""
    subscription = {(True, True): "both", (True, False): "to", (False, True): "from", (False, False): "none"}
    return subscription[mine == "yes", yours == "yes"], "subscribe" if mine == "pending" else None


def shown(client, person):
    entry = client.roster().get(person.jid)
    return ("none", None) if entry is None else (entry.get("subscription"), entry.get("ask"))


def has_request(person, sender):
    """Whether a request waits for an answer: it is delivered again at every log-in (§3.1.3)."""
    client = person.login()
    client.fence()
    waiting = bool(client.take(f"<presence type='subscribe' from='{sender.jid}'/>"))
    client.close()
    return waiting


@pytest.mark.parametrize("contact_is", ["at home", "away"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES, ids=lambda state: f"mine {state[0]}, yours {state[1]}")
def test_a_subscription_moves_as_the_appendix_says(users, state, action, contact_is):
    romeo, juliet = users(2)
    mine, yours = state
    r, j = romeo.login("orchard"), juliet.login("balcony")
    r.roster()
    j.roster()
    reach((r, romeo), juliet, mine, j)
    reach((j, juliet), romeo, yours, r)
    if contact_is == "away":
        j.fence()
        j.close()
    else:
        j.fence()
        j.take("<presence/>")

    ask(r, action, juliet)
    r.fence()

    new_mine, new_yours, heard = after(mine, yours, action)
    if contact_is == "at home":
        j.fence()
        got = bool(j.take(f"<presence type='{action}' from='{romeo.jid}'/>"))
        if action == "subscribe" and mine == "pending":
            heard = got  # A.2.1: a server may route the request once more
        assert got == heard
    else:
        j = juliet.login("balcony")
    assert shown(r, juliet) == entry_of(new_mine, new_yours)
    assert shown(j, romeo) == entry_of(new_yours, new_mine)
    r.close()
    j.close()
    assert has_request(juliet, romeo) == (new_mine == "pending")
    assert has_request(romeo, juliet) == (new_yours == "pending")


def test_a_request_waits_for_the_next_log_in_with_its_text(users):
    romeo, juliet = users(2)
    client = romeo.login()
    client.send(f"<presence type='subscribe' to='{juliet.jid}'><status>It is Romeo</status></presence>")
    client.fence()
    juliet.login().expect(f"<presence type='subscribe' from='{romeo.jid}'><status>It is Romeo</status></presence>")


def test_a_request_comes_from_the_bare_address_and_goes_to_one(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login("balcony")
    r.send(f"<presence type='subscribe' to='{juliet.jid}/balcony'/>")
    request = j.expect("<presence type='subscribe'/>")
    assert (request.get("from"), request.get("to")) == (romeo.jid, juliet.jid)


def test_who_is_approved_sees_the_contact_at_once(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login("balcony")
    r.roster()
    ask(r, "subscribe", juliet)
    r.expect(f"<iq type='set'><query xmlns='{NS['roster']}'>"
             f"<item jid='{juliet.jid}' subscription='none' ask='subscribe'/></query></iq>")
    j.expect("<presence type='subscribe'/>")
    j.roster()
    ask(j, "subscribed", romeo)
    r.expect(f"<presence type='subscribed' from='{juliet.jid}'/>")
    r.expect(f"<iq type='set'><query xmlns='{NS['roster']}'><item jid='{juliet.jid}' subscription='to'/></query></iq>")
    j.expect(f"<iq type='set'><query xmlns='{NS['roster']}'><item jid='{romeo.jid}' subscription='from'/></query></iq>")
    r.expect(f"<presence from='{j.jid}'/>")


def came_before(client, stanza, change):
    """Both have come, the stanza first."""
    places = {}
    for name, pattern in (("stanza", stanza), ("change", change)):
        literal = parse(pattern)
        places[name] = next(index for index, element in enumerate(client.inbox) if matches(literal, element))
    return places["stanza"] < places["change"]


@peer_differs("Prosody 0.12 pushes first")
@pytest.mark.parametrize("action, entry", [
    ("subscribed", "subscription='to'"),      # §3.1.6
    ("unsubscribed", "subscription='none'"),  # §3.2.3
    ("unsubscribe", "subscription='none'"),   # §3.3.3
])
def test_the_stanza_comes_before_the_change_of_the_list(users, action, entry):
    romeo, juliet = users(2)
    r, j = romeo.login("orchard"), juliet.login("balcony")
    r.roster()
    j.roster()
    if action == "unsubscribe":
        reach((j, juliet), romeo, "yes", r)
    else:
        reach((r, romeo), juliet, "pending" if action == "subscribed" else "yes", j)
    j.fence()
    r.fence()
    r.take("<iq/>")
    ask(j, action, romeo)
    j.fence()
    r.fence()
    assert came_before(r, f"<presence type='{action}' from='{juliet.jid}'/>",
                       f"<iq type='set'><query xmlns='{NS['roster']}'><item jid='{juliet.jid}' {entry}/></query></iq>")


def test_who_was_approved_while_away_sees_the_contact_at_the_next_log_in(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login("balcony")
    ask(r, "subscribe", juliet)
    j.expect("<presence type='subscribe'/>")
    r.close()
    ask(j, "subscribed", romeo)
    j.fence()
    r = romeo.login()
    r.expect(f"<presence from='{j.jid}'/>")
    assert shown(r, juliet) == ("to", None)


@pytest.mark.parametrize("who", [
    "the contact cancels",
    "the contact removes the entry",
    pytest.param("the watcher unsubscribes", marks=peer_differs("Prosody leaves it to the watcher's client")),
    pytest.param("the watcher removes the entry", marks=peer_differs("Prosody leaves it to the watcher's client")),
])
def test_the_end_of_a_subscription_is_seen_as_unavailable(friends, who):
    romeo, juliet = friends
    r, j = romeo.login("orchard"), juliet.login("balcony")
    r.roster()
    j.roster()
    r.expect(f"<presence from='{j.jid}'/>")
    remove = "<query xmlns='%s'><item jid='%s' subscription='remove'/></query>"
    if who == "the contact cancels":
        ask(j, "unsubscribed", romeo)
    elif who == "the watcher unsubscribes":
        ask(r, "unsubscribe", juliet)
    elif who == "the contact removes the entry":
        j.iq("set", remove % (NS["roster"], romeo.jid))
    else:
        r.iq("set", remove % (NS["roster"], juliet.jid))
    r.expect(f"<presence type='unavailable' from='{j.jid}'/>")


def test_removing_an_entry_ends_both_subscriptions(friends):
    romeo, juliet = friends
    r, j = romeo.login(), juliet.login()
    j.roster()
    r.iq("set", f"<query xmlns='{NS['roster']}'><item jid='{juliet.jid}' subscription='remove'/></query>")
    j.expect(f"<presence type='unsubscribe' from='{romeo.jid}'/>")
    j.expect(f"<presence type='unsubscribed' from='{romeo.jid}'/>")
    assert shown(j, romeo) == ("none", None)
    assert juliet.jid not in r.roster()


def test_a_request_that_is_approved_in_advance_is_answered_by_the_server(users):
    """RFC 6121 §3.4."""
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login("balcony")
    r.roster()
    j.roster()
    ask(j, "subscribed", romeo)
    j.fence()
    ask(r, "subscribe", juliet)
    r.expect(f"<presence type='subscribed' from='{juliet.jid}'/>")
    r.expect(f"<presence from='{j.jid}'/>")
    j.expect_nothing("<presence type='subscribe'/>", after=r)
    assert shown(r, juliet) == ("to", None)


@peer_differs("Prosody keeps it to itself")
def test_an_approval_in_advance_is_shown_in_the_roster(users):
    romeo, juliet = users(2)
    j = juliet.login()
    j.roster()
    ask(j, "subscribed", romeo)
    j.expect(f"<iq type='set'><query xmlns='{NS['roster']}'>"
             f"<item jid='{romeo.jid}' subscription='none' approved='true'/></query></iq>")


@peer_differs("Prosody 0.12 does not forget an approval")
def test_an_approval_in_advance_can_be_withdrawn(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    j.roster()
    ask(j, "subscribed", romeo)
    ask(j, "unsubscribed", romeo)
    j.fence()
    ask(r, "subscribe", juliet)
    j.expect(f"<presence type='subscribe' from='{romeo.jid}'/>")
    assert shown(r, juliet) == ("none", "subscribe")


def test_approval_in_advance_is_advertised(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    assert client.authenticate(romeo.name, romeo.password).find("preapproval:sub", NS) is not None


def test_a_request_to_nobody_is_not_answered_with_presence(server, users):
    romeo = users().login()
    romeo.send(f"<presence type='subscribe' to='nobody@{server.domain}'/>")
    romeo.expect_nothing("<presence type='subscribed'/>")


@peer_differs("Prosody answers for who is not there")
def test_a_request_to_nobody_looks_like_one_that_waits_for_an_answer(server, users):
    """RFC 6121 §8.5.1: silence; an answer would tell who has an account."""
    romeo, juliet = users(2)
    r = romeo.login()
    r.roster()
    for contact in (juliet.jid, f"nobody@{server.domain}"):
        r.send(f"<presence type='subscribe' to='{contact}'/>")
        r.expect_nothing("<presence type='unsubscribed'/>")
        assert r.roster()[contact].get("ask") == "subscribe"


def test_a_request_reaches_every_device(users):
    romeo, juliet = users(2)
    r, phone, desk = romeo.login(), juliet.login(), juliet.login()
    ask(r, "subscribe", juliet)
    phone.expect("<presence type='subscribe'/>")
    desk.expect("<presence type='subscribe'/>")
