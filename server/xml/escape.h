// Text made fit to stand in XML, and back.
#pragma once
#include <string>
#include <string_view>

namespace chancery::xml {

enum class Place { text, attribute };

/// Appends the text with & < > ' " replaced by the predefined entities. A carriage return becomes a character
/// reference, and in an attribute a tab and a line feed too: the reader would normalise them away (XML 1.0
/// §2.11, §3.3.3). Whatever XML cannot carry (control characters, U+FFFE, U+FFFF, bytes that are not UTF-8)
/// becomes U+FFFD.
void append_escaped(std::string& out, std::string_view text, Place place = Place::text);
std::string escape(std::string_view text, Place place = Place::text);
/// Appends ` name='value'`.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

/// The character that a reference stands for, given what is between & and ; (XML 1.0 §4.1, §4.6).
/// 0 if it is neither one of the predefined five nor a reference to a character of XML.
char32_t referenced_char(std::string_view reference);

/// Appends what the raw content of an element or of an attribute says. The raw text must be what the scanner
/// has accepted: character data, references and CDATA sections, no markup.
void append_unescaped(std::string& out, std::string_view raw, Place place);

}  // namespace chancery::xml
