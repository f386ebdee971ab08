"""XEP-0433: searching the service for public rooms."""

import pytest

from support.elements import NS, condition, error_type
from support.rooms import ask_in, enter, form, make_room, new_room, set_affiliation

pytestmark = pytest.mark.only_chancery("rooms are a component of Prosody's with other defaults")
BASE = "urn:xmpp:channel-search:0"
SEARCH, ERROR = f"{BASE}:search", f"{{{BASE}:error}}"
BY_ADDRESS, BY_USERS = f"{{{BASE}:order}}address", f"{{{BASE}:order}}nusers"


def search(client, rsm="", **fields):
    filled = form(f"{BASE}:search-params", **fields)
    page = f"<set xmlns='{NS['rsm']}'>{rsm}</set>" if rsm else ""
    return client.iq("get", f"<search xmlns='{SEARCH}'>{page}{filled}</search>", f"rooms.{client.server.domain}")


def items(answer):
    assert answer.get("type") == "result", answer
    return {item.get("address"): item for item in answer.findall(f"{{{SEARCH}}}result/{{{SEARCH}}}item")}


def said(item, name):
    return item.findtext(f"{{{SEARCH}}}{name}")


@pytest.fixture
def owner(users):
    return users().login()


def test_the_service_says_that_it_can_be_searched_and_gives_the_form(owner):
    service = f"rooms.{owner.server.domain}"
    answer = owner.iq("get", f"<query xmlns='{NS['info']}'/>", service)
    assert SEARCH in {feature.get("var") for feature in answer.findall("info:query/info:feature", NS)}
    blank = owner.iq("get", f"<search xmlns='{SEARCH}'/>", service).find(f"{{{SEARCH}}}search/data:x", NS)
    assert blank.get("type") == "form"
    assert {field.get("var") for field in blank.findall("data:field", NS)} >= {
        "FORM_TYPE", "q", "all", "sinname", "sindescription", "sinaddress", "types", "key"}


def test_public_rooms_are_found_with_what_they_are_like(owner, users):
    room = make_room(owner, roomname="The Quillets", roomdesc="where law is parsed", lang="en")
    closed = make_room(owner, roomname="Quillets for members", membersonly=True, whois="anyone")
    enter(users().login(), room, "another")
    found = items(search(owner, q="quillets"))
    assert set(found) == {room, closed}
    assert [said(found[room], name) for name in ("name", "description", "nusers", "language", "service-type", "is-open", "anonymity-mode")] == [
        "The Quillets", "where law is parsed", "2", "en", "xep-0045", "true", "muc_semianonymous"]
    assert (said(found[closed], "is-open"), said(found[closed], "anonymity-mode")) == ("false", f"{{{BASE}:anonymity}}none")
    assert set(items(search(owner, q="PARSED"))) == {room}
    assert set(items(search(owner, q="parsed", sindescription=False))) == set()
    assert items(search(owner, q="quillets", types="xep-0369")) == {}


def test_what_is_hidden_closed_or_forbidden_is_not_found(owner, users):
    guest = users().login()
    make_room(owner, roomname="Arras", publicroom=False)
    banned = make_room(owner, roomname="Arras too")
    assert set_affiliation(owner, banned, guest.bare, "outcast").get("type") == "result"
    locked = new_room(owner.server)
    ask_in(owner, locked, "owner")
    owner.expect(f"<presence from='{locked}/owner'/>")
    assert items(search(guest, q="arras")) == {} and items(search(guest, q=locked.split("@")[0])) == {}
    assert set(items(search(owner, q="arras"))) == {banned}, "not even for its owner"


def test_results_are_sorted_and_come_by_pages(owner, users):
    rooms = [make_room(owner, roomname="Pagination") for _ in range(3)]
    enter(users().login(), rooms[1], "another")
    assert list(items(search(owner, q="pagination", key=BY_ADDRESS))) == sorted(rooms)
    assert list(items(search(owner, q="pagination", key=BY_USERS)))[0] == rooms[1]
    seen, rsm = [], "<max>1</max>"
    while True:
        answer = search(owner, rsm, q="pagination", key=BY_ADDRESS)
        last = answer.findtext(f"{{{SEARCH}}}result/rsm:set/rsm:last", None, NS)
        assert answer.findtext(f"{{{SEARCH}}}result/rsm:set/rsm:count", None, NS) == "3"
        if last is None:
            break
        seen += items(answer)
        rsm = f"<max>1</max><after>{last}</after>"
    assert seen == sorted(rooms)


def test_who_searches_without_end_is_told_when_to_go_on(owner, users):
    for _ in range(30):
        refusal = search(owner, q="patience")
        if refusal.get("type") == "error":
            break
    assert (condition(refusal), error_type(refusal)) == ("resource-constraint", "wait")
    assert int(refusal.find("error", NS).find(ERROR + "rate-limit").get("retry-after")) >= 1
    assert items(search(users().login(), q="patience")) == {}, "others search"


@pytest.mark.parametrize("fields, expected, application", [
    ({}, "bad-request", "no-search-conditions"),
    ({"q": "a", "all": True}, "bad-request", "conflicting-fields"),
    ({"q": "&#9;"}, "bad-request", "invalid-search-terms"),
    ({"q": "a", "key": "age"}, "feature-not-implemented", "invalid-sort-key"),
])
def test_what_is_wrong_with_a_search_is_said(owner, fields, expected, application):
    refused = search(owner, **fields)
    assert (condition(refused), error_type(refused)) == (expected, "modify")
    assert refused.find("error", NS).find(ERROR + application) is not None
