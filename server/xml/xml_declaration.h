// The XML declaration that may stand before a stream header.
#pragma once
#include <optional>
#include <string_view>

#include "xml/fault.h"

namespace chancery::xml {

/// What is wrong with what stands between `<?xml` and `?>` (XML 1.0 §2.8); nothing if it is right.
/// Any encoding but UTF-8, in whatever case, is Fault::unsupported_encoding (RFC 6120 §11.6).
std::optional<Fault> fault_in_xml_declaration(std::string_view text);

}  // namespace chancery::xml
