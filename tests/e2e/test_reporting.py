"""XEP-0377: who blocks somebody may say why; it is on record, and administrators are told."""

import secrets

import pytest

from support.elements import NS, body, condition

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has it as a community module")


def block(client, who, report):
    return client.iq("set", f"<block xmlns='{NS['block']}'><item jid='{who}'>{report}</item></block>")


def report(reason="urn:xmpp:reporting:spam", words="Never came trouble to my house like this."):
    return f"<report xmlns='urn:xmpp:reporting:1' reason='{reason}'><text xml:lang='en'>{words}</text></report>"


def test_it_is_announced(users):
    client = users().login()
    info = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.server.domain)
    assert info.find("info:query/info:feature[@var='urn:xmpp:reporting:1']", NS) is not None


def test_a_report_blocks_is_recorded_and_told(users, server):
    romeo, juliet = users(2)
    name = "boss-" + secrets.token_hex(4)
    boss = users()
    boss.name, boss.password = name, "secret-of-the-boss"
    server.cli("user", "add", name, "--administrator", stdin="secret-of-the-boss\nsecret-of-the-boss\n")
    boss = boss.login()
    client = juliet.login()
    assert block(client, romeo.jid, report()).get("type") == "result"
    told = boss.expect(lambda element: romeo.jid in (body(element) or ""))
    assert "Never came trouble" in body(told) and juliet.jid in body(told) and "spam" in body(told)
    assert [record for record in server.archive_search(sender=juliet.jid, all=True) if "reporting:1" in str(record)]
    listed = client.iq("get", f"<blocklist xmlns='{NS['block']}'/>")
    assert listed.find(f"block:blocklist/block:item[@jid='{romeo.jid}']", NS) is not None


@pytest.mark.parametrize("bad, expected", [("<report xmlns='urn:xmpp:reporting:1'/>", "bad-request"),
                                           (report(words="x" * 17_000), "not-acceptable")])
def test_what_is_no_report_blocks_nobody(users, bad, expected):
    romeo, juliet = users(2)
    client = juliet.login()
    assert condition(block(client, romeo.jid, bad)) == expected
    assert len(client.iq("get", f"<blocklist xmlns='{NS['block']}'/>")[0]) == 0


def test_a_report_of_the_older_namespace_is_passed_over(users):
    romeo, juliet = users(2)
    assert block(juliet.login(), romeo.jid, "<report xmlns='urn:xmpp:reporting:0'><spam/></report>").get("type") == "result"
