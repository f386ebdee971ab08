// Text made comparable: NFKC with case folding, and without diacritics.
#pragma once
#include <string>
#include <string_view>

namespace chancery::archive {

/// NFKC_Casefold (Unicode 15 §3.13, toNFKC_Casefold); what is not UTF-8 becomes U+FFFD.
std::string fold(std::string_view text);

/// Without nonspacing marks: "écôlé" becomes "ecole".
std::string without_marks(std::string_view text);

/// Folded, with every run of white space as one space and none at the ends: for phrases.
std::string fold_phrase(std::string_view text);

}  // namespace chancery::archive
