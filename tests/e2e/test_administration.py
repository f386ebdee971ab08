"""XEP-0133 over XEP-0050: administrators do in their client what the command line does, and it is on record too."""

import json
import secrets

import pytest

from support.client import SaslFailure
from support.elements import NS, body, condition
from support.files import get, heard_link, share, upload
from support.rooms import enter, listed, make_room, people, refused, set_affiliation, standing

pytestmark = pytest.mark.only_chancery("Prosody's is on another service")

COMMANDS = "http://jabber.org/protocol/commands"
ADMIN = "http://jabber.org/protocol/admin"


@pytest.fixture
def boss(users, server):
    """Somebody with the role of an administrator."""
    person = users()
    person.name, person.password = "boss-" + secrets.token_hex(4), "secret-of-the-boss"
    server.cli("user", "add", person.name, "--administrator", stdin=f"{person.password}\n{person.password}\n")
    return person.login()


def run(client, node, action="execute", **fields):
    """The answer to a command: its blank form, or what it did."""
    inside = ""
    if fields:
        inside = "<x xmlns='jabber:x:data' type='submit'>" + "".join(
            f"<field var='{name.replace('_', '-') if name == 'password_verify' else name}'>"
            + "".join(f"<value>{value}</value>" for value in (values if isinstance(values, list) else [values])) + "</field>"
            for name, values in fields.items()) + "</x>"
    return client.iq("set", f"<command xmlns='{COMMANDS}' node='{ADMIN}#{node}' action='{action}'>{inside}</command>",
                     client.server.domain)


def step(client, node, session, action="", **fields):
    """One stanza of a command that asks several forms."""
    inside = "<x xmlns='jabber:x:data' type='submit'>" + "".join(
        f"<field var='{name}'>" + "".join(f"<value>{value}</value>" for value in (values if isinstance(values, list) else [values])) + "</field>"
        for name, values in fields.items()) + "</x>" if fields else ""
    return client.iq("set", f"<command xmlns='{COMMANDS}' node='{ADMIN}#{node}' sessionid='{session}'"
                     + (f" action='{action}'" if action else "") + f">{inside}</command>", client.server.domain)


def actions(answer):
    element = answer[0].find(f"{{{COMMANDS}}}actions")
    return element.get("execute"), {each.tag.split("}")[1] for each in element}


def command_error(answer):
    return next((each.tag.split("}")[1] for each in answer.find("error", NS) if each.tag.startswith("{" + COMMANDS)), None)


def remove(boss, *people):
    session = run(boss, "delete-user")[0].get("sessionid")
    step(boss, "delete-user", session, accountjids=list(people))
    return step(boss, "delete-user", session, "complete", confirm="1")


@pytest.mark.parametrize("node, fields", [("end-user-session", {"accountjids"}), ("get-user-roster", {"accountjids"}),
                                          ("get-user-lastlogin", {"accountjids"}), ("user-stats", {"accountjid", "accountjids"})])
def test_forms_ask_for_people_by_the_names_of_the_specification(boss, node, fields):
    assert {field.get("var") for field in run(boss, node).iter("{jabber:x:data}field")} == {"FORM_TYPE"} | fields


def test_the_commands_are_found_at_one_s_own_address_too(boss, users):
    listed = boss.iq("get", f"<query xmlns='{NS['items']}' node='{COMMANDS}'/>", boss.bare)
    items = {item.get("node"): item.get("jid") for item in listed.iterfind("items:query/items:item", NS)}
    assert items[f"{ADMIN}#add-user"] == boss.bare
    info = boss.iq("get", f"<query xmlns='{NS['info']}' node='{ADMIN}#add-user'/>", boss.bare)
    assert info.find("info:query/info:identity", NS).get("type") == "command-node"
    command = f"<command xmlns='{COMMANDS}' node='{ADMIN}#add-user'/>"
    assert boss.iq("set", command, boss.bare)[0].get("status") == "executing"
    other = users().login()
    assert condition(other.iq("set", command, other.bare)) == "forbidden"
    assert condition(other.iq("set", command, boss.bare)) == "service-unavailable"


