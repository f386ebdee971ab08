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

constexpr auto ascii_words = [] {
    std::array<bool, 256> is_word{};
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

template <class Number>
std::uint64_t load(const char* bytes) {
    Number number;
    std::memcpy(&number, bytes, sizeof number);
    return number;
}

/// Up to eight bytes as a number, the rest of it zero. Reads none beyond them: loads overlap instead.
std::uint64_t load_some(const char* bytes, std::size_t size) {
    if (size == 8) return load<std::uint64_t>(bytes);
    if (size >= 4) return load<std::uint32_t>(bytes) | load<std::uint32_t>(bytes + size - 4) << (8 * (size - 4));
    if (size == 0) return 0;
    const auto byte = [&](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(bytes[at])} << (8 * at); };
    return byte(0) | byte(size / 2) | byte(size - 1);
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

Words::Packed Words::pack(std::string_view word) {
    const auto* bytes = word.data();
    const auto size = word.size();
    if (size > packed_limit) return {};
    const auto part = [&](std::size_t from) { return from < size ? load_some(bytes + from, std::min<std::size_t>(size - from, 8)) : 0; };
    return {part(0), part(8), part(16) | std::uint64_t{size} << (8 * (packed_limit - 16))};
}

std::uint64_t Words::hash_of(const Packed& word) {
    std::uint64_t hash = 0x9E3779B97F4A7C15;
    for (const auto part : word) {
        hash = (hash ^ part) * 0xD6E8FEB86659FD93;
        hash ^= hash >> 32;
    }
    return hash;
}

/// Calls visit(word) for each word; of writing without spaces for each character and pair.
template <class Visit>
void Words::split(std::string_view text, Visit visit) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto size = static_cast<std::int32_t>(text.size());
    std::int32_t start = -1, neighbour = -1;  // of the word; of the ideograph just before
    for (std::int32_t at = 0; at < size;) {
        const auto here = at;
        auto kind = Class::gap;
        if (ascii_words[bytes[at]]) {
            kind = Class::letter;
            do ++at;
            while (at < size && ascii_words[bytes[at]]);
        } else if (bytes[at] < 128) {
            ++at;
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
        const auto packed = pack(word);
        const auto slot = hash_of(packed) & (cache_.size() - 1);
        __builtin_prefetch(&cache_[slot]);
        found_.push_back({word, packed, slot});
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
    constexpr int count_shift = 8 * 7;
    constexpr std::uint64_t without_count = (std::uint64_t{1} << count_shift) - 1;
    if (word.text.size() > packed_limit) return compute(word.text);
    auto& [known, first] = cache_[word.slot];
    const auto& packed = word.packed;
    if (known[0] == packed[0] && known[1] == packed[1] && (known[2] & without_count) == packed[2]) {
        Terms terms{.values = {first}, .count = static_cast<std::uint8_t>(known[2] >> count_shift)};
        for (std::size_t i = 1; i < terms.count; ++i) terms.values[i] = others_of_[word.slot][i - 1];
        return terms;
    }
    const auto terms = compute(word.text);
    known = packed;
    known[2] |= std::uint64_t{terms.count} << count_shift;
    first = terms.values[0];
    for (std::size_t i = 1; i < terms.count; ++i) others_of_[word.slot][i - 1] = terms.values[i];
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
