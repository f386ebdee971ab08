"""Partners whose web site says which certificate their server has (RFC 7711), seen from the server that asks, `one`. It trusts
the authority of the web site and not that of `two`."""

import json

import pytest

from support.called_partner import Door
from support.dns import Dns
from support.elements import body
from support.federation import Partner, certificate, signed_in
from support.http import Http
from support.offices import WAIT, Offices
from support.partner_stream import PartnerStream
from support.server import wait_until
from support.website import WebSite, fingerprint

pytestmark = pytest.mark.only_chancery("federation between two Chancery servers")
PATH = "/.well-known/posh/xmpp-server.json"


class OfficesWithASite(Offices):
    def __init__(self, folder, clients):
        super().__init__(folder, clients, federation__posh="true")
        self.site = None
        self.web = Partner(folder / "web", "web.example")  # only for its authority
        self.one.trust(self.one.ca, self.web.ca)

    def open_site(self, names="DNS:two.example", authority=None):
        self.site = WebSite(*certificate(self.folder / "site", authority or self.web.data / "keys", names))
        self.one.settings["federation__posh_hosts__two.example"] = self.site.address
        return self.site

    def document(self, pem=None, name="sha-256", **more):
        return {"fingerprints": [fingerprint(pem or self.certificate, name)], "expires": 3600} | more

    def start(self):
        super().start()
        self.juliet = signed_in(self.juliet)
        return self

    def expect_arrival(self):
        self.write()
        self.juliet.expect(lambda each: body(each) == "are you you?", timeout=WAIT)
        assert self.one.partner("two.example")["proof_out"] == "POSH"

    def stop(self):
        super().stop()
        if self.site:
            self.site.close()


@pytest.fixture
def offices(tmp_path, clients):
    made = OfficesWithASite(tmp_path, clients)
    yield made
    made.stop()


@pytest.mark.parametrize("kind", ["sha-256", "sha-512"])
def test_a_certificate_that_the_web_site_names_needs_no_authority(offices, kind):
    offices.open_site().show(PATH, offices.document(name=kind))
    offices.start().expect_arrival()
    assert {host.split(":")[0] for host, _ in offices.site.asked} == {"two.example"}


def test_the_fingerprints_may_be_elsewhere(offices):
    site = offices.open_site("DNS:two.example,DNS:host.example")
    offices.one.settings["federation__posh_hosts__host.example"] = site.address
    site.show(PATH, {"url": "https://host.example/two.json", "expires": 3600})
    site.show("/two.json", offices.document())
    offices.start().expect_arrival()


def test_who_calls_us_is_known_by_its_web_site(offices):
    offices.open_site().show(PATH, offices.document())
    del offices.one.settings["federation__hosts__two.example"]
    offices.start()
    offices.juliet.say(offices.romeo.bare, "it is me")
    offices.romeo.expect(lambda each: body(each) == "it is me", timeout=WAIT)
    assert offices.one.partner("two.example")["proof_in"] == "POSH"


def test_the_site_is_asked_once_while_what_it_said_is_good(offices):
    offices.open_site().show(PATH, offices.document())
    offices.one.settings["federation__idle_seconds"] = "1"
    offices.start().expect_arrival()
    wait_until(lambda: offices.one.partner("two.example")["streams_out"] == 0, "closed")
    offices.write()
    offices.juliet.expect(lambda each: body(each) == "are you you?", timeout=WAIT)
    assert len(offices.site.asked) == 1


def test_what_it_said_is_asked_again_when_its_time_is_over(offices):
    offices.open_site().show(PATH, offices.document(expires=1))
    offices.one.settings["federation__idle_seconds"] = "2"
    offices.start().expect_arrival()
    wait_until(lambda: offices.one.partner("two.example")["streams_out"] == 0, "closed")
    offices.site.show(PATH, {"fingerprints": [fingerprint(offices.one.ca)], "expires": 1})
    offices.write()
    offices.expect_trouble("names other certificates")


