#include "s2s/resolver.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace chancery::s2s;

namespace {

std::string order_of(std::vector<ServiceRecord> records, std::uint64_t (*chance)(std::uint64_t)) {
    sort_by_chance(records, chance);
    std::string names;
    for (const auto& record : records) names += record.host;
    return names;
}

std::uint64_t lowest(std::uint64_t) { return 0; }
std::uint64_t highest(std::uint64_t most) { return most; }
std::uint64_t drawn = 0;
std::uint64_t fixed(std::uint64_t most) { return std::min(drawn, most); }

}  // namespace

TEST_CASE("ALowerPriorityNumberIsTriedFirst") {
    const std::vector<ServiceRecord> records{{"b", 1, 20, 9}, {"a", 1, 10, 1}, {"c", 1, 30, 5}};
    CHECK(order_of(records, lowest) == "abc");
    CHECK(order_of(records, highest) == "abc");
}

TEST_CASE("WithinAPriorityTheWeightDecidesByChance") {
    const std::vector<ServiceRecord> records{{"a", 1, 10, 10}, {"b", 1, 10, 30}, {"c", 1, 10, 60}};
    CHECK(order_of(records, highest).front() == 'c');
    CHECK(order_of(records, lowest).front() == 'a');
    drawn = 40;
    CHECK(order_of(records, fixed).front() == 'b');
    drawn = 41;
    CHECK(order_of(records, fixed).front() == 'c');
}

TEST_CASE("AWeightOfNothingIsChosenHardlyEver") {
    const std::vector<ServiceRecord> records{{"a", 1, 10, 100}, {"z", 1, 10, 0}};
    drawn = 1;
    CHECK(order_of(records, fixed) == "az");
    CHECK(order_of(records, lowest) == "za");
}
