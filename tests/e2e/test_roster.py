"""RFC 6121 §2: the list of contacts."""

import pytest

from support.elements import NS, condition

only_chancery, peer_differs = pytest.mark.only_chancery, pytest.mark.peer_differs
FRIEND = "friend@elsewhere.example"


def item(jid=FRIEND, rest="", **attributes):
    written = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<query xmlns='{NS['roster']}'><item jid='{jid}'{written}>{rest}</item></query>"


def push(jid=FRIEND, **attributes):
    return f"<iq type='set'>{item(jid, **attributes)}</iq>"


def groups(entry):
    return sorted(group.text for group in entry.findall("roster:group", NS))


def test_a_new_account_has_an_empty_roster(users):
    assert users().login().roster() == {}


def test_an_entry_can_be_added_renamed_grouped_and_removed(users):
    romeo = users().login()
    assert romeo.iq("set", item(name="Nurse", rest="<group>Verona</group><group>Staff</group>")).get("type") == "result"
    entry = romeo.roster()[FRIEND]
    assert (entry.get("name"), entry.get("subscription"), groups(entry)) == ("Nurse", "none", ["Staff", "Verona"])

    romeo.iq("set", item(name="Angelica", rest="<group>Verona</group>"))
    entry = romeo.roster()[FRIEND]
    assert (entry.get("name"), groups(entry)) == ("Angelica", ["Verona"])

    romeo.iq("set", item())
    entry = romeo.roster()[FRIEND]
    assert (entry.get("name") or "", groups(entry)) == ("", [])

    assert romeo.iq("set", item(subscription="remove")).get("type") == "result"
    assert romeo.roster() == {}


def test_every_change_is_pushed_to_every_client_that_asked_for_the_roster(users):
    romeo = users()
    phone, desk, silent = romeo.login(), romeo.login(), romeo.login()
    phone.roster()
    desk.roster()
    phone.iq("set", item(name="Nurse"))
    for client in (phone, desk):
        pushed = client.expect(push(name="Nurse", subscription="none"))
        assert pushed.get("from") in (None, romeo.jid)
        assert pushed.get("id")
    silent.expect_nothing("<iq type='set'/>", after=phone)
    desk.iq("set", item(subscription="remove"))
    phone.expect(push(subscription="remove"))
    desk.expect(push(subscription="remove"))


def test_the_roster_survives_signing_out(users):
    romeo = users()
    client = romeo.login()
    client.iq("set", item(name="Nurse"))
    client.close()
    assert romeo.login().roster()[FRIEND].get("name") == "Nurse"


def test_a_client_cannot_give_itself_a_subscription(users):
    """RFC 6121 §2.1.2.5: the server ignores any value but remove."""
    romeo = users().login()
    romeo.iq("set", item(subscription="both", ask="subscribe"))
    entry = romeo.roster().get(FRIEND)
    assert entry is None or entry.get("subscription") == "none" and entry.get("ask") is None


def test_removing_what_is_not_there_is_item_not_found(users):
    romeo = users().login()
    assert condition(romeo.iq("set", item(subscription="remove"))) == "item-not-found"


BAD = {
    "two items": f"<query xmlns='{NS['roster']}'><item jid='a@b.example'/><item jid='c@d.example'/></query>",
    "no item": f"<query xmlns='{NS['roster']}'/>",
    "no address": f"<query xmlns='{NS['roster']}'><item name='Nobody'/></query>",
}


@pytest.mark.parametrize("what", BAD)
def test_a_roster_set_has_exactly_one_item_with_an_address(users, what):
    romeo = users().login()
    assert condition(romeo.iq("set", BAD[what])) == "bad-request"
    assert romeo.roster() == {}


@peer_differs("Prosody is lenient about groups")
@pytest.mark.parametrize("rest, expected", [
    ("<group>A</group><group>A</group>", ("bad-request",)),
    ("<group></group>", ("not-acceptable", "bad-request")),
    (f"<group>{'x' * 5000}</group>", ("not-acceptable", "bad-request", "policy-violation")),
])
def test_an_impossible_group_is_refused(users, rest, expected):
    """RFC 6121 §2.3.3."""
    romeo = users().login()
    assert condition(romeo.iq("set", item(rest=rest))) in expected


def test_the_roster_of_another_cannot_be_read_or_changed(users):
    romeo, juliet = users(2)
    romeo, owner = romeo.login(), juliet.login()
    assert condition(romeo.iq("get", f"<query xmlns='{NS['roster']}'/>", juliet.jid)) in ("forbidden", "service-unavailable")
    assert condition(romeo.iq("set", item(), juliet.jid)) == "forbidden"  # RFC 6121 §2.3.3
    assert owner.roster() == {}


