"""XEP-0356 and XEP-0355: components that act in the name of others, as far as the administrator lets them."""

import pytest

from support.component import SPACE, Component
from support.elements import NS, body, condition
from support.server import DOMAIN, free_ports

pytestmark = pytest.mark.only_chancery("the settings are ours")

PORT = free_ports(1)[0]
OFFICE, PLAIN, WATCH, PEOPLE, SECRET = f"office.{DOMAIN}", f"plain.{DOMAIN}", f"watch.{DOMAIN}", f"people.{DOMAIN}", "open sesame"
FILTERED = "urn:example:filtered"
DELEGATED, PRIVILEGE, FORWARD, DELEGATION = "urn:example:delegated", "urn:xmpp:privilege:2", "urn:xmpp:forward:0", "urn:xmpp:delegation:2"
SETTINGS = {"listen.component": f"127.0.0.1:{PORT}", f"components.{OFFICE}": SECRET, f"components.{PLAIN}": SECRET,
            f"components.{WATCH}": SECRET, f"components.{PEOPLE}": SECRET,
            f"component.rights.{OFFICE}": f"roster=both message=outgoing iq:get=jabber:iq:version iq:get=jabber:iq:last delegate={DELEGATED}",
            f"component.rights.{WATCH}": f"roster=get presence=roster iq:get={NS['info']} iq:get={NS['items']} delegate={FILTERED}[node]",
            f"component.rights.{PEOPLE}": "roster=get push=false presence=managed_entity"}


def joined(server, clients, domain):
    component = Component(server, PORT, domain)
    clients.append(component)
    return component.join(SECRET)


@pytest.fixture
def office(server, clients):
    return joined(server, clients, OFFICE)


@pytest.fixture
def plain(server, clients):
    return joined(server, clients, PLAIN)


@pytest.fixture
def watch(server, clients):
    return joined(server, clients, WATCH)


@pytest.fixture
def people(server, clients):
    return joined(server, clients, PEOPLE)


def ask(component, kind, payload, to, name="q"):
    component.send(f"<iq type='{kind}' id='{name}' from='{component.jid}' to='{to}'>{payload}</iq>")
    return component.expect(f"<iq xmlns='{SPACE}' id='{name}' from='{to}'/>")


def refusal(stanza):
    error = stanza.find(f"{{{SPACE}}}error")
    return None if error is None else error[0].tag.split("}")[1]


def done_by(server, component):
    return [record for record in server.archive_search(all=True, limit=10_000) if record["from"] == component]


