// The namespaces of XMPP Core and IM. An extension's namespace stands in the extension's own file.
#pragma once
#include <string_view>

namespace chancery::ns {

inline constexpr std::string_view client = "jabber:client";                              // RFC 6120 §4.8.2
inline constexpr std::string_view stream = "http://etherx.jabber.org/streams";           // RFC 6120 §4.8.1
inline constexpr std::string_view stream_errors = "urn:ietf:params:xml:ns:xmpp-streams"; // RFC 6120 §4.9.3
inline constexpr std::string_view stanza_errors = "urn:ietf:params:xml:ns:xmpp-stanzas"; // RFC 6120 §8.3.3
inline constexpr std::string_view tls = "urn:ietf:params:xml:ns:xmpp-tls";               // RFC 6120 §5
inline constexpr std::string_view sasl = "urn:ietf:params:xml:ns:xmpp-sasl";             // RFC 6120 §6
inline constexpr std::string_view bind = "urn:ietf:params:xml:ns:xmpp-bind";             // RFC 6120 §7
inline constexpr std::string_view session = "urn:ietf:params:xml:ns:xmpp-session";       // RFC 3921 §3
inline constexpr std::string_view roster = "jabber:iq:roster";                           // RFC 6121 §2
inline constexpr std::string_view delay = "urn:xmpp:delay";                              // XEP-0203
inline constexpr std::string_view stanza_id = "urn:xmpp:sid:0";                          // XEP-0359
inline constexpr std::string_view forward = "urn:xmpp:forward:0";                        // XEP-0297
inline constexpr std::string_view carbons = "urn:xmpp:carbons:2";                        // XEP-0280
inline constexpr std::string_view hints = "urn:xmpp:hints";                              // XEP-0334
inline constexpr std::string_view chat_states = "http://jabber.org/protocol/chatstates"; // XEP-0085
inline constexpr std::string_view data_forms = "jabber:x:data";                          // XEP-0004
inline constexpr std::string_view rsm = "http://jabber.org/protocol/rsm";                // XEP-0059

}  // namespace chancery::ns
