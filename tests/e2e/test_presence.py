"""RFC 6121 §4: who is there."""

import pytest

from support.elements import NS, condition
from support.fixtures import befriend

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs


def test_a_friend_sees_who_arrives_and_the_arriving_sees_the_friend(friends):
    romeo, juliet = friends
    first = romeo.login("orchard")
    second = juliet.login("balcony")
    first.expect(f"<presence from='{juliet.jid}/balcony'/>")
    second.expect(f"<presence from='{romeo.jid}/orchard'/>")


def test_a_stranger_sees_nothing(users):
    romeo, tybalt = users(2)
    watcher = tybalt.login()
    arriving = romeo.login()
    watcher.expect_nothing(f"<presence from='{arriving.jid}'/>", after=arriving)


def test_show_status_priority_and_extensions_are_relayed_as_they_are(friends):
    romeo, juliet = friends
    watcher = juliet.login()
    client = romeo.login("orchard")
    watcher.expect(f"<presence from='{client.jid}'/>")
    update = ("<presence><show>dnd</show><status>in conference</status><status xml:lang='de'>in Sitzung</status>"
              "<priority>7</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>")
    client.send(update)
    watcher.expect(update.replace("<presence>", f"<presence from='{client.jid}'>"))


def test_the_own_other_devices_see_each_other(users):
    romeo = users()
    phone = romeo.login("phone")
    desk = romeo.login("desk")
    phone.expect(f"<presence from='{desk.jid}'/>")
    desk.expect(f"<presence from='{phone.jid}'/>")
    desk.send("<presence><show>away</show></presence>")
    phone.expect(f"<presence from='{desk.jid}'><show>away</show></presence>")


def test_a_client_that_has_sent_no_presence_sees_none(friends):
    romeo, juliet = friends
    silent = romeo.login(presence=False)
    juliet.login().fence()
    silent.expect_nothing("<presence/>")


def test_who_leaves_in_good_order_is_seen_to_leave_with_the_last_word(friends):
    romeo, juliet = friends
    watcher, client = juliet.login(), romeo.login("orchard")
    watcher.expect(f"<presence from='{client.jid}'/>")
    client.send("<presence type='unavailable'><status>good night</status></presence>")
    watcher.expect(f"<presence type='unavailable' from='{client.jid}'><status>good night</status></presence>")


@pytest.mark.parametrize("how", ["closes the stream", "drops the connection", "is replaced"])
def test_who_leaves_without_a_word_is_seen_to_leave(friends, how):
    romeo, juliet = friends
    watcher, client = juliet.login(), romeo.login("orchard")
    watcher.expect(f"<presence from='{client.jid}'/>")
    if how == "closes the stream":
        client.close()
    elif how == "drops the connection":
        client.cut()
    else:
        romeo.login("orchard", presence=False)
    watcher.expect(f"<presence type='unavailable' from='{romeo.jid}/orchard'/>")


def test_unavailable_is_seen_once_even_if_the_connection_is_closed_after_it(friends):
    romeo, juliet = friends
    watcher, client = juliet.login(), romeo.login("orchard")
    watcher.expect(f"<presence from='{client.jid}'/>")
    client.send("<presence type='unavailable'/>")
    client.close()
    watcher.expect(f"<presence type='unavailable' from='{romeo.jid}/orchard'/>")
    watcher.expect_nothing(f"<presence type='unavailable' from='{romeo.jid}/orchard'/>")


def test_after_unavailable_messages_to_the_account_wait(users):
    romeo, juliet = users(2)
    client, speaker = romeo.login(), juliet.login()
    client.send("<presence type='unavailable'/>")
    client.fence()
    speaker.say(romeo.jid, "are you there?")
    client.expect_nothing(after=speaker)
    client.available()
    client.hear("are you there?")


def test_directed_presence_reaches_a_stranger_and_its_end_too(users):
    """RFC 6121 §4.6."""
    romeo, tybalt = users(2)
    client, stranger = romeo.login("orchard"), tybalt.login()
    client.send(f"<presence to='{stranger.jid}'><status>only for you</status></presence>")
    stranger.expect(f"<presence from='{client.jid}'><status>only for you</status></presence>")
    client.cut()
    stranger.expect(f"<presence type='unavailable' from='{romeo.jid}/orchard'/>")