def note(answer):
    assert answer.get("type") == "result", condition(answer)
    assert answer[0].get("status") == "completed"
    return answer[0].findtext(f"{{{COMMANDS}}}note")


def values(answer):
    assert answer.get("type") == "result", condition(answer)
    return {field.get("var"): [value.text for value in field.findall("data:value", NS)]
            for field in answer[0].findall("data:x/data:field", NS)}


def on_record(server, words):
    return [record for record in server.archive_search(all=True) if words in str(record)]


def test_only_administrators_are_shown_the_commands(users, boss):
    def listed(client):
        answer = client.iq("get", f"<query xmlns='{NS['items']}' node='{COMMANDS}'/>", client.server.domain)
        return [item.get("node") for item in answer.iter(f"{{{NS['items']}}}item")]

    assert f"{ADMIN}#add-user" in listed(boss)
    assert not [node for node in listed(users().login()) if node.startswith(ADMIN)]


@pytest.mark.parametrize("node", ["add-user", "disable-user", "get-registered-users-num", "announce", "user-stats"])
def test_nobody_else_may_run_them(users, node):
    assert condition(run(users().login(), node)) == "forbidden"
    assert condition(run(users().login(), node, accountjid="x@post.example", announcement="x")) == "forbidden"


def test_each_has_a_form_of_the_kind_that_the_specification_names(boss):
    answer = run(boss, "add-user")
    assert answer[0].get("status") == "executing"
    assert values(answer)["FORM_TYPE"] == [ADMIN]
    assert {"accountjid", "password", "password-verify"} <= set(values(answer))
    assert run(boss, "add-user", "cancel")[0].get("status") == "canceled"


def test_an_account_is_added(boss, users, server):
    name = "new-" + secrets.token_hex(4)
    note(run(boss, "add-user", accountjid=f"{name}@{server.domain}", password="a secret 9917", password_verify="a secret 9917"))
    person = users()
    person.name, person.password = name, "a secret 9917"
    person.login()
    assert on_record(server, name) and not on_record(server, "a secret 9917")


@pytest.mark.parametrize("fields, expected", [
    ({"accountjid": "x@elsewhere.example", "password": "x", "password_verify": "x"}, "jid-malformed"),
    ({"accountjid": "post.example", "password": "x", "password_verify": "x"}, "jid-malformed"),
    ({"accountjid": "somebody@post.example", "password": "x", "password_verify": "y"}, "not-acceptable"),
    ({"accountjid": "somebody@post.example", "password": "", "password_verify": ""}, "not-acceptable"),
])
def test_an_account_that_cannot_be_is_not_added(boss, fields, expected):
    assert condition(run(boss, "add-user", **fields)) == expected


def test_an_account_is_not_added_twice(boss, users):
    romeo = users()
    answer = run(boss, "add-user", accountjid=romeo.jid, password="x", password_verify="x")
    assert condition(answer) == "conflict"
    romeo.login()


def test_accounts_are_disabled_and_enabled_again(boss, users, server):
    romeo, juliet = users(2)
    client = romeo.login()
    note(run(boss, "disable-user", accountjids=[romeo.jid, juliet.jid], reason="on leave"))
    client.expect_stream_error("policy-violation")
    with pytest.raises(SaslFailure) as failed:
        romeo.login()
    assert failed.value.condition == "account-disabled" and "on leave" in failed.value.text
    assert romeo.jid in values(run(boss, "get-disabled-users-list", max_items="none"))["disableduserjids"]
    note(run(boss, "reenable-user", accountjids=[romeo.jid, juliet.jid]))
    romeo.login()
    assert on_record(server, "user disable")


def test_nobody_disables_themself(boss):
    assert condition(run(boss, "disable-user", accountjids=boss.bare)) == "not-allowed"


@pytest.mark.parametrize("node", ["disable-user", "reenable-user", "end-user-session", "change-user-password",
                                  "user-stats", "get-user-lastlogin", "get-user-roster"])
