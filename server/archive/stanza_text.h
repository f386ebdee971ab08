// What a person reads in a message: its body and its subject, in every language they are given in.
#pragma once
#include <string>
#include <string_view>

namespace chancery::archive {

/// The texts, a line each. Empty for a stanza that is no message or has none, and for what is not XML.
void append_stanza_text(std::string_view stanza, std::string& out);

}  // namespace chancery::archive
