"""XEP-0055: people are found by the name of the account and by their cards."""

import pytest

from support.elements import NS, condition

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no search")

SEARCH = "jabber:iq:search"


def set_card(client, given, family, nick="", email=""):
    card = (f"<vCard xmlns='vcard-temp'><FN>{given} {family}</FN><N><FAMILY>{family}</FAMILY><GIVEN>{given}</GIVEN></N>"
            f"<NICKNAME>{nick}</NICKNAME><EMAIL><INTERNET/><USERID>{email}</USERID></EMAIL></vCard>")
    assert client.iq("set", card).get("type") == "result"


def search(client, **fields):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return client.iq("set", f"<query xmlns='{SEARCH}'>{inside}</query>", client.server.domain)


def search_form(client, **fields):
    inside = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items())
    return client.iq("set", f"<query xmlns='{SEARCH}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                            f"<value>{SEARCH}</value></field>{inside}</x></query>", client.server.domain)


def found(answer):
    assert answer.get("type") == "result"
    return {item.get("jid") for item in answer.iter(f"{{{SEARCH}}}item")}


@pytest.fixture
def capulet(users):
    person = users()
    set_card(person.login(), "Giulietta", "Čapülét", "Jule", "jule@verona.example")
    return person


def test_it_is_announced_and_says_what_can_be_filled_in(users):
    client = users().login()
    info = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.server.domain)
    assert info.find(f"info:query/info:feature[@var='{SEARCH}']", NS) is not None
    query = client.iq("get", f"<query xmlns='{SEARCH}'/>", client.server.domain)[0]
    assert {"first", "last", "nick", "email"} <= {child.tag.split("}")[1] for child in query}
    assert {field.get("var") for field in query.iter("{jabber:x:data}field")} == {"FORM_TYPE", "user", "first", "last", "nick", "email"}


@pytest.mark.parametrize("fields", [{"first": "giuli"}, {"last": "ČAPÜLÉT"}, {"nick": "jule"}, {"email": "@VERONA"},
                                    {"first": "Giulietta", "last": "Čap"}])
def test_any_part_of_any_field_finds_whatever_its_case(users, capulet, fields):
    assert capulet.jid in found(search(users().login(), **fields))


def test_all_fields_must_match(users, capulet):
    assert capulet.jid not in found(search(users().login(), first="Giulietta", last="Montecchi"))


def test_a_form_is_answered_with_a_form(users, capulet):
    answer = search_form(users().login(), nick="jule")
    assert answer.get("type") == "result"
    rows = [{field.get("var"): field.findtext("data:value", None, NS) for field in item.findall("data:field", NS)}
            for item in answer.iter("{jabber:x:data}item")]
    row = next(row for row in rows if row["jid"] == capulet.jid)
    assert (row["first"], row["last"], row["email"]) == ("Giulietta", "Čapülét", "jule@verona.example")
    reported = answer.find(".//data:reported", NS)
    assert {field.get("var") for field in reported} == set(row)


def test_the_name_of_an_account_is_enough(users):
    romeo, juliet = users(2)
    answer = search_form(romeo.login(), user=juliet.name)
    assert juliet.jid in {value.text for value in answer.iter("{jabber:x:data}value")}


def test_disabled_accounts_and_those_who_block_the_asker_are_not_found(users, server, capulet):
    romeo = users()
    hers = capulet.login()
    hers.iq("set", f"<block xmlns='{NS['block']}'><item jid='{romeo.jid}'/></block>")
    client = romeo.login()
    assert capulet.jid not in found(search(client, nick="jule"))
    hers.iq("set", f"<unblock xmlns='{NS['block']}'/>")
    assert capulet.jid in found(search(client, nick="jule"))
    server.cli("user", "disable", capulet.name)
    assert capulet.jid not in found(search(client, nick="jule"))


@pytest.mark.parametrize("fields", [{}, {"first": ""}, {"first": "  "}])
def test_who_looks_for_nobody_is_not_shown_everybody(users, fields):
    users()
    answer = search(users().login(), **fields)
    assert answer.get("type") == "result" and found(answer) == set()


def test_a_form_of_another_kind_is_refused(users):
    client = users().login()
    answer = client.iq("set", f"<query xmlns='{SEARCH}'><x xmlns='jabber:x:data' type='submit'/></query>", client.server.domain)
    assert condition(answer) == "bad-request"


def test_too_many_are_not_shown(own_server, users):
    own_server.add_users([(f"crowd{number}", "secret-of-many") for number in range(101)])
    answer = search_form(users().login(), user="crowd")
    assert condition(answer) == "not-acceptable"


def test_it_can_be_switched_off(make_server, users):
    server = make_server(policy__people_search="false").start()
    client = users(on=server).login()
    info = client.iq("get", f"<query xmlns='{NS['info']}'/>", server.domain)
    assert info.find(f"info:query/info:feature[@var='{SEARCH}']", NS) is None
    assert condition(search(client, first="x")) == "service-unavailable"