def test_who_is_not_there_is_said_to_be_unknown(boss, node):
    assert condition(run(boss, node, accountjid="nobody-of-that-name@post.example")) == "item-not-found"
    assert condition(run(boss, node, accountjid="a b@post.example")) == "jid-malformed"
    assert condition(run(boss, node, other="x")) == "bad-request"


def test_a_password_is_changed(boss, users):
    romeo = users()
    client = romeo.login()
    note(run(boss, "change-user-password", accountjid=romeo.jid, password="another one"))
    client.expect_stream_error("policy-violation")
    with pytest.raises(SaslFailure):
        romeo.login()
    romeo.password = "another one"
    romeo.login()
    assert condition(run(boss, "change-user-password", accountjid=romeo.jid, password="")) == "not-acceptable"


def test_one_session_or_all_of_them_are_ended(boss, users):
    romeo = users()
    one, two, three = romeo.login("one"), romeo.login("two"), romeo.login("three")
    note(run(boss, "end-user-session", accountjids=two.jid))
    two.expect_stream_error("policy-violation")
    one.fence()
    note(run(boss, "end-user-session", accountjids=romeo.jid))
    one.expect_stream_error("policy-violation")
    three.expect_stream_error("policy-violation")
    assert condition(run(boss, "end-user-session", accountjids=romeo.jid)) == "item-not-found"


def test_what_is_known_of_a_person(boss, friends, server):
    romeo, juliet = friends
    romeo.login("orchard")
    told = values(run(boss, "user-stats", accountjid=romeo.jid))
    assert told["onlineresources"] == ["orchard"] and told["ipaddresses"] == ["127.0.0.1"] and told["rostersize"] == ["1"]
    assert values(run(boss, "get-user-lastlogin", accountjids=romeo.jid))["lastlogin"][0].startswith("20")
    roster = run(boss, "get-user-roster", accountjids=romeo.jid)
    item = roster[0].find("data:x/roster:query/roster:item", NS)
    assert (item.get("jid"), item.get("subscription")) == (juliet.jid, "both")
    assert on_record(server, "user roster")


def test_who_was_never_there_never_signed_in(boss, users):
    assert values(run(boss, "get-user-lastlogin", accountjids=users().jid))["lastlogin"] == ["never"]


def test_numbers_come_without_a_form(boss, users, server):
    romeo = users()
    accounts = server.status()["accounts"]
    assert values(run(boss, "get-registered-users-num"))["registeredusersnum"] == [str(accounts)]
    before = int(values(run(boss, "get-online-users-num"))["onlineusersnum"][0])
    romeo.login("one")
    romeo.login("two")
    assert int(values(run(boss, "get-online-users-num"))["onlineusersnum"][0]) == before + 1
    assert values(run(boss, "get-disabled-users-num"))["disabledusersnum"][0].isdigit()


def test_lists_are_cut_where_asked(boss, users):
    romeo = users().login()
    assert romeo.bare in values(run(boss, "get-online-users-list", max_items="none"))["onlineuserjids"]
    assert len(values(run(boss, "get-registered-users-list", max_items="2"))["registereduserjids"]) == 2
    assert condition(run(boss, "get-registered-users-list", max_items="many")) == "not-acceptable"


def test_an_announcement_reaches_who_is_here_and_is_on_record(boss, users, server):
    romeo = users()
    client = romeo.login()
    note(run(boss, "announce", announcement=["The kitchen", "closes at nine"]))
    message = client.expect(lambda element: body(element) == "The kitchen\ncloses at nine")
    assert message.get("from") == server.domain
    assert on_record(server, "closes at nine")
    assert condition(run(boss, "announce", announcement="")) == "not-acceptable"


def test_a_role_that_was_taken_away_is_gone_at_once(boss, users, server):
    note(run(boss, "reenable-user", accountjids=users().jid))
    server.cli("user", "disable", boss.bare.split("@")[0])
    boss.expect_stream_error("policy-violation")


