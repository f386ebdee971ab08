#include "core/held_back.h"

#include <algorithm>
#include <utility>

#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr std::size_t most_stanzas = 500, most_bytes = 256 * 1024;
constexpr xml::Tag event_tag{"event", "http://jabber.org/protocol/pubsub#event"};

/// The message itself, or what a carbon (XEP-0280) has within.
xml::View told_by(xml::View message) {
    for (const std::string_view direction : {"received", "sent"}) {
        const auto copied = message.child({direction, ns::carbons});
        if (copied) return copied.child({"forwarded", ns::forward}).child({"message", ns::client});
    }
    return message;
}

bool has_chat_state(xml::View message) {
    return std::ranges::any_of(message.children(), [](xml::View child) { return child.ns() == ns::chat_states; });
}

/// What can wait, as the key of what replaces it; nothing for what matters.
std::optional<std::string> key_of_presence(xml::View presence) {
    const auto type = presence.attribute("type");
    if (!type.empty() && type != "unavailable") return std::nullopt;
    return "presence\n" + std::string(presence.attribute("from"));
}

std::optional<std::string> key_of_message(xml::View message) {
    const auto told = told_by(message);
    const auto type = message_type(told.attribute("type"));
    if (!told || type == MessageType::error || type == MessageType::groupchat) return std::nullopt;
    const auto traits = traits_of(told);
    if (!traits.content && has_chat_state(told))  // with 'to': what the own other device does differs by conversation
        return "state\n" + std::string(told.attribute("from")) + "\n" + std::string(told.attribute("to"));
    if (!traits.body && told.child(event_tag)) return std::string();
    return std::nullopt;
}

std::optional<std::string> key_of(const Outgoing& stanza) {
    const auto& delivery = stanza.delivery;
    if (delivery && (delivery->waits || delivery->message->traits.body)) return std::nullopt;
    if (stanza.xml->starts_with("<iq")) return std::nullopt;
    const auto parsed = xml::parse(*stanza.xml, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return std::nullopt;
    const auto root = parsed->root();
    return root.name() == "presence" ? key_of_presence(root) : key_of_message(root);
}

}  // namespace

bool HeldBack::take(const Outgoing& stanza) {
    auto key = key_of(stanza);
    if (!key) return false;
    const auto older = key->empty() ? held_.end() : std::ranges::find(held_, *key, &Held::replaced_by);
    if (older != held_.end()) {
        bytes_ -= older->stanza.xml->size();
        held_.erase(older);
    }
    bytes_ += stanza.xml->size();
    held_.push_back({std::move(*key), stanza});
    return true;
}

bool HeldBack::is_full() const { return held_.size() >= most_stanzas || bytes_ >= most_bytes; }

std::vector<Outgoing> HeldBack::release() {
    std::vector<Outgoing> released;
    for (auto& each : std::exchange(held_, {})) released.push_back(std::move(each.stanza));
    bytes_ = 0;
    return released;
}

}  // namespace chancery
