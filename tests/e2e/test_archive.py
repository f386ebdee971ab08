"""XEP-0313 with XEP-0059: a person's own history, by pages."""

from datetime import datetime, timedelta, timezone

import pytest

from support.elements import NS, condition

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs
EXTENDED = "urn:xmpp:mam:2#extended"


class Page:
    def __init__(self, answer, results):
        self.answer = answer
        self.results = results
        fin = answer.find("mam:fin", NS)
        self.complete = fin is not None and fin.get("complete") == "true"
        rsm = fin.find("rsm:set", NS) if fin is not None else None
        self.first = rsm.findtext("rsm:first", None, NS) if rsm is not None else None
        self.last = rsm.findtext("rsm:last", None, NS) if rsm is not None else None
        self.count = rsm.findtext("rsm:count", None, NS) if rsm is not None else None
        self.index = rsm.find("rsm:first", NS).get("index") if self.first is not None else None

    @property
    def ids(self):
        return [result.get("id") for result in self.results]

    @property
    def bodies(self):
        return [result.findtext("forward:forwarded/{jabber:client}message/{jabber:client}body", None, NS)
                for result in self.results]

    @property
    def stamps(self):
        return [result.find("forward:forwarded/delay:delay", NS).get("stamp") for result in self.results]


def rsm(maximum=None, before=None, after=None, index=None):
    parts = [f"<max>{maximum}</max>" if maximum is not None else "",
             f"<before>{before}</before>" if before is not None else "",
             f"<after>{after}</after>" if after is not None else "",
             f"<index>{index}</index>" if index is not None else ""]
    return f"<set xmlns='{NS['rsm']}'>{''.join(parts)}</set>" if any(parts) else ""


def form(**fields):
    if not fields:
        return ""
    written = f"<field var='FORM_TYPE' type='hidden'><value>{NS['mam']}</value></field>"
    for name, values in fields.items():
        values = values if isinstance(values, list) else [values]
        written += (f"<field var='{name.replace('_', '-')}'>"
                    + "".join(f"<value>{value}</value>" for value in values) + "</field>")
    return f"<x xmlns='{NS['data']}' type='submit'>{written}</x>"


def ask(client, paging="", to=None, extra="", **fields):
    answer = client.iq("set", f"<query xmlns='{NS['mam']}' queryid='q7'>{form(**fields)}{paging}{extra}</query>", to)
    results = [message.find("mam:result", NS)
               for message in client.take(f"<message><result xmlns='{NS['mam']}' queryid='q7'/></message>")]
    return Page(answer, results)


@pytest.fixture
def talk(users):
    """Two people who have exchanged 25 lines, `line 0` first, by turns; both are still there."""
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    for number in range(25):
        speaker, hearer = (a, b) if number % 2 == 0 else (b, a)
        speaker.say(hearer.jid, f"line {number}")
        hearer.hear(f"line {number}")
    a.fence()
    b.fence()
    return a, b


LINES = [f"line {number}" for number in range(25)]


def test_the_whole_history_comes_oldest_first_to_both(talk):
    for client in talk:
        page = ask(client, rsm(maximum=100))
        assert page.bodies == LINES
        assert page.complete
        assert page.stamps == sorted(page.stamps)


def test_results_come_before_the_answer_and_carry_the_query_id(talk):
    client, _ = talk
    client.iq("set", f"<query xmlns='{NS['mam']}' queryid='odd &amp; id'>{rsm(maximum=3)}</query>")
    assert len(client.take(f"<message><result xmlns='{NS['mam']}' queryid='odd &amp; id'/></message>")) == 3


def test_paging_forwards_meets_every_message_once(talk):
    client, _ = talk
    seen, after = [], None
    while True:
        page = ask(client, rsm(maximum=10, after=after))
        seen += page.bodies
        if page.complete:
            break
        assert len(page.results) == 10
        assert (page.first, page.last) == (page.ids[0], page.ids[-1])
        after = page.last
    assert seen == LINES


def test_paging_backwards_begins_with_the_last_page(talk):
    client, _ = talk
    seen, before = [], ""
    while True:
        page = ask(client, rsm(maximum=10, before=before))
        seen = page.bodies + seen
        if page.complete:
            break
        before = page.first
    assert seen == LINES
    assert ask(client, rsm(maximum=10, before="")).bodies == LINES[15:]


def test_count_and_index_are_true_where_they_are_given(talk):
    client, _ = talk
    first = ask(client, rsm(maximum=10))
    assert first.count in (None, "25")
    assert first.index in (None, "0")
    second = ask(client, rsm(maximum=10, after=first.last))
    assert second.index in (None, "10")
    assert second.count in (None, "25", "15")


@only_chancery("we always give the count")
def test_the_count_is_given(talk):
    client, _ = talk
    assert ask(client, rsm(maximum=1)).count == "25"


def test_an_empty_page_can_be_asked_for(talk):
    client, _ = talk
    page = ask(client, rsm(maximum=0))
    assert page.results == []
    assert page.count in (None, "25")


