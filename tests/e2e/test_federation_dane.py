"""Partners whose certificate no authority vouches for, but DNS with DNSSEC (RFC 7671, RFC 7673): seen from the server that
asks, `one`, which does not know the authority of `two`. The resolver is a real one that validates, the zones are really signed."""

import json
import shutil
import subprocess

import pytest

from support import dnssec
from support.elements import body
from support.federation import certificate, signed_in
from support.offices import WAIT, Offices
from support.server import wait_until

pytestmark = [pytest.mark.only_chancery("federation between two Chancery servers"),
              pytest.mark.skipif(not dnssec.is_installed(), reason="unbound or ldnsutils is not installed")]


class SignedOffices(Offices):
    """`one` asks DNS where `two` is and how it is known; `two` knows `one` from a table and by its authority."""

    def __init__(self, folder, clients):
        self.dns = dnssec.SignedDns(folder / "dns")
        super().__init__(folder, clients, federation__dane="true", federation__resolver=self.dns.address)
        for domain in ("two.example", "rooms.two.example"):
            del self.one.settings[f"federation__hosts__{domain}"]
        self.one.trust(self.one.ca)

    def show(self, pem, key):
        """What `two` shows from now on, also to its own people."""
        shutil.copy(pem, self.certificate)
        with open(self.two.ca, "a") as authorities:
            authorities.write(pem.read_text())
        shutil.copy(key, self.two.data / "keys" / "server.key")

    def place(self, *records, **zone):
        """Puts `two` into DNS, with these TLSA records."""
        self.dns.place(self.two, records, **zone)
        return self.start()

    def start(self):
        self.dns.start()
        return super().start()

    def be_written_to(self):
        signed_in(self.juliet).say(self.romeo.bare, "it is me")

    def expect_arrival(self, proof="DANE"):
        self.write()
        wait_until(lambda: self.two.archive_search(sender=self.romeo.bare), "on record there", limit=WAIT)
        assert self.one.partner("two.example")["proof_out"] == proof

    def stop(self):
        super().stop()
        self.dns.stop()


@pytest.fixture
def offices(tmp_path, clients):
    made = SignedOffices(tmp_path, clients)
    yield made
    made.stop()


@pytest.mark.parametrize("how", [(3, 1, 1), (3, 0, 1), (3, 1, 2), (3, 0, 0), (3, 1, 0)], ids=str)
def test_a_certificate_that_dns_names_needs_no_authority(offices, tmp_path, how):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    offices.place(dnssec.tlsa(offices.certificate, *how)).expect_arrival()


def test_direct_tls_has_records_of_its_own_port(offices, tmp_path):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    offices.place(dnssec.tlsa(offices.certificate), direct_tls=True).expect_arrival()


def test_who_calls_us_is_known_by_its_own_records(offices, tmp_path):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    offices.two.settings["federation__hosts__one.example"] = f"127.0.0.1:{offices.one.s2s_port}"
    offices.place(dnssec.tlsa(offices.certificate))
    offices.be_written_to()
    offices.romeo.expect(lambda each: body(each) == "it is me", timeout=WAIT)
    assert offices.one.partner("two.example")["proof_in"] == "DANE"
    assert "1 in (DANE)" in offices.one.cli("status").stdout


def test_who_calls_us_with_another_certificate_is_refused(offices, tmp_path):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    offices.place(dnssec.other(dnssec.tlsa(offices.certificate)))
    offices.be_written_to()
    offices.expect_refusal_of_the_caller()


def test_one_match_among_several_records_is_enough(offices):
    record = dnssec.tlsa(offices.certificate)
    offices.place(dnssec.other(record), record, "3 1 9 00ff", "9 9 9 00").expect_arrival()


def test_an_authority_that_dns_names_may_vouch_for_it(offices):
    chain = offices.certificate.read_text() + offices.two.ca.read_text()
    offices.certificate.write_text(chain)
    offices.place(dnssec.tlsa(offices.two.ca, 2, 0, 1)).expect_arrival()


def test_an_authority_that_dns_names_must_have_vouched_for_this_name(offices, tmp_path):
    pem, key = certificate(tmp_path / "wrong", offices.two.data / "keys", "DNS:other.example")
    pem.write_text(pem.read_text() + offices.two.ca.read_text())
    offices.show(pem, key)
    offices.place(dnssec.tlsa(offices.two.ca, 2, 0, 1)).expect_refusal("names neither two.example nor host.two.example")


def test_the_name_of_the_host_will_do_where_the_way_to_it_is_secure(offices, tmp_path):
    pem, key = certificate(tmp_path / "host", offices.two.data / "keys", "DNS:host.two.example")
    pem.write_text(pem.read_text() + offices.two.ca.read_text())
    offices.show(pem, key)
    offices.place(dnssec.tlsa(offices.two.ca, 2, 1, 1)).expect_arrival()


@pytest.mark.parametrize("usage", [0, 1])
def test_where_dns_asks_for_an_authority_that_we_trust_another_is_refused(offices, usage):
    named = offices.two.ca if usage == 0 else offices.certificate
    offices.place(dnssec.tlsa(named, usage, 0, 1)).expect_refusal("TLSA records of host.two.example")


@pytest.mark.parametrize("usage", [0, 1])
def test_where_dns_asks_for_an_authority_that_we_trust_both_must_agree(offices, usage):
    offices.one.trust(offices.one.ca, offices.two.ca)
    offices.certificate.write_text(offices.certificate.read_text() + offices.two.ca.read_text())
    named = offices.two.ca if usage == 0 else offices.certificate
    offices.place(dnssec.tlsa(named, usage, 0, 1)).expect_arrival()


