"""XEP-0386: a resource, carbons, stream management and client state with the sign-in; and XEP-0198 resumption there."""

import pytest

from support.elements import NS, body
from support.sasl2 import SASL2, Sasl2, agent_xml, bind_xml, new_agent, token_of

pytestmark = pytest.mark.only_chancery("Prosody 0.12 has no SASL2")

BOUND = "{urn:xmpp:bind:0}bound"
ENABLE_SM = f"<enable xmlns='{NS['sm']}' resume='true'/>"
ENABLE_CARBONS = f"<enable xmlns='{NS['carbons']}'/>"
INACTIVE = f"<inactive xmlns='{NS['csi']}'/>"


def sign_in(person, inside="", agent=None, tag="robot", **more):
    attempt = Sasl2(person).secure()
    attempt.success = attempt.with_password((agent_xml(agent) if agent else "") + bind_xml(tag, inside), **more)
    return attempt


def test_what_can_be_asked_for_is_listed(users):
    inline = Sasl2(users()).secure().offer().find(f"{{{SASL2}}}inline/{{urn:xmpp:bind:0}}bind/{{urn:xmpp:bind:0}}inline")
    assert {element.get("var") for element in inline} == {NS["carbons"], NS["csi"], NS["sm"]}


def test_the_resource_begins_with_the_tag(users):
    romeo = users()
    attempt = sign_in(romeo, tag="AwesomeXMPP")
    assert attempt.client.jid.startswith(f"{romeo.jid}/AwesomeXMPP/")
    assert attempt.success.find(BOUND) is not None
    assert attempt.after.find("bind:bind", NS) is None
    attempt.client.available()


def test_the_same_installation_gets_the_same_resource_which_does_not_show_its_id(users):
    romeo = users()
    agent = new_agent()
    first = sign_in(romeo, agent=agent).client
    first_jid = first.jid
    assert sign_in(romeo, agent=agent).client.jid == first_jid
    assert sign_in(romeo, agent=new_agent()).client.jid != first_jid
    assert agent not in first_jid and agent.replace("-", "") not in first_jid


def test_the_same_installation_ends_its_earlier_session_whatever_its_tag(users):
    romeo = users()
    agent = new_agent()
    first = sign_in(romeo, agent=agent, tag="one").client
    other = sign_in(romeo, agent=new_agent(), tag="one").client
    sign_in(romeo, agent=agent, tag="two")
    first.expect_stream_error("conflict")
    other.fence()


def test_the_bounds_of_the_history_come_with_it(users):
    romeo, juliet = users(2)
    metadata = sign_in(romeo).success.find(f"{BOUND}/mam:metadata", NS)
    assert metadata is None or len(metadata) == 0
    speaker = juliet.login()
    speaker.say(romeo.jid, "first")
    speaker.say(romeo.jid, "second")
    speaker.fence()
    attempt = sign_in(romeo)
    metadata = attempt.success.find(f"{BOUND}/mam:metadata", NS)
    answer = attempt.client.iq("set", f"<query xmlns='{NS['mam']}'/>")
    ids = [element.find("mam:result", NS).get("id") for element in attempt.client.take("<message/>")
           if element.find("mam:result", NS) is not None]
    assert answer.get("type") == "result"
    assert (metadata.find("mam:start", NS).get("id"), metadata.find("mam:end", NS).get("id")) == (ids[0], ids[-1])


def test_who_reads_the_history_is_not_sent_what_waited_but_what_comes_later(users):
    romeo, juliet = users(2)
    speaker = juliet.login()
    speaker.say(romeo.jid, "while nobody was there")
    speaker.fence()
    client = sign_in(romeo).client
    speaker.say(romeo.jid, "after binding, before presence")
    speaker.fence()
    client.iq("set", f"<query xmlns='{NS['mam']}'/>")
    client.available()
    client.hear("after binding, before presence")
    client.expect_nothing(lambda element: body(element) == "while nobody was there")
    client.close()
    old_client = romeo.login()
    old_client.expect_nothing(lambda element: body(element) == "while nobody was there")


def test_who_binds_so_and_reads_no_history_gets_what_waited(users):
    """@xmpp/client 0.14 does; XEP-0386 §3.2 would have the messages forgotten at once."""
    romeo, juliet = users(2)
    speaker = juliet.login()
    speaker.say(romeo.jid, "while nobody was there")
    speaker.fence()
    client = sign_in(romeo).client
    client.available()
    client.hear("while nobody was there")


def test_carbons_are_on_from_the_start(users):
    romeo, juliet = users(2)
    watching = sign_in(romeo, ENABLE_CARBONS).client
    speaking = romeo.login()
    speaking.say(juliet.jid, "copied")
    speaking.fence()
    copy = watching.expect("<message><sent xmlns='urn:xmpp:carbons:2'/></message>")
    assert copy.findtext("carbons:sent/forward:forwarded/body", None, NS) is None
    assert copy.find("carbons:sent/forward:forwarded", NS)[0].findtext("body", None, NS) == "copied"


