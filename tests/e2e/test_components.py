"""XEP-0114: programs that serve domains of their own."""

import pytest

from support.component import SPACE, Component
from support.elements import NS, body, condition
from support.events import done, item, publish, version_of
from support.rooms import codes, enter, new_room
from support.server import DOMAIN, free_ports, wait_until

pytestmark = pytest.mark.only_chancery("the settings are ours")

PORT = free_ports(1)[0]
GATEWAY, OTHER, SECRET = f"irc.{DOMAIN}", f"sms.{DOMAIN}", "open sesame"
SETTINGS = {"listen.component": f"127.0.0.1:{PORT}", f"components.{GATEWAY}": SECRET, f"components.{OTHER}": "another secret"}


@pytest.fixture
def connect(request, clients):
    def make(domain=GATEWAY, secret=SECRET, join=True, **how):
        server = request.getfixturevalue("server")
        component = Component(server, PORT, domain)
        clients.append(component)
        return component.join(secret, **how) if join else component.connect()

    return make


@pytest.fixture
def gateway(connect, server):
    component = connect()
    yield component
    component.close()


# §3: who may come in

@pytest.mark.parametrize("domain,secret", [(GATEWAY, "wrong"), (GATEWAY, ""), ("nobody." + DOMAIN, SECRET), (DOMAIN, SECRET), ("@@", SECRET)])
def test_who_does_not_know_the_secret_is_turned_away(connect, domain, secret):
    component = connect(domain, join=False)
    component.greet(secret)
    component.expect_stream_error("not-authorized")


@pytest.mark.parametrize("said", ["<message to='a@post.example' from='irc.post.example'><body>hi</body></message>", "<handshake/>"])
def test_nothing_is_taken_before_the_greeting(connect, said):
    component = connect(join=False)
    component.open(to=GATEWAY, version=None, namespace=SPACE)
    component.send(said)
    component.expect_stream_error("not-authorized")


def test_the_newer_connection_serves_the_domain(connect, users):
    client = users().login()
    older, newer = connect(), connect()
    older.expect_stream_error("conflict")
    client.say(f"#room@{GATEWAY}", "to whom?")
    newer.expect(f"<message xmlns='{SPACE}'><body>to whom?</body></message>")


def test_a_component_speaks_for_itself_alone(connect, users):
    romeo = users()
    for stanza in (f"<message from='{romeo.jid}' to='{romeo.jid}'><body>forged</body></message>",
                   f"<message to='{romeo.jid}'><body>from nobody</body></message>",
                   f"<presence from='a@{OTHER}' to='{romeo.jid}'/>"):
        component = connect()
        component.send(stanza)
        component.expect_stream_error("invalid-from")
    component = connect()
    component.send(f"<message from='{GATEWAY}' to='somebody@elsewhere.example'><body>out</body></message>")
    component.expect_stream_error("improper-addressing")
    component = connect()
    component.send("<nonsense/>")
    component.expect_stream_error("unsupported-stanza-type")


# Messages

def test_messages_go_both_ways_and_are_on_record(server, gateway, users):
    romeo = users()
    client = romeo.login()
    client.say(f"#verona@{GATEWAY}", "hail from the client")
    heard = gateway.expect(f"<message xmlns='{SPACE}' from='{client.jid}' to='#verona@{GATEWAY}'/>")
    assert heard.findtext(f"{{{SPACE}}}body") == "hail from the client"
    gateway.send(f"<message from='#verona@{GATEWAY}/nurse' to='{romeo.jid}' type='chat' id='g1'><body>hail from outside</body></message>")
    assert client.hear("hail from outside").get("from") == f"#verona@{GATEWAY}/nurse"
    for words, sender in (("hail client", romeo.jid), ("hail outside", f"#verona@{GATEWAY}")):
        assert len(server.archive_search(words=words, sender=sender)) == 1


def test_what_a_component_sends_waits_for_who_is_away(gateway, users):
    romeo = users()
    gateway.send(f"<message from='a@{GATEWAY}' to='{romeo.jid}' type='chat' id='1'><body>for later</body></message>")
    gateway.fence()
    romeo.login().hear("for later")


def test_many_messages_of_a_component_keep_their_order(gateway, users):
    client = users().login()
    for number in range(300):
        gateway.send(f"<message from='a@{GATEWAY}' to='{client.bare}' type='chat'><body>{number}</body></message>")
    for number in range(300):
        assert body(client.expect("<message type='chat'/>")) == str(number)


def test_a_refused_message_comes_back_to_the_component(server, gateway, users):
    client = users().login()
    for to in (f"nobody@{DOMAIN}", client.bare):
        if to == client.bare:
            client.iq("set", f"<block xmlns='{NS['block']}'><item jid='{GATEWAY}'/></block>")
        gateway.send(f"<message from='a@{GATEWAY}' to='{to}' type='chat' id='refused'><body>magpie</body></message>")
        error = gateway.expect(f"<message xmlns='{SPACE}' type='error' id='refused' from='{to}'/>")
        assert error.find(".//{%s}service-unavailable" % NS["stanza-error"]) is not None
    assert len(server.archive_search(words="magpie", sender=f"a@{GATEWAY}")) == 2


