"""What would carry files past the record is refused, with a word about what to do instead (XEP-0047, 0065, 0096, 0234)."""

import pytest

from support.elements import NS, condition

pytestmark = pytest.mark.only_chancery("a rule of policy")

JINGLE = "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='s'><content creator='initiator' name='f'><description xmlns='{}'/></content></jingle>"
STREAMS = {
    "in-band bytestreams": "<open xmlns='http://jabber.org/protocol/ibb' sid='s' block-size='4096'/>",
    "socks5": "<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><streamhost jid='a@b' host='127.0.0.1' port='1'/></query>",
    "activation of a stream": "<query xmlns='http://jabber.org/protocol/bytestreams' sid='s'><activate>target@somewhere</activate></query>",
    "data in band": "<data xmlns='http://jabber.org/protocol/ibb' sid='s' seq='0'>aGVsbG8=</data>",
    "stream initiation": "<si xmlns='http://jabber.org/protocol/si' id='s' profile='http://jabber.org/protocol/si/profile/file-transfer'/>",
    "jingle": JINGLE.format("urn:xmpp:jingle:apps:file-transfer:5"),
    "jingle, an older one": JINGLE.format("urn:xmpp:jingle:apps:file-transfer:3"),
    "jingle over socks5": JINGLE.format("urn:xmpp:jingle:apps:file-transfer:5").replace(
        "</content>", "<transport xmlns='urn:xmpp:jingle:transports:s5b:1' sid='t'><candidate cid='c' host='127.0.0.1' jid='a@b' port='1' priority='1'/></transport></content>"),
}


@pytest.mark.parametrize("way", STREAMS)
def test_files_do_not_go_past_the_record(server, users, way):
    romeo, juliet = users(2)
    sender, receiver = romeo.login(), juliet.login()
    answer = sender.iq("set", STREAMS[way], receiver.jid)
    assert condition(answer) == "policy-violation"
    assert "upload" in "".join(answer.itertext())
    receiver.expect_nothing("<iq/>", after=sender)
    refused = [record for record in server.archive_search(sender=romeo.jid, all=True) if "no-direct-files" in str(record)]
    assert refused


def test_calls_pass(users):
    romeo, juliet = users(2)
    sender, receiver = romeo.login(), juliet.login()
    sender.send(f"<iq type='set' id='call' to='{receiver.jid}'>" + JINGLE.format("urn:xmpp:jingle:apps:rtp:1") + "</iq>")
    receiver.expect("<iq type='set' id='call'/>")


def test_files_pass_where_policy_lets_them(make_server, users):
    server = make_server(policy__file_streams="true").start()
    romeo, juliet = users(1, on=server), users(1, on=server)
    sender, receiver = romeo.login(), juliet.login()
    sender.send(f"<iq type='set' id='file' to='{receiver.jid}'>{STREAMS['jingle']}</iq>")
    receiver.expect("<iq type='set' id='file'/>")


def test_there_is_no_proxy_for_files(server, users):
    """XEP-0065 §4: a client looks for one among the server's items."""
    client = users().login()
    listed = client.iq("get", f"<query xmlns='{NS['items']}'/>", server.domain).findall("items:query/items:item", NS)
    for address in [server.domain, *[each.get("jid") for each in listed]]:
        query = client.iq("get", f"<query xmlns='{NS['info']}'/>", address).find("info:query", NS)
        assert query is not None, address
        assert all(identity.get("category") != "proxy" for identity in query.findall("info:identity", NS)), address
        assert "http://jabber.org/protocol/bytestreams" not in [each.get("var") for each in query.findall("info:feature", NS)]
