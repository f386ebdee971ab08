"""Groups of accounts, by the command line, and an administrator's message to them."""

import json

import pytest

from support.rooms import make_room

pytestmark = pytest.mark.only_chancery("our command line")


def ask(server, *words):
    return json.loads(server.cli(*words, "--json").stdout)


def make_group(server, name, *members):
    server.cli("group", "add", name)
    server.cli("group", "member", "add", name, *[person.name for person in members])
    return name


def members(server, group):
    return [member["name"] for member in ask(server, "group", "show", group)["group"]["members"]]


def groups_of(server, person):
    return next(user["groups"] for user in ask(server, "user", "list")["users"] if user["name"] == person.name)


def heard(client, text):
    """How many messages of that text the client has been sent."""
    client.fence()
    return len(client.take(f"<message><body>{text}</body></message>"))


def test_a_group_is_made_filled_shown_and_removed(own_server, users):
    romeo, juliet = users(2)
    names = sorted([romeo.name, juliet.name])
    assert own_server.cli("group", "add", "Legal Department").stdout == "Added the group Legal Department.\n"
    put = own_server.cli("group", "member", "add", "legal department", romeo.name, juliet.jid)
    assert put.stdout == f"Put {', '.join(names)} into Legal Department.\n"
    own_server.cli("user", "disable", romeo.name)
    shown = own_server.cli("group", "show", "LEGAL DEPARTMENT").stdout
    assert shown.startswith("Legal Department: 2 members\n") and f"  {romeo.name}  disabled\n" in shown and f"  {juliet.name}\n" in shown
    assert own_server.cli("group", "list").stdout == "Legal Department  2 members\n"
    assert f"{juliet.name}  in Legal Department  never signed in\n" in own_server.cli("user", "list").stdout
    assert [user["name"] for user in ask(own_server, "user", "list", "--group", "legal department")["users"]] == names
    took = own_server.cli("group", "member", "remove", "Legal Department", romeo.name)
    assert took.stdout == f"Took {romeo.name} out of Legal Department.\n"
    asked = own_server.cli("group", "remove", "Legal Department", check=False, stdin="")
    assert asked.returncode == 2 and "--yes" in asked.stderr
    assert ask(own_server, "group", "remove", "Legal Department", "--yes") == {"removed": "Legal Department", "members": [juliet.name]}
    assert ask(own_server, "group", "list") == {"groups": []}


def test_a_script_may_say_everything_twice(own_server, users):
    romeo = users()
    assert ask(own_server, "group", "add", "Board") == {"added": "Board", "existed": False}
    assert ask(own_server, "group", "add", "BOARD") == {"added": "Board", "existed": True}
    assert ask(own_server, "group", "member", "add", "Board", romeo.name)["added"] == [romeo.name]
    assert ask(own_server, "group", "member", "add", "Board", romeo.name) == {"group": "Board", "added": [], "already": [romeo.name]}
    assert ask(own_server, "group", "member", "remove", "Board", romeo.name)["removed"] == [romeo.name]
    assert ask(own_server, "group", "member", "remove", "Board", romeo.name) == {"group": "Board", "removed": [], "not_members": [romeo.name]}


def test_what_is_wrong_with_a_name_is_said_with_the_mend(own_server, users):
    romeo = users()
    for words, hints in [(["group", "show", "Board"], ["no group", "chancery group add"]), (["group", "add", " "], ["name"])]:
        wrong = own_server.cli(*words, check=False)
        assert wrong.returncode == 2 and all(hint in wrong.stderr for hint in hints), wrong.stderr
    make_group(own_server, "Legal Department", romeo)
    for words in (["group", "show", "Legal"], ["group", "remove", "Legal", "--yes"], ["group", "member", "add", "Legal", romeo.name],
                  ["group", "member", "remove", "Legal", romeo.name], ["user", "list", "--group", "Legal"], ["send", "--group", "Legal", "--text", "x"]):
        wrong = own_server.cli(*words, check=False)
        assert wrong.returncode == 2 and '"Legal Department"' in wrong.stderr, wrong.stderr
    nobody = own_server.cli("group", "member", "add", "Legal Department", "nobody", check=False)
    assert nobody.returncode == 2 and "nobody: there is no such account" in nobody.stderr
    assert members(own_server, "Legal Department") == [romeo.name]