# Commands with several forms (XEP-0050 §3.4)

def test_a_command_is_filled_in_form_by_form(boss, users):
    romeo, juliet = users(2)
    first = run(boss, "delete-user")
    session = first[0].get("sessionid")
    assert first[0].get("status") == "executing" and actions(first) == ("next", {"next", "complete"})
    second = step(boss, "delete-user", session, "next", accountjids=romeo.jid)
    assert second[0].get("sessionid") == session and actions(second) == ("complete", {"prev", "complete"})
    assert romeo.jid in second[0].findtext("data:x/data:instructions", "", NS)
    again = step(boss, "delete-user", session, "prev")
    assert actions(again) == ("next", {"next", "complete"}) and "accountjids" in values(again)
    second = step(boss, "delete-user", session, accountjids=juliet.jid)
    assert juliet.jid in second[0].findtext("data:x/data:instructions", "", NS)
    assert step(boss, "delete-user", session, "cancel")[0].get("status") == "canceled"
    assert command_error(step(boss, "delete-user", session, confirm="1")) == "bad-sessionid"
    romeo.login(), juliet.login()


def test_who_completes_the_command_with_its_first_form_is_not_asked_again(boss, users):
    romeo = users()
    session = run(boss, "delete-user")[0].get("sessionid")
    assert note(step(boss, "delete-user", session, "complete", accountjids=romeo.jid)) == "1 removed."
    with pytest.raises(SaslFailure):
        romeo.login()


def test_actions_that_are_not_offered_are_refused(boss, users):
    romeo = users()
    session = run(boss, "delete-user")[0].get("sessionid")
    for action, error in (("prev", "bad-action"), ("leap", "malformed-action")):
        answer = step(boss, "delete-user", session, action)
        assert (condition(answer), command_error(answer)) == ("bad-request", error)
    step(boss, "delete-user", session, accountjids=romeo.jid)
    assert command_error(step(boss, "delete-user", session, "next", confirm="1")) == "bad-action"


def test_what_is_filled_in_wrongly_may_be_filled_in_again(boss, users):
    romeo = users()
    session = run(boss, "delete-user")[0].get("sessionid")
    assert condition(step(boss, "delete-user", session, accountjids="nobody-of-that-name@post.example")) == "item-not-found"
    assert actions(step(boss, "delete-user", session, accountjids=romeo.jid)) == ("complete", {"prev", "complete"})
    assert condition(step(boss, "delete-user", session, confirm="0")) == "not-acceptable"
    romeo.login()
    note(step(boss, "delete-user", session, confirm="1"))


def test_a_session_is_one_persons_and_one_commands(boss, users, server):
    session = run(boss, "delete-user")[0].get("sessionid")
    assert command_error(step(boss, "delete-user", "nonsense", accountjids="x")) == "bad-sessionid"
    other = users()
    other.name, other.password = "chief-" + secrets.token_hex(4), "secret-of-the-chief"
    server.cli("user", "add", other.name, "--administrator", stdin=f"{other.password}\n{other.password}\n")
    assert command_error(step(other.login(), "delete-user", session, accountjids="x")) == "bad-sessionid"


# Removing (XEP-0133 §4.2)

def test_who_is_removed_is_gone_with_all_that_was_theirs(boss, friends, users, server):
    romeo, juliet = friends
    device, friend = romeo.login(), juliet.login()
    device.say(juliet.jid, "the last words")
    friend.hear("the last words")
    assert device.iq("set", "<vCard xmlns='vcard-temp'><FN>Romeo</FN></vCard>").get("type") == "result"
    note(remove(boss, romeo.jid))
    device.expect_stream_error("policy-violation")
    friend.expect(f"<presence type='unsubscribed' from='{romeo.jid}'/>")
    with pytest.raises(SaslFailure):
        romeo.login()
    assert condition(friend.iq("get", "<vCard xmlns='vcard-temp'/>", romeo.jid)) == "service-unavailable"
    friend.expect(f"<message type='error' id='{friend.say(romeo.jid, 'art thou there?', name='gone')}'/>")
    item = friend.iq("get", "<query xmlns='jabber:iq:roster'/>").find("roster:query/roster:item", NS)
    assert (item.get("jid"), item.get("subscription")) == (romeo.jid, "none")
    assert [record["body"] for record in server.archive_search(sender=romeo.jid, words="last words")] == ["the last words"]
    assert on_record(server, "user remove")


