"""XEP-0357: an app server is told that something has come for a device that is away, and no more than that."""

import pytest

from support.elements import NS, condition, to_text
from support.sasl2 import Sasl2, agent_xml, bind_xml, new_agent

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has it as a community module")

PUSH = "urn:xmpp:push:0"
PUBSUB = "{http://jabber.org/protocol/pubsub}"
OPTIONS = ("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
           "http://jabber.org/protocol/pubsub#publish-options</value></field><field var='secret'><value>eruio</value></field></x>")


class AppServer:
    """A client of somebody else that is told what to tell telephones."""

    def __init__(self, person):
        self.client = person.login("app")
        self.jid = self.client.jid

    def told(self, answer="result"):
        """The next notification, answered."""
        request = self.client.expect(lambda element: element.tag.endswith("}iq") and element.find(f"{PUBSUB}pubsub") is not None)
        body = "" if answer == "result" else answer
        kind = "result" if answer == "result" else "error"
        self.client.send(f"<iq type='{kind}' id='{request.get('id')}' to='{request.get('from')}'>{body}</iq>")
        self.client.fence()
        return request

    def not_told(self, *after):
        self.client.expect_nothing(lambda element: element.find(f"{PUBSUB}pubsub") is not None, after=after)


@pytest.fixture
def app(users):
    return AppServer(users())


def enable(client, app, node="n1", inside=OPTIONS):
    answer = client.iq("set", f"<enable xmlns='{PUSH}' jid='{app.jid}' node='{node}'>{inside}</enable>")
    assert answer.get("type") == "result"


def error(name, kind="cancel"):
    return f"<error type='{kind}'><{name} xmlns='{NS['stanza-error']}'/></error>"


def test_it_is_announced_for_the_account(users):
    romeo = users()
    answer = romeo.login().iq("get", f"<query xmlns='{NS['info']}'/>", romeo.jid)
    assert answer.find(f"info:query/info:feature[@var='{PUSH}']", NS) is not None


