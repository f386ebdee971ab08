// A stanza as a client sent it, taken out of its stream's bytes: what the roads of iq and presence start from.
#pragma once
#include <optional>
#include <string>

#include "core/session.h"
#include "xml/document.h"
#include "xml/element.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"

namespace chancery {

struct StanzaIn {
    std::string kind;             ///< message, presence or iq
    std::string type, id;
    Jid from;                     ///< stamped
    std::optional<Jid> to;        ///< nothing when the stanza had none
    std::string xml;              ///< stamped and serialised
    std::optional<xml::Element> payload;  ///< of an iq: its first child element
    std::size_t payload_count = 0;
    std::optional<Presence> presence;     ///< of a presence without type
    std::string status;           ///< of a presence: the first <status/>
    std::string words;            ///< of a presence: what it says in all languages, and whatever else somebody could read
};

/// Takes a stanza of `from` apart. Refused when it cannot be handled at all: the error that answers it, jid-malformed
/// for instance (RFC 6120 §8.3.3.8).
Result<StanzaIn, StanzaError> take_stanza(xml::View stanza, const Jid& from, std::string_view domain);

}  // namespace chancery