def test_updates_do_not_follow_directed_presence(users):
    romeo, tybalt = users(2)
    client, stranger = romeo.login(), tybalt.login()
    client.send(f"<presence to='{stranger.jid}'/>")
    stranger.expect(f"<presence from='{client.jid}'/>")
    client.send("<presence><show>away</show></presence>")
    stranger.expect_nothing(f"<presence from='{client.jid}'/>", after=client)


def test_directed_unavailable_ends_directed_presence(users):
    romeo, tybalt = users(2)
    client, stranger = romeo.login(), tybalt.login()
    client.send(f"<presence to='{stranger.jid}'/>")
    client.send(f"<presence to='{stranger.jid}' type='unavailable'/>")
    stranger.expect(f"<presence type='unavailable' from='{client.jid}'/>")
    client.close()
    stranger.expect_nothing("<presence type='unavailable'/>")


def test_a_probe_from_a_friend_is_answered_with_what_is(friends):
    romeo, juliet = friends
    client, prober = romeo.login("orchard"), juliet.login()
    client.send("<presence><status>now</status></presence>")
    client.fence()
    prober.fence()
    prober.take("<presence/>")
    prober.send(f"<presence type='probe' to='{romeo.jid}'/>")
    prober.expect(f"<presence from='{client.jid}'><status>now</status></presence>")


def probe(client, to):
    """What the server answers, as (type, from)."""
    client.fence()
    client.take("<presence/>")
    client.send(f"<presence type='probe' to='{to}'/>")
    client.fence()
    return [(answer.get("type"), answer.get("from")) for answer in client.take("<presence/>")]


@peer_differs("Prosody tells the two apart")
@pytest.mark.parametrize("device", ["", "/orchard"])
def test_a_probe_of_somebody_who_is_not_here_is_answered_like_that_of_a_stranger(server, users, device):
    """RFC 6121 §4.3.2, rule 1."""
    romeo, tybalt = users(2)
    romeo.login("orchard")
    prober = tybalt.login()
    assert probe(prober, romeo.jid + device) == [("unsubscribed", romeo.jid)]
    nobody = f"nobody@{server.domain}"
    assert probe(prober, nobody + device) == [("unsubscribed", nobody)]


@peer_differs("Prosody answers for all devices")
def test_a_probe_of_one_device_is_answered_for_that_device(friends):
    romeo, juliet = friends
    orchard, _ = romeo.login("orchard"), romeo.login("street")
    prober = juliet.login()
    assert probe(prober, orchard.jid) == [(None, orchard.jid)]
    assert probe(prober, f"{romeo.jid}/cell") == [("unavailable", f"{romeo.jid}/cell")]
    assert len(probe(prober, romeo.jid)) == 2


def test_an_error_goes_to_the_device_that_it_answers_and_to_nobody_else(users):
    """RFC 6121 §8.5.3.1, §8.5.3.2.2."""
    romeo, juliet = users(2)
    r, j, other = romeo.login(), juliet.login("balcony"), juliet.login("garden")
    gone = f"<error type='cancel'><gone xmlns='{NS['stanza-error']}'/></error>"
    for to in (j.jid, f"{juliet.jid}/cell", juliet.jid):
        r.send(f"<presence type='error' to='{to}'>{gone}</presence>")
    j.expect(f"<presence type='error' from='{r.jid}'/>")
    for client in (j, other, r):
        client.expect_nothing("<presence type='error'/>", after=r)


@only_chancery("the record is ours")
def test_the_last_words_of_who_leaves_are_on_record(server, users):
    romeo = users()
    client = romeo.login()
    client.send("<presence type='unavailable'><status/><status xml:lang='it'>addio valedizione</status></presence>")
    client.fence()
    found = server.archive_search(sender=romeo.jid, all=True)
    assert [record["kind"] for record in found if "addio valedizione" in record.get("stanza", "")] == ["presence"]


SILENT = ("<show>away</show><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' ver='AAAA='/>"
          "<idle xmlns='urn:xmpp:idle:1' since='2026-11-22T10:00:00Z'/><x xmlns='vcard-temp:x:update'><photo>0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33</photo></x>")


