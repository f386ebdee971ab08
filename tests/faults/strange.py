"""Stanzas that are well-formed XML and make no sense: real ones with values, names and children exchanged."""

import copy
import xml.etree.ElementTree as ET

TEMPLATES = [ET.fromstring(f"<stream xmlns='jabber:client'>{text}</stream>")[0] for text in (
    "<message to='{friend}' type='chat' id='1'><subject>s</subject><body xml:lang='en'>Hello</body><thread parent='p'>t</thread>"
    "<active xmlns='http://jabber.org/protocol/chatstates'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/>"
    "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='{self}'/><delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/></message>",
    "<message to='{friend}'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message xmlns='jabber:client' from='{self}' to='{friend}'><body>b</body></message></forwarded></received></message>",
    "<message to='{friend}' type='headline'><body/><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='1'/></encrypted></message>",
    "<presence><show>away</show><status>s</status><priority>5</priority>"
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>",
    "<presence to='{friend}' type='subscribe'/>", "<presence to='{friend}' type='unsubscribed'/>", "<presence type='unavailable'/>",
    "<presence to='{friend}/r' type='probe'/>",
    "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='{friend}' name='n'><group>g</group></item></query></iq>",
    "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='{friend}' subscription='remove'/></query></iq>",
    "<iq type='get' id='1'><query xmlns='jabber:iq:roster' ver='v'/></iq>",
    "<iq type='get' id='1' to='{domain}'><query xmlns='http://jabber.org/protocol/disco#info' node='n'/></iq>",
    "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    "<iq type='set' id='1'><query xmlns='urn:xmpp:mam:2' queryid='q'><x xmlns='jabber:x:data' type='submit'>"
    "<field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'><value>{friend}</value></field>"
    "<field var='start'><value>2010-06-07T00:00:00Z</value></field><field var='end'><value>2040-06-07T00:00:00.123Z</value></field></x>"
    "<set xmlns='http://jabber.org/protocol/rsm'><max>10</max><before/><after>1</after></set><flip-page/></query></iq>",
    "<iq type='get' id='1'><metadata xmlns='urn:xmpp:mam:2'/></iq>", "<iq type='get' id='1'><query xmlns='urn:xmpp:mam:2'/></iq>",
    "<iq type='set' id='1'><block xmlns='urn:xmpp:blocking'><item jid='{friend}'/></block></iq>",
    "<iq type='set' id='1'><unblock xmlns='urn:xmpp:blocking'><item jid='{friend}'/></unblock></iq>",
    "<iq type='get' id='1'><blocklist xmlns='urn:xmpp:blocking'/></iq>",
    "<iq type='set' id='1'><vCard xmlns='vcard-temp'><FN>F</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO></vCard></iq>",
    "<iq type='get' id='1' to='{friend}'><vCard xmlns='vcard-temp'/></iq>",
    "<iq type='set' id='1'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference/></storage></query></iq>",
    "<iq type='get' id='1'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query></iq>",
    "<iq type='get' id='1' to='{friend}'><query xmlns='jabber:iq:last'/></iq>",
    "<iq type='get' id='1' to='{domain}'><time xmlns='urn:xmpp:time'/></iq>",
    "<iq type='get' id='1' to='{domain}'><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='get' id='1' to='{domain}'><ping xmlns='urn:xmpp:ping'/></iq>",
    "<iq type='set' id='1'><enable xmlns='urn:xmpp:carbons:2'/></iq>", "<iq type='set' id='1'><disable xmlns='urn:xmpp:carbons:2'/></iq>",
    "<iq type='set' id='1' to='{domain}'><command xmlns='http://jabber.org/protocol/commands' node='n' action='execute' sessionid='s'>"
    "<x xmlns='jabber:x:data' type='submit'><field var='a'><value>b</value></field></x></command></iq>",
    "<iq type='result' id='1' to='{friend}'/>", "<iq type='error' id='1' to='{friend}'><error type='cancel'/></iq>",
    "<r xmlns='urn:xmpp:sm:3'/>", "<a xmlns='urn:xmpp:sm:3' h='1'/>", "<enable xmlns='urn:xmpp:sm:3' resume='true' max='5'/>",
    "<inactive xmlns='urn:xmpp:csi:0'/>", "<active xmlns='urn:xmpp:csi:0'/>")]
TAGS = sorted({element.tag for template in TEMPLATES for element in template.iter()})
NAMES = sorted({name for template in TEMPLATES for element in template.iter() for name in element.attrib})
VALUES = ["", " ", "0", "-1", "1", "4294967295", "4294967296", "-9223372036854775808", "9223372036854775807", "18446744073709551616",
          "1e9", "0x10", "true", "\t", "é", "\U0001F600", "\u202e\u200d", "ǅ", "a" * 1_023,
          "a" * 1_024, "a" * 5_000, "@", "/", "a@", "@b", "a@b/", "a@b/c/d", "a@b@c", "{self}", "{self}/x", "{domain}", "{domain}/r",
          "{friend}", "{friend}/r", "A" * 600 + "@{domain}", "x@[::1]", "x@xn--", "x@-.-", "ß@{domain}", "\u00ad@{domain}", "get", "set",
          "result", "error", "subscribe", "chat", "groupchat", "2010-06-07T00:00:00Z", "2010-13-40T99:99:99Z", "0000-00-00T00:00:00Z",
          "9999-12-31T23:59:60.999999999999Z", "2010-06-07T00:00:00+99:99", "AAAA", "=", "urn:xmpp:mam:2", "%n%s", "' or 1=1 --"]


def strange(dice, **names):
    """One stanza as text, with up to four things wrong; `names` are who is meant by {self}, {friend} and {domain}."""
    stanza = copy.deepcopy(dice.choice(TEMPLATES))
    for _ in range(dice.randrange(5)):
        dice.choice((set_value, set_value, set_text, drop_value, rename, drop_child, repeat_child, graft))(stanza, dice)
    text = ET.tostring(stanza, encoding="unicode")
    if dice.randrange(4):  # as everybody writes it: without a prefix for the stanza's own namespace
        text = text.replace("<ns0:", "<").replace("</ns0:", "</").replace("xmlns:ns0=", "xmlns=")
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def any_of(stanza, dice):
    return dice.choice(list(stanza.iter()))


def set_value(stanza, dice):
    element = any_of(stanza, dice)
    element.set(dice.choice(sorted(element.attrib) or NAMES), dice.choice(VALUES))


def set_text(stanza, dice):
    any_of(stanza, dice).text = dice.choice(VALUES)


def drop_value(stanza, dice):
    element = any_of(stanza, dice)
    if element.attrib:
        del element.attrib[dice.choice(sorted(element.attrib))]


def rename(stanza, dice):
    inner = list(stanza.iter())[1:]
    if inner:
        dice.choice(inner).tag = dice.choice(TAGS)


def drop_child(stanza, dice):
    element = any_of(stanza, dice)
    if len(element):
        element.remove(dice.choice(list(element)))


def repeat_child(stanza, dice):
    element = any_of(stanza, dice)
    if len(element):
        element.extend([copy.deepcopy(dice.choice(list(element)))] * dice.choice((1, 3, 100)))


def graft(stanza, dice):
    other = copy.deepcopy(dice.choice(TEMPLATES))
    any_of(stanza, dice).append(dice.choice(list(other.iter())))
