"""What rooms offer besides: service discovery, archive (XEP-0313, XEP-0431), self-ping (XEP-0410), requests to occupants,
moderation (XEP-0425), hats (XEP-0317), the room's picture (XEP-0153)."""

import base64
import hashlib

import pytest

from support.elements import NS, condition
from support.rooms import (codes, configure, discover, enter, form, item, make_room, new_room, set_affiliation, set_role)

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")


@pytest.fixture
def owner(users):
    return users().login()


# Service discovery (§6)

def items(client, where, content=""):
    answer = client.iq("get", f"<query xmlns='{NS['items']}'>{content}</query>", where)
    return {each.get("jid"): each.get("name") for each in answer.findall("items:query/items:item", NS)}, answer


def test_the_service_is_found_at_the_server(server, owner):
    assert items(owner, server.domain)[0][f"rooms.{server.domain}"] == "Rooms"
    features, _, _ = discover(owner, f"rooms.{server.domain}")
    assert {NS["muc"], NS["occupant"]} <= features


def test_public_rooms_are_listed_and_hidden_ones_to_their_members_only(server, owner, users):
    guest, service = users().login(), f"rooms.{server.domain}"
    public, hidden = make_room(owner, roomname="Open"), make_room(owner, publicroom=False, roomname="Closed")
    assert items(guest, service)[0].get(public) == "Open"
    assert hidden not in items(guest, service)[0]
    assert items(owner, service)[0][hidden] == "Closed"


def test_rooms_are_listed_by_pages(server, owner):
    rooms = {make_room(owner) for _ in range(3)}
    seen, after = [], ""
    for _ in range(200):
        found, answer = items(owner, f"rooms.{server.domain}", f"<set xmlns='{NS['rsm']}'><max>2</max>{after}</set>")
        seen += found
        last = answer.findtext("items:query/rsm:set/rsm:last", None, NS)
        if last is None:
            break
        after = f"<after>{last}</after>"
    assert rooms <= set(seen) and len(seen) == len(set(seen))


def test_a_room_says_what_it_is_like(owner):
    room = make_room(owner, roomname="Cave", roomdesc="Deep &amp; dark", moderatedroom=True, membersonly=True, whois="anyone",
                     lang="la")
    features, fields, name = discover(owner, room)
    assert {"muc_public", "muc_temporary", "muc_membersonly", "muc_moderated", "muc_nonanonymous", "muc_unsecured", NS["mam"], NS["sid"],
            NS["occupant"], NS["moderate"], NS["hats"]} <= features
    assert name == "Cave"
    assert fields["FORM_TYPE"] == "http://jabber.org/protocol/muc#roominfo"
    assert (fields["muc#roominfo_description"], fields["muc#roominfo_occupants"], fields["muc#roominfo_lang"]) == ("Deep & dark", "1", "la")


def test_who_is_in_an_open_room_is_listed_to_everybody(owner, users):
    room = make_room(owner)
    assert items(users().login(), room)[0] == {f"{room}/owner": "owner"}


@pytest.mark.parametrize("closed", [{"membersonly": True}, {"publicroom": False}, {"passwordprotectedroom": True, "roomsecret": "hush"}])
def test_who_is_in_a_closed_room_is_listed_to_those_in_it(owner, users, closed):
    room = make_room(owner, **closed)
    assert items(users().login(), room)[0] == {}
    assert items(owner, room)[0] == {f"{room}/owner": "owner"}


def test_a_room_that_is_not_there_has_no_description(server, owner):
    assert condition(owner.iq("get", f"<query xmlns='{NS['info']}'/>", new_room(server))) == "item-not-found"


# Self-ping (XEP-0410)

def ping(client, to):
    return client.iq("get", f"<ping xmlns='{NS['ping']}'/>", to)


def test_who_pings_themselves_learns_whether_they_are_still_there(owner, users):
    guest = users().login()
    room = make_room(owner)
    assert condition(ping(guest, f"{room}/guest")) == "not-acceptable"
    enter(guest, room, "guest")
    assert ping(guest, f"{room}/guest").get("type") == "result"
    assert condition(ping(guest, f"{room}/nobody")) == "item-not-found"
    assert ping(guest, room).get("type") == "result"


