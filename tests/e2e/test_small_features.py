"""What takes one request each: version, time, last activity, discovery, cards, private storage, client state, ids."""

import re
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

from support.elements import NS, condition, to_text
from support.fixtures import PEER, befriend
from support.server import parse_json

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


def info(client, to):
    answer = client.iq("get", f"<query xmlns='{NS['info']}'/>", to)
    query = answer.find("info:query", NS)
    assert query is not None, condition(answer)
    identities = [(each.get("category"), each.get("type")) for each in query.findall("info:identity", NS)]
    return identities, [each.get("var") for each in query.findall("info:feature", NS)]


# XEP-0092

def test_the_version_names_the_product_and_not_the_operating_system(server, users):
    answer = users().login().iq("get", f"<query xmlns='{NS['version']}'/>", server.domain)
    assert answer.findtext("version:query/version:name", None, NS).lower() == server.name
    assert answer.findtext("version:query/version:version", None, NS)
    if PEER == "chancery":
        assert answer.find("version:query/version:os", NS) is None


# XEP-0202

def test_the_time_is_utc_and_right(server, users):
    answer = users().login().iq("get", f"<time xmlns='{NS['time']}'/>", server.domain)
    utc = datetime.fromisoformat(answer.findtext("time:time/time:utc", None, NS).replace("Z", "+00:00"))
    assert abs(datetime.now(timezone.utc) - utc) < timedelta(seconds=5)
    assert re.fullmatch(r"Z|[+-]\d\d:\d\d", answer.findtext("time:time/time:tzo", None, NS))


# XEP-0012

@peer_differs("Prosody's mod_uptime is not loaded")
def test_last_activity_of_the_server_is_its_uptime(server, users):
    answer = users().login().iq("get", f"<query xmlns='{NS['last']}'/>", server.domain)
    assert 0 <= int(answer.find("last:query", NS).get("seconds")) < 3600


def test_last_activity_of_a_friend_who_left_has_their_last_word(friends):
    romeo, juliet = friends
    asker, client = juliet.login(), romeo.login()
    client.send("<presence type='unavailable'><status>gone fishing</status></presence>")
    client.close()
    answer = asker.iq("get", f"<query xmlns='{NS['last']}'/>", romeo.jid)
    query = answer.find("last:query", NS)
    assert 0 <= int(query.get("seconds")) < 60
    assert query.text == "gone fishing"


