// What the server writes over what a client wrote: the sender (RFC 6120 §8.1.2.1), and nothing that only the server may say.
#pragma once
#include <optional>
#include <string>

#include "xml/document.h"
#include "xmpp/jid.h"

namespace chancery {

/// The stanza with `from` set (and `to`, when given), in the default namespace jabber:client, without the stanza-ids and
/// delays that claim to be of this domain or of one of its accounts (XEP-0359 §3.1, XEP-0203 §5).
std::string stamp(xml::View stanza, const Jid& from, const std::optional<Jid>& to, std::string_view domain);

}  // namespace chancery
