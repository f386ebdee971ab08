"""Each copy of a message has links that open for whoever gets it, and old conversations stay usable; the record keeps the
words as they were sent."""

import os
from pathlib import Path

import pytest

from support.elements import NS, body
from support.files import LINK, get, heard_link, id_of, pass_of, put, records, sha256, share, slot, upload
from support.rooms import enter, make_room

pytestmark = pytest.mark.only_chancery("what its own file service promises")

DATA = b"The plan, in short."
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def downloads_of(server, link):
    return [record["from"] for record in records(server, "download") if id_of(link) in record["stanza"]]


def history_links(client, to=None):
    """Links in the messages of a history, oldest first."""
    client.send(f"<iq type='set' id='h'{f' to={to!r}' if to else ''}><query xmlns='{NS['mam']}' queryid='h'/></iq>")
    client.expect("<iq type='result' id='h'/>")
    found = [LINK.search(body(result.find(".//forward:forwarded/message", NS)) or "")
             for result in client.take(lambda element: element.find("mam:result", NS) is not None)]
    return [match.group() for match in found if match]


def test_the_recipient_gets_a_link_of_their_own(server, users):
    romeo, juliet = (person.login() for person in users(2))
    link = upload(romeo, DATA)
    share(romeo, juliet.jid, link)
    heard = heard_link(juliet)
    assert heard != link and id_of(heard) == id_of(link)
    assert len(heard) == len(link), "what points at places in the text still points there"
    assert get(server, heard).body == DATA
    assert downloads_of(server, link) == [juliet.bare], "the record says who has fetched it"
    [record] = [each for each in server.archive_search(sender=romeo.bare, to=juliet.bare) if "files" in each]
    assert record["body"] == link, "the record has the words as they were sent"


def test_somebody_who_is_away_gets_a_link_that_opens(server, users):
    romeo, juliet = users(2)
    link = upload(romeo.login("desk"), DATA)
    share(romeo.login("phone"), juliet.jid, link)
    heard = heard_link(juliet.login())
    assert heard != link and get(server, heard).body == DATA
    assert downloads_of(server, link) == [juliet.jid]


def test_a_history_shows_links_that_open_for_who_reads_it(server, users):
    romeo, juliet = (person.login() for person in users(2))
    link = upload(romeo, DATA)
    share(romeo, juliet.jid, link)
    heard_link(juliet)
    for reader in (romeo, juliet):
        [shown] = history_links(reader)
        assert get(server, shown).status == 200
    assert downloads_of(server, link) == [romeo.bare, juliet.bare]


def test_carbons_have_links_that_open_too(server, users):
    romeo, juliet = users(2)
    desk, phone, other = romeo.login("desk"), romeo.login("phone"), juliet.login()
    second = juliet.login("second")
    for client in (phone, second):
        assert client.iq("set", f"<enable xmlns='{NS['carbons']}'/>").get("type") == "result"
    link = upload(desk, DATA)
    share(desk, other.jid, link)
    for client, person in ((phone, romeo), (second, juliet)):
        copy = client.expect(lambda element: element.find("carbons:sent", NS) is not None or element.find("carbons:received", NS) is not None)
        shown = LINK.search(body(copy.find(".//forward:forwarded/message", NS))).group()
        assert get(server, shown).status == 200
    assert downloads_of(server, link) == [romeo.jid, juliet.jid]


def test_a_room_gets_a_link_that_is_the_rooms(server, users):
    romeo, juliet, late = (person.login() for person in users(3))
    room = make_room(romeo, persistentroom=True, moderatedroom=False)
    enter(juliet, room, "juliet")
    link = upload(romeo, DATA)
    share(romeo, room, link, "groupchat")
    heard = heard_link(juliet)
    assert heard != link and get(server, heard).body == DATA
    assert heard_link(romeo) == link, "a client knows its own words again by what it wrote"
    assert downloads_of(server, link) == [room]
    late.send(f"<presence to='{room}/late'><x xmlns='{NS['muc']}'/></presence>")
    assert get(server, heard_link(late)).status == 200, "who enters later is shown it"
    [shown] = history_links(late, room)
    assert get(server, shown).status == 200


def test_when_the_room_is_gone_its_links_do_not_open(server, users):
    romeo, juliet = (person.login() for person in users(2))
    room = make_room(romeo, persistentroom=True)
    enter(juliet, room, "juliet")
    share(romeo, room, upload(romeo, DATA), "groupchat")
    heard = heard_link(juliet)
    assert get(server, heard).status == 200
    assert romeo.iq("set", f"<query xmlns='{NS['muc-owner']}'><destroy/></query>", room).get("type") == "result"
    assert get(server, heard).status == 403