def test_a_page_index_is_understood_or_refused(talk):
    client, _ = talk
    page = ask(client, rsm(maximum=5, index=10))
    if page.answer.get("type") == "error":
        assert condition(page.answer) in ("feature-not-implemented", "bad-request")
    else:
        assert page.bodies in (LINES[10:15], LINES[:5])


def test_a_place_that_never_was_is_item_not_found(talk):
    client, _ = talk
    for paging in (rsm(maximum=5, after="never-was"), rsm(maximum=5, before="never-was")):
        assert condition(ask(client, paging).answer) == "item-not-found"


def test_a_page_has_a_limit_even_if_none_is_asked_for(users):
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    for number in range(300):
        a.say(juliet.jid, f"line {number}")
    b.hear("line 299")
    page = ask(a)
    assert 0 < len(page.results) <= 299
    assert not page.complete


def test_the_filter_with_finds_one_correspondent(users):
    romeo, juliet, tybalt = users(3)
    r, j, t = romeo.login(), juliet.login("balcony"), tybalt.login()
    r.say(juliet.jid, "to juliet")
    t.say(romeo.jid, "from tybalt")
    r.hear("from tybalt")
    j.say(r.jid, "from juliet")
    r.hear("from juliet")
    r.fence()
    assert ask(r, **{"with": juliet.jid}).bodies == ["to juliet", "from juliet"]
    assert ask(r, **{"with": tybalt.jid}).bodies == ["from tybalt"]
    assert ask(r, **{"with": "nobody@elsewhere.example"}).bodies == []


def test_the_filter_with_oneself_finds_what_one_said_to_oneself(users):
    """XEP-0313 §4.1.1."""
    romeo, juliet = users(2)
    r, j = romeo.login(), juliet.login()
    r.say(juliet.jid, "to her")
    j.hear("to her")
    r.say(romeo.jid, "to myself")
    r.hear("to myself")
    j.say(romeo.jid, "to him")
    r.hear("to him")
    assert ask(r, **{"with": romeo.jid}).bodies == ["to myself"]
    assert ask(r).bodies == ["to her", "to myself", "to him"]


def test_a_result_comes_from_the_archive_that_was_asked(talk):
    """XEP-0313 §9.2."""
    client = talk[0]
    client.send(f"<iq type='set' id='h1'><query xmlns='{NS['mam']}'/></iq>")
    client.expect("<iq id='h1'/>")
    results = client.take(f"<message><result xmlns='{NS['mam']}'/></message>")
    assert results and {result.get("from") for result in results} <= {None, client.bare}


def test_the_filters_start_and_end_cut_by_time(talk):
    client, _ = talk
    stamps = ask(client, rsm(maximum=100)).stamps
    future = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ask(client, rsm(maximum=100), start=future).bodies == []
    assert ask(client, rsm(maximum=100), end="2001-01-01T00:00:00Z").bodies == []
    assert ask(client, rsm(maximum=100), start="2001-01-01T00:00:00Z", end=future).bodies == LINES
    inside = ask(client, rsm(maximum=100), start=stamps[0], end=stamps[-1]).bodies
    assert inside[0] == "line 0"
    offset = (datetime.now(timezone(timedelta(hours=5))) + timedelta(hours=1)).replace(microsecond=0).isoformat()
    assert ask(client, rsm(maximum=100), end=offset).bodies == LINES


def test_a_time_that_is_none_is_a_bad_request(talk):
    client, _ = talk
    assert condition(ask(client, start="yesterday").answer) in ("bad-request", "not-acceptable")


def test_filters_and_pages_go_together(talk):
    client, other = talk
    page = ask(client, rsm(maximum=4, before=""), **{"with": other.bare})
    assert page.bodies == LINES[-4:]
    page = ask(client, rsm(maximum=4, before=page.first), **{"with": other.bare})
    assert page.bodies == LINES[-8:-4]


def test_the_form_names_the_filters(server, users):
    romeo = users().login()
    answer = romeo.iq("get", f"<query xmlns='{NS['mam']}'/>")
    fields = [field.get("var") for field in answer.findall("mam:query/data:x/data:field", NS)]
    assert {"FORM_TYPE", "with", "start", "end"} <= set(fields)


def test_a_live_message_carries_the_id_it_has_in_the_archive(users):
    """XEP-0359, XEP-0313 §3.2."""
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    a.say(juliet.jid, "numbered")
    live = b.hear("numbered").find(f"sid:stanza-id[@by='{juliet.jid}']", NS)
    assert ask(b).ids == [live.get("id")]


def test_a_message_for_somebody_away_is_in_the_archive_of_both(users):
    romeo, juliet = users(2)
    a = romeo.login()
    a.say(juliet.jid, "for later")
    a.fence()
    assert ask(a).bodies == ["for later"]
    b = juliet.login()
    b.hear("for later")
    assert ask(b).bodies == ["for later"]


