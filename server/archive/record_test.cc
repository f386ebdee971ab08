#include "archive/record.h"

#include <doctest/doctest.h>

#include "archive/owner.h"

using namespace chancery;
using namespace chancery::archive;

namespace {

Record example() {
    return {.from = *Jid::parse("juliet@capulet.lit/balcony"),
            .to = *Jid::parse("romeo@montague.lit"),
            .rule = "clearance",
            .reason = "not cleared",
            .address = "192.0.2.7",
            .stanza = "<message/>",
            .in_recipient_history = true};
}

}  // namespace

TEST_CASE("ARecordIsDecodedAsItWasEncoded") {
    const auto record = example();
    CHECK(decode(encode(record)) == record);
    auto nobody_named = record;
    nobody_named.to.reset();
    CHECK(decode(encode(nobody_named)) == nobody_named);
}

TEST_CASE("APieceOfARecordIsNone") {
    const auto bytes = encode(example());
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode(bytes.substr(0, size)));
    CHECK_FALSE(decode(bytes + '\0'));
    auto newer = bytes;
    newer[0] = 2;
    CHECK_FALSE(decode(newer));
}

TEST_CASE("OwnersDependOnTheKeyAndConversationsOnBothParties") {
    const Owners owners(Key(std::string(32, 'a'))), others(Key(std::string(32, 'b')));
    const auto juliet = owners.of("juliet@capulet.lit"), romeo = owners.of("romeo@montague.lit");
    CHECK(juliet == owners.of(*Jid::parse("Juliet@capulet.lit/balcony")));
    CHECK(juliet != romeo);
    CHECK(juliet != others.of("juliet@capulet.lit"));
    CHECK(juliet == owners.of("juliet@capulet.lit"));
    CHECK(owners.conversation(juliet, romeo) == owners.conversation(romeo, juliet));
    CHECK(owners.conversation(juliet, romeo) != owners.conversation(juliet, juliet));
    CHECK(owners.conversation(juliet, romeo) != others.conversation(juliet, romeo));
}