def test_what_is_done_to_groups_is_on_the_record(own_server, users):
    romeo = users()
    make_group(own_server, "Board", romeo)
    commands = [json.loads(each["body"]) for each in own_server.archive_search(all=True) if each["kind"] == "admin" and '"group' in each["body"]]
    assert [command["command"] for command in commands] == ["group add", "group member add"]
    assert commands[1]["members"] == [romeo.name]


def test_groups_are_there_without_a_server_and_after_a_restart(own_server, users):
    romeo = users()
    own_server.stop()
    make_group(own_server, "Board", romeo)
    own_server.start()
    assert members(own_server, "Board") == [romeo.name] and groups_of(own_server, romeo) == ["Board"]


def test_who_is_removed_leaves_the_groups(own_server, users):
    romeo, juliet = users(2)
    make_group(own_server, "Board", romeo, juliet)
    own_server.cli("user", "remove", romeo.name, "--yes")
    assert members(own_server, "Board") == [juliet.name]
    own_server.cli("user", "release", romeo.name)
    own_server.cli("user", "add", romeo.name, stdin=f"{romeo.password}\n")
    own_server.restart()
    assert members(own_server, "Board") == [juliet.name] and groups_of(own_server, romeo) == []


def test_each_member_is_sent_a_message_once(own_server, users):
    """In two groups, and named as well."""
    romeo, juliet, tybalt = users(3)
    clients = [person.login() for person in (romeo, juliet, tybalt)]
    make_group(own_server, "Board", romeo, juliet)
    make_group(own_server, "Legal Department", juliet)
    sent = ask(own_server, "send", "--group", "Board", "--group", "legal department", "--to", juliet.jid, "--text", "The gates are shut at nine.")
    assert sent == {"sent": 2, "refused": [], "failed": []}
    assert [heard(client, "The gates are shut at nine.") for client in clients] == [1, 1, 0]
    assert {each["to"] for each in own_server.archive_search(words="gates")} == {romeo.jid, juliet.jid}
    [command] = [each["body"] for each in own_server.archive_search(all=True) if each["kind"] == "admin" and '"send"' in each["body"]]
    assert "legal department" in command and "gates" not in command


def test_who_is_named_and_one_of_everybody_is_sent_a_message_once(own_server, users):
    romeo, juliet = users(2)
    client = romeo.login()
    own_server.cli("send", "--everybody", "--to", romeo.name, "--text", "Welcome.")
    assert heard(client, "Welcome.") == 1


def test_a_message_goes_to_groups_people_and_rooms_together(own_server, users):
    romeo, juliet, tybalt = users(3)
    client, other = romeo.login(), tybalt.login()
    room = make_room(client)
    make_group(own_server, "Board", juliet)
    told = own_server.cli("send", "--group", "Board", "--to", room, tybalt.name, "--text", "Welcome.")
    assert told.stdout == "Sent 3 messages.\n"
    assert (heard(client, "Welcome."), heard(other, "Welcome.")) == (1, 1)
    juliet.login().expect("<message><body>Welcome.</body></message>")


def test_a_member_who_may_not_sign_in_is_left_out_as_with_everybody(own_server, users):
    romeo, juliet = users(2)
    make_group(own_server, "Board", romeo, juliet)
    own_server.cli("user", "disable", romeo.name)
    assert own_server.cli("send", "--group", "Board", "--text", "Welcome.").stdout == "Sent 1 message.\n"
    own_server.cli("user", "disable", juliet.name)
    nobody = own_server.cli("send", "--group", "Board", "--text", "Welcome.", check=False)
    assert nobody.returncode == 2 and "may sign in" in nobody.stderr
