// What an officer typed, as something a text can be held against.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "archive/words.h"

namespace chancery::archive {

class SearchWords {
  public:
    /// Words, and phrases in "quotation marks"; a text without any word is looked for as it stands.
    SearchWords(std::string_view typed, Words& words);

    bool empty() const { return terms_.empty() && phrases_.empty(); }
    /// A record that matches has at least one term of each.
    const std::vector<std::vector<Term>>& terms() const { return terms_; }
    /// Whether the text of a message has all words and all phrases.
    bool match(std::string_view text, Words& words) const;

  private:
    std::vector<std::vector<Term>> terms_;
    std::vector<std::string> phrases_;  // folded
};

}  // namespace chancery::archive
