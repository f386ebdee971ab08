// What a file is by its first bytes. What its sender or its name says of it is never trusted.
#pragma once
#include <string_view>

namespace chancery::files {

/// So many bytes are looked at.
inline constexpr std::size_t sniffed_bytes = 4'096;

/// Its media type; application/octet-stream when it is none that we know.
std::string_view sniff(std::string_view beginning);

/// Whether a browser may show it in its place: pictures, sound, video, PDF and plain text, none of which can act.
bool may_be_shown(std::string_view type);

/// The type that a download is sent with: what could act in a browser is bytes only.
std::string_view type_to_send(std::string_view type);

/// Whether a pattern of the settings is for the type: text/html, or video/*.
bool is_like(std::string_view type, std::string_view pattern);

}  // namespace chancery::files
