"""XEP-0133 §4.11, §4.12: an administrator blocks domains and makes partners from a client; it is true at once, and stays."""

import pytest

from support.elements import body, condition
from support.federation import Partner, introduce, person, signed_in
from support.fixtures import User
from support.server import wait_until
from test_administration import note, on_record, run, values

pytestmark = pytest.mark.only_chancery("federation between two Chancery servers")
WAIT = 20


@pytest.fixture
def offices(tmp_path):
    one, two = Partner(tmp_path / "one", "one.example"), Partner(tmp_path / "two", "two.example")
    introduce(one, two)
    yield one, two
    for each in (one, two):
        if each.process:
            each.stop()


@pytest.fixture
def boss(offices, clients):
    """An administrator of the first, once it runs."""
    def sign_in():
        one = offices[0]
        one.cli("user", "add", "boss", "--administrator", stdin="secret-of-the-boss\n", check=False)
        return signed_in(User("boss", "secret-of-the-boss", one, clients))

    return sign_in


def people(one, two, clients):
    """Their accounts and their clients."""
    accounts = person(one, "romeo", clients), person(two, "juliet", clients)
    return *accounts, *(signed_in(each) for each in accounts)


def meet(romeo, juliet, words):
    romeo.say(juliet.bare, words)
    juliet.expect(lambda each: body(each) == words, timeout=WAIT)


def refused(client, to, words):
    name = client.say(to, words)
    return condition(client.expect(f"<message type='error' id='{name}'/>", timeout=WAIT))


def test_a_domain_that_is_blocked_is_cut_off_at_once_and_stays_so(offices, boss, clients):
    one, two = offices
    one.start(), two.start()
    account, _, romeo, juliet = people(one, two, clients)
    chief = boss()
    meet(romeo, juliet, "before")
    assert values(run(chief, "edit-blacklist"))["blacklistjids"] == []
    note(run(chief, "edit-blacklist", blacklistjids=["two.example", "other.example"]))
    wait_until(lambda: one.partner("two.example").get("streams_out") == 0 and one.partner("two.example").get("streams_in") == 0, "the streams end")
    assert refused(romeo, juliet.bare, "no more") == "remote-server-not-found"
    juliet.say(romeo.bare, "nor from there")
    wait_until(lambda: "policy-violation" in two.partner("one.example").get("last_error", ""), "refused", limit=60)
    romeo.expect_nothing("<message/>")
    assert on_record(one, "partners block") and not one.archive_search(sender=juliet.bare)
    one.restart()
    romeo, chief = signed_in(account), boss()
    assert refused(romeo, juliet.bare, "still not") == "remote-server-not-found"
    assert values(run(chief, "edit-blacklist"))["blacklistjids"] == ["other.example", "two.example"]
    note(run(chief, "edit-blacklist", blacklistjids=["other.example"]))
    meet(romeo, juliet, "and again")


def test_a_domain_becomes_a_partner_and_stops_being_one(offices, boss, clients):
    one, two = offices
    one.allow("elsewhere.example")
    one.start(), two.start()
    account, _, romeo, juliet = people(one, two, clients)
    chief = boss()
    assert refused(romeo, juliet.bare, "too early") == "remote-server-not-found"
    note(run(chief, "edit-whitelist", whitelistjids=["two.example"]))
    meet(romeo, juliet, "welcome")
    juliet.say(romeo.bare, "thank you")
    romeo.expect(lambda each: body(each) == "thank you", timeout=WAIT)
    one.restart()
    romeo, chief = signed_in(account), boss()
    meet(romeo, juliet, "still here")
    note(run(chief, "edit-blacklist", blacklistjids=["two.example"]))
    assert values(run(chief, "edit-whitelist"))["whitelistjids"] == [], "a domain stands in one list"
    assert refused(romeo, juliet.bare, "over") == "remote-server-not-found"


def test_what_the_settings_block_no_client_allows(offices, boss, clients):
    one, two = offices
    one.settings["federation__blocked"] = "two.example"
    one.start(), two.start()
    account, _, romeo, juliet = people(one, two, clients)
    note(run(boss(), "edit-whitelist", whitelistjids=["two.example"]))
    assert refused(romeo, juliet.bare, "no") == "remote-server-not-found"


@pytest.mark.parametrize("entry", ["a@two.example", "one.example", "rooms.one.example", "not a domain"])
def test_what_is_no_domain_elsewhere_is_refused(offices, boss, entry):
    offices[0].start()
    chief = boss()
    for node, field in (("edit-blacklist", "blacklistjids"), ("edit-whitelist", "whitelistjids")):
        assert condition(run(chief, node, **{field: entry})) == "not-acceptable"


def test_without_federation_there_are_no_such_commands(server, users):
    client = users().login()
    assert condition(run(client, "edit-blacklist")) == "feature-not-implemented", "XEP-0133 §5"