@only_chancery("a server of its own, and the command line")
def test_who_just_left_is_remembered_when_the_server_stops(own_server, users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    client = romeo.login()
    client.send("<presence type='unavailable'><status>gone fishing</status></presence>")
    client.close()
    own_server.restart()
    query = juliet.login().iq("get", f"<query xmlns='{NS['last']}'/>", romeo.jid).find("last:query", NS)
    assert query.text == "gone fishing"
    listed = parse_json(own_server.cli("user", "list", "--json").stdout)["users"]
    assert next(person for person in listed if person["name"] == romeo.name)["last_logon"]


@only_chancery("a server of its own, and the command line")
def test_nothing_of_who_is_removed_is_written_when_they_leave(own_server, users):
    romeo = users()
    romeo.login()
    own_server.cli("user", "remove", romeo.name, "--yes")
    own_server.stop()
    with sqlite3.connect(own_server.data / "state.db") as database:
        assert not database.execute("SELECT * FROM last_activity WHERE owner = ?", (romeo.jid,)).fetchall()


@peer_differs("Prosody's mod_lastactivity knows only who has left")
def test_last_activity_of_a_friend_who_is_there_is_zero(friends):
    romeo, juliet = friends
    asker, _ = juliet.login(), romeo.login()
    answer = asker.iq("get", f"<query xmlns='{NS['last']}'/>", romeo.jid)
    assert answer.find("last:query", NS).get("seconds") == "0"


def test_last_activity_is_not_told_to_strangers(users):
    romeo, tybalt = users(2)
    romeo.login().close()
    answer = tybalt.login().iq("get", f"<query xmlns='{NS['last']}'/>", romeo.jid)
    assert condition(answer) in ("forbidden", "service-unavailable", "subscription-required", "not-authorized")


# What asking does not tell

ASKED_OF_OTHERS = {
    "a list set": ("set", f"<query xmlns='{NS['roster']}'><item jid='a@x.example'/></query>"),
    "private data": ("get", f"<query xmlns='{NS['private']}'><note xmlns='urn:example:note'/></query>"),
    "private data set": ("set", f"<query xmlns='{NS['private']}'><note xmlns='urn:example:note'/></query>"),
    "a card": ("get", "<vCard xmlns='vcard-temp'/>"),
    "a card set": ("set", "<vCard xmlns='vcard-temp'><FN>Mallory</FN></vCard>"),
    "information": ("get", f"<query xmlns='{NS['info']}'/>"),
    "information of a node": ("get", f"<query xmlns='{NS['info']}' node='n'/>"),
    "items": ("get", f"<query xmlns='{NS['items']}'/>"),
    "items of a node": ("get", f"<query xmlns='{NS['items']}' node='n'/>"),
    "last activity": ("get", f"<query xmlns='{NS['last']}'/>"),
    "a version": ("get", f"<query xmlns='{NS['version']}'/>"),
    "a time": ("get", f"<time xmlns='{NS['time']}'/>"),
    "history": ("set", f"<query xmlns='{NS['mam']}'/>"),
    "a ping": ("get", f"<ping xmlns='{NS['ping']}'/>"),
}


@only_chancery("others tell who has an account")
@pytest.mark.parametrize("what", ASKED_OF_OTHERS)
def test_a_stranger_is_answered_as_if_there_were_no_account(server, users, what):
    romeo, tybalt = users(2)
    romeo.login("orchard")
    client = tybalt.login()
    kind, payload = ASKED_OF_OTHERS[what]
    answers = [client.iq(kind, payload, to) for to in (romeo.jid, f"nobody@{server.domain}")]
    for answer in answers:
        for name in ("id", "from"):
            answer.attrib.pop(name)
    assert to_text(answers[0]) == to_text(answers[1])


# XEP-0030, XEP-0115

def test_the_server_says_what_it_is_and_can_do(server, users):
    identities, features = info(users().login(), server.domain)
    assert ("server", "im") in identities
    wanted = {NS["info"], NS["items"], NS["ping"], NS["version"], NS["time"], NS["carbons"], NS["block"]}
    assert wanted <= set(features), wanted - set(features)
    assert len(features) == len(set(features)), "a feature twice"


def test_an_account_says_what_it_is_and_can_do(users):
    romeo = users().login()
    identities, features = info(romeo, romeo.bare)
    assert ("account", "registered") in identities
    assert NS["mam"] in features


def test_the_account_of_a_stranger_tells_nothing(users):
    """XEP-0030 §8: no more than of an account that does not exist."""
    romeo, tybalt = users(2)
    answer = tybalt.login().iq("get", f"<query xmlns='{NS['info']}'/>", romeo.jid)
    assert condition(answer) in ("service-unavailable", "subscription-required") or answer.get("type") == "result"
    assert answer.find(f"info:query/info:feature[@var='{NS['mam']}']", NS) is None


def test_items_of_the_server_are_a_list(server, users):
    answer = users().login().iq("get", f"<query xmlns='{NS['items']}'/>", server.domain)
    assert answer.find("items:query", NS) is not None


@only_chancery("what we offer and what we do not")
def test_nothing_is_advertised_that_is_not_kept(server, users):
    _, features = info(users().login(), server.domain)
    assert "msgoffline" in features  # XEP-0160 §4
    assert not {"http://jabber.org/protocol/caps#optimize", "urn:xmpp:carbons:rules:0"} & set(features)


@peer_differs("Prosody's mod_adhoc is not loaded")
def test_every_command_can_be_asked_what_it_is(server, users):
    """XEP-0050 §2.2."""
    romeo = users().login()
    commands = "http://jabber.org/protocol/commands"
    listed = romeo.iq("get", f"<query xmlns='{NS['items']}' node='{commands}'/>", server.domain)
    items = listed.findall("items:query/items:item", NS)
    assert items
    for node, kind in [(commands, "command-list")] + [(item.get("node"), "command-node") for item in items]:
        query = romeo.iq("get", f"<query xmlns='{NS['info']}' node='{node}'/>", server.domain).find("info:query", NS)
        assert query.get("node") == node
        assert query.find(f"info:identity[@category='automation'][@type='{kind}']", NS) is not None
        assert query.find(f"info:feature[@var='{commands}']", NS) is not None


@pytest.mark.parametrize("namespace", ["info", "items"])
def test_a_node_that_does_not_exist_is_item_not_found(server, users, namespace):
    answer = users().login().iq("get", f"<query xmlns='{NS[namespace]}' node='no-such-node'/>", server.domain)
    assert condition(answer) == "item-not-found"


def test_the_hash_in_the_stream_features_is_that_of_the_discovered_features(server, users):
    """XEP-0115 §5.1 and §6.3."""
    import base64
    import hashlib
    romeo = users()
    client = romeo.client()
    client.secure()
    caps = client.authenticate(romeo.name, romeo.password).find("caps:c", NS)
    assert caps is not None and caps.get("hash") == "sha-1"
    client.bind()
    node = f"{caps.get('node')}#{caps.get('ver')}"
    answer = client.iq("get", f"<query xmlns='{NS['info']}' node='{node}'/>", server.domain)
    query = answer.find("info:query", NS)
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    text = "".join(sorted("/".join((each.get("category"), each.get("type"), each.get(lang) or "", each.get("name") or ""))
                          + "<" for each in query.findall("info:identity", NS)))
    text += "".join(var + "<" for var in sorted(each.get("var") for each in query.findall("info:feature", NS)))
    for form in sorted(query.findall("data:x", NS), key=form_type):
        text += form_type(form) + "<"
        for field in sorted(form.findall("data:field", NS), key=lambda each: each.get("var")):
            if field.get("var") != "FORM_TYPE":
                text += field.get("var") + "<" + "".join(
                    sorted((value.text or "") + "<" for value in field.findall("data:value", NS)))
    assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() == caps.get("ver")


def form_type(form):
    return form.findtext("data:field[@var='FORM_TYPE']/data:value", "", NS)


# XEP-0054

CARD = "<vCard xmlns='vcard-temp'><FN>Romeo Montague</FN><N><FAMILY>Montague</FAMILY></N></vCard>"


def test_a_card_that_was_never_set_is_empty_or_not_found(users):
    answer = users().login().iq("get", "<vCard xmlns='vcard-temp'/>")
    assert condition(answer) == "item-not-found" or len(answer.find("vcard:vCard", NS)) == 0


def test_a_card_that_was_set_is_seen_by_others(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    assert r.iq("set", CARD).get("type") == "result"
    for client, to in ((r, None), (r, romeo.jid), (j, romeo.jid)):
        answer = client.iq("get", "<vCard xmlns='vcard-temp'/>", to)
        assert answer.findtext("vcard:vCard/vcard:FN", None, NS) == "Romeo Montague"


def test_the_card_of_another_cannot_be_set(users):
    romeo, tybalt = users(2)
    answer = tybalt.login().iq("set", CARD, romeo.jid)
    assert condition(answer) in ("forbidden", "not-allowed")


@peer_differs("Prosody follows version 1.2")
def test_the_card_of_another_that_was_never_set_is_service_unavailable(users):
    """XEP-0054 1.3 §3.3."""
    romeo, tybalt = users(2)
    assert condition(tybalt.login().iq("get", "<vCard xmlns='vcard-temp'/>", romeo.jid)) == "service-unavailable"


# XEP-0049

NOTE = "<note xmlns='urn:example:note'>remember the milk</note>"


def test_private_data_comes_back_to_every_device_and_to_nobody_else(users):
    romeo, tybalt = users(2)
    r, t = romeo.login(), tybalt.login()
    assert r.iq("set", f"<query xmlns='{NS['private']}'>{NOTE}</query>").get("type") == "result"
    ask = f"<query xmlns='{NS['private']}'><note xmlns='urn:example:note'/></query>"
    other = romeo.login().iq("get", ask)
    assert other.findtext("private:query/{urn:example:note}note", None, NS) == "remember the milk"
    assert condition(t.iq("get", ask, romeo.jid)) == "forbidden"
    assert condition(t.iq("set", f"<query xmlns='{NS['private']}'>{NOTE}</query>", romeo.jid)) == "forbidden"


def test_private_data_that_was_never_set_comes_back_empty(users):
    answer = users().login().iq("get", f"<query xmlns='{NS['private']}'><note xmlns='urn:example:note'/></query>")
    note = answer.find("private:query/{urn:example:note}note", NS)
    assert note is not None and not note.text and len(note) == 0


# XEP-0352

def test_a_client_may_say_that_nobody_is_looking(users):
    romeo, juliet = users(2)
    client = romeo.client()
    client.secure()
    features = client.authenticate(romeo.name, romeo.password)
    assert features.find("csi:csi", NS) is not None
    client.bind()
    client.available()
    client.send(f"<inactive xmlns='{NS['csi']}'/>")
    client.fence()
    speaker = juliet.login()
    speaker.say(romeo.jid, "important all the same")
    client.hear("important all the same")
    client.send(f"<active xmlns='{NS['csi']}'/>")
    client.fence()


# XEP-0359

@peer_differs("Prosody 0.12 checks only the id it would give to the sender")
def test_a_forged_stanza_id_is_removed_and_foreign_ones_stay(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    r.send(f"<message type='chat' to='{juliet.jid}'><body>ids</body>"
           f"<stanza-id xmlns='{NS['sid']}' by='{juliet.jid}' id='forged'/>"
           f"<stanza-id xmlns='{NS['sid']}' by='other.example' id='foreign'/>"
           f"<origin-id xmlns='{NS['sid']}' id='mine'/></message>")
    message = j.hear("ids")
    ids = {(each.get("by"), each.get("id")) for each in message.findall("sid:stanza-id", NS)}
    assert (juliet.jid, "forged") not in ids
    assert [by for by, _ in ids].count(juliet.jid) == 1
    assert ("other.example", "foreign") in ids
    assert message.find("sid:origin-id", NS).get("id") == "mine"


@only_chancery("we number what we deliver, for the domain's archive as well")
def test_a_forged_stanza_id_of_the_domain_is_removed(server, users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    r.send(f"<message type='chat' to='{juliet.jid}'><body>ids</body>"
           f"<stanza-id xmlns='{NS['sid']}' by='{server.domain}' id='forged'/></message>")
    ids = [each.get("id") for each in j.hear("ids").findall("sid:stanza-id", NS)]
    assert "forged" not in ids


def test_every_message_has_an_id_of_its_own(users):
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    for number in range(20):
        r.say(juliet.jid, f"line {number}")
    j_ids = [j.hear(f"line {number}").find(f"sid:stanza-id[@by='{juliet.jid}']", NS).get("id") for number in range(20)]
    assert len(set(j_ids)) == 20