# Requests to occupants (§17.4)

def test_a_request_to_an_occupant_reaches_their_client_and_comes_back(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    guest.send(f"<iq type='get' id='v1' to='{room}/owner'><query xmlns='{NS['version']}'/></iq>")
    asked = owner.expect(f"<iq type='get' from='{room}/guest'><query xmlns='{NS['version']}'/></iq>")
    owner.send(f"<iq type='result' id='{asked.get('id')}' to='{room}/guest'><query xmlns='{NS['version']}'><name>Kettle</name></query></iq>")
    answer = guest.expect("<iq type='result' id='v1'/>")
    assert answer.get("from") == f"{room}/owner" and answer.findtext("version:query/version:name", None, NS) == "Kettle"


def test_the_card_of_an_occupant_is_that_of_the_person(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    owner.iq("set", f"<vCard xmlns='{NS['vcard']}'><FN>Hecate</FN></vCard>")
    answer = guest.iq("get", f"<vCard xmlns='{NS['vcard']}'/>", f"{room}/owner")
    assert answer.findtext("vcard:vCard/vcard:FN", None, NS) == "Hecate"


def test_nobody_outside_asks_occupants(owner, users):
    room = make_room(owner)
    stranger = users().login()
    assert condition(stranger.iq("get", f"<query xmlns='{NS['version']}'/>", f"{room}/owner")) == "not-acceptable"
    assert condition(stranger.iq("get", f"<query xmlns='{NS['info']}'/>", f"{room}/owner")) == "bad-request"
    assert condition(stranger.iq("get", f"<query xmlns='{NS['items']}'/>", f"{room}/owner")) == "bad-request"


# The archive (XEP-0313)

def ask(client, room, **fields):
    asked = form(NS["mam"], **fields)
    answer = client.iq("set", f"<query xmlns='{NS['mam']}' queryid='q7'>{asked}</query>", room)
    return answer, [message.find("mam:result", NS) for message in client.take(f"<message from='{room}'><result xmlns='{NS['mam']}'/></message>")]


def shown(results):
    return [result.find("forward:forwarded/{jabber:client}message", NS) for result in results]


def bodies(results):
    return [message.findtext("body", None, NS) for message in shown(results)]


@pytest.fixture
def talk(owner, users):
    guest = users().login()
    room = make_room(owner)
    enter(guest, room, "guest")
    ids = {}
    for speaker, text in ((owner, "fair is foul"), (guest, "foul is fair"), (owner, "hover through the fog")):
        speaker.say(room, text, kind="groupchat")
        ids[text] = guest.hear(text).find(f"sid:stanza-id[@by='{room}']", NS).get("id")
        owner.hear(text)
    return room, owner, guest, ids


def test_the_archive_has_each_message_once_as_the_room_showed_it(talk):
    room, owner, guest, ids = talk
    answer, results = ask(guest, room)
    assert bodies(results) == ["fair is foul", "foul is fair", "hover through the fog"]
    assert [result.get("id") for result in results] == list(ids.values())
    assert [message.get("from") for message in shown(results)] == [f"{room}/owner", f"{room}/guest", f"{room}/owner"]
    assert answer.find("mam:fin", NS).get("complete") == "true"


def test_real_addresses_in_the_archive_are_for_who_may_see_them(talk):
    room, owner, guest, ids = talk
    assert all(item(message) is None for message in shown(ask(guest, room)[1]))
    assert [item(message).get("jid") for message in shown(ask(owner, room)[1])] == [owner.jid, guest.jid, owner.jid]
    assert condition(ask(guest, room, **{"with": owner.bare})[0]) == "feature-not-implemented"
    assert bodies(ask(owner, room, **{"with": guest.bare})[1]) == ["foul is fair"]


def test_private_messages_are_not_in_the_rooms_archive(talk):
    room, owner, guest, ids = talk
    guest.say(f"{room}/owner", "between us")
    owner.hear("between us")
    assert "between us" not in bodies(ask(owner, room)[1])


def test_refused_messages_are_not_in_the_rooms_archive(talk):
    room, owner, guest, ids = talk
    assert set_role(owner, room, "guest", "visitor").get("type") == "result"
    guest.say(room, "unheard", kind="groupchat", name="u1")
    guest.expect("<message type='error' id='u1'/>")
    assert "unheard" not in bodies(ask(owner, room)[1])


def test_who_may_not_enter_may_not_read(talk, users):
    room, owner, guest, ids = talk
    stranger = users().login()
    assert len(ask(stranger, room)[1]) == 3
    configure(owner, room, passwordprotectedroom=True, roomsecret="x")
    assert condition(ask(stranger, room)[0]) == "forbidden"
    configure(owner, room, passwordprotectedroom=False)
    set_affiliation(owner, room, stranger.bare, "outcast")
    assert condition(ask(stranger, room)[0]) == "forbidden"
    set_affiliation(owner, room, stranger.bare, "none")
    configure(owner, room, membersonly=True)
    assert condition(ask(stranger, room)[0]) == "forbidden"
    assert condition(stranger.iq("get", f"<metadata xmlns='{NS['mam']}'/>", room)) == "forbidden"
    assert condition(stranger.iq("get", f"<query xmlns='{NS['mam']}'/>", room)) == "forbidden"


def test_the_archive_is_searched_by_words(talk):
    room, owner, guest, ids = talk
    assert bodies(ask(guest, room, **{"{urn:xmpp:fulltext:0}fulltext": "fog"})[1]) == ["hover through the fog"]
    assert bodies(ask(guest, room, **{"{urn:xmpp:fulltext:0}fulltext": "cauldron"})[1]) == []


def test_ones_own_archive_is_searched_by_words(users):
    romeo, juliet, other = (person.login() for person in users(3))
    for number in range(3):
        romeo.say(juliet.jid, f"roses number {number}")
        juliet.hear(f"roses number {number}")
    other.say(juliet.jid, "roses of others")
    juliet.hear("roses of others")
    asked = form(NS["mam"], **{"{urn:xmpp:fulltext:0}fulltext": "rose", "with": romeo.bare})
    answer = juliet.iq("set", f"<query xmlns='{NS['mam']}'>{asked}<set xmlns='{NS['rsm']}'><max>2</max><before/></set></query>")
    results = [each.find("mam:result", NS) for each in juliet.take(f"<message><result xmlns='{NS['mam']}'/></message>")]
    assert bodies(results) == ["roses number 1", "roses number 2"]
    assert answer.findtext("mam:fin/rsm:set/rsm:count", None, NS) == "3"


def test_the_archive_says_where_it_begins_and_ends(talk):
    room, owner, guest, ids = talk
    metadata = guest.iq("get", f"<metadata xmlns='{NS['mam']}'/>", room).find("mam:metadata", NS)
    positions = list(ids.values())
    assert (metadata.find("mam:start", NS).get("id"), metadata.find("mam:end", NS).get("id")) == (positions[0], positions[-1])


# Moderation (XEP-0425)

def retract(client, room, name, reason="unseemly"):
    return client.iq("set", f"<moderate xmlns='{NS['moderate']}' id='{name}'><retract xmlns='{NS['retract']}'/>"
                            f"<reason>{reason}</reason></moderate>", room)


def test_what_a_moderator_takes_back_is_shown_to_nobody_again_and_stays_on_record(server, talk, users):
    room, owner, guest, ids = talk
    name = ids["foul is fair"]
    assert retract(owner, room, name).get("type") == "result"
    for client in (owner, guest):
        note = client.expect(f"<message type='groupchat' from='{room}'><retract xmlns='{NS['retract']}' id='{name}'>"
                             f"<moderated xmlns='{NS['moderate']}' by='{room}/owner'/></retract></message>")
        assert note.findtext("retract:retract/retract:reason", None, NS) or "unseemly" in "".join(note.itertext())
    late = users().login()
    enter(late, room, "late")
    assert "foul is fair" not in [message.findtext("body", None, NS) for message in late.take("<message type='groupchat'/>")]
    results = ask(late, room)[1]
    assert "foul is fair" not in bodies(results)
    stone = next(message for result, message in zip(results, shown(results)) if result.get("id") == name)
    assert stone.get("from") == f"{room}/guest" and stone.find("retract:retracted/moderate:moderated", NS) is not None
    assert len(server.archive_search(words="\"foul is fair\"", room=room)) == 1


def test_only_moderators_take_back_what_others_said(talk):
    room, owner, guest, ids = talk
    assert condition(retract(guest, room, ids["fair is foul"])) == "forbidden"
    assert condition(retract(owner, room, "0" * 32)) == "item-not-found"


# Hats (XEP-0317)

def command(client, room, name, **fields):
    written = form("urn:xmpp:hats:commands", **fields) if fields else ""
    return client.iq("set", f"<command xmlns='{NS['commands']}' node='urn:xmpp:hats:commands:{name}' action='execute'>{written}</command>", room)


HAT = "http://tech.example/hats#duty"


def test_hats_are_made_worn_and_taken_away(owner, users):
    member = users().login()
    room = make_room(owner)
    set_affiliation(owner, room, member.bare, "member")
    enter(member, room, "member")
    assert "hats#uri" in [field.get("var") for field in command(owner, room, "create").iter("{jabber:x:data}field")]
    assert command(owner, room, "create", hats__uri=HAT, hats__title="Officer on duty").get("type") == "result"
    owner.inbox.clear()
    assert command(owner, room, "assign", hats__uri=HAT, hats__jid=member.bare).get("type") == "result"
    seen = owner.expect(f"<presence from='{room}/member'><hats xmlns='{NS['hats']}'><hat uri='{HAT}' title='Officer on duty'/></hats></presence>")
    assert seen is not None
    assert command(owner, room, "unassign", hats__uri=HAT, hats__jid=member.bare).get("type") == "result"
    assert owner.expect(f"<presence from='{room}/member'/>").find("hats:hats", NS) is None


def test_only_those_who_run_the_room_hand_out_hats(owner, users):
    guest = users().login()
    room = make_room(owner)
    assert condition(command(guest, room, "create", hats__uri=HAT, hats__title="King")) == "forbidden"
    assert condition(command(owner, room, "assign", hats__uri=HAT, hats__jid=guest.bare)) == "item-not-found"
    assert condition(command(owner, room, "create", hats__uri=HAT)) == "not-acceptable"


# The room's picture

def test_a_room_has_a_picture(owner, users):
    guest = users().login()
    room = make_room(owner)
    picture = b"not really a picture"
    card = f"<vCard xmlns='{NS['vcard']}'><PHOTO><TYPE>image/png</TYPE><BINVAL>{base64.b64encode(picture).decode()}</BINVAL></PHOTO></vCard>"
    assert condition(guest.iq("set", card, room)) == "forbidden"
    assert owner.iq("set", card, room).get("type") == "result"
    digest = hashlib.sha1(picture).hexdigest()
    owner.expect(f"<presence from='{room}'><x xmlns='vcard-temp:x:update'><photo>{digest}</photo></x></presence>")
    assert discover(guest, room)[1]["muc#roominfo_avatarhash"] == digest
    enter(guest, room, "guest")
    assert guest.take(f"<presence from='{room}'><x xmlns='vcard-temp:x:update'><photo>{digest}</photo></x></presence>")
    answer = guest.iq("get", f"<vCard xmlns='{NS['vcard']}'/>", room)
    assert answer.find("vcard:vCard/vcard:PHOTO/vcard:BINVAL", NS) is not None


def test_what_nobody_serves_is_refused(owner):
    room = make_room(owner)
    assert condition(owner.iq("get", "<query xmlns='urn:example:unknown'/>", room)) == "service-unavailable"