@pytest.mark.parametrize("document, why", [
    (lambda o: o.document(o.one.ca), "names other certificates"),
    (lambda o: o.document(name="sha-1"), "no document of RFC 7711"),
    (lambda o: {"fingerprints": o.document()["fingerprints"]}, "no document of RFC 7711"),
    (lambda o: o.document(expires=0), "no document of RFC 7711"),
    (lambda o: b"<html/>", "no document of RFC 7711"),
    (lambda o: b"[" * 60_000, "no document of RFC 7711"),
    (lambda o: b" " * 70_000 + b"{}", "POSH:"),
    (lambda o: {"url": f"https://two.example{PATH}", "expires": 60}, "leads on"),
    (lambda o: {"url": f"http://two.example{PATH}", "expires": 60}, "no https URL"),
    (lambda o: {"url": "file:///etc/passwd", "expires": 60}, "no https URL"),
    (lambda o: {"url": f"https://{o.site.address}{PATH}", "expires": 60}, "no https URL"),
    (lambda o: {"url": "https://localhost/x", "expires": 60}, "no https URL"),
], ids=["other", "sha-1", "no time", "no time left", "HTML", "deep", "too large", "circle", "plain HTTP", "file", "an address", "this machine"])
def test_a_document_that_does_not_prove_it_proves_nothing(offices, document, why):
    offices.open_site().show(PATH, document(offices))
    offices.start().expect_refusal(why)


def test_a_redirect_is_not_followed(offices):
    site = offices.open_site()
    site.show(PATH, b"", status=302, Location="https://two.example/elsewhere")
    site.show("/elsewhere", offices.document())
    offices.start().expect_refusal("the answer is 302")
    assert {path for _, path in site.asked} == {PATH}


@pytest.mark.parametrize("names", ["DNS:other.example", "DNS:*.two.example"])
def test_a_web_site_with_a_certificate_of_another_name_is_not_believed(offices, names):
    offices.open_site(names).show(PATH, offices.document())
    offices.start().expect_refusal("POSH:")
    assert offices.site.asked == []


def test_a_web_site_under_an_unknown_authority_is_not_believed(offices):
    offices.open_site(authority=offices.two.data / "keys").show(PATH, offices.document())
    offices.start().expect_refusal("POSH:")
    assert offices.site.asked == []


def test_a_web_site_that_says_nothing_holds_up_nobody(offices):
    door = Door()
    try:
        offices.one.settings["federation__posh_hosts__two.example"] = door.address
        offices.start().expect_refusal("POSH:")
    finally:
        door.close()


def test_a_name_that_leads_into_the_private_network_is_not_asked(offices):
    dns = Dns()
    try:
        offices.open_site().show(PATH, offices.document())
        dns.addresses["two.example"] = "127.0.0.1"
        del offices.one.settings["federation__posh_hosts__two.example"]
        offices.one.settings["federation__resolver"] = dns.address
        offices.start().expect_refusal("private network")
    finally:
        dns.close()


def test_nobody_asks_web_sites_unless_a_setting_says_so(offices):
    offices.open_site().show(PATH, offices.document())
    offices.one.settings["federation__posh"] = "false"
    offices.start().expect_refusal("not trusted")
    assert offices.site.asked == []


def test_a_caller_whom_the_web_site_does_not_name_makes_us_ask_once(offices):
    offices.open_site().show(PATH, b"", status=404)
    del offices.one.settings["federation__hosts__two.example"]
    offices.start()
    for number in range(3):
        offices.juliet.say(offices.romeo.bare, f"it is me, {number}")
        offices.expect_trouble("calls, but")
    offices.romeo.expect_nothing("<message/>")
    assert len(offices.site.asked) == 1


def own_document(server):
    web = Http(server)
    try:
        return web.ask("GET", PATH)
    finally:
        web.close()


def test_what_our_own_web_server_says_makes_us_known(offices):
    """`two` says it, and the web site of its domain says the same."""
    offices.two.settings["federation__posh_document"] = "true"
    site = offices.open_site()
    offices.start()
    answer = own_document(offices.two)
    assert answer.status == 200
    published = json.loads(offices.two.cli("federation", "publish", "--json").stdout)
    assert json.loads(answer.body) == published["document"] and published["url"] == f"https://two.example{PATH}"
    site.show(PATH, answer.body)
    offices.expect_arrival()


def test_our_own_web_server_says_nothing_unless_a_setting_wants_it(offices):
    assert own_document(offices.two.start()).status == 404


def test_a_caller_is_not_told_what_we_found_on_our_way(offices, clients):
    """Else it could learn from our answers which doors there are inside."""
    offices.open_site().show(PATH, b"", status=404)
    offices.start()
    caller = PartnerStream(offices.one, "two.example", (offices.certificate, offices.two.data / "keys" / "server.key"))
    clients.append(caller)
    error = caller.secure().expect_stream_error("not-authorized")
    assert "not trusted" in "".join(error.itertext()) and "POSH" not in "".join(error.itertext())
    offices.expect_trouble("POSH: the answer is 404")
