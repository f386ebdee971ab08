#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string card_with(const std::string& bytes) {
    return "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>" + bytes + "</BINVAL></PHOTO></vCard>";
}

}  // namespace

TEST_CASE("XEP-0153 §3, XEP-0054 §3.2: a picture that is not in base64 is bad-request, and the card stays as it was") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(card_with("this is no base64!"))) == "modify bad-request");
    CHECK_FALSE(juliet.asks(get("<vCard xmlns='vcard-temp'/>")).contains("PHOTO"));
}

TEST_CASE("XEP-0398 §4: a picture for which there is no room is not-acceptable, and nobody is shown it") {
    House house({{"limits.pubsub_kib", "64"}});
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(card_with(std::string(80 * 1'024, 'A')))) == "modify not-acceptable payload-too-big");
    CHECK(juliet.refused(get(in_pubsub("<items node='urn:xmpp:avatar:metadata'/>"))) == "cancel item-not-found");
}
