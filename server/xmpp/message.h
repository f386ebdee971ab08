// A message stanza (RFC 6121 §5): its envelope typed, its payload exactly as it was received.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/document.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"

namespace chancery {

/// RFC 6121 §5.2.2. An unknown type counts as normal.
enum class MessageType : std::uint8_t { normal, chat, groupchat, headline, error };

MessageType message_type(std::string_view name);
std::string_view name_of(MessageType type);

/// What the children of a message say about how it is to be handled.
struct MessageTraits {
    bool body = false;            ///< has a <body/>
    bool conversation = false;    ///< has a receipt, a chat state, a marker or an invitation (XEP-0280 §6.1)
    bool content = false;         ///< has any child besides chat states, thread, ids and hints
    bool is_private = false;      ///< XEP-0280 §6: the sender wants no carbons
    bool muc_private = false;     ///< XEP-0045 §7.5 marks room private messages, which are not carbon-copied
    bool encrypted = false;       ///< carries an end-to-end encrypted payload
    bool automatic = false;       ///< is an automatic reply itself
    bool no_store = false;        ///< XEP-0334: not obeyed for the record, nor for anything with a body
};

MessageTraits traits_of(xml::View message);

struct Message {
    Jid from, to;
    std::string id;
    MessageType type = MessageType::normal;
    MessageTraits traits;
    std::string xml;              ///< <message …>…</message>, stamped, in the default namespace jabber:client
};

/// The stanza with `children`, serialised, added as its last children. It must end with its end tag.
std::string with_children(std::string_view stanza, std::string_view children);

/// The stanza, which has no 'to' yet, with one.
std::string addressed(std::string_view stanza, const Jid& to);
/// The same behind what `out` has.
void append_addressed(std::string& out, std::string_view stanza, std::string_view to);

/// The error that answers `stanza` (its start tag's name, id, from and to), RFC 6120 §8.3.1: from and to swapped.
std::string error_reply(std::string_view kind, const Jid& from, const Jid& to, std::string_view id,
                        const StanzaError& error);

}  // namespace chancery
