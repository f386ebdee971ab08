// The same stanza on a client's stream and on a server's: jabber:client and jabber:server (RFC 6120 §4.8.3).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "xml/document.h"

namespace chancery::s2s {

inline constexpr std::string_view ns_server = "jabber:server";

/// For a stream whose default namespace is jabber:server, from a stanza in the default namespace jabber:client.
std::string to_server(const std::string& stanza);
/// In the default namespace jabber:client, from a stanza that arrived. Nothing: it cannot be said so.
std::optional<std::string> to_client(xml::View stanza);

}  // namespace chancery::s2s
