// The words of a text as keyed hashes of their stems: what the index knows of what was said.
//
// Operation. Words are runs of letters, digits and marks; of writing without spaces (Han, Kana, Thai …) every
// character and every pair of neighbours. A word is folded, stemmed by the languages of its script, freed of
// diacritics and hashed; words seen before come from a cache, which is what makes indexing cheap.
// Concurrency: one thread at a time.
// Limits: 32 bytes a remembered word (48 with several languages); of a word longer than 64 bytes only the beginning counts.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/block_cipher.h"
#include "base/secret.h"

struct sb_stemmer;

namespace chancery::archive {

/// What a posting list is of: a word's stem, an owner, or a pair of owners.
using Term = std::uint64_t;

class Words {
  public:
    /// How many words are remembered: for one text, or for the words of an organisation.
    static constexpr std::size_t few = 1 << 10, many = 1 << 17;

    /// `languages` are for words in the Latin script (three at most count). @throws std::invalid_argument for a
    /// language that Snowball has not; CryptoError
    Words(const Key& key, const std::vector<std::string>& languages, std::size_t remembered = few);
    ~Words();
    Words(const Words&) = delete;

    /// Appends the terms of all words of the text; a term may come several times.
    void append_terms(std::string_view text, std::vector<Term>& out);
    /// The terms of each word by itself: a text has the word when it has any of them.
    std::vector<std::vector<Term>> each_word(std::string_view text);

  private:
    static constexpr std::size_t terms_limit = 3;
    struct Terms {
        std::array<Term, terms_limit> values{};
        std::uint8_t count = 0;
    };
    // A word of up to 22 bytes as three numbers: it is compared and hashed at once. The 23rd byte is its length, the last is free.
    using Packed = std::array<std::uint64_t, 3>;
    static constexpr std::size_t packed_limit = 22;
    // Half a cache line; the first term only, the others are in others_of_.
    struct alignas(32) Cached {
        Packed word{};  // with the number of terms in the last byte
        Term first = 0;
    };
    struct Word {
        std::string_view text;
        Packed packed;     // nothing of a longer one
        std::size_t slot;  // in the cache
    };
    struct Free {
        void operator()(sb_stemmer* stemmer) const;
    };
    using Stemmer = std::unique_ptr<sb_stemmer, Free>;
    struct Script {
        int code;  // UScriptCode
        Stemmer stemmer;
    };

    static Packed pack(std::string_view word);
    static std::uint64_t hash_of(const Packed& word);
    template <class Visit>
    void split(std::string_view text, Visit visit);
    void find_words(std::string_view text);
    Terms terms_of(const Word& word);
    Terms compute(std::string_view word);
    void add_stem(Terms& terms, sb_stemmer* stemmer, std::string_view folded);

    BlockCipher cipher_;
    std::vector<Stemmer> latin_;
    std::vector<Script> others_;
    std::vector<Cached> cache_;
    std::vector<std::array<Term, terms_limit - 1>> others_of_;  // by slot; empty with one language
    std::vector<Word> found_;
};

}  // namespace chancery::archive
