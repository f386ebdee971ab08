#include "archive/words.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace chancery;
using namespace chancery::archive;

namespace {

const Key key{std::string(32, 'w')};

std::vector<Term> terms_of(Words& words, std::string_view text) {
    std::vector<Term> terms;
    words.append_terms(text, terms);
    return terms;
}

}  // namespace

TEST_CASE("AWordHasTheSameTermsWhereverItStandsAndHoweverOften") {
    Words words(key, {"english", "german"});
    std::set<std::vector<Term>> all;
    for (std::size_t size = 1; size <= 80; ++size) {
        const auto word = std::string(size - 1, 'x') + "7";  // of every length up to and beyond what is remembered
        const auto expected = Words(key, {"english", "german"}).each_word(word).at(0);
        CHECK(terms_of(words, word) == expected);
        CHECK(terms_of(words, word) == expected);
        CHECK(terms_of(words, "(" + word + ")") == expected);
        auto twice = expected;
        twice.insert(twice.end(), expected.begin(), expected.end());
        CHECK(terms_of(words, word + " \xC3\x97 " + word + ".") == twice);
        if (size <= 64) CHECK(all.insert(expected).second);
    }
}

TEST_CASE("NeighboursInTheAlphabetAreTold") {
    Words words(key, {});
    std::set<Term> all;
    std::size_t count = 0;
    for (const std::string_view stem : {"", "a", "abc", "abcdefg", "abcdefgh", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopqrst"}) {
        for (char last = 'a'; last <= 'z'; ++last) {
            const auto terms = terms_of(words, std::string(stem) + last);
            REQUIRE(terms.size() == 1);
            all.insert(terms[0]);
            ++count;
        }
    }
    CHECK(all.size() == count);
}

TEST_CASE("WordsEndAtWhatIsNoLetter") {
    Words words(key, {"english"});
    const auto count = [&](std::string_view text) { return terms_of(words, text).size(); };
    CHECK(count("") == 0);
    CHECK(count(" -- ! ") == 0);
    CHECK(count("one") == 1);
    CHECK(count("one two,three\nfour") == 4);
    CHECK(count("one\xC2\xA0two") == 2);
    CHECK(count("na\xC3\xAFve caf\xC3\xA9s") == 2);
    CHECK(count("\xE6\x9D\xB1\xE4\xBA\xAC") == 3);  // two characters and the pair
    CHECK(terms_of(words, "Hours") == terms_of(words, "hour"));
}
