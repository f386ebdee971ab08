// A stanza as it stands in a stream, made fit to stand alone: in a WebSocket frame (RFC 7395 §3.3), in the body of a BOSH
// response (XEP-0206).
#pragma once
#include <string>
#include <string_view>

namespace chancery::xml {

/// Appends a serialised element that inherits the namespaces of a client's stream, jabber:client and the prefix stream,
/// with what it needs of them declared. The element must be well-formed: it is one of ours.
void append_standalone(std::string& out, std::string_view element);

}  // namespace chancery::xml
