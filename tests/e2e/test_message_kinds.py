"""The specifications that are messages: each passes unchanged, is on record, is copied to the sender's other devices, waits
for who is away, and stands in the history of both. Chat states pass and are on record, and are nobody's history."""

import pytest

from support.elements import NS, body, matches, parse, to_text

pytestmark = pytest.mark.only_chancery("what is kept differs")

REFERENCE = "id='5f4f4e9c-original'"
KINDS = {
    "XEP-0184 receipt": f"<received xmlns='urn:xmpp:receipts' {REFERENCE}/>",
    "XEP-0184 request": "<body>x</body><request xmlns='urn:xmpp:receipts'/>",
    "XEP-0333 displayed": f"<displayed xmlns='urn:xmpp:chat-markers:0' {REFERENCE}/>",
    "XEP-0333 markable": "<body>x</body><markable xmlns='urn:xmpp:chat-markers:0'/>",
    "XEP-0308 correction": f"<body>corrected</body><replace xmlns='urn:xmpp:message-correct:0' {REFERENCE}/>",
    "XEP-0424 retraction": f"<retract xmlns='urn:xmpp:message-retract:1' {REFERENCE}/>"
                           "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/><body>retracted</body>",
    "XEP-0444 reaction": f"<reactions xmlns='urn:xmpp:reactions:0' {REFERENCE}><reaction>&#x1F44D;</reaction></reactions>"
                         "<store xmlns='urn:xmpp:hints'/>",
    "XEP-0461 reply": f"<body>&gt; x\ny</body><reply xmlns='urn:xmpp:reply:0' to='romeo@post.example' {REFERENCE}/>"
                      "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='4'/></fallback>",
    "XEP-0372 reference": "<body>x y</body><reference xmlns='urn:xmpp:reference:0' begin='0' end='1' type='mention'"
                          " uri='xmpp:romeo@post.example'/>",
    "XEP-0393 styling": "<body>*bold*</body><unstyled xmlns='urn:xmpp:styling:0'/>",
    "XEP-0066 link": "<body>https://x.example/</body><x xmlns='jabber:x:oob'><url>https://x.example/</url></x>",
    "XEP-0297 forwarding": "<body>look</body><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'"
                           " from='a@b.example' to='c@d.example'><body>theirs</body></message></forwarded>",
    "XEP-0334 hint": "<body>x</body><no-copy xmlns='urn:xmpp:hints'/>",
    "XEP-0359 origin": "<body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='origin-1'/>",
    "XEP-0482 call invite": "<invite xmlns='urn:xmpp:call-invites:0' video='true'><external uri='https://meet.example/x'/></invite>",
    "XEP-0201 thread": "<body>x</body><thread parent='t0'>t1</thread>",
    "XEP-0224 attention": "<attention xmlns='urn:xmpp:attention:0'/>",
    "XEP-0144 roster exchange": "<x xmlns='http://jabber.org/protocol/rosterx'><item action='add' jid='a@b.example'/></x>",
    "XEP-0127 alert": "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.1'><identifier>KSTO1055887203</identifier></alert>",
    "XEP-0447 file": "<body>x</body><file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'/>",
}


def send(client, to, payload, name="k1", kind="chat"):
    client.send(f"<message to='{to}' type='{kind}' id='{name}'>{payload}</message>")


def arrives(message, payload):
    wanted = list(parse(f"<message>{payload}</message>"))
    return all(any(matches(child, found) for found in message) for child in wanted)


