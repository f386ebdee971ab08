// What an element takes from the namespace declarations around it. Bytes that are passed through to another
// place must take these with them: the one point where passing through could break well-formedness.
#pragma once
#include <string>
#include <string_view>

#include "xml/document.h"

namespace chancery::xml {

/// Appends ` xmlns:prefix='uri'`, or ` xmlns='uri'` if the prefix is empty.
void append_declaration(std::string& out, std::string_view prefix, std::string_view uri);

/// The default namespace in force inside the element, its own declaration included; empty if there is none.
std::string_view inner_default(View element);

/// The default namespace around the element; empty if there is none.
std::string_view outer_default(View element);

/// Whether something in the element, itself included, is without prefix and not under a default namespace
/// that is declared in the element.
bool uses_outer_default(View element);

/// Whether that holds for something under the default namespace that is in force in the element.
bool uses_own_default(View element);

/// Appends a declaration for every prefix that something in the element uses and something around it
/// declares.
void append_outer_prefixes(std::string& out, View element);

}  // namespace chancery::xml
