"""Namespaces, and matching of a received stanza against a literal.

A pattern is XML as it would stand in a stream: every attribute, child and text it names must be there;
what it does not name may be there too. So a story reads like a play and survives additions.
"""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr  # noqa: F401  (for the stories)

NS = {
    "": "jabber:client",
    "stream": "http://etherx.jabber.org/streams",
    "stream-error": "urn:ietf:params:xml:ns:xmpp-streams",
    "stanza-error": "urn:ietf:params:xml:ns:xmpp-stanzas",
    "tls": "urn:ietf:params:xml:ns:xmpp-tls",
    "sasl": "urn:ietf:params:xml:ns:xmpp-sasl",
    "cb": "urn:xmpp:sasl-cb:0",
    "bind": "urn:ietf:params:xml:ns:xmpp-bind",
    "session": "urn:ietf:params:xml:ns:xmpp-session",
    "roster": "jabber:iq:roster",
    "rosterver": "urn:xmpp:features:rosterver",
    "preapproval": "urn:xmpp:features:pre-approval",
    "ping": "urn:xmpp:ping",
    "version": "jabber:iq:version",
    "last": "jabber:iq:last",
    "time": "urn:xmpp:time",
    "private": "jabber:iq:private",
    "vcard": "vcard-temp",
    "caps": "http://jabber.org/protocol/caps",
    "info": "http://jabber.org/protocol/disco#info",
    "items": "http://jabber.org/protocol/disco#items",
    "sm": "urn:xmpp:sm:3",
    "carbons": "urn:xmpp:carbons:2",
    "forward": "urn:xmpp:forward:0",
    "delay": "urn:xmpp:delay",
    "mam": "urn:xmpp:mam:2",
    "rsm": "http://jabber.org/protocol/rsm",
    "data": "jabber:x:data",
    "sid": "urn:xmpp:sid:0",
    "block": "urn:xmpp:blocking",
    "blocked": "urn:xmpp:blocking:errors",
    "csi": "urn:xmpp:csi:0",
    "muc": "http://jabber.org/protocol/muc",
    "muc-user": "http://jabber.org/protocol/muc#user",
    "muc-admin": "http://jabber.org/protocol/muc#admin",
    "muc-owner": "http://jabber.org/protocol/muc#owner",
    "register": "jabber:iq:register",
    "occupant": "urn:xmpp:occupant-id:0",
    "hats": "urn:xmpp:hats:0",
    "moderate": "urn:xmpp:message-moderate:1",
    "retract": "urn:xmpp:message-retract:1",
    "commands": "http://jabber.org/protocol/commands",
}

_SCOPE = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"


def parse(text):
    """The one element that `text` holds, in the default namespace of a client's stream."""
    children = list(ET.fromstring(f"<scope {_SCOPE}>{text}</scope>"))
    assert len(children) == 1, f"one element expected: {text}"
    return children[0]


def matches(pattern, element):
    if pattern.tag != element.tag:
        return False
    if any(element.get(name) != value for name, value in pattern.items()):
        return False
    wanted = (pattern.text or "").strip()
    if wanted and wanted != (element.text or "").strip():
        return False
    return all(any(matches(child, candidate) for candidate in element) for child in pattern)


def to_text(element):
    return ET.tostring(element, encoding="unicode")


def condition(stanza):
    """The defined condition of a stanza error (RFC 6120 §8.3.3), or None."""
    error = stanza.find("error", NS)
    if error is None:
        return None
    prefix = "{" + NS["stanza-error"] + "}"
    names = [child.tag[len(prefix):] for child in error if child.tag.startswith(prefix)]
    return next((name for name in names if name != "text"), None)


def error_type(stanza):
    return stanza.find("error", NS).get("type")


def body(stanza):
    return stanza.findtext("body", None, NS)


def bare(jid):
    return jid.split("/", 1)[0]
