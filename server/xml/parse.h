// One complete element: a WebSocket frame (RFC 7395), a stored stanza, a test's literal.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/document.h"
#include "xml/fault.h"
#include "xml/limits.h"

namespace chancery::xml {

/// The element that the text is, with nothing but white space around it; no XML declaration.
///
/// The text must outlive the document. `default_ns` is the default namespace around the element, as a stream
/// header would declare it; it need not outlive anything.
[[nodiscard]] Result<Document, Fault> parse(std::string_view text, const Limits& limits = {},
                                            std::string_view default_ns = {});

/// The same; the document keeps the text.
[[nodiscard]] Result<Document, Fault> parse_owned(std::string text, const Limits& limits = {},
                                                  std::string_view default_ns = {});

}  // namespace chancery::xml
