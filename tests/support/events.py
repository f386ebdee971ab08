"""Nodes and events as clients speak of them (XEP-0060, XEP-0163): what they announce (XEP-0115), ask and hear."""

import base64
import hashlib

from support.elements import NS, condition

NS.update({
    "pubsub": "http://jabber.org/protocol/pubsub",
    "owner": "http://jabber.org/protocol/pubsub#owner",
    "event": "http://jabber.org/protocol/pubsub#event",
    "ps-error": "http://jabber.org/protocol/pubsub#errors",
})

TUNE = "http://jabber.org/protocol/tune"


def version_of(features):
    text = "client/pc//stories<" + "".join(f"{feature}<" for feature in sorted(features))
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def announce(client, *nodes, priority=None, version=None, features=None):
    """Presence that says the client wants events of these nodes; it answers what the server asks about that."""
    client.abilities = sorted(features or [f"{node}+notify" for node in nodes])
    version = version or version_of(client.abilities)
    level = f"<priority>{priority}</priority>" if priority is not None else ""
    client.send(f"<presence>{level}<c xmlns='{NS['caps']}' hash='sha-1' node='https://stories.example' ver='{version}'/></presence>")
    client.expect(f"<presence from='{client.jid}'/>")
    for _ in range(3):
        client.fence()
    return client


def item(id=None, payload=f"<tune xmlns='{TUNE}'/>"):
    return f"<item{f' id={chr(39)}{id}{chr(39)}' if id else ''}>{payload}</item>"


def form(kind, fields):
    shown = "".join(f"<field var='{name}'>" + "".join(f"<value>{value}</value>" for value in (values if isinstance(values, list) else [values])) + "</field>"
                    for name, values in fields.items())
    return f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>{NS['pubsub']}#{kind}</value></field>{shown}</x>"


def pubsub(client, kind, content, to=None, space="pubsub"):
    return client.iq(kind, f"<pubsub xmlns='{NS[space]}'>{content}</pubsub>", to)


def done(answer):
    assert answer.get("type") == "result", condition(answer)
    return answer


def publish(client, node, *items, to=None, options=None):
    wish = f"<publish-options>{form('publish-options', options)}</publish-options>" if options else ""
    return pubsub(client, "set", f"<publish node='{node}'>{''.join(items)}</publish>{wish}", to)


def items(client, node, to=None, extra="", inside="", after=""):
    """The answer to asking for a node's items."""
    return pubsub(client, "get", f"<items node='{node}'{extra}>{inside}</items>{after}", to)


def ids(answer):
    return [each.get("id") for each in done(answer).findall("pubsub:pubsub/pubsub:items/pubsub:item", NS)]


def configure(client, node, fields, to=None):
    return pubsub(client, "set", f"<configure node='{node}'>{form('node_config', fields)}</configure>", to, "owner")


def event(owner, node, id=None, kind="item"):
    """The pattern of an event's message."""
    inside = f"<{kind} id='{id}'/>" if id else ""
    return (f"<message type='headline' from='{owner}'><event xmlns='{NS['event']}'>"
            f"<items node='{node}'>{inside}</items></event></message>")


def detail(answer):
    """The condition of XEP-0060 §10 in an error, or None."""
    prefix = "{" + NS["ps-error"] + "}"
    return next((child.tag[len(prefix):] for child in answer.find("error", NS) if child.tag.startswith(prefix)), None)