def test_a_room_made_again_does_not_open_the_links_of_the_old_one(server, users):
    romeo, juliet = (person.login() for person in users(2))
    room = make_room(romeo, persistentroom=True)
    share(romeo, room, upload(romeo, DATA), "groupchat")
    enter(juliet, room, "juliet")
    heard = heard_link(juliet)
    assert romeo.iq("set", f"<query xmlns='{NS['muc-owner']}'><destroy/></query>", room).get("type") == "result"
    enter(juliet, room, "juliet")
    assert get(server, heard).status == 403
    assert juliet.iq("set", f"<query xmlns='{NS['muc-owner']}'><x xmlns='jabber:x:data' type='submit'/></query>", room).get("type") == "result"
    share(juliet, room, heard, "groupchat")
    assert heard_link(juliet) == heard and get(server, heard).status == 403, "nor are they made new in it"


def test_a_room_opens_its_links_after_a_restart(own_server, users):
    romeo, juliet = (person.login() for person in users(2, on=own_server))
    room = make_room(romeo, persistentroom=True)
    enter(juliet, room, "juliet")
    share(romeo, room, upload(romeo, DATA), "groupchat")
    heard = heard_link(juliet)
    own_server.restart()
    assert get(own_server, heard).status == 200


def test_a_private_message_in_a_room_has_a_link_of_the_persons_own(server, users):
    romeo, juliet = (person.login() for person in users(2))
    room = make_room(romeo)
    enter(juliet, room, "juliet")
    link = upload(romeo, DATA)
    share(romeo, f"{room}/juliet", link)
    assert get(server, heard_link(juliet)).status == 200
    assert downloads_of(server, link) == [juliet.bare]


def test_who_got_a_link_may_pass_it_on(server, users):
    romeo, juliet, nurse = (person.login() for person in users(3))
    share(romeo, juliet.jid, upload(romeo, DATA))
    passed = heard_link(juliet)
    share(juliet, nurse.jid, passed)
    heard = heard_link(nurse)
    assert get(server, heard).status == 200
    assert downloads_of(server, heard) == [nurse.bare]


def test_a_link_of_somebody_else_is_not_made_to_last(server, users):
    romeo, tybalt, nurse = (person.login() for person in users(3))
    link = upload(romeo, DATA)
    share(tybalt, nurse.jid, link)
    assert heard_link(nurse) == link, "it stays as it was, and ends when it ends"


def test_a_link_that_nobody_has_signed_stays_what_it_is(server, users):
    romeo, juliet = (person.login() for person in users(2))
    link = upload(romeo, DATA)
    signature = pass_of(link)
    forged = link.replace(signature, ("AAAA" if not signature.startswith("AAAA") else "BBBB") + signature[4:])
    share(romeo, juliet.jid, forged)
    assert heard_link(juliet) == forged and get(server, forged).status == 404


def test_links_of_other_sites_are_left_alone(server, users):
    romeo, juliet = (person.login() for person in users(2))
    for text in ("https://example.org/files/report.pdf", "/files/", "see files/ and https://a/files/0123/me/it"):
        romeo.say(juliet.jid, text)
        juliet.hear(text)


def test_several_links_in_one_message_all_open(server, users):
    romeo, juliet = (person.login() for person in users(2))
    first, second = upload(romeo, b"first"), upload(romeo, b"second")
    romeo.say(juliet.jid, f"This ({first}), and that: {second}.")
    message = juliet.expect(lambda element: "and that" in (body(element) or ""))
    assert [get(server, link).body for link in LINK.findall(body(message))] == [b"first", b"second"]


def test_a_subject_has_a_link_that_is_the_rooms_for_who_is_there_and_who_enters_later(server, users):
    romeo, juliet, late = (person.login() for person in users(3))
    room = make_room(romeo, persistentroom=True, moderatedroom=False)
    enter(juliet, room, "juliet")
    link = upload(romeo, DATA)
    romeo.send(f"<message to='{room}' type='groupchat'><subject>{link}</subject></message>")
    with_link = lambda element: LINK.search(element.findtext("{jabber:client}subject") or "")  # noqa: E731
    [heard, own] = [LINK.search(client.expect(with_link).findtext("{jabber:client}subject")).group() for client in (juliet, romeo)]
    assert heard != link and own == link, "a client knows its own words again by what it wrote"
    assert get(server, heard).body == DATA
    late.send(f"<presence to='{room}/late'><x xmlns='{NS['muc']}'/></presence>")
    shown = LINK.search(late.expect(with_link).findtext("{jabber:client}subject")).group()
    assert get(server, shown).body == DATA
    assert downloads_of(server, link) == [room, room]


