"""XEP-0045 §7.5: what occupants say to one another in private; what the two, their devices and the record have of it."""

import pytest

from support.company import company, owner  # noqa: F401, fixtures
from support.elements import NS, body, condition
from support.rooms import configure, enter, error_of, form, make_room

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")


def test_a_private_message_goes_to_one_person_only(server, company):
    room, owner, one, two = company
    one.say(f"{room}/two", "psst aside", kind="chat")
    message = two.hear("psst aside")
    assert (message.get("from"), message.get("to"), message.get("type")) == (f"{room}/one", two.jid, "chat")
    assert message.find("muc-user:x", NS) is not None
    owner.expect_nothing("<message><body>psst aside</body></message>", after=one)
    records = server.archive_search(words="psst")
    assert sorted((record["from"], record["to"]) for record in records) == sorted(
        [(one.jid, f"{room}/two"), (f"{room}/one", two.jid)]), "what was written, and what was handed on"


def history(client, peer):
    """The forwarded messages that the person exchanged with an address."""
    asked = form(NS["mam"], **{"with": peer})
    assert client.iq("set", f"<query xmlns='{NS['mam']}'>{asked}</query>").get("type") == "result"
    results = client.take(f"<message><result xmlns='{NS['mam']}'/></message>")
    return [each.find("mam:result/forward:forwarded/{jabber:client}message", NS)
            for each in results], [each.find("mam:result", NS).get("id") for each in results]


def test_both_find_a_private_message_in_their_own_history_and_no_real_address(company):
    room, owner, one, two = company
    one.say(f"{room}/two", "for thee alone", name="w1")
    heard = two.hear("for thee alone")
    (sent,), _ = history(one, f"{room}/two")
    assert (sent.get("from"), sent.get("to"), body(sent)) == (one.jid, f"{room}/two", "for thee alone")
    (received,), (number,) = history(two, f"{room}/one")
    assert (received.get("from"), received.get("to"), body(received)) == (f"{room}/one", two.jid, "for thee alone")
    assert heard.find("sid:stanza-id", NS).get("id") == number and heard.find("sid:stanza-id", NS).get("by") == two.bare
    assert all(each.find("muc-user:x", NS) is not None for each in (sent, received))
    assert history(two, one.bare) == ([], []) and history(one, two.bare) == ([], [])
    assert history(owner, room) == ([], [])


def test_who_comes_back_finds_what_was_whispered(company, users):
    room, owner, one, _ = company
    person = users()
    guest = person.login()
    enter(guest, room, "guest")
    one.say(f"{room}/guest", "while thou wert there")
    guest.hear("while thou wert there")
    guest.close()
    (message,), _ = history(person.login(), f"{room}/one")
    assert body(message) == "while thou wert there"


def test_a_refused_private_message_is_in_no_history(company):
    room, owner, one, two = company
    assert configure(owner, room, allowpm="none").get("type") == "result"
    error_of(one, one.say(f"{room}/two", "psst"))
    assert history(one, f"{room}/two") == ([], [])


def test_a_private_message_is_copied_to_the_devices_under_the_same_nickname(users, server):
    """XEP-0280 §6.1."""
    host, pair = users().login(), users()
    phone, desk, tablet = (pair.login(name) for name in ("phone", "desk", "tablet"))
    room = make_room(host)
    for client in (phone, desk):
        enter(client, room, "pair")
    for client in (phone, desk, tablet):
        assert client.iq("set", f"<enable xmlns='{NS['carbons']}'/>").get("type") == "result"
    phone.say(f"{room}/owner", "from the phone")
    host.hear("from the phone")
    carbon = desk.expect(f"<message><sent xmlns='{NS['carbons']}'/></message>")
    inner = carbon.find("carbons:sent/forward:forwarded/", NS)
    assert (inner.get("from"), inner.get("to"), body(inner)) == (phone.jid, f"{room}/owner", "from the phone")
    assert inner.find("muc-user:x", NS) is not None
    tablet.expect_nothing(after=host)
    host.say(f"{room}/pair", "to both")
    for client in (phone, desk):
        client.hear("to both")
    for client in (phone, desk, tablet):
        client.expect_nothing("<message><received xmlns='urn:xmpp:carbons:2'/></message>", after=host)
    phone.send(f"<message type='chat' to='{room}/owner'><body>hush</body><private xmlns='{NS['carbons']}'/></message>")
    host.hear("hush")
    desk.expect_nothing(f"<message><sent xmlns='{NS['carbons']}'/></message>", after=host)


def test_a_private_message_to_nobody_is_refused(company):
    room, owner, one, two = company
    assert condition(error_of(one, one.say(f"{room}/nobody", "psst"))) == "item-not-found"


def test_a_private_message_from_outside_is_refused(company, users):
    room, owner, *_ = company
    stranger = users().login()
    assert condition(error_of(stranger, stranger.say(f"{room}/one", "psst"))) == "not-acceptable"


def test_a_groupchat_to_one_person_is_refused(company):
    room, owner, one, two = company
    assert condition(error_of(one, one.say(f"{room}/two", "psst", kind="groupchat"))) == "bad-request"


@pytest.mark.parametrize("allowed, guest_may, owner_may", [("none", False, False), ("moderators", False, True), ("participants", True, True)])
def test_the_room_says_who_may_write_privately(company, allowed, guest_may, owner_may):
    room, owner, one, two = company
    assert configure(owner, room, allowpm=allowed).get("type") == "result"
    for client, may in ((one, guest_may), (owner, owner_may)):
        name = client.say(f"{room}/two", f"psst {allowed} {may}")
        if may:
            two.hear(f"psst {allowed} {may}")
        else:
            assert condition(error_of(client, name)) == "forbidden"


def test_who_is_blocked_cannot_write_privately(company):
    room, owner, one, two = company
    two.iq("set", f"<block xmlns='{NS['block']}'><item jid='{room}/one'/></block>")
    assert condition(error_of(one, one.say(f"{room}/two", "psst"))) == "service-unavailable"
