#include "xmpp/message.h"

#include <algorithm>
#include <utility>

#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr std::string_view muc_user_ns = "http://jabber.org/protocol/muc#user";
constexpr std::string_view auto_reply_ns = "urn:chancery:auto-reply:0";

/// XEP-0384 (old and new), XEP-0373, XEP-0027 and RFC 3923 carry their ciphertext in one of these; XEP-0380 says that
/// there is some.
constexpr std::string_view encrypted_namespaces[] = {
    "eu.siacs.conversations.axolotl", "urn:xmpp:omemo:0", "urn:xmpp:omemo:1", "urn:xmpp:omemo:2",
    "urn:xmpp:openpgp:0",             "jabber:x:encrypted", "urn:ietf:params:xml:ns:xmpp-e2e",
    "urn:xmpp:eme:0",
};

/// XEP-0454 and XEP-0448: a file whose key only the two have.
bool links_to_ciphertext(xml::View child) {
    constexpr std::string_view scheme = "aesgcm://", encrypted_source = "urn:xmpp:esfs:0";
    if (child.name() == "body" || child.name() == "url") return child.text().contains(scheme);
    if (child.is({"encrypted", encrypted_source})) return true;
    if (child.ns() != "jabber:x:oob" && child.ns() != "urn:xmpp:sfs:0") return false;
    for (auto inner : child.children())
        if (links_to_ciphertext(inner)) return true;
    return false;
}

bool is_encrypted(xml::View child) {
    for (auto ns : encrypted_namespaces)
        if (child.ns() == ns) return true;
    return links_to_ciphertext(child) || (child.name() == "body" && child.text().starts_with("?OTR"));
}

/// XEP-0184, XEP-0085, XEP-0333, XEP-0249.
constexpr std::string_view conversation_namespaces[] = {
    "urn:xmpp:receipts", ns::chat_states, "urn:xmpp:chat-markers:0", "jabber:x:conference"};

bool is_of_conversation(xml::View child) {
    if (child.ns() == muc_user_ns && child.child({"invite", muc_user_ns})) return true;
    return std::ranges::find(conversation_namespaces, child.ns()) != std::end(conversation_namespaces);
}

}  // namespace

MessageType message_type(std::string_view name) {
    if (name == "chat") return MessageType::chat;
    if (name == "groupchat") return MessageType::groupchat;
    if (name == "headline") return MessageType::headline;
    if (name == "error") return MessageType::error;
    return MessageType::normal;
}

std::string_view name_of(MessageType type) {
    switch (type) {
        case MessageType::normal: return "normal";
        case MessageType::chat: return "chat";
        case MessageType::groupchat: return "groupchat";
        case MessageType::headline: return "headline";
        case MessageType::error: return "error";
    }
    std::unreachable();
}

MessageTraits traits_of(xml::View message) {
    MessageTraits traits;
    for (auto child : message.children()) {
        if (is_encrypted(child)) traits.encrypted = true;
        const bool envelope = child.ns() == ns::chat_states || child.ns() == ns::hints ||
                              child.ns() == ns::stanza_id || (child.ns() == ns::client && child.name() == "thread");
        if (!envelope) traits.content = true;
        if (child.ns() == ns::client && child.name() == "body") traits.body = true;
        if (is_of_conversation(child)) traits.conversation = true;
        if (child.ns() == ns::carbons && child.name() == "private") traits.is_private = true;
        if (child.ns() == muc_user_ns && child.name() == "x" && !is_of_conversation(child)) traits.muc_private = true;
        if (child.ns() == auto_reply_ns) traits.automatic = true;
        if (child.ns() == ns::hints && (child.name() == "no-store" || child.name() == "no-permanent-store"))
            traits.no_store = true;
    }
    return traits;
}

std::string with_children(std::string_view stanza, std::string_view children) {
    const auto end_tag = stanza.rfind("</");
    std::string xml;
    xml.reserve(stanza.size() + children.size());
    xml.append(stanza.substr(0, end_tag)).append(children).append(stanza.substr(end_tag));
    return xml;  // by itself: the value of append() is copied
}

std::string addressed(std::string_view stanza, const Jid& to) {
    std::string xml;
    append_addressed(xml, stanza, to.text());
    return xml;
}

void append_addressed(std::string& out, std::string_view stanza, std::string_view to) {
    const auto name_end = stanza.find_first_of(" />");
    out.reserve(out.size() + stanza.size() + to.size() + 8);
    out.append(stanza.substr(0, name_end));
    xml::append_attribute(out, "to", to);
    out.append(stanza.substr(name_end));
}

std::string error_reply(std::string_view kind, const Jid& from, const Jid& to, std::string_view id,
                        const StanzaError& error) {
    std::string xml = "<";
    xml.append(kind).append(" type='error'");
    const auto attribute = [&](std::string_view name, std::string_view value) {
        xml.append(" ").append(name).append("='");
        xml::append_escaped(xml, value);
        xml.append("'");
    };
    if (!id.empty()) attribute("id", id);
    if (!to.text().empty()) attribute("from", to.text());
    if (!from.text().empty()) attribute("to", from.text());
    xml.append(">").append(error.to_xml()).append("</").append(kind).append(">");
    return xml;
}

}  // namespace chancery