def test_a_good_authority_does_not_help_a_certificate_that_dns_contradicts(offices):
    offices.one.trust(offices.one.ca, offices.two.ca)
    offices.place(dnssec.other(dnssec.tlsa(offices.certificate))).expect_refusal("TLSA records of host.two.example")


def test_a_good_authority_does_not_help_a_caller_whom_dns_contradicts(offices):
    offices.one.trust(offices.one.ca, offices.two.ca)
    offices.place(dnssec.other(dnssec.tlsa(offices.certificate)))
    offices.be_written_to()
    offices.expect_refusal_of_the_caller()


def test_dialback_does_not_help_where_dns_contradicts(offices, tmp_path):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    offices.one.settings["federation__dialback"] = "two.example"
    offices.two.settings["federation__dialback"] = "one.example"
    offices.place(dnssec.other(dnssec.tlsa(offices.certificate))).expect_refusal("TLSA records of host.two.example")


@pytest.mark.parametrize("records", [[], ["9 1 1 " + "00" * 32, "3 9 1 " + "00" * 32, "3 1 1 00"]], ids=["none", "unusable"])
def test_without_records_that_can_be_used_authorities_count(offices, records):
    offices.one.trust(offices.one.ca, offices.two.ca)
    offices.place(*records).expect_arrival("PKIX")


def test_without_records_an_unknown_authority_is_refused_as_ever(offices):
    offices.place().expect_refusal("not trusted")


def test_records_of_a_zone_without_signatures_prove_nothing(offices):
    offices.place(dnssec.tlsa(offices.certificate), signed=False).expect_refusal("not trusted")


@pytest.mark.parametrize("service_signed, host_signed", [(True, False), (False, True)], ids=["host", "service"])
def test_one_step_without_signatures_makes_the_whole_way_unsafe(offices, service_signed, host_signed):
    """RFC 7673 §3.1, §3.2: whoever can change where the service is, or where the host is, could have its own records found."""
    port = offices.two.s2s_port
    offices.dns.add("two.example", [f"_xmpp-server._tcp SRV 10 1 {port} host.provider.example."], signed=service_signed)
    offices.dns.add("provider.example", ["host A 127.0.0.1", f"_{port}._tcp.host TLSA {dnssec.tlsa(offices.certificate)}"], signed=host_signed)
    offices.start().expect_refusal("not trusted")


def test_a_provider_elsewhere_is_known_where_both_zones_are_signed(offices):
    port = offices.two.s2s_port
    offices.dns.add("two.example", [f"_xmpp-server._tcp SRV 10 1 {port} host.provider.example."])
    offices.dns.add("provider.example", ["host A 127.0.0.1", f"_{port}._tcp.host TLSA {dnssec.tlsa(offices.certificate)}"])
    offices.start().expect_arrival()


def test_nothing_that_a_resolver_says_of_signatures_counts_unless_it_is_trusted(offices):
    offices.one.settings["federation__dane"] = "false"
    offices.place(dnssec.tlsa(offices.certificate)).expect_refusal("not trusted")


def test_forged_records_close_the_way_and_do_not_open_it(offices):
    """An attacker who can change answers puts in another certificate's record, and has a good authority besides."""
    offices.one.trust(offices.one.ca, offices.two.ca)
    record = dnssec.tlsa(offices.certificate)
    hexadecimal = record.split()[-1]
    offices.place(dnssec.other(record), forge=(dnssec.other(record).split()[-1], hexadecimal)).expect_refusal("for the TLSA records")


def test_a_forged_address_of_the_service_closes_the_way(offices):
    offices.one.trust(offices.one.ca, offices.two.ca)
    offices.place(dnssec.tlsa(offices.certificate), forge=("127.0.0.1", "127.0.0.2")).expect_refusal("DNS")


def test_who_calls_while_dns_cannot_be_believed_is_not_let_in(offices):
    offices.one.trust(offices.one.ca, offices.two.ca)
    record = dnssec.tlsa(offices.certificate)
    offices.place(record, forge=(record.split()[-1], dnssec.other(record).split()[-1]))
    offices.be_written_to()
    offices.expect_refusal_of_the_caller("calls, but its records in DNS could not be found out; DNS")


def test_an_expired_certificate_that_dns_names_is_good(offices, tmp_path):
    """RFC 7671 §5.1: the dates of the signatures of DNS count, not the certificate's."""
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    folder = tmp_path / "self"
    folder.mkdir()
    subprocess.run(["faketime", "2020-01-01", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=x", "-keyout", folder / "key", "-out", folder / "pem"], check=True, capture_output=True)
    offices.show(folder / "pem", folder / "key")
    offices.place(dnssec.tlsa(offices.certificate)).expect_arrival()


def test_what_the_server_says_is_to_be_published_makes_it_known(offices, tmp_path):
    offices.show(*dnssec.self_signed(tmp_path / "self", "two.example"))
    (offices.two.data / "chancery.toml").write_text(f'domain = "two.example"\n[listen]\ns2s = "127.0.0.1:{offices.two.s2s_port}"\ns2s_tls = "127.0.0.1:{offices.two.s2s_tls_port}"\n')
    published = json.loads(offices.two.cli("federation", "publish", "--host", "host.two.example", "--json").stdout)
    offices.dns.add("two.example", published["records"] + ["host A 127.0.0.1"])
    offices.start().expect_arrival()


def test_a_host_that_is_no_name_is_not_published(offices):
    refused = offices.two.cli("federation", "publish", "--host", "no host", check=False)
    assert refused.returncode != 0 and "no host name" in refused.stderr