def test_who_writes_to_a_component_that_is_away_is_told(users):
    client = users().login()
    name = client.say(f"a@{OTHER}", "anybody?")
    assert condition(client.expect(f"<message type='error' id='{name}' from='a@{OTHER}'/>")) == "service-unavailable"
    assert condition(client.iq("get", "<ping xmlns='urn:xmpp:ping'/>", OTHER)) == "service-unavailable"


def test_a_message_to_a_component_is_handed_over_once(make_server, users, clients):
    server = make_server(**SETTINGS | {"listen.component": f"127.0.0.1:{free_ports(1)[0]}"}).start()
    component = Component(server, int(server.settings["listen.component"].rsplit(":", 1)[1]), GATEWAY)
    clients.append(component)
    component.join(SECRET)
    client = users(on=server).login()
    client.say(f"a@{GATEWAY}", "once")
    component.expect(f"<message xmlns='{SPACE}'/>")
    server.restart()
    clients.append(again := Component(server, component.component_port, GATEWAY))
    again.join(SECRET).fence()
    assert not again.take(f"<message xmlns='{SPACE}'/>")


# Presence

def test_people_see_the_presence_of_who_is_behind_a_component(gateway, users):
    romeo = users()
    client = romeo.login()
    client.roster()
    client.send(f"<presence type='subscribe' to='a@{GATEWAY}'/>")
    gateway.expect(f"<presence xmlns='{SPACE}' type='subscribe' from='{romeo.jid}' to='a@{GATEWAY}'/>")
    gateway.send(f"<presence type='subscribed' from='a@{GATEWAY}' to='{romeo.jid}'/><presence from='a@{GATEWAY}/x' to='{romeo.jid}'><status>behind</status></presence>")
    client.expect(f"<presence type='subscribed' from='a@{GATEWAY}'/>")
    client.expect(f"<presence from='a@{GATEWAY}/x'><status>behind</status></presence>")
    late = romeo.login(presence=False)
    late.send("<presence/>")
    gateway.expect(f"<presence xmlns='{SPACE}' type='probe' from='{late.jid}' to='a@{GATEWAY}'/>")


def befriend_outside(client, gateway, who):
    gateway.send(f"<presence type='subscribe' from='{who}' to='{client.bare}'/>")
    client.expect(f"<presence type='subscribe' from='{who}'/>")
    client.send(f"<presence type='subscribed' to='{who}'/>")
    gateway.expect(f"<presence xmlns='{SPACE}' type='subscribed' from='{client.bare}' to='{who}'/>")


def test_who_is_outside_and_wants_it_hears_what_people_publish(gateway, users):
    """XEP-0163 over the border: the other side's presence says what its clients want."""
    client = users().login()
    who, node = f"b@{GATEWAY}", "urn:example:outside"
    befriend_outside(client, gateway, who)
    done(publish(client, node, item("1")))
    version = version_of([f"{node}+notify"])
    gateway.send(f"<presence from='{who}/x' to='{client.bare}'><c xmlns='{NS['caps']}' hash='sha-1' node='https://stories.example' ver='{version}'/></presence>")
    asked = gateway.expect(f"<iq xmlns='{SPACE}' type='get' to='{who}/x' from='{client.bare}'><query xmlns='{NS['info']}'/></iq>")
    node_asked = asked.find("info:query", NS).get("node")
    gateway.send(f"<iq type='result' id='{asked.get('id')}' from='{who}/x' to='{client.bare}'><query xmlns='{NS['info']}' node='{node_asked}'>"
                 f"<identity category='client' type='pc' name='stories'/><feature var='{node}+notify'/></query></iq>")
    told = lambda id: f"<message xmlns='{SPACE}' type='headline' from='{client.bare}' to='{who}/x'><event xmlns='{NS['event']}'><items node='{node}'><item id='{id}'/></items></event></message>"
    gateway.expect(told("1"))
    done(publish(client, node, item("2")))
    gateway.expect(told("2"))
    gateway.send(f"<presence type='unavailable' from='{who}/x' to='{client.bare}'/>")
    gateway.fence()
    done(publish(client, node, item("3")))
    gateway.fence()
    assert not gateway.take(told("3"))


# Requests

