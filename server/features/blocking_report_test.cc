#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string block_with(const std::string& report) {
    return set("<block xmlns='urn:xmpp:blocking'><item jid='romeo@post.example'>" + report + "</item></block>");
}

const auto list = get("<blocklist xmlns='urn:xmpp:blocking'/>");
const auto romeo_in_it = "<iq><blocklist xmlns='urn:xmpp:blocking'><item jid='romeo@post.example'/></blocklist></iq>";

}  // namespace

TEST_CASE("XEP-0377 §3: a report without a reason is bad-request, and nobody is blocked (§6)") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(block_with("<report xmlns='urn:xmpp:reporting:1'/>")) == "modify bad-request");
    CHECK_FALSE(matches(romeo_in_it, juliet.asks(list)));
}

TEST_CASE("XEP-0377 §3: a report that is too long is not-acceptable, and nobody is blocked (§6)") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const auto report = "<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'><text>" + std::string(20'000, 'x') + "</text></report>";
    CHECK(juliet.refused(block_with(report)) == "modify not-acceptable");
    CHECK_FALSE(matches(romeo_in_it, juliet.asks(list)));
}

TEST_CASE("XEP-0377 §6: who is reported is blocked, and the administrators are told") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen").is_here();
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.may(block_with("<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/>")));
    CHECK(matches(romeo_in_it, juliet.asks(list)));
    CHECK(nurse.hears("<message from='post.example'><subject>Report</subject></message>"));
}