def test_without_the_wish_there_are_no_carbons(users):
    romeo, juliet = users(2)
    watching = sign_in(romeo).client
    speaking = romeo.login()
    speaking.say(juliet.jid, "not copied")
    watching.expect_nothing(after=speaking)


def test_stream_management_is_on_from_the_start_and_can_be_resumed_inline(users):
    romeo, juliet = users(2)
    attempt = sign_in(romeo, ENABLE_SM)
    enabled = attempt.success.find(f"{BOUND}/sm:enabled", NS)
    assert enabled.get("resume") == "true"
    attempt.client.available()
    assert attempt.client.ask_count() == 1
    attempt.client.cut()
    speaker = juliet.login()
    speaker.say(attempt.client.jid, "while the line was dead")
    speaker.fence()

    again = Sasl2(romeo).secure()
    success = again.with_password(f"<resume xmlns='{NS['sm']}' previd='{enabled.get('id')}' h='1'/>" + bind_xml("other"))
    assert success.find("sm:resumed", NS).get("h") == "1"
    assert success.find(BOUND) is None
    assert again.client.jid == attempt.client.jid
    again.client.hear("while the line was dead")
    again.client.fence()


def test_what_cannot_be_resumed_is_said_and_the_client_is_bound(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    success = attempt.with_password(f"<resume xmlns='{NS['sm']}' previd='gone' h='0'/>" + bind_xml("robot", ENABLE_SM))
    assert success.find("sm:failed", NS)[0].tag == "{" + NS["stanza-error"] + "}item-not-found"
    assert success.find(f"{BOUND}/sm:enabled", NS) is not None
    attempt.client.fence()


def test_without_a_wish_to_bind_a_failed_resumption_leaves_the_stream_to_bind_as_of_old(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    success = attempt.with_password(f"<resume xmlns='{NS['sm']}' previd='gone' h='0'/>")
    assert success.findtext(f"{{{SASL2}}}authorization-identifier") == romeo.jid
    assert attempt.after.find("bind:bind", NS) is not None
    attempt.client.bind("orchard")
    attempt.client.fence()


def test_nobody_elses_session_can_be_resumed(users):
    romeo, juliet = users(2)
    stolen = sign_in(romeo, ENABLE_SM).success.find(f"{BOUND}/sm:enabled", NS).get("id")
    attempt = Sasl2(juliet).secure()
    success = attempt.with_password(f"<resume xmlns='{NS['sm']}' previd='{stolen}' h='0'/>")
    assert success.find("sm:failed", NS) is not None


def test_a_failed_sign_in_resumes_and_binds_nothing(users):
    romeo = users()
    attempt = sign_in(romeo, ENABLE_SM)
    enabled = attempt.success.find(f"{BOUND}/sm:enabled", NS)
    thief = Sasl2(romeo).secure()
    with pytest.raises(AssertionError):
        thief.with_password(f"<resume xmlns='{NS['sm']}' previd='{enabled.get('id')}' h='0'/>", password="wrong")
    attempt.client.fence()


def test_who_begins_inactive_hears_no_presence(friends):
    romeo, juliet = friends
    watcher = sign_in(romeo, INACTIVE + ENABLE_SM).client
    watcher.send("<presence/>")
    other = juliet.login()
    other.fence()
    watcher.send(f"<r xmlns='{NS['sm']}'/>")
    watcher.expect(f"<a xmlns='{NS['sm']}'/>")
    assert not watcher.take(f"<presence from='{other.jid}'/>")
    watcher.send(f"<active xmlns='{NS['csi']}'/>")
    watcher.expect(f"<presence from='{other.jid}'/>")


def test_one_device_too_many_is_refused(make_server, users):
    server = make_server(limits__sessions_per_user="1").start()
    romeo = users(on=server)
    first = sign_in(romeo, agent=new_agent()).client
    attempt = Sasl2(romeo).secure()
    with pytest.raises(AssertionError):
        attempt.with_password(agent_xml(new_agent()) + bind_xml())
    attempt.client.expect_stream_error("resource-constraint")
    first.fence()


@pytest.mark.parametrize("tag", ["", "tab&#9;bed", "a/b", "Büro 東京"])
def test_any_tag_that_fits_an_address_will_do(users, tag):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    try:
        attempt.with_password(bind_xml(tag))
    except AssertionError:
        attempt.client.expect_stream_error("undefined-condition")
        assert "&#9;" in tag
        return
    assert attempt.client.jid.startswith(f"{romeo.jid}/{tag}")


def test_a_token_comes_with_the_bound_resource_in_one_answer(users):
    romeo = users()
    attempt = Sasl2(romeo).secure()
    agent = new_agent()
    success = attempt.with_password(
        agent_xml(agent) + bind_xml() + "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>")
    assert success.find(BOUND) is not None and token_of(success)
