#include "load/words.h"

#include <doctest/doctest.h>

#include <map>
#include <sstream>

using namespace chancery::load;

TEST_CASE("Bodies are about as long as asked, of many words, the common ones common") {
    CHECK(Words::vocabulary_size() > 2500);
    Words words(7, 1 << 16);
    std::map<std::string, int> seen;
    for (int i = 0; i < 2000; ++i) {
        const auto body = words.next(200);
        CHECK(body.size() <= 200);
        CHECK(body.size() > 180);
        std::istringstream text{std::string(body)};
        for (std::string word; text >> word;) ++seen[word];
    }
    CHECK(seen.size() > 1000);
    CHECK(seen["the"] > 20 * seen["frontier"]);
    CHECK(std::string(Words(7, 1 << 16).next(99)) == std::string(Words(7, 1 << 16).next(99)));
}
