"""Rooms (XEP-0045) as stories need them: entering, configuring, asking for lists."""

import itertools
from xml.etree import ElementTree

from support.elements import NS

_numbers = itertools.count(1)
X = f"<x xmlns='{NS['muc-user']}'/>"


def new_room(server):
    return f"room{next(_numbers)}@rooms.{server.domain}"


def codes(stanza):
    """The status codes that a stanza of a room carries."""
    return {int(status.get("code")) for status in stanza.findall("muc-user:x/muc-user:status", NS)}


def item(stanza):
    return stanza.find("muc-user:x/muc-user:item", NS)


def standing(stanza):
    return item(stanza).get("affiliation"), item(stanza).get("role")


def is_own(presence):
    return presence.tag == "{jabber:client}presence" and 110 in codes(presence)


def ask_in(client, room, nick, password=None, history="", extra=""):
    """Sends the presence that asks to enter."""
    secret = f"<password>{password}</password>" if password is not None else ""
    client.send(f"<presence to='{room}/{nick}'><x xmlns='{NS['muc']}'>{secret}{history}</x>{extra}</presence>")


def enter(client, room, nick, **wishes):
    """Enters, up to the room's subject; the own presence."""
    ask_in(client, room, nick, **wishes)
    own = client.expect(lambda stanza: is_own(stanza) and stanza.get("from") == f"{room}/{nick}")
    client.expect(f"<message type='groupchat'><subject/></message>")
    return own


def refused(client, room, nick, **wishes):
    """Asks to enter in vain; the error presence."""
    ask_in(client, room, nick, **wishes)
    return client.expect(f"<presence type='error' from='{room}/{nick}'/>")


def error_of(client, name):
    """The error about the message with this id."""
    return client.expect(f"<message type='error' id='{name}'/>")


def form(kind, **fields):
    """A filled-in form; __ in a name stands for #."""
    written = f"<field var='FORM_TYPE'><value>{kind}</value></field>"
    for name, values in fields.items():
        values = values if isinstance(values, list) else [values]
        texts = [str(int(value)) if isinstance(value, bool) else str(value) for value in values]
        written += f"<field var='{name.replace('__', '#')}'>" + "".join(f"<value>{text}</value>" for text in texts) + "</field>"
    return f"<x xmlns='{NS['data']}' type='submit'>{written}</x>"


def configure(client, room, **fields):
    """Answers the request: configure(owner, room, membersonly=True). Names with __ are whole ones."""
    named = {name if "__" in name or name.startswith("{") else f"muc__roomconfig_{name}": value for name, value in fields.items()}
    filled = form("http://jabber.org/protocol/muc#roomconfig", **named)
    return client.iq("set", f"<query xmlns='{NS['muc-owner']}'>{filled}</query>", room)


def make_room(client, nick="owner", **fields):
    """A room of the client's, open and configured."""
    room = new_room(client.server)
    own = enter(client, room, nick)
    assert 201 in codes(own)
    assert configure(client, room, **fields).get("type") == "result"
    return room


def change(client, room, *items):
    """muc#admin: change(owner, room, "<item nick='x' role='none'/>")."""
    return client.iq("set", f"<query xmlns='{NS['muc-admin']}'>{''.join(items)}</query>", room)


def set_affiliation(client, room, jid, affiliation, reason=None):
    words = f"<reason>{reason}</reason>" if reason else ""
    return change(client, room, f"<item jid='{jid}' affiliation='{affiliation}'>{words}</item>")


def set_role(client, room, nick, role, reason=None):
    words = f"<reason>{reason}</reason>" if reason else ""
    return change(client, room, f"<item nick='{nick}' role='{role}'>{words}</item>")


def people(client, room, **asked):
    """The answer to a request for a list: people(owner, room, affiliation="member")."""
    (kind, value), = asked.items()
    return client.iq("get", f"<query xmlns='{NS['muc-admin']}'><item {kind}='{value}'/></query>", room)


def listed(answer):
    assert answer.get("type") == "result", answer
    return [each.get("jid") for each in answer.findall("muc-admin:query/muc-admin:item", NS)]


def discover(client, room, node=None):
    """(features, fields of the room's form, name)"""
    asked = f" node='{node}'" if node else ""
    answer = client.iq("get", f"<query xmlns='{NS['info']}'{asked}/>", room)
    query = answer.find("info:query", NS)
    features = {feature.get("var") for feature in query.findall("info:feature", NS)}
    fields = {field.get("var"): field.findtext("data:value", None, NS) for field in query.findall("data:x/data:field", NS)}
    identity = query.find("info:identity", NS)
    return features, fields, identity.get("name") if identity is not None else None


def said_in(server, room):
    """What the archive says was said in the room, in order."""
    records = sorted(server.archive_search(room=room), key=lambda record: record["position"])
    texts = [ElementTree.fromstring(record["stanza"]).findtext("{*}body") for record in records]
    return [text for text in texts if text is not None]