def test_a_device_that_is_away_is_notified_without_a_word_of_what_came(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    speaker.say(romeo.jid, "a secret")
    told = app.told()
    assert told.get("from") == romeo.server.domain
    publish = told.find(f"{PUBSUB}pubsub/{PUBSUB}publish")
    assert publish.get("node") == "n1"
    assert len(publish.find(f"{PUBSUB}item/{{{PUSH}}}notification")) == 0
    text = to_text(told)
    assert "a secret" not in text and juliet.name not in text
    assert "eruio" in to_text(told.find(f"{PUBSUB}pubsub/{PUBSUB}publish-options"))


def test_a_device_that_is_here_is_not(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    speaker = juliet.login()
    speaker.say(romeo.jid, "here")
    phone.hear("here")
    app.not_told(speaker)


def test_another_device_that_is_here_makes_no_difference(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    desk = romeo.login("desk")
    juliet.login().say(romeo.jid, "here")
    desk.hear("here")
    app.told()


def test_a_device_nobody_looks_at_is_notified(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.send(f"<inactive xmlns='{NS['csi']}'/>")
    phone.fence()
    juliet.login().say(romeo.jid, "one")
    app.told()
    phone.send(f"<active xmlns='{NS['csi']}'/>")
    phone.fence()
    speaker = juliet.login()
    speaker.say(romeo.jid, "two")
    app.not_told(speaker)


def test_a_device_whose_line_is_dead_is_notified(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone", sm=True)
    enable(phone, app)
    phone.fence()
    phone.cut()
    speaker = juliet.login()
    speaker.say(f"{romeo.jid}/phone", "into the void")
    speaker.fence()
    app.told()


def test_what_is_only_a_sign_of_typing_wakes_nobody(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    speaker.send(f"<message to='{romeo.jid}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    app.not_told(speaker)


def test_what_comes_while_an_answer_is_awaited_is_said_once(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    for number in range(5):
        speaker.say(romeo.jid, str(number))
    speaker.fence()
    app.told()
    app.told()
    app.not_told(speaker)


def test_a_count_is_told_if_a_setting_allows_it(make_server, users):
    server = make_server(push__count="true").start()
    app = AppServer(users(on=server))
    romeo, juliet = users(on=server), users(on=server)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    speaker.say(romeo.jid, "one")
    app.told()
    speaker.say(romeo.jid, "two")
    form = app.told().find(f".//{{{PUSH}}}notification/data:x", NS)
    values = {field.get("var"): field.findtext("data:value", None, NS) for field in form.findall("data:field", NS)}
    assert values == {"FORM_TYPE": "urn:xmpp:push:summary", "message-count": "2"}


@pytest.mark.parametrize("with_node", [True, False])
def test_it_can_be_disabled(users, app, with_node):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    node = " node='n1'" if with_node else ""
    assert phone.iq("set", f"<disable xmlns='{PUSH}' jid='{app.jid}'{node}/>").get("type") == "result"
    assert condition(phone.iq("set", f"<disable xmlns='{PUSH}' jid='{app.jid}'/>")) == "item-not-found"
    phone.close()
    speaker = juliet.login()
    speaker.say(romeo.jid, "nobody is told")
    app.not_told(speaker)


def test_only_the_node_that_was_named_is_disabled(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app, "n1")
    enable(phone, app, "n2")
    phone.iq("set", f"<disable xmlns='{PUSH}' jid='{app.jid}' node='n1'/>")
    phone.close()
    juliet.login().say(romeo.jid, "one")
    assert app.told().find(f"{PUBSUB}pubsub/{PUBSUB}publish").get("node") == "n2"


def test_an_app_server_that_refuses_is_given_up(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    speaker.say(romeo.jid, "one")
    app.told(error("item-not-found"))
    speaker.say(romeo.jid, "two")
    app.not_told(speaker)
    again = romeo.login("phone")
    assert condition(again.iq("set", f"<disable xmlns='{PUSH}' jid='{app.jid}'/>")) == "item-not-found"


def test_an_app_server_that_wants_us_to_wait_is_not(users, app):
    romeo, juliet = users(2)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    speaker = juliet.login()
    for number in range(4):
        speaker.say(romeo.jid, str(number))
        app.told(error("resource-constraint", "wait"))
    speaker.say(romeo.jid, "the fifth")
    app.told(error("resource-constraint", "wait"))
    speaker.say(romeo.jid, "too often")
    app.not_told(speaker)


def test_it_survives_a_restart(own_server, users):
    app_owner, romeo, juliet = users(3)
    app = AppServer(app_owner)
    phone = romeo.login("phone")
    enable(phone, app)
    phone.close()
    assert b"eruio" not in (own_server.data / "state.db").read_bytes()
    own_server.restart()
    app = AppServer(app_owner)
    juliet.login().say(romeo.jid, "after the restart")
    assert "eruio" in to_text(app.told())


def test_a_device_is_known_again_by_its_installation(users, app):
    romeo, juliet = users(2)
    agent = new_agent()
    attempt = Sasl2(romeo).secure()
    attempt.with_password(agent_xml(agent) + bind_xml())
    enable(attempt.client, app)
    attempt.client.close()
    again = Sasl2(romeo).secure()
    again.with_password(agent_xml(agent) + bind_xml("another"))
    again.client.available()
    speaker = juliet.login()
    speaker.say(romeo.jid, "here again")
    again.client.hear("here again")
    app.not_told(speaker)


BAD = {
    "no service": ("", "bad-request"),
    "no address": (" jid='@'", "jid-malformed"),
    "a domain that is not reached": (" jid='push.elsewhere.example'", "remote-server-not-found"),
    "nobody": (" jid='nobody-of-that-name@post.example/app'", "remote-server-not-found"),
    "a node without end": (" jid='push.elsewhere.example' node='" + "x" * 1025 + "'", "not-acceptable"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_enabled_is_refused(users, what):
    attributes, expected = BAD[what]
    assert condition(users().login().iq("set", f"<enable xmlns='{PUSH}'{attributes}/>")) == expected


def test_options_of_another_kind_are_refused(users, app):
    client = users().login()
    other = OPTIONS.replace("pubsub#publish-options", "pubsub#node_config")
    assert condition(client.iq("set", f"<enable xmlns='{PUSH}' jid='{app.jid}'>{other}</enable>")) == "bad-request"
    long = OPTIONS.replace("eruio", "x" * 9000)
    assert condition(client.iq("set", f"<enable xmlns='{PUSH}' jid='{app.jid}'>{long}</enable>")) == "not-acceptable"


def test_only_so_many_can_be_enabled(users, app):
    client = users().login()
    for number in range(20):
        enable(client, app, f"n{number}", "")
    answer = client.iq("set", f"<enable xmlns='{PUSH}' jid='{app.jid}' node='one too many'/>")
    assert condition(answer) == "resource-constraint"
    enable(client, app, "n3", OPTIONS)


def test_nobody_can_enable_it_for_somebody_else(users, app):
    romeo, juliet = users(2)
    answer = romeo.login().iq("set", f"<enable xmlns='{PUSH}' jid='{app.jid}'/>", juliet.jid)
    assert condition(answer) == "service-unavailable"
