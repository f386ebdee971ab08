"""XEP-0402, kept in step with XEP-0048 in private storage (XEP-0049) and in its own node; XEP-0223, XEP-0145, XEP-0490."""

import pytest

from support.elements import NS, condition
from support.events import announce, detail, done, event, ids, item, items, publish, pubsub
from support.fixtures import befriend

pytestmark = pytest.mark.only_chancery("the peers convert in other ways")

NEW, OLD = "urn:xmpp:bookmarks:1", "storage:bookmarks"
ROOM, OTHER = "play@rooms.post.example", "orchard@rooms.post.example"
PRIVATE = {"pubsub#persist_items": "true", "pubsub#max_items": "max", "pubsub#send_last_published_item": "never", "pubsub#access_model": "whitelist"}


def bookmark(name="The Play", nick="JC", more="", autojoin="true"):
    return f"<conference xmlns='{NEW}' name='{name}' autojoin='{autojoin}'><nick>{nick}</nick>{more}</conference>"


def conference(jid, name="The Play", nick="JC", autojoin="true"):
    return f"<conference jid='{jid}' name='{name}' autojoin='{autojoin}'><nick>{nick}</nick></conference>"


def set_private(client, content):
    return done(client.iq("set", f"<query xmlns='{NS['private']}'><storage xmlns='{OLD}'>{content}</storage></query>"))


def get_private(client):
    storage = done(client.iq("get", f"<query xmlns='{NS['private']}'><storage xmlns='{OLD}'/></query>")).find(f"private:query/{{{OLD}}}storage", NS)
    return {each.get("jid"): each for each in storage.findall(f"{{{OLD}}}conference")}, storage


def in_old_node(client):
    return {each.get("jid"): each for each in done(items(client, OLD)).iter(f"{{{OLD}}}conference")}


def in_new_node(client):
    return {each.get("id"): each[0] for each in done(items(client, NEW)).iter("{%s}item" % NS["pubsub"])}


def test_a_bookmark_is_published_changed_and_removed(users):
    romeo = users()
    phone, desk = announce(romeo.login(presence=False), NEW), romeo.login()
    done(publish(desk, NEW, item(ROOM, bookmark()), options=PRIVATE))
    phone.expect(event(romeo.jid, NEW, ROOM))
    done(publish(desk, NEW, item(OTHER, bookmark("Orchard")), options=PRIVATE))
    done(publish(desk, NEW, item(ROOM, bookmark("Globe")), options=PRIVATE))
    assert {jid: each.get("name") for jid, each in in_new_node(desk).items()} == {ROOM: "Globe", OTHER: "Orchard"}
    done(pubsub(desk, "set", f"<retract node='{NEW}' notify='true'><item id='{ROOM}'/></retract>"))
    phone.expect(event(romeo.jid, NEW, ROOM, "retract"))
    assert set(in_new_node(desk)) == {OTHER}


def test_bookmarks_are_for_nobody_else(users):
    romeo, juliet = users(2)
    befriend(romeo, juliet)
    client, other = romeo.login(), announce(juliet.login(presence=False), NEW, OLD)
    done(publish(client, NEW, item(ROOM, bookmark()), options=PRIVATE))
    other.expect_nothing("<message/>", after=client)
    for node in (NEW, OLD):
        assert detail(items(other, node, romeo.jid)) == "closed-node"


@pytest.mark.parametrize("node", [NEW, OLD, "urn:xmpp:mds:displayed:0"])
def test_what_is_private_is_so_without_being_asked(friends, node):
    romeo, juliet = friends
    client, other = romeo.login(), announce(juliet.login(presence=False), node)
    done(publish(client, node, item(ROOM, bookmark())))
    other.expect_nothing("<message/>", after=client)
    assert detail(items(other, node, romeo.jid)) == "closed-node"


def test_a_new_bookmark_is_seen_by_old_clients(users):
    romeo = users()
    old, new = announce(romeo.login(presence=False), OLD), romeo.login()
    done(publish(new, NEW, item(ROOM, bookmark(more="<password>rosebud</password>")), options=PRIVATE))
    old.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><items node='{OLD}'><item><storage xmlns='{OLD}'>{conference(ROOM)}</storage></item></items></event></message>")
    for seen in (get_private(old)[0], in_old_node(old)):
        assert set(seen) == {ROOM}
        assert (seen[ROOM].get("name"), seen[ROOM].get("autojoin")) == ("The Play", "true")
        assert (seen[ROOM].findtext(f"{{{OLD}}}nick"), seen[ROOM].findtext(f"{{{OLD}}}password")) == ("JC", "rosebud")
    done(pubsub(new, "set", f"<retract node='{NEW}'><item id='{ROOM}'/></retract>"))
    assert not get_private(old)[0] and not in_old_node(old)