def test_requests_go_both_ways(server, gateway, users):
    client = users().login()
    client.send(f"<iq type='get' id='v' to='{GATEWAY}'><query xmlns='jabber:iq:version'/></iq>")
    asked = gateway.expect(f"<iq xmlns='{SPACE}' type='get' id='v' from='{client.jid}'/>")
    gateway.send(f"<iq type='result' id='{asked.get('id')}' from='{GATEWAY}' to='{client.jid}'><query xmlns='jabber:iq:version'><name>gateway</name></query></iq>")
    client.expect("<iq type='result' id='v'><query xmlns='jabber:iq:version'><name>gateway</name></query></iq>")
    gateway.send(f"<iq type='get' id='s' from='a@{GATEWAY}' to='{DOMAIN}'><query xmlns='jabber:iq:version'/></iq>")
    gateway.expect(f"<iq xmlns='{SPACE}' type='result' id='s' to='a@{GATEWAY}'/>")
    gateway.send(f"<iq type='get' id='c' from='a@{GATEWAY}' to='{client.jid}'><ping xmlns='urn:xmpp:ping'/></iq>")
    client.expect(f"<iq type='get' id='c' from='a@{GATEWAY}'/>")
    gateway.send(f"<iq type='get' id='n' from='a@{GATEWAY}' to='{client.bare}'><pubsub xmlns='{NS['pubsub']}'><items node='none'/></pubsub></iq>")
    gateway.expect(f"<iq xmlns='{SPACE}' type='error' id='n'/>")


def test_components_are_found(users):
    listed = users().login().iq("get", f"<query xmlns='{NS['items']}'/>", DOMAIN).findall("items:query/items:item", NS)
    assert {GATEWAY, OTHER} <= {each.get("jid") for each in listed}


# Settings

@pytest.mark.parametrize("settings", [{"components.@@": SECRET}, {f"components.{GATEWAY}": "short"}, {f"components.{DOMAIN}": SECRET}])
def test_a_wrong_setting_stops_the_start(make_server, settings):
    server = make_server(**settings)
    server.launch()
    assert server.process.wait(timeout=10) != 0
    assert "components." in server.tail()
    server.process = None


def test_from_elsewhere_components_come_with_tls_only(make_server, users, clients):
    port = free_ports(1)[0]
    server = make_server(**{"listen.component": f"0.0.0.0:{port}", f"components.{GATEWAY}": SECRET}).start()
    plain = Component(server, port, GATEWAY).connect()
    clients.append(plain)
    plain.send("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='irc.post.example'>")
    try:
        plain._restart_parser()
        plain.expect_end()
    except AssertionError as error:
        assert "not well-formed" in str(error), "an alert is no XML"
    assert plain.header is None
    secure = Component(server, port, GATEWAY)
    clients.append(secure)
    secure.join(SECRET, direct_tls=True).fence()


def test_who_came_by_a_component_that_has_gone_is_in_no_room(connect, server, users):
    """XEP-0045 §14.1: the error that comes of what the room says takes the ghost out."""
    owner, component = users().login(), connect()
    room = new_room(server)
    enter(owner, room, "owner")
    owner.iq("set", f"<query xmlns='{NS['muc-owner']}'><x xmlns='jabber:x:data' type='submit'/></query>", room)
    component.send(f"<presence from='ghost@{GATEWAY}/x' to='{room}/ghost'><x xmlns='{NS['muc']}'/></presence>")
    owner.expect(f"<presence from='{room}/ghost'/>")
    component.cut()
    wait_until(lambda: owner.iq("get", "<ping xmlns='urn:xmpp:ping'/>", GATEWAY).get("type") == "error", "gone")
    owner.say(room, "art thou gone so?", kind="groupchat")
    assert 333 in codes(owner.expect(f"<presence from='{room}/ghost' type='unavailable'/>"))


def test_an_error_is_not_answered_by_an_error_where_a_component_has_gone(connect, server, users):
    """What the room still tells the ghost about its own end leads to nothing."""
    owner, component = users().login(), connect()
    room = new_room(server)
    enter(owner, room, "owner")
    owner.iq("set", f"<query xmlns='{NS['muc-owner']}'><x xmlns='jabber:x:data' type='submit'/></query>", room)
    for nick in ("one", "two", "three"):
        component.send(f"<presence from='{nick}@{GATEWAY}/x' to='{room}/{nick}'><x xmlns='{NS['muc']}'/></presence>")
        owner.expect(f"<presence from='{room}/{nick}'/>")
    component.cut()
    wait_until(lambda: owner.iq("get", "<ping xmlns='urn:xmpp:ping'/>", GATEWAY).get("type") == "error", "gone")
    owner.say(room, "all?", kind="groupchat")
    for nick in ("one", "two", "three"):
        owner.expect(f"<presence from='{room}/{nick}' type='unavailable'/>")
    owner.expect_nothing("<presence/>")


def test_strangers_who_ask_to_subscribe_do_not_bury_the_owner_of_a_node(gateway, users):
    """XEP-0060 §8.6: each of them is a message to the owner."""
    owner = users().login()
    done(publish(owner, "n", item("1"), options={"pubsub#access_model": "authorize"}))
    most = 500

    def asks(number):
        who = f"u{number}@{GATEWAY}"
        gateway.send(f"<iq type='set' id='s{number}' from='{who}' to='{owner.bare}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                     f"<subscribe node='n' jid='{who}'/></pubsub></iq>")
        return gateway.expect(f"<iq xmlns='{SPACE}' id='s{number}'/>")

    for number in range(most):
        assert asks(number).get("type") == "result"
    refused = asks(most).find(f"{{{SPACE}}}error")
    assert [each.tag.split("}")[1] for each in refused] == ["policy-violation", "too-many-subscriptions"]