def test_the_command_line_removes_somebody_as_a_client_does(friends, server):
    romeo, juliet = friends
    device, friend = romeo.login(), juliet.login()
    asked = server.cli("user", "remove", romeo.name, check=False, stdin="")
    assert asked.returncode == 2 and "--yes" in asked.stderr
    assert romeo.login("still").jid.endswith("/still"), "nothing was done"
    assert json.loads(server.cli("user", "remove", romeo.jid, "--yes", "--json").stdout) == {"removed": romeo.name}
    device.expect_stream_error("policy-violation")
    friend.expect(f"<presence type='unsubscribed' from='{romeo.jid}'/>")
    with pytest.raises(SaslFailure):
        romeo.login()
    again = server.cli("user", "remove", romeo.name, "--yes", check=False)
    assert again.returncode == 2 and "no such account" in again.stderr
    added = server.cli("user", "add", romeo.name, stdin="a secret 9917\n", check=False)
    assert added.returncode == 2 and "user release" in added.stderr, "the name stays theirs"
    assert any("uid " in str(record) for record in on_record(server, "user remove") if romeo.name in str(record))


def test_without_a_server_nobody_is_removed(own_server, users):
    romeo = users()
    own_server.stop()
    refused = own_server.cli("user", "remove", romeo.name, "--yes", check=False)
    assert refused.returncode == 2 and "chancery serve" in refused.stderr
    own_server.start()
    romeo.login()


def test_the_name_stays_theirs_until_it_is_released(boss, users, server):
    romeo = users()
    note(remove(boss, romeo.jid))
    add = {"accountjid": romeo.jid, "password": "a secret 9917", "password_verify": "a secret 9917"}
    assert condition(run(boss, "add-user", **add)) == "conflict"
    again = server.cli("user", "add", romeo.name, stdin="a secret 9917\n", check=False)
    assert again.returncode == 2 and "user release" in again.stderr
    assert server.cli("user", "release", "nobody-of-that-name", check=False).returncode == 2
    assert server.cli("user", "release", romeo.name).stdout == f"The name {romeo.name} may be given again.\n"
    note(run(boss, "add-user", **add))
    romeo.password = "a secret 9917"
    assert romeo.login().iq("get", "<query xmlns='jabber:iq:roster'/>").findall("roster:query/roster:item", NS) == []


def test_who_gets_a_released_name_gets_nothing_that_waited(boss, users, server):
    romeo, juliet = users(2)
    friend = juliet.login()
    friend.say(romeo.jid, "for the one before")
    friend.fence()
    note(remove(boss, romeo.jid))
    server.cli("user", "release", romeo.name)
    note(run(boss, "add-user", accountjid=romeo.jid, password="a secret 9917", password_verify="a secret 9917"))
    romeo.password = "a secret 9917"
    romeo.login().expect_nothing()


def in_rooms(client, *rooms):
    """The own affiliation in each."""
    return [standing(enter(client, room, client.bare.split("@")[0]))[0] for room in rooms]