@pytest.mark.parametrize("way", ["private storage", "old node"])
def test_bookmarks_of_an_old_client_are_seen_by_new_ones(users, way):
    romeo = users()
    new, old = announce(romeo.login(presence=False), NEW), romeo.login()

    def say(content):
        if way == "private storage":
            set_private(old, content)
        else:
            done(publish(old, OLD, item("current", f"<storage xmlns='{OLD}'>{content}</storage>")))

    say(conference(ROOM) + conference(OTHER, "Orchard"))
    new.expect(event(romeo.jid, NEW, OTHER))
    assert {jid: each.get("name") for jid, each in in_new_node(new).items()} == {ROOM: "The Play", OTHER: "Orchard"}
    assert detail(items(users().login(), NEW, romeo.jid)) == "closed-node"
    say(conference(ROOM, "Globe"))
    new.expect(f"<message from='{romeo.jid}'><event xmlns='{NS['event']}'><items node='{NEW}'><item id='{ROOM}'><conference xmlns='{NEW}' name='Globe'/></item></items></event></message>")
    new.expect(event(romeo.jid, NEW, OTHER, "retract"))
    assert set(in_new_node(new)) == {ROOM}
    assert set(get_private(old)[0]) == set(in_old_node(old)) == {ROOM}


def test_what_an_old_client_does_not_know_is_kept(users):
    client = users().login()
    more = f"<extensions xmlns='{NEW}'><state xmlns='urn:example:state' minimised='true'/></extensions>"
    done(publish(client, NEW, item(ROOM, bookmark(more=more)), options=PRIVATE))
    set_private(client, conference(ROOM, "Globe"))
    kept = in_new_node(client)[ROOM]
    assert kept.get("name") == "Globe"
    assert kept.find(f"{{{NEW}}}extensions/{{urn:example:state}}state").get("minimised") == "true"


def test_an_old_client_that_changes_nothing_causes_nothing(users):
    romeo = users()
    new, old = announce(romeo.login(presence=False), NEW), romeo.login()
    set_private(old, conference(ROOM) + conference(OTHER))
    new.expect(event(romeo.jid, NEW))
    new.take("<message/>")
    set_private(old, conference(ROOM) + conference(OTHER))
    new.expect_nothing(event(romeo.jid, NEW), after=old)


def test_bookmarks_of_pages_stay_in_private_storage(users):
    """XEP-0402 has no place for them."""
    client = users().login()
    set_private(client, conference(ROOM) + "<url name='Complete works' url='http://the-tech.mit.edu/Shakespeare/'/>")
    done(publish(client, NEW, item(OTHER, bookmark("Orchard")), options=PRIVATE))
    rooms, storage = get_private(client)
    assert set(rooms) == {ROOM, OTHER}
    assert storage.find(f"{{{OLD}}}url").get("name") == "Complete works"


def test_a_bookmark_without_address_is_refused(users):
    client = users().login()
    answer = client.iq("set", f"<query xmlns='{NS['private']}'><storage xmlns='{OLD}'><conference jid='@@'/></storage></query>")
    assert condition(answer) == "jid-malformed"


def test_the_account_says_that_it_converts(users):
    client = users().login()
    query = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.bare).find("info:query", NS)
    assert {"urn:xmpp:bookmarks:1#compat", "urn:xmpp:pep-vcard-conversion:0"} <= {each.get("var") for each in query.findall("info:feature", NS)}


def test_bookmarks_are_on_record(server, users):
    romeo = users()
    client = romeo.login()
    set_private(client, conference("secret-room@rooms.post.example"))
    assert any("secret-room" in str(record) for record in server.archive_search(sender=romeo.jid, all=True))


# XEP-0145

def test_notes_about_contacts_are_kept_in_private_storage(users):
    client = users().login()
    notes = "<storage xmlns='storage:rosternotes'><note jid='hamlet@shakespeare.lit' cdate='2004-09-24T15:23:21Z'>Seems to be a good writer</note></storage>"
    done(client.iq("set", f"<query xmlns='{NS['private']}'>{notes}</query>"))
    answer = client.iq("get", f"<query xmlns='{NS['private']}'><storage xmlns='storage:rosternotes'/></query>")
    assert answer.find(".//{storage:rosternotes}note").text == "Seems to be a good writer"


# XEP-0490

def test_what_was_displayed_is_known_to_all_own_devices(users):
    romeo = users()
    node = "urn:xmpp:mds:displayed:0"
    phone, desk = announce(romeo.login(presence=False), node), romeo.login()
    displayed = lambda id: f"<displayed xmlns='{node}'><stanza-id xmlns='{NS['sid']}' by='{romeo.jid}' id='{id}'/></displayed>"
    for id in ("1", "2"):
        done(publish(desk, node, item("juliet@post.example", displayed(id)), options=PRIVATE))
        heard = phone.expect(event(romeo.jid, node, "juliet@post.example"))
        assert heard.find(".//sid:stanza-id", NS).get("id") == id
    done(publish(desk, node, item("nurse@post.example", displayed("3")), options=PRIVATE))
    assert ids(items(desk, node)) == ["juliet@post.example", "nurse@post.example"]