def test_an_item_of_a_node_has_links_that_open_for_who_hears_of_it_and_who_fetches_it_later(server, users):
    romeo, juliet, late = (person.login() for person in users(3))
    link = upload(romeo, DATA)
    options = ("<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
               "<value>http://jabber.org/protocol/pubsub#publish-options</value></field>"
               "<field var='pubsub#access_model'><value>open</value></field></x></publish-options>")
    pubsub = "http://jabber.org/protocol/pubsub"
    put_there = (f"<pubsub xmlns='{pubsub}'><publish node='urn:example:plans'><item id='one'><plan xmlns='urn:example:plan'>{{}}</plan></item>"
                 f"</publish>{options}</pubsub>")
    assert romeo.iq("set", put_there.format("none yet")).get("type") == "result"
    asked = juliet.iq("set", f"<pubsub xmlns='{pubsub}'><subscribe node='urn:example:plans' jid='{juliet.bare}'/></pubsub>", romeo.bare)
    assert asked.get("type") == "result"
    assert romeo.iq("set", put_there.format(link)).get("type") == "result"
    plan = "{urn:example:plan}plan"
    event = juliet.expect(lambda element: any(LINK.search(each.text or "") for each in element.iter(plan)))
    heard = LINK.search(next(event.iter(plan)).text).group()
    assert heard != link and get(server, heard).body == DATA
    for reader in (late, romeo):
        found = reader.iq("get", f"<pubsub xmlns='{pubsub}'><items node='urn:example:plans'/></pubsub>", romeo.bare)
        assert get(server, LINK.search(next(found.iter(plan)).text).group()).body == DATA
    assert downloads_of(server, link) == [juliet.bare, late.bare, romeo.bare]


@pytest.mark.skipif(not FAKETIME.exists() or "CHANCERY_SANITIZED" in os.environ, reason="needs libfaketime, which no sanitizer likes")
def test_a_link_ends_and_the_history_shows_a_new_one(make_server, users):
    """The server's clock is put forward by three hours; a link lives one, which ends with the hour."""
    server = make_server(files__link_hours="1").start()
    romeo, juliet = users(2, on=server)
    author = romeo.login()
    link, late = upload(author, DATA), slot(author)
    share(author, juliet.jid, link)
    heard = heard_link(juliet.login())
    assert get(server, heard).status == 200
    server.stop()
    server.environment = lambda: dict(os.environ, LD_PRELOAD=str(FAKETIME), FAKETIME="+3h", FAKETIME_DONT_FAKE_MONOTONIC="1")
    server.start()
    ended = get(server, heard)
    assert ended.status == 410 and "history" in ended.body.decode()
    assert [record["rule"] for record in records(server, "download") if record["refused"]] == ["file-link-ended"]
    assert put(server, late.put, b"x").status == 403, "so does a place that nothing was put in"
    reader, author = juliet.login(), romeo.login()
    [shown] = history_links(reader)
    assert shown != heard and get(server, shown).body == DATA
    share(author, reader.jid, link)
    assert heard_link(reader) == link, "what has ended is not made to last by sending it"


def test_the_archive_shows_the_files_that_a_message_shares(server, users, tmp_path):
    romeo, juliet = (person.login() for person in users(2))
    link = upload(romeo, DATA, "plan.txt")
    hash_element = (f"<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><name>plan.txt</name></file>"
                    f"<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='{link}'/></sources></file-sharing>")
    romeo.send(f"<message to='{juliet.jid}' type='chat'><body>{link}</body>{hash_element}</message>")
    heard = juliet.expect("<message type='chat'/>")
    target = heard.find(".//{http://jabber.org/protocol/url-data}url-data").get("target")
    assert target == body(heard) and get(server, target).body == DATA, "XEP-0447 passes, with a link that opens"

    [record] = [each for each in server.archive_search(sender=romeo.bare, to=juliet.bare) if "files" in each]
    [file] = record["files"]
    assert (file["name"], file["size"], file["sha256"], file["verdict"]) == ("plan.txt", len(DATA), sha256(DATA), "not scanned")
    shown = server.cli("archive", "show", str(record["position"])).stdout
    assert "plan.txt" in shown and sha256(DATA) in shown and "not scanned" in shown

    for number, which in enumerate((file["id"], sha256(DATA))):
        out = tmp_path / f"plan{number}"
        assert sha256(DATA) in server.cli("archive", "file", which, "--out", out).stdout
        assert out.read_bytes() == DATA and out.stat().st_mode & 0o077 == 0
        refused = server.cli("archive", "file", which, "--out", out, check=False)
        assert refused.returncode == 2 and "cannot write" in refused.stderr, "nothing is overwritten"
    assert server.cli("archive", "file", file["id"], "--out", "-").stdout == DATA.decode()
    asked = [each for each in server.archive_search(all=True) if each["kind"] == "admin" and "archive file" in each["body"]]
    assert file["id"] in asked[0]["body"], "who takes a file out is on record"
    unknown = server.cli("archive", "file", "0" * 32, "--out", "-", check=False)
    assert unknown.returncode == 2 and "There is no file" in unknown.stderr
