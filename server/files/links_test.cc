#include "files/links.h"

#include <doctest/doctest.h>

#include "xml/parse.h"
#include "xmpp/namespaces.h"

using namespace chancery;
using namespace chancery::files;

namespace {

const Jid romeo = *Jid::parse("romeo@montague.lit/orchard"), juliet = *Jid::parse("juliet@capulet.lit"), room = *Jid::parse("garden@rooms.capulet.lit");

struct Fixture {
    Time now = from_micros(1'800'000'000'000'000);  // a whole hour
    Key key = Key::random();
    Links links{key, 1h, [this] { return now; }};
    std::string id = Links::new_id();
    Fixture() { links.set_host("chat.capulet.lit:8443"); }

    std::string link() const { return links.to_get(id, "très cool.jpg", romeo); }
    static std::string message(const std::string& link) { return "<message><body>See " + link + "</body></message>"; }
    /// Whom the only link in a stanza is for, and until when.
    std::optional<Pass> pass_in(const std::string& stanza) const {
        const auto found = Links::find(stanza);
        return found ? links.open(Pass::Kind::get, found->id, found->pass) : std::nullopt;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "APassSaysWhoseItIsAndUntilWhen") {
    const auto text = link();
    CHECK(text.starts_with("https://chat.capulet.lit:8443/files/" + id + "/"));
    CHECK(text.ends_with("/tr%c3%a8s%20cool.jpg"));
    CHECK(text.size() == links.to_get(id, "très cool.jpg", juliet).size());
    const auto pass = pass_in(text);
    REQUIRE(pass);
    CHECK(pass->whose.text() == "romeo@montague.lit");
    CHECK(pass->until == now + 1h);
    CHECK_FALSE(text.contains("romeo"));
}

TEST_CASE_FIXTURE(Fixture, "APassIsGoodForOneFileAndOneUseAndMadeByUsAlone") {
    const auto text = link();
    const std::string pass(Links::find(text)->pass);
    CHECK(links.open(Pass::Kind::get, id, pass));
    CHECK_FALSE(links.open(Pass::Kind::put, id, pass));
    CHECK_FALSE(links.open(Pass::Kind::get, Links::new_id(), pass));
    CHECK_FALSE(Links(Key::random(), 1h, [this] { return now; }).open(Pass::Kind::get, id, pass));
    CHECK_FALSE(links.open(Pass::Kind::get, id, ""));
    CHECK_FALSE(links.open(Pass::Kind::get, id, "A"));
    for (std::size_t i = 0; i + 2 < pass.size(); ++i) {
        auto changed = pass;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(links.open(Pass::Kind::get, id, changed));
    }
    const auto put = links.to_put(id, "x", romeo, now);
    CHECK(links.open(Pass::Kind::put, id, Links::find(put)->pass));
}

TEST_CASE_FIXTURE(Fixture, "ALinkOfItsAuthorIsRenewedForTheRecipient") {
    const auto text = link();
    now += 30min;
    CHECK(links.renew(message(text), romeo, now, juliet) == links.renew(message(text), romeo, now + 1min, juliet));
    const auto renewed = links.renew(message(text), romeo, now, juliet);
    const auto pass = pass_in(renewed);
    REQUIRE(pass);
    CHECK(pass->whose == juliet);
    CHECK(pass->until == now + 90min);
    CHECK(renewed.starts_with("<message><body>See https://chat.capulet.lit:8443/files/"));
    CHECK(renewed.ends_with("</body></message>"));
    // Years later a history shows it anew, since it was good when it was sent.
    const auto sent = now;
    now += 24h * 3'000;
    CHECK(pass_in(links.renew(message(text), romeo, sent, juliet))->until == now + 90min);
}

TEST_CASE_FIXTURE(Fixture, "ALinkThatWasNotItsAuthorsStaysAsItWas") {
    const auto text = message(link());
    CHECK(links.renew(text, juliet, now, room) == text);             // somebody else's
    CHECK(links.renew(text, romeo, now + 2h, juliet) == text);       // it had ended
    auto forged = text;
    const auto last = forged.find("/tr%c3") - 3;
    forged[last] = forged[last] == 'A' ? 'B' : 'A';
    CHECK(links.renew(forged, romeo, now, juliet) == forged);
    CHECK(pass_in(links.renew(text, juliet, now, romeo))->whose == romeo.bare());  // it is the recipient's own already
}

TEST_CASE_FIXTURE(Fixture, "ALinkIsOfWhoHadTheNameWhenItWasMade") {
    const auto first = now - 48h, second = now - 24h;
    const auto of_room = message(links.to_get(id, "x", {room, first}));
    CHECK(links.renew(of_room, juliet, now, {room, second}) == of_room);
    CHECK(pass_in(links.renew(of_room, juliet, now, {room, first}))->since == first);
    CHECK_FALSE(pass_in(of_room)->is_of({room, second}));
    CHECK(pass_in(message(link()))->is_of({romeo, second}));  // made before anything was said of it

    const auto of_romeo = message(links.to_get(id, "x", {romeo, first}));
    CHECK(links.renew(of_romeo, {romeo, second}, now, juliet) == of_romeo);
    CHECK(pass_in(links.renew(of_romeo, {romeo, second}, second - 1h, juliet))->whose == juliet);  // sent by the one before, who had it
}

TEST_CASE_FIXTURE(Fixture, "EveryLinkInAStanzaIsRenewedWhereverItStands") {
    const auto one = link(), other = links.to_get(Links::new_id(), "b", romeo);
    const auto stanza = "<message to='a'><body>" + one + " and (" + other + ").</body><x xmlns='jabber:x:oob'><url>" + one +
                        "</url></x><url-data xmlns='u' target='" + one + "'/></message>";
    const auto renewed = links.renew(stanza, romeo, now, juliet);
    CHECK(Links::ids_in(renewed).size() == 2);
    std::size_t count = 0;
    for (auto found = Links::find(renewed); found; found = Links::find(renewed, found->end), ++count)
        CHECK(links.open(Pass::Kind::get, found->id, found->pass)->whose == juliet);
    CHECK(count == 4);
    CHECK(xml::parse(renewed, xml::limits_of_stored_xml, ns::client));
    CHECK(renewed.contains(").</body>"));
}

TEST_CASE_FIXTURE(Fixture, "LinksLeadToTheHostThatTheServerHasNow") {
    const auto text = message(link());
    links.set_host("files.capulet.lit");
    CHECK(links.renew(text, romeo, now, juliet).contains("https://files.capulet.lit/files/"));
    auto elsewhere = text;
    elsewhere.replace(elsewhere.find("chat.capulet"), 12, "thief.example");
    CHECK(links.renew(elsewhere, romeo, now, juliet).contains("https://files.capulet.lit/files/"));
}

TEST_CASE_FIXTURE(Fixture, "WhatOnlyLooksLikeALinkIsLeftAlone") {
    for (const auto* text : {"/files/", "https://a/files/", "https://a/files/0123456789abcdef0123456789abcdef", "http://a/files/x/y/z",
                             "https://a/files/0123456789abcdef0123456789abcdef/", "https://a/files/0123456789ABCDEF0123456789abcdef/c/b",
                             "https://a/files/0123456789abcdef0123456789abcdef/c/", "https:///files/0123456789abcdef0123456789abcdef/c/b",
                             "://a/files/0123456789abcdef0123456789abcdef/c/b"}) {
        CHECK_MESSAGE(!Links::find(text), text);
        CHECK(links.renew(text, romeo, now, juliet) == text);
    }
}

TEST_CASE_FIXTURE(Fixture, "InPlaceOfALinkToAVirusPeopleReadSo") {
    const auto text = message(link());
    links.withhold(id);
    CHECK(links.renew(text, romeo, now, juliet) == "<message><body>See (file withheld: a virus was found in it)</body></message>");
}
