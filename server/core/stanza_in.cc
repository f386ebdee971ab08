#include "core/stanza_in.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/stamp.h"
#include "core/subscription.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr std::size_t largest_presence = 16 * 1024;  // bytes

/// RFC 6121 §4.7.2.3: -128 to 127; absent means 0.
std::optional<int> priority_of(xml::View stanza) {
    const auto child = stanza.child({"priority", ns::client});
    if (!child) return 0;
    const auto text = child.text();
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < -128 || value > 127) return std::nullopt;
    return value;
}

bool is_availability(std::string_view show) { return show == "away" || show == "xa" || show == "dnd" || show == "chat"; }

bool is_hash(std::string_view text) {
    return text.size() <= 2 * 64 && std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// What most clients send with every presence, and nobody reads: as long as it says no more than its specification lets it.
bool is_for_programs(xml::View child) {
    if (child.is({"show", ns::client})) return is_availability(child.inner());
    if (child.is({"priority", ns::client})) return child.inner().size() <= std::string_view("-128").size();
    if (child.is({"x", "vcard-temp:x:update"})) {
        const auto photo = child.first_child();
        return child.inner() == photo.outer() && is_hash(photo.inner());
    }
    if (child.is({"c", "http://jabber.org/protocol/caps"}) || child.is({"idle", "urn:xmpp:idle:1"})) return child.inner().empty();
    return child.is({"x", "http://jabber.org/protocol/muc"});  // a room puts on record who enters, and keeps the password out of it
}

/// What a <status/> says in each language and whatever else somebody could read, a line each.
std::string words_of(xml::View presence) {
    std::string words;
    for (auto child : presence.children()) {
        const bool is_status = child.is({"status", ns::client});
        if (is_status ? child.text().empty() : is_for_programs(child)) continue;
        words.append(words.empty() ? "" : "\n").append(is_status ? std::string(child.text()) : child.outer_with_namespaces());
    }
    return words;
}

Result<Presence, StanzaError> parse_presence(xml::View stanza, const std::string& stamped) {
    const auto priority = priority_of(stanza);
    if (!priority) return refuse(Condition::bad_request, "The priority must be a whole number from -128 to 127.");
    Presence presence{.priority = *priority, .away = false, .status = {}, .words = words_of(stanza), .xml = stamped};
    if (const auto show = stanza.child({"show", ns::client})) {
        const auto text = show.text();
        if (!is_availability(text))
            return refuse(Condition::bad_request, "The show element must be away, chat, dnd or xa.");
        presence.away = text == "away" || text == "xa";
    }
    if (const auto status = stanza.child({"status", ns::client})) presence.status = status.text();
    return presence;
}

}  // namespace

Result<StanzaIn, StanzaError> take_stanza(xml::View stanza, const Jid& from, std::string_view domain) {
    std::optional<Jid> to;
    if (stanza.has_attribute("to")) {
        auto parsed = Jid::parse(stanza.attribute("to"));
        if (!parsed) return refuse(Condition::jid_malformed, "The address in 'to' is not a valid JID.");
        to = std::move(*parsed);
    }
    if (stanza.name() == "presence" && stanza.outer().size() > largest_presence)
        return refuse(Condition::not_acceptable, "A presence may have 16 KiB: everybody who sees you gets a copy.");
    // RFC 6121 §3.1.2: a subscription is between people, whatever device asks.
    const bool between_people = stanza.name() == "presence" && subscription_stanza(stanza.attribute("type"));
    if (between_people && to) to = to->bare();
    StanzaIn taken{.kind = std::string(stanza.name()),
                   .type = std::string(stanza.attribute("type")),
                   .id = std::string(stanza.attribute("id")),
                   .from = from,
                   .to = to,
                   .xml = stamp(stanza, between_people ? from.bare() : from, to, domain)};
    if (taken.kind == "iq") {
        for (auto child : stanza.children())
            if (taken.payload_count++ == 0) taken.payload.emplace(child);
    }
    if (taken.kind == "presence" && taken.type.empty()) {
        auto presence = parse_presence(stanza, taken.xml);
        if (!presence) return std::unexpected(presence.error());
        taken.presence = std::move(*presence);
    }
    if (taken.kind == "presence") {
        taken.status = stanza.child({"status", ns::client}).text();
        taken.words = words_of(stanza);
    }
    return taken;
}

}  // namespace chancery