@only_chancery("the record is ours")
@pytest.mark.parametrize("carrier", [
    "<nick xmlns='http://jabber.org/protocol/nick'>{}</nick>", "<x xmlns='urn:example:anything' hidden='{}'/>", "<note xmlns=''>{}</note>",
    "<show>away<hidden>{}</hidden></show>", "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='x' ver='A'>{}</c>",
    "<x xmlns='vcard-temp:x:update'><photo>{}</photo></x>", "<idle xmlns='urn:xmpp:idle:1' since='2026-11-22T10:00:00Z'>{}</idle>"])
def test_words_in_any_element_of_a_presence_are_on_record_before_anybody_reads_them(server, friends, carrier):
    """RFC 6121 §4.7.3 lets a presence carry anything: no element of it is a way past the record."""
    romeo, juliet = friends
    talker, hearer = romeo.login(), juliet.login()
    talker.send(f"<presence>{SILENT}{carrier.format('by the orchard wall')}</presence>")
    if "<show>away<" not in carrier:
        hearer.expect(f"<presence from='{talker.jid}'><show>away</show></presence>")
    talker.fence()
    found = server.archive_search(sender=romeo.jid, all=True)
    assert [record["kind"] for record in found if "by the orchard wall" in record.get("stanza", "")] == ["presence"]


@only_chancery("the record is ours")
def test_what_only_programs_read_in_a_presence_is_not_on_record(server, users):
    romeo = users()
    client = romeo.login()
    client.send(f"<presence>{SILENT}</presence>")
    client.fence()
    assert server.archive_search(sender=romeo.jid, all=True) == []


@only_chancery("the record is ours")
def test_the_words_of_a_status_are_found_by_a_search(server, users):
    romeo = users()
    client = romeo.login()
    client.send("<presence><show>away</show><status>gone to Mantua quicksilver</status></presence>")
    client.fence()
    assert len(server.archive_search(sender=romeo.jid, words="quicksilver", all=True)) == 1


def test_a_probe_from_a_stranger_tells_nothing(users):
    romeo, tybalt = users(2)
    client, prober = romeo.login(), tybalt.login()
    prober.send(f"<presence type='probe' to='{romeo.jid}'/>")
    prober.expect_nothing(f"<presence from='{client.jid}'/>")


@peer_differs("Prosody takes an impossible priority as 0")
@pytest.mark.parametrize("priority", ["128", "-129", "high", "1e2"])
def test_a_priority_out_of_range_is_a_bad_request_or_counts_as_zero(users, priority):
    """RFC 6121 §4.7.2.3: an integer between -128 and +127."""
    romeo = users()
    client = romeo.login(presence=False)
    client.send(f"<presence id='p1'><priority>{priority}</priority></presence>")
    answer = client.expect("<presence/>")
    assert answer.get("type") == "error" and condition(answer) == "bad-request" or answer.get("from") == client.jid


@pytest.mark.parametrize("priority", ["127", "-128"])
def test_the_extreme_priorities_are_good(friends, priority):
    romeo, juliet = friends
    watcher, client = juliet.login(), romeo.login("orchard", priority=priority)
    watcher.expect(f"<presence from='{client.jid}'><priority>{priority}</priority></presence>")


def test_three_friends_all_see_one_arrive(users):
    romeo, *others = users(4)
    for other in others:
        befriend(romeo, other)
    watchers = [other.login() for other in others]
    client = romeo.login("orchard")
    for watcher in watchers:
        watcher.expect(f"<presence from='{client.jid}'/>")


def test_presence_of_an_unknown_type_is_a_bad_request_or_is_ignored(users):
    romeo, juliet = users(2)
    client, watcher = romeo.login(), juliet.login()
    client.send(f"<presence type='dancing' to='{watcher.jid}' id='x1'/>")
    watcher.expect_nothing(f"<presence from='{client.jid}' type='available'/>", after=client)


def test_an_error_is_not_taken_for_presence(friends):
    romeo, juliet = friends
    watcher = juliet.login()
    client = romeo.login(presence=False)
    client.send(f"<presence type='error'><error type='cancel'><gone xmlns='{NS['stanza-error']}'/></error></presence>")
    watcher.expect_nothing(lambda element: element.get("from") == client.jid and element.get("type") is None,
                           after=client)
