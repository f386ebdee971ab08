#include "archive/words.h"

#include <libstemmer.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "archive/fold.h"

namespace chancery::archive {
namespace {

constexpr std::size_t word_limit_bytes = 64;

enum class Class : unsigned char { gap, letter, ideograph };

constexpr bool is_ascii_word(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr auto ascii_classes = [] {
    std::array<bool, 128> is_word{};
    for (unsigned char c = 0; c < 128; ++c) is_word[c] = is_ascii_word(c);
    return is_word;
}();

bool is_written_without_spaces(UChar32 character) {
    auto code = U_ZERO_ERROR;
    switch (uscript_getScript(character, &code)) {
        case USCRIPT_HAN:
        case USCRIPT_HIRAGANA:
        case USCRIPT_KATAKANA:
        case USCRIPT_THAI:
        case USCRIPT_LAO:
        case USCRIPT_KHMER:
        case USCRIPT_MYANMAR: return true;
        default: return false;
    }
}

Class class_of(UChar32 character) {
    if (character < 0) return Class::gap;
    const bool is_word = u_isalnum(character) || (U_GET_GC_MASK(character) & U_GC_M_MASK) != 0 ||
                         (U_GET_GC_MASK(character) & U_GC_N_MASK) != 0;
    if (!is_word) return Class::gap;
    return is_written_without_spaces(character) ? Class::ideograph : Class::letter;
}

std::uint64_t hash_of(std::string_view word) {
    std::uint64_t hash = 0x9E3779B97F4A7C15 ^ word.size();
    while (word.size() >= 8) {
        std::uint64_t part;
        std::memcpy(&part, word.data(), 8);
        hash = (hash ^ part) * 0xD6E8FEB86659FD93;
        hash ^= hash >> 32;
        word.remove_prefix(8);
    }
    std::uint64_t part = 0;
    std::memcpy(&part, word.data(), word.size());
    hash = (hash ^ part) * 0xD6E8FEB86659FD93;
    return hash ^ (hash >> 32);
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string_view beginning(std::string_view word) {
    if (word.size() <= word_limit_bytes) return word;
    auto size = word_limit_bytes;
    while (size > 0 && (static_cast<unsigned char>(word[size]) & 0xC0) == 0x80) --size;
    return word.substr(0, size);
}

std::string fold_word(std::string_view word) {
    if (!is_ascii(word)) return fold(word);
    std::string folded(word);
    for (auto& c : folded) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    return folded;
}

int script_of(std::string_view word) {
    if (is_ascii(word)) return USCRIPT_LATIN;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(word.data());
    std::int32_t at = 0;
    UChar32 character;
    U8_NEXT(bytes, at, static_cast<std::int32_t>(word.size()), character);
    auto code = U_ZERO_ERROR;
    return uscript_getScript(std::max<UChar32>(character, 0), &code);
}

bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void Words::Free::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

Words::Words(const Key& key, const std::vector<std::string>& languages, std::size_t remembered)
    : cipher_(key), cache_(remembered) {
    for (const auto& language : languages) {
        latin_.emplace_back(sb_stemmer_new(language.c_str(), "UTF_8"));
        if (!latin_.back()) throw std::invalid_argument("no stemmer for the language: " + language);
    }
    if (languages.size() > 1) others_of_.resize(remembered);
    const std::pair<int, const char*> scripts[] = {{USCRIPT_CYRILLIC, "russian"}, {USCRIPT_GREEK, "greek"},
                                                   {USCRIPT_ARABIC, "arabic"},    {USCRIPT_DEVANAGARI, "hindi"},
                                                   {USCRIPT_ARMENIAN, "armenian"}, {USCRIPT_TAMIL, "tamil"}};
    for (const auto& [script, language] : scripts) {
        if (Stemmer stemmer{sb_stemmer_new(language, "UTF_8")}) others_.push_back({script, std::move(stemmer)});
    }
}

Words::~Words() = default;

/// Calls visit(word) for each word; of writing without spaces for each character and pair.
template <class Visit>
void Words::split(std::string_view text, Visit visit) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto size = static_cast<std::int32_t>(text.size());
    std::int32_t start = -1, neighbour = -1;  // of the word; of the ideograph just before
    for (std::int32_t at = 0; at < size;) {
        const auto here = at;
        Class kind;
        if (bytes[at] < 128) {
            kind = ascii_classes[bytes[at++]] ? Class::letter : Class::gap;
        } else {
            UChar32 character;
            U8_NEXT(bytes, at, size, character);
            kind = class_of(character);
        }
        if (kind == Class::letter) {
            if (start < 0) start = here;
            neighbour = -1;
            continue;
        }
        if (start >= 0) visit(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(here - start)));
        start = -1;
        if (kind == Class::ideograph) {
            visit(text.substr(static_cast<std::size_t>(here), static_cast<std::size_t>(at - here)));
            if (neighbour >= 0)
                visit(text.substr(static_cast<std::size_t>(neighbour), static_cast<std::size_t>(at - neighbour)));
        }
        neighbour = kind == Class::ideograph ? here : -1;
    }
    if (start >= 0) visit(text.substr(static_cast<std::size_t>(start)));
}

/// Fetches what the cache has of all words before the first one is looked up: the table is larger than the processor's
/// caches, and waiting for memory word by word would cost more than all the rest.
void Words::find_words(std::string_view text) {
    found_.clear();
    split(text, [this](std::string_view word) {
        word = beginning(word);
        const auto slot = hash_of(word) & (cache_.size() - 1);
        __builtin_prefetch(&cache_[slot]);
        found_.push_back({word, slot});
    });
}

void Words::append_terms(std::string_view text, std::vector<Term>& out) {
    find_words(text);
    for (const auto& word : found_) {
        const auto terms = terms_of(word);
        for (std::size_t i = 0; i < terms.count; ++i) out.push_back(terms.values[i]);
    }
}

std::vector<std::vector<Term>> Words::each_word(std::string_view text) {
    std::vector<std::vector<Term>> all;
    find_words(text);
    for (const auto& word : found_) {
        const auto terms = terms_of(word);
        if (terms.count) all.emplace_back(terms.values.begin(), terms.values.begin() + terms.count);
    }
    return all;
}

Words::Terms Words::terms_of(const Word& word) {
    const auto text = word.text;
    if (text.size() > sizeof Cached::text) return compute(text);
    auto& cached = cache_[word.slot];
    if (cached.size == text.size() && std::memcmp(cached.text.data(), text.data(), text.size()) == 0) {
        Terms terms{.values = {cached.first}, .count = cached.count};
        for (std::size_t i = 1; i < terms.count; ++i) terms.values[i] = others_of_[word.slot][i - 1];
        return terms;
    }
    const auto terms = compute(text);
    cached.size = static_cast<std::uint8_t>(text.size());
    cached.count = terms.count;
    cached.first = terms.values[0];
    for (std::size_t i = 1; i < terms.count; ++i) others_of_[word.slot][i - 1] = terms.values[i];
    text.copy(cached.text.data(), text.size());
    return terms;
}

Words::Terms Words::compute(std::string_view word) {
    Terms terms;
    const auto folded = fold_word(word);
    if (folded.empty()) return terms;  // a mark alone, or what folding leaves out
    const int script = script_of(folded);
    if (script == USCRIPT_LATIN && !latin_.empty() && !has_digit(folded)) {
        for (const auto& stemmer : latin_) add_stem(terms, stemmer.get(), folded);
        return terms;
    }
    const auto other = std::ranges::find(others_, script, &Script::code);
    add_stem(terms, other == others_.end() ? nullptr : other->stemmer.get(), folded);
    return terms;
}

void Words::add_stem(Terms& terms, sb_stemmer* stemmer, std::string_view folded) {
    std::string stem(folded);
    if (stemmer) {
        const auto* symbols =
            sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol*>(folded.data()), static_cast<int>(folded.size()));
        if (!symbols) throw std::bad_alloc();
        stem.assign(reinterpret_cast<const char*>(symbols), static_cast<std::size_t>(sb_stemmer_length(stemmer)));
    }
    if (!is_ascii(stem)) stem = without_marks(stem);
    const auto term = cipher_.mac(stem);
    const auto end = terms.values.begin() + terms.count;
    if (terms.count < terms_limit && std::find(terms.values.begin(), end, term) == end)
        terms.values[terms.count++] = term;
}

}  // namespace chancery::archive