def test_a_stored_message_carries_its_archive_id_so_that_it_is_not_shown_twice(users):
    romeo, juliet = users(2)
    a = romeo.login()
    a.say(juliet.jid, "for later")
    a.fence()
    b = juliet.login()
    stored = b.hear("for later").find(f"sid:stanza-id[@by='{juliet.jid}']", NS)
    assert stored is not None
    assert ask(b).ids == [stored.get("id")]


def test_the_archive_of_another_is_closed(users):
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    b.say(romeo.jid, "secret")
    a.hear("secret")
    page = ask(a, to=juliet.jid)
    assert condition(page.answer) in ("forbidden", "service-unavailable", "not-allowed", "item-not-found")
    assert page.results == []


def test_a_chat_state_is_not_in_the_history(users):
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    a.send(f"<message type='chat' to='{b.jid}'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
    b.expect("<message/>")
    assert ask(a).results == []


def test_hints_do_not_keep_a_message_out_of_the_history_of_the_server(server, users):
    """DESIGN §5: nothing a client sends changes what is recorded. What the person sees may differ."""
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    a.send(f"<message type='chat' to='{b.jid}'><body>offtherecord wren</body>"
           "<no-store xmlns='urn:xmpp:hints'/><no-permanent-store xmlns='urn:xmpp:hints'/></message>")
    b.hear("offtherecord wren")
    if server.name == "chancery":
        assert len(server.archive_search(words="wren", sender=romeo.jid)) == 1


def test_history_survives_a_restart(own_server, users):
    romeo, juliet = users(2)
    a = romeo.login()
    for number in range(5):
        a.say(juliet.jid, f"line {number}")
    a.fence()
    before = ask(a)
    a.close()
    own_server.restart()
    after = ask(romeo.login())
    assert after.bodies == before.bodies == [f"line {number}" for number in range(5)]
    assert after.ids == before.ids
    assert after.stamps == before.stamps


def test_the_feature_is_advertised_by_the_account(users):
    romeo = users().login()
    assert NS["mam"] in advertised(romeo)


# urn:xmpp:mam:2#extended

def advertised(client):
    answer = client.iq("get", f"<query xmlns='{NS['info']}'/>", client.bare)
    return [feature.get("var") for feature in answer.findall("info:query/info:feature", NS)]


@pytest.fixture
def extended(talk):
    if EXTENDED not in advertised(talk[0]):
        pytest.skip("not advertised")
    return talk


def test_extended_single_messages_can_be_asked_for_by_id(extended):
    client, _ = extended
    ids = ask(client, rsm(maximum=100)).ids
    page = ask(client, ids=[ids[20], ids[3]])
    assert sorted(page.bodies) == ["line 20", "line 3"]


@peer_differs("Prosody 0.12 leaves it out")
def test_extended_an_id_that_never_was_is_item_not_found(extended):
    client, _ = extended
    ids = ask(client, rsm(maximum=100)).ids
    assert condition(ask(client, ids=[ids[0], "never-was"]).answer) == "item-not-found"


def test_extended_before_id_and_after_id_cut_by_place(extended):
    client, _ = extended
    ids = ask(client, rsm(maximum=100)).ids
    assert ask(client, rsm(maximum=100), after_id=ids[4], before_id=ids[10]).bodies == LINES[5:10]


def test_extended_a_flipped_page_is_the_same_page_newest_first(extended):
    client, _ = extended
    page = ask(client, rsm(maximum=5, before=""), extra="<flip-page/>")
    assert page.bodies == list(reversed(LINES[20:]))


def test_extended_metadata_tells_where_the_archive_begins_and_ends(extended):
    client, _ = extended
    everything = ask(client, rsm(maximum=100))
    answer = client.iq("get", f"<metadata xmlns='{NS['mam']}'/>")
    metadata = answer.find("mam:metadata", NS)
    if metadata is None:
        pytest.skip("metadata is not there")
    start, end = metadata.find("mam:start", NS), metadata.find("mam:end", NS)
    assert (start.get("id"), end.get("id")) == (everything.ids[0], everything.ids[-1])
    assert start.get("timestamp")[:19] == everything.stamps[0][:19]


def preferences(client, default=None, inside="<always/><never/>"):
    """XEP-0441: asks for them, or sets them."""
    if default is None:
        return client.iq("get", f"<prefs xmlns='{NS['mam']}'/>")
    return client.iq("set", f"<prefs xmlns='{NS['mam']}' default='{default}'>{inside}</prefs>")


@only_chancery("archiving cannot be switched off here")
def test_preferences_say_that_everything_is_archived_always(users):
    client = users().login()
    for answer in (preferences(client), preferences(client, "always")):
        assert answer.find("mam:prefs", NS).get("default") == "always"
    assert condition(preferences(client, "never")) == "not-allowed"
    assert condition(preferences(client, "roster")) == "not-allowed"
    assert condition(preferences(client, "always", "<never><jid>romeo@montague.example</jid></never>")) == "not-allowed"
    assert condition(preferences(client, "sometimes")) == "bad-request"
