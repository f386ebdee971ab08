#include "archive/search_words.h"

#include <algorithm>

#include "archive/fold.h"

namespace chancery::archive {

SearchWords::SearchWords(std::string_view typed, Words& words) {
    const auto all = typed;
    for (bool is_quoted = false; !typed.empty(); is_quoted = !is_quoted) {
        const auto end = std::min(typed.find('"'), typed.size());
        const auto part = typed.substr(0, end);
        typed.remove_prefix(std::min(end + 1, typed.size()));
        std::ranges::move(words.each_word(part), std::back_inserter(terms_));
        if (auto phrase = is_quoted ? fold_phrase(part) : std::string(); !phrase.empty())
            phrases_.push_back(std::move(phrase));
    }
    if (!empty()) return;
    if (auto phrase = fold_phrase(all); !phrase.empty()) phrases_.push_back(std::move(phrase));
}

bool SearchWords::match(std::string_view text, Words& words) const {
    std::vector<Term> present;
    words.append_terms(text, present);
    std::ranges::sort(present);
    const auto is_present = [&](Term term) { return std::ranges::binary_search(present, term); };
    const bool has_words =
        std::ranges::all_of(terms_, [&](const auto& word) { return std::ranges::any_of(word, is_present); });
    if (!has_words || phrases_.empty()) return has_words;
    const auto folded = fold_phrase(text);
    return std::ranges::all_of(phrases_, [&](const auto& phrase) { return folded.find(phrase) != folded.npos; });
}

}  // namespace chancery::archive