def test_a_forged_push_is_not_taken_for_one(users):
    romeo, tybalt = users(2)
    romeo, tybalt = romeo.login(), tybalt.login()
    romeo.send(f"<iq type='set' id='f1' to='{tybalt.jid}'>{item()}</iq>")
    romeo.fence()
    tybalt.fence()
    assert all(pushed.get("from") == romeo.jid for pushed in tybalt.take("<iq type='set'/>"))


def test_many_entries_come_back_all(users):
    romeo = users().login()
    for number in range(60):
        romeo.iq("set", item(f"c{number}@elsewhere.example", name=f"Contact {number}"))
    assert len(romeo.roster()) == 60


# RFC 6121 §2.6, once XEP-0237: versions

class Cache:
    """What a client keeps: the entries as it knows them and the version they have."""

    def __init__(self):
        self.version, self.names = "", {}

    def fetch(self, client):
        """Asks for what is new. True when the answer was empty: the cache was good."""
        answer = client.iq("get", f"<query xmlns='{NS['roster']}' ver='{self.version}'/>")
        client.fence()
        query = answer.find("roster:query", NS)
        if query is not None:
            self.names = {}
            self._apply(query)
        for pushed in client.take(f"<iq type='set'><query xmlns='{NS['roster']}'/></iq>"):
            self._apply(pushed.find("roster:query", NS))
        return query is None

    def _apply(self, query):
        self.version = query.get("ver", self.version)
        for entry in query.findall("roster:item", NS):
            if entry.get("subscription") == "remove":
                self.names.pop(entry.get("jid"), None)
            else:
                self.names[entry.get("jid")] = entry.get("name")


def test_roster_versions_are_advertised(users):
    romeo = users()
    client = romeo.client()
    client.secure()
    features = client.authenticate(romeo.name, romeo.password)
    assert features.find("rosterver:ver", NS) is not None


def test_a_roster_that_has_not_changed_is_not_sent_again(users):
    romeo, cache = users(), Cache()
    client = romeo.login()
    client.iq("set", item(name="Nurse"))
    assert not cache.fetch(client)
    assert cache.names == {FRIEND: "Nurse"}
    client.close()
    assert cache.fetch(romeo.login())


def test_a_cache_that_fell_behind_catches_up(users):
    romeo, cache = users(), Cache()
    client = romeo.login()
    for name in ("a", "b", "c"):
        client.iq("set", item(f"{name}@elsewhere.example", name=name))
    cache.fetch(client)
    client.close()

    elsewhere = romeo.login()
    elsewhere.iq("set", item("a@elsewhere.example", name="A"))
    elsewhere.iq("set", item("b@elsewhere.example", subscription="remove"))
    elsewhere.iq("set", item("d@elsewhere.example", name="d"))

    back = romeo.login()
    cache.fetch(back)
    truth = {jid: entry.get("name") for jid, entry in back.roster().items()}
    assert cache.names == truth == {"a@elsewhere.example": "A", "c@elsewhere.example": "c", "d@elsewhere.example": "d"}
    back.close()
    assert cache.fetch(romeo.login()), "caught up, and yet the whole roster was sent again"


def test_a_version_the_server_never_gave_gets_the_whole_roster(users):
    romeo, cache = users(), Cache()
    client = romeo.login()
    client.iq("set", item(name="Nurse"))
    cache.version = "never-heard-of"
    assert not cache.fetch(client)
    assert cache.names == {FRIEND: "Nurse"}


def test_a_cache_that_is_very_old_gets_the_whole_roster(users):
    """Who was removed is not remembered for ever; and nothing that was removed may stay in the cache."""
    romeo, cache = users(), Cache()
    client = romeo.login()
    client.iq("set", item("kept@elsewhere.example", name="kept"))
    client.iq("set", item("gone@elsewhere.example", name="gone"))
    cache.fetch(client)
    client.iq("set", item("gone@elsewhere.example", subscription="remove"))
    for number in range(300):
        client.send(f"<iq type='set' id='a{number}'><query xmlns='{NS['roster']}'><item jid='x@elsewhere.example'/></query></iq>"
                    f"<iq type='set' id='r{number}'><query xmlns='{NS['roster']}'><item jid='x@elsewhere.example' subscription='remove'/></query></iq>")
    client.fence(30)
    client.close()
    assert not cache.fetch(romeo.login())
    assert cache.names == {"kept@elsewhere.example": "kept"}


@peer_differs("Prosody's first push has the version of the empty roster")
def test_a_push_carries_the_new_version(users):
    romeo, cache = users(), Cache()
    client = romeo.login()
    cache.fetch(client)
    before = cache.version
    client.iq("set", item())
    pushed = client.expect(push())
    assert pushed.find("roster:query", NS).get("ver") not in (None, before)