def history(client):
    """The messages in it."""
    answer = client.iq("set", f"<query xmlns='{NS['mam']}'/>")
    assert answer.get("type") == "result"
    results = [element.find("mam:result/forward:forwarded/{jabber:client}message", NS) for element in client.take("<message/>")]
    return [message for message in results if message is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_it_passes_unchanged_is_copied_and_stands_in_both_histories(users, server, kind):
    payload = KINDS[kind]
    romeo, juliet = users(2)
    hers, speaking, other = juliet.login(), romeo.login("speaking"), romeo.login("other")
    other.iq("set", f"<enable xmlns='{NS['carbons']}'/>")
    send(speaking, juliet.jid, payload)
    got = hers.expect("<message id='k1'/>")
    assert arrives(got, payload), to_text(got)
    copy = other.expect("<message><sent xmlns='urn:xmpp:carbons:2'/></message>")
    assert arrives(copy.find("carbons:sent/forward:forwarded", NS)[0], payload)
    for client in (hers, other):
        kept = history(client)
        assert len(kept) == 1 and arrives(kept[0], payload)
    position = max(record["position"] for record in server.archive_search(sender=romeo.jid))
    assert server.cli("archive", "show", position).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_it_waits_for_who_is_away(users, kind):
    romeo, juliet = users(2)
    speaking = romeo.login()
    send(speaking, juliet.jid, KINDS[kind])
    speaking.fence()
    got = juliet.login().expect("<message id='k1'/>")
    assert arrives(got, KINDS[kind])


@pytest.mark.parametrize("state", ["active", "composing", "paused", "inactive", "gone"])
def test_chat_states_pass_and_are_copied_and_are_nobodys_history(users, state):
    romeo, juliet = users(2)
    hers, speaking, other = juliet.login(), romeo.login("speaking"), romeo.login("other")
    other.iq("set", f"<enable xmlns='{NS['carbons']}'/>")
    payload = f"<{state} xmlns='http://jabber.org/protocol/chatstates'/>"
    send(speaking, juliet.jid, payload)
    assert arrives(hers.expect("<message id='k1'/>"), payload)
    other.expect("<message><sent xmlns='urn:xmpp:carbons:2'/></message>")
    assert history(hers) == [] and history(other) == []


def test_a_retraction_leaves_the_original_in_history_and_on_record(users, server):
    """XEP-0424 §5 allows a tombstone and does not ask for one: docs/records.md."""
    romeo, juliet = users(2)
    hers, speaking = juliet.login(), romeo.login()
    send(speaking, juliet.jid, "<body>said in haste</body>", "haste")
    send(speaking, juliet.jid, "<retract xmlns='urn:xmpp:message-retract:1' id='haste'/>", "regret")
    hers.expect("<message id='regret'/>")
    assert [message.get("id") for message in history(hers)] == ["haste", "regret"]
    assert [record for record in server.archive_search(sender=romeo.jid) if "said in haste" in str(record)]


def test_what_a_device_has_displayed_is_told_the_others_by_private_data(users):
    """XEP-0490 is PEP with private access; here only that its marker message passes."""
    romeo, juliet = users(2)
    hers, speaking = juliet.login(), romeo.login()
    send(speaking, juliet.jid, "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>")
    assert arrives(hers.expect("<message id='k1'/>"), "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>")


ENCRYPTED = {
    "OMEMO of before": "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/><payload>AAAA</payload></encrypted>",
    "OMEMO 1": "<encrypted xmlns='urn:xmpp:omemo:1'/>",
    "OMEMO 2 (XEP-0384)": "<encrypted xmlns='urn:xmpp:omemo:2'/>",
    "OpenPGP (XEP-0373)": "<openpgp xmlns='urn:xmpp:openpgp:0'>AAAA</openpgp>",
    "old OpenPGP (XEP-0027)": "<body>encrypted</body><x xmlns='jabber:x:encrypted'>AAAA</x>",
    "OTR": "<body>?OTR:AAMC</body>",
    "a file whose key only they have (XEP-0454)": "<body>aesgcm://files.example/x#0123</body>",
    "the same among words": "<body>look: aesgcm://files.example/x#0123</body>",
    "the same as a link (XEP-0066)": "<body>x</body><x xmlns='jabber:x:oob'><url>aesgcm://files.example/x#0123</url></x>",
    "an encrypted source (XEP-0448)": "<body>x</body><file-sharing xmlns='urn:xmpp:sfs:0'><sources>"
                                      "<encrypted xmlns='urn:xmpp:esfs:0'/></sources></file-sharing>",
    "whatever says so itself (XEP-0380)": "<body>encrypted</body><encryption xmlns='urn:xmpp:eme:0' namespace='urn:x'/>",
}


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_what_nobody_could_read_is_refused_with_the_reason(users, kind):
    romeo, juliet = users(2)
    hers, speaking = juliet.login(), romeo.login()
    send(speaking, juliet.jid, ENCRYPTED[kind], "secret")
    refused = speaking.expect("<message type='error' id='secret'/>")
    assert refused.find("error/stanza-error:policy-violation", NS) is not None
    assert "End-to-end encryption" in refused.findtext("error/stanza-error:text", "", NS)
    hers.expect_nothing("<message id='secret'/>", after=speaking)


def test_a_policy_may_let_all_of_it_pass(make_server, users):
    server = make_server(policy__end_to_end="true").start()
    romeo, juliet = users(on=server), users(on=server)
    hers, speaking = juliet.login(), romeo.login()
    for number, payload in enumerate(ENCRYPTED.values()):
        send(speaking, juliet.jid, payload, f"e{number}")
        assert arrives(hers.expect(f"<message id='e{number}'/>"), payload)


def test_words_about_a_scheme_are_no_link(users):
    romeo, juliet = users(2)
    hers, speaking = juliet.login(), romeo.login()
    send(speaking, juliet.jid, "<body>what is aesgcm?</body>")
    assert body(hers.expect("<message id='k1'/>")) == "what is aesgcm?"