def test_who_is_removed_is_nobody_in_rooms_any_more(boss, users, server):
    romeo, juliet = users(2)
    owner, gone = juliet.login(), romeo.login()
    rooms = [make_room(owner, persistentroom=True) for _ in range(2)]
    for room, affiliation in zip(rooms, ("owner", "outcast")):
        assert set_affiliation(owner, room, romeo.jid, affiliation).get("type") == "result"
    theirs = make_room(gone, persistentroom=True, membersonly=True)
    assert set_affiliation(gone, theirs, juliet.jid, "member").get("type") == "result"
    note(remove(boss, romeo.jid))
    assert listed(people(owner, rooms[0], affiliation="owner")) == [juliet.jid]
    assert listed(people(owner, rooms[1], affiliation="outcast")) == []
    assert listed(people(boss, theirs, affiliation="owner")) == [boss.bare], "somebody must be able to run the room"
    assert listed(people(boss, theirs, affiliation="member")) == [juliet.jid]
    written = [record for record in server.archive_search(room=rooms[0], all=True) if record["from"] == boss.bare]
    assert romeo.jid in written[-1]["stanza"] and "affiliation='none'" in written[-1]["stanza"]

    server.cli("user", "release", romeo.name)
    server.cli("user", "add", romeo.name, stdin=f"{romeo.password}\n{romeo.password}\n")
    later = romeo.login()
    assert in_rooms(later, *rooms) == ["none", "none"]
    assert condition(refused(later, theirs, "romeo")) == "registration-required"


def test_what_the_removed_were_in_rooms_is_gone_after_a_restart(own_server, users):
    person, owner = users(), users().login()
    chief = users()
    chief.name, chief.password = "chief", "secret-of-the-chief"
    own_server.cli("user", "add", chief.name, "--administrator", stdin=f"{chief.password}\n{chief.password}\n")
    room = make_room(owner, persistentroom=True)
    assert set_affiliation(owner, room, person.jid, "admin").get("type") == "result"
    note(remove(chief.login(), person.jid))
    own_server.restart()
    own_server.cli("user", "release", person.name)
    own_server.cli("user", "add", person.name, stdin=f"{person.password}\n{person.password}\n")
    assert in_rooms(person.login(), room) == ["none"]


def test_who_gets_a_released_name_does_not_open_links_of_who_had_it(boss, users, server):
    romeo, juliet = users(2)
    sender = juliet.login()
    share(sender, romeo.jid, upload(sender, b"The plan, in short."))
    heard = heard_link(romeo.login())
    assert get(server, heard).status == 200
    note(remove(boss, romeo.jid))
    assert get(server, heard).status == 403
    server.cli("user", "release", romeo.name)
    server.cli("user", "add", romeo.name, stdin=f"{romeo.password}\n{romeo.password}\n")
    assert get(server, heard).status == 403
    later = romeo.login()
    share(later, juliet.jid, heard)
    assert heard_link(sender) == heard, "it is not theirs to share"


def test_nobody_removes_themself(boss):
    session = run(boss, "delete-user")[0].get("sessionid")
    assert condition(step(boss, "delete-user", session, accountjids=boss.bare)) == "not-allowed"


# Who administers (§4.30), who is at it (§4.17 to §4.26)

def test_administrators_are_made_and_unmade(boss, users):
    romeo = users()
    client = romeo.login()
    now = values(run(boss, "edit-admin"))["adminjids"]
    assert boss.bare in now and romeo.jid not in now
    note(run(boss, "edit-admin", adminjids=[*now, romeo.jid]))
    assert run(client, "add-user").get("type") == "result"
    note(run(boss, "edit-admin", adminjids=now))
    assert condition(run(client, "add-user")) == "forbidden"
    assert condition(run(boss, "edit-admin", adminjids=[romeo.jid])) == "not-allowed"


def test_who_is_away_is_idle(boss, users):
    romeo, juliet = users(2)
    here, away = romeo.login(), juliet.login()
    away.send("<presence><show>away</show></presence>")
    away.expect(f"<presence from='{away.jid}'><show>away</show></presence>")
    active, idle = (values(run(boss, node, max_items="none"))[var] for node, var in
                    (("get-active-users", "activeuserjids"), ("get-idle-users", "idleuserjids")))
    assert here.bare in active and here.bare not in idle and away.bare in idle and away.bare not in active
    assert values(run(boss, "get-active-users-num"))["activeusersnum"] == [str(len(active))]
    assert values(run(boss, "get-idle-users-num"))["idleusersnum"] == [str(len(idle))]