def letter(component, inner):
    component.send(f"<message id='m' from='{component.jid}' to='{DOMAIN}'><privilege xmlns='{PRIVILEGE}'>"
                   f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded></privilege></message>")


def on_behalf(inner_type="get", namespace="jabber:iq:version", attributes=f"to='{DOMAIN}'"):
    return (f"<privileged_iq xmlns='{PRIVILEGE}'><iq xmlns='jabber:client' type='{inner_type}' id='inner' {attributes}>"
            f"<query xmlns='{namespace}'/></iq></privileged_iq>")


def test_a_component_is_told_what_it_may_do(office, plain):
    told = office.expect(f"<message xmlns='{SPACE}' from='{DOMAIN}' to='{OFFICE}'><privilege xmlns='{PRIVILEGE}'/></message>")
    permissions = {each.get("access"): each for each in told.iter(f"{{{PRIVILEGE}}}perm")}
    assert (permissions["roster"].get("type"), permissions["roster"].get("push"), permissions["message"].get("type")) == ("both", "true", "outgoing")
    assert {each.get("ns"): each.get("type") for each in permissions["iq"]} == {"jabber:iq:version": "get", "jabber:iq:last": "get"}
    told = office.expect(f"<message xmlns='{SPACE}'><delegation xmlns='{DELEGATION}'/></message>")
    assert [each.get("namespace") for each in told.iter(f"{{{DELEGATION}}}delegated")] == [DELEGATED]
    plain.fence()
    assert not plain.take(f"<message xmlns='{SPACE}'/>")


# Rosters (XEP-0356 §4)

def test_a_roster_is_read_and_changed_and_its_owner_sees_it(office, users, server):
    client = users().login()
    client.roster()
    changed = ask(office, "set", "<query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.example' name='Nurse'/></query>", client.bare, "r1")
    assert changed.get("type") == "result"
    client.expect("<iq type='set'><query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.example' name='Nurse'/></query></iq>")
    found = ask(office, "get", "<query xmlns='jabber:iq:roster'/>", client.bare, "r2")
    assert [each.get("jid") for each in found.iter("{jabber:iq:roster}item")] == ["nurse@elsewhere.example"]
    records = done_by(server, OFFICE)
    assert any("nurse@elsewhere.example" in record["stanza"] and record["to"] == client.bare for record in records)


def test_changes_of_rosters_are_pushed_to_who_may_read_them(watch, people, users):
    client = users().login()
    assert client.iq("set", "<query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.example' name='Nurse'/></query>").get("type") == "result"
    push = watch.expect(f"<iq xmlns='{SPACE}' type='set' from='{client.bare}' to='{WATCH}'><query xmlns='jabber:iq:roster'/></iq>")
    item = push.find("roster:query/roster:item", NS)
    assert (item.get("jid"), item.get("name"), item.get("subscription")) == ("nurse@elsewhere.example", "Nurse", "none")
    watch.send(f"<iq type='result' id='{push.get('id')}' from='{WATCH}' to='{client.bare}'/>")
    assert client.iq("set", "<query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.example' subscription='remove'/></query>").get("type") == "result"
    push = watch.expect(f"<iq xmlns='{SPACE}' type='set' from='{client.bare}'><query xmlns='jabber:iq:roster'/></iq>")
    assert push.find("roster:query/roster:item", NS).get("subscription") == "remove"
    people.fence()
    assert not people.take(f"<iq xmlns='{SPACE}' type='set'/>"), "who has said push=false is not told"


def test_a_roster_is_closed_to_who_has_no_right(plain, users, server):
    client = users().login()
    for kind, inside in (("get", ""), ("set", "<item jid='spy@elsewhere.example'/>")):
        assert refusal(ask(plain, kind, f"<query xmlns='jabber:iq:roster'>{inside}</query>", client.bare)) == "forbidden"
    assert client.iq("get", "<query xmlns='jabber:iq:roster'/>").findall("roster:query/roster:item", NS) == []
    assert any("spy@" in record["stanza"] for record in done_by(server, PLAIN))


def test_nobody_that_is_not_here_has_a_roster(office):
    assert refusal(ask(office, "get", "<query xmlns='jabber:iq:roster'/>", f"nobody@{DOMAIN}")) == "forbidden"


# Messages (§5)

def test_a_message_goes_out_in_somebodys_name_and_both_are_on_record(office, users, server):
    romeo, juliet = users(2)
    client = juliet.login()
    letter(office, f"<message xmlns='jabber:client' type='chat' id='foo' from='{romeo.jid}' to='{juliet.jid}'><body>in his name</body></message>")
    assert client.hear("in his name").get("from") == romeo.jid
    assert any("in his name" in record["stanza"] for record in done_by(server, OFFICE))
    assert len(server.archive_search(words="in his name", sender=romeo.jid)) == 1


def test_a_message_in_the_servers_name(office, users):
    client = users().login()
    letter(office, f"<message xmlns='jabber:client' from='{DOMAIN}' to='{client.bare}'><body>from the server</body></message>")
    assert client.hear("from the server").get("from") == DOMAIN


@pytest.mark.parametrize("sender", ["romeo@elsewhere.example", f"nobody@{DOMAIN}", f"a@{OFFICE}", f"nobody@{DOMAIN}/full"])
def test_a_message_is_in_nobody_elses_name(office, users, sender):
    client = users().login()
    letter(office, f"<message xmlns='jabber:client' from='{sender}' to='{client.bare}'><body>forged</body></message>")
    assert refusal(office.expect(f"<message xmlns='{SPACE}' type='error' id='m'/>")) == "forbidden"
    client.expect_nothing()


def test_a_message_from_a_device_is_none_of_the_server(office, users):
    client = users().login()
    letter(office, f"<message xmlns='jabber:client' from='{client.jid}' to='{client.bare}'><body>forged</body></message>")
    assert refusal(office.expect(f"<message xmlns='{SPACE}' type='error' id='m'/>")) == "forbidden"


def test_what_policy_refuses_is_refused_in_any_name(office, users, server):
    romeo, juliet = users(2)
    client = juliet.login()
    client.iq("set", f"<block xmlns='{NS['block']}'><item jid='{romeo.jid}'/></block>")
    letter(office, f"<message xmlns='jabber:client' type='chat' from='{romeo.jid}' to='{juliet.jid}'><body>unwanted magpie</body></message>")
    office.fence()
    client.expect_nothing()
    assert len(server.archive_search(words="unwanted magpie", sender=romeo.jid)) == 1


def test_who_has_no_right_sends_for_nobody(plain, users, server):
    romeo, juliet = users(2)
    client = juliet.login()
    letter(plain, f"<message xmlns='jabber:client' type='chat' from='{romeo.jid}' to='{juliet.jid}'><body>forged</body></message>")
    assert refusal(plain.expect(f"<message xmlns='{SPACE}' type='error' id='m'/>")) == "forbidden"
    client.expect_nothing()


# Requests (§6)

def test_a_request_in_somebodys_name_is_answered(office, users):
    romeo = users()
    answer = ask(office, "get", on_behalf(), romeo.jid)
    assert answer.get("type") == "result"
    inner = answer.find(f"{{{PRIVILEGE}}}privilege/{{{FORWARD}}}forwarded/{{jabber:client}}iq")
    assert (inner.get("type"), inner.get("id"), inner.get("from"), inner.get("to")) == ("result", "inner", DOMAIN, romeo.jid)
    assert inner.find("version:query/version:name", NS) is not None


def test_a_client_is_asked_in_somebodys_name(office, users):
    romeo, juliet = users(2)
    client = juliet.login()
    office.send(f"<iq type='get' id='q' from='{OFFICE}' to='{romeo.jid}'>{on_behalf(attributes=f'to={chr(39)}{client.jid}{chr(39)}')}</iq>")
    asked = client.expect(f"<iq type='get' from='{romeo.jid}'><query xmlns='jabber:iq:version'/></iq>")
    client.send(f"<iq type='result' id='{asked.get('id')}' to='{romeo.jid}'><query xmlns='jabber:iq:version'><name>hers</name></query></iq>")
    answer = office.expect(f"<iq xmlns='{SPACE}' type='result' id='q'/>")
    assert answer.find(".//version:name", NS).text == "hers"


def test_a_component_is_heard_while_it_waits_for_an_answer(office, users):
    """It may be the one who is asked."""
    romeo = users()
    inner = on_behalf(attributes=f"to='tasks@{OFFICE}'")
    office.send(f"<iq type='get' id='q' from='{OFFICE}' to='{romeo.jid}'>{inner}</iq>")
    asked = office.expect(f"<iq xmlns='{SPACE}' type='get' from='{romeo.jid}' to='tasks@{OFFICE}'/>")
    office.send(f"<iq type='result' id='{asked.get('id')}' from='tasks@{OFFICE}' to='{romeo.jid}'><query xmlns='jabber:iq:version'><name>own</name></query></iq>")
    assert office.expect(f"<iq xmlns='{SPACE}' type='result' id='q'/>").find(".//version:name", NS).text == "own"


@pytest.mark.parametrize("outer, inner", [
    ("get", on_behalf(namespace="jabber:iq:private")),
    ("set", on_behalf(inner_type="set")),
    ("set", on_behalf()),
    ("get", on_behalf(attributes=f"from='somebody@{DOMAIN}' to='{DOMAIN}'")),
    ("get", f"<privileged_iq xmlns='{PRIVILEGE}'><iq type='get' id='inner'><query xmlns='jabber:iq:version'/></iq></privileged_iq>"),
], ids=["namespace", "type", "types-differ", "from", "not-jabber-client"])
def test_a_request_that_is_not_allowed_is_forbidden(office, users, outer, inner):
    assert refusal(ask(office, outer, inner, users().jid)) == "forbidden"


def test_nobody_else_asks_in_somebodys_name(plain, users):
    assert refusal(ask(plain, "get", on_behalf(), users().jid)) == "forbidden"


def test_a_service_of_the_server_is_asked_in_somebodys_name(watch, users):
    """It answers as it would to the person."""
    romeo = users()
    inner = (f"<privileged_iq xmlns='{PRIVILEGE}'><iq xmlns='jabber:client' type='get' id='inner' to='rooms.{DOMAIN}'>"
             f"<query xmlns='{NS['info']}'/></iq></privileged_iq>")
    answer = ask(watch, "get", inner, romeo.jid)
    found = answer.find(f"{{{PRIVILEGE}}}privilege/{{{FORWARD}}}forwarded/{{jabber:client}}iq")
    assert (found.get("type"), found.get("from"), found.get("to")) == ("result", f"rooms.{DOMAIN}", romeo.jid)
    assert found.find("info:query/info:identity", NS).get("category") == "conference"
    inner = inner.replace(f"rooms.{DOMAIN}", f"nowhere@rooms.{DOMAIN}")
    refused = ask(watch, "get", inner, romeo.jid, "q2").find(f".//{{{FORWARD}}}forwarded/{{jabber:client}}iq")
    assert refused.get("type") == "error" and condition(refused) == "item-not-found"


# Presence (§7)

def present(component, jid, kind=None):
    presence = component.expect(lambda each: each.tag == f"{{{SPACE}}}presence" and each.get("from") == jid and each.get("type") == kind)
    assert presence.get("to") == component.jid
    return presence


def test_a_component_is_told_who_comes_and_who_goes_and_nothing_between(people, users):
    client = users().login("desk", presence=False)
    client.send("<presence><show>chat</show><status>Staying on the balcony</status></presence>")
    assert present(people, client.jid).findtext(f"{{{SPACE}}}status") == "Staying on the balcony"
    client.send("<presence><show>away</show></presence>")
    client.fence()
    people.fence()
    assert not people.take(f"<presence xmlns='{SPACE}' from='{client.jid}'/>"), "only the first and the last"
    client.send("<presence type='unavailable'/>")
    present(people, client.jid, "unavailable")
    client.send("<presence/>")
    present(people, client.jid)
    client.cut()
    present(people, client.jid, "unavailable")


def test_a_component_that_joins_is_told_who_is_there(server, clients, users):
    here, gone = users().login(), users().login()
    gone.send("<presence type='unavailable'/>")
    gone.fence()
    late = joined(server, clients, PEOPLE)
    present(late, here.jid)
    late.fence()
    assert not late.take(f"<presence xmlns='{SPACE}' from='{gone.jid}'/>")


def subscribed(client, plain, contact):
    client.send(f"<presence type='subscribe' to='{contact}'/>")
    plain.expect(f"<presence xmlns='{SPACE}' type='subscribe' from='{client.bare}' to='{contact}'/>")
    plain.send(f"<presence type='subscribed' from='{contact}' to='{client.bare}'/>")
    client.expect(f"<presence type='subscribed' from='{contact}'/>")


def test_the_presence_of_contacts_elsewhere_is_shown_once_to_who_may_see_it(server, clients, watch, people, plain, users):
    contact, stranger = f"romeo@{PLAIN}", f"tybalt@{PLAIN}"
    both = [person.login() for person in users(2)]
    for client in both:
        subscribed(client, plain, contact)
    for client in both:
        plain.send(f"<presence from='{contact}/orchard' to='{client.bare}'><status>under the window</status></presence>")
        plain.send(f"<presence from='{stranger}/street' to='{client.bare}'/>")
        client.expect(f"<presence from='{stranger}/street'/>")
    assert present(watch, f"{contact}/orchard").findtext(f"{{{SPACE}}}status") == "under the window"
    for component in (watch, people):
        component.fence()
        assert not component.take(lambda each: each.tag == f"{{{SPACE}}}presence" and PLAIN in (each.get("from") or "")), "once, and nobody's stranger"
    watch.close()
    late = joined(server, clients, WATCH)
    present(late, f"{contact}/orchard")
    for client in both:
        plain.send(f"<presence type='unavailable' from='{contact}/orchard' to='{client.bare}'/>")
        client.expect(f"<presence type='unavailable' from='{contact}/orchard'/>")
    present(late, f"{contact}/orchard", "unavailable")
    late.fence()
    assert not late.take(f"<presence xmlns='{SPACE}' from='{contact}/orchard'/>")


def test_nobody_hears_that_a_component_which_is_to_be_told_is_not_there(users):
    client = users().login()
    client.iq("set", "<query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.example'/></query>")
    client.send("<presence type='unavailable'/>")
    client.send("<presence/>")
    client.fence()
    client.expect_nothing(lambda each: any(domain in (each.get("from") or "") for domain in (WATCH, PEOPLE, OFFICE)))


def test_who_has_no_right_hears_of_nobody(plain, users):
    client = users().login()
    client.send("<presence type='unavailable'/>")
    client.fence()
    plain.fence()
    assert not plain.take(f"<presence xmlns='{SPACE}'/>")


# Delegation (XEP-0355 §4)

def test_a_request_without_the_attribute_is_not_delegated(watch, users):
    client = users().login()
    told = watch.expect(f"<message xmlns='{SPACE}'><delegation xmlns='{DELEGATION}'/></message>")
    assert [each.get("name") for each in told.iter(f"{{{DELEGATION}}}attribute")] == ["node"]
    assert condition(client.iq("get", f"<query xmlns='{FILTERED}'/>", DOMAIN)) == "service-unavailable", "as if nothing were delegated"
    watch.fence()
    assert not watch.take(f"<iq xmlns='{SPACE}'><delegation xmlns='{DELEGATION}'/></iq>")
    client.send(f"<iq type='get' id='d1' to='{DOMAIN}'><query xmlns='{FILTERED}' node='n'/></iq>")
    asked = watch.expect(f"<iq xmlns='{SPACE}' type='set' from='{DOMAIN}'><delegation xmlns='{DELEGATION}'/></iq>")
    watch.send(f"<iq type='result' id='{asked.get('id')}' from='{WATCH}' to='{DOMAIN}'><delegation xmlns='{DELEGATION}'><forwarded xmlns='{FORWARD}'>"
               f"<iq xmlns='jabber:client' type='result' id='d1' to='{client.jid}'/></forwarded></delegation></iq>")
    client.expect("<iq type='result' id='d1'/>")


def test_what_the_component_asks_itself_is_not_sent_back_to_it(office):
    """XEP-0355 §4.3.1: it is answered as if nothing were delegated."""
    assert refusal(ask(office, "set", f"<ask xmlns='{DELEGATED}'/>", DOMAIN)) == "service-unavailable"
    office.fence()
    assert not office.take(f"<iq xmlns='{SPACE}'><delegation xmlns='{DELEGATION}'/></iq>")

def delegated(client, office, to):
    client.send(f"<iq type='set' id='d1' to='{to}'><ask xmlns='{DELEGATED}'>anything</ask></iq>")
    asked = office.expect(f"<iq xmlns='{SPACE}' type='set' from='{DOMAIN}'><delegation xmlns='{DELEGATION}'/></iq>")
    inner = asked.find(f"{{{DELEGATION}}}delegation/{{{FORWARD}}}forwarded/{{jabber:client}}iq")
    assert (inner.get("from"), inner.get("to"), inner.get("id"), inner.get("type")) == (client.jid, to, "d1", "set")
    assert inner[0].text == "anything"
    return asked


def reply_to(office, asked, inner):
    office.send(f"<iq type='result' id='{asked.get('id')}' from='{OFFICE}' to='{DOMAIN}'><delegation xmlns='{DELEGATION}'>"
                f"<forwarded xmlns='{FORWARD}'>{inner}</forwarded></delegation></iq>")


@pytest.mark.parametrize("where", ["server", "own", "other"])
def test_a_delegated_request_is_answered_by_the_component(office, users, server, where):
    client, other = users().login(), users()
    to = {"server": DOMAIN, "own": client.bare, "other": other.jid}[where]
    asked = delegated(client, office, to)
    reply_to(office, asked, f"<iq xmlns='jabber:client' type='result' id='d1' to='{client.jid}'><answer xmlns='{DELEGATED}'>so be it</answer></iq>")
    answer = client.expect(f"<iq type='result' id='d1'><answer xmlns='{DELEGATED}'>so be it</answer></iq>")
    assert answer.get("from") == to
    assert any("anything" in record["stanza"] for record in server.archive_search(all=True, sender=client.jid))


@pytest.mark.parametrize("inner", ["<iq xmlns='jabber:client' type='result' id='other' to='{jid}'/>",
                                   "<iq xmlns='jabber:client' type='result' id='d1' to='somebody@else.example'/>",
                                   "<iq xmlns='jabber:client' type='error' id='d1' to='{jid}'/>",
                                   "<iq xmlns='jabber:client' type='result' id='d1' to='{jid}' from='somebody@else.example'/>"],
                         ids=["id", "to", "type", "from"])
def test_an_answer_that_is_none_is_not_passed_on(office, users, inner):
    client = users().login()
    reply_to(office, delegated(client, office, DOMAIN), inner.format(jid=client.jid))
    assert condition(client.expect("<iq type='error' id='d1'/>")) == "service-unavailable"


def test_without_the_component_a_delegated_request_is_refused(server, users):
    client = users().login()
    assert condition(client.iq("set", f"<ask xmlns='{DELEGATED}'/>", DOMAIN)) == "service-unavailable"


def test_delegation_is_announced(users):
    found = users().login().iq("get", f"<query xmlns='{NS['info']}'/>", DOMAIN)
    assert DELEGATION in [each.get("var") for each in found.findall("info:query/info:feature", NS)]


@pytest.mark.parametrize("key, words, hint", [(f"component.rights.{OFFICE}", "roster=all", '"roster=all" is no right'),
                                              (f"component.rights.{OFFICE}", "presence=roster roster=set", '"presence=roster" is no right'),
                                              (f"component.rights.nobody.{DOMAIN}", "roster=get", "is no component")])
def test_rights_that_cannot_be_are_said_at_the_start(make_server, key, words, hint):
    done = make_server().cli("serve", "--set", f"components.{OFFICE}={SECRET}", "--set", f"{key}={words}", check=False)
    assert done.returncode == 2 and hint in done.stderr
