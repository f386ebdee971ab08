#include "core/caps.h"

#include <algorithm>

#include "core/host.h"
#include "xml/parse.h"

namespace chancery {
namespace {

constexpr std::size_t most_versions = 2'000, most_clients = 100'000;  // of one home
constexpr std::size_t most_bytes_announced = 1'024, most_features = 500;
constexpr auto patience = std::chrono::seconds(2);  // with another client that was asked about the same version
constexpr std::string_view caps_ns = "http://jabber.org/protocol/caps", suffix = "+notify";

std::string key_of(const AnnouncedCapabilities& announced) { return announced.hash + " " + announced.asked(); }

Task<> wait(std::shared_ptr<net::Event> event) { co_await event->wait(); }

}  // namespace

Capabilities::Capabilities(std::vector<std::string> features) : features_(std::move(features)) {
    for (const auto& feature : features_)
        if (feature.ends_with(suffix)) interests_.push_back(feature.substr(0, feature.size() - suffix.size()));
    std::ranges::sort(interests_);
}

bool Capabilities::has(std::string_view feature) const { return std::ranges::binary_search(features_, feature); }
bool Capabilities::wants(std::string_view node) const { return std::ranges::binary_search(interests_, node); }

Caps::Client* Caps::find(const Jid& person, const Jid& client) {
    const auto clients = clients_.find(person);
    if (clients == clients_.end()) return nullptr;
    const auto found = clients->second.find(client);
    return found == clients->second.end() ? nullptr : &found->second;
}

void Caps::see(const Jid& person, const Jid& client, std::string_view presence) {
    if (!client.is_full() || !presence.contains(caps_ns)) return;
    const auto parsed = xml::parse(presence, xml::limits_of_stored_xml, ns::client);
    const auto announced = parsed ? capabilities_of(parsed->root()) : std::nullopt;
    if (!announced || key_of(*announced).size() > most_bytes_announced) return;
    auto* seen = find(person, client);
    if (!seen && client_count_ >= most_clients) return;
    if (!seen) {
        seen = &clients_[person][client];
        ++client_count_;
    } else if (seen->announced == *announced) {
        return;
    }
    seen->announced = *announced;
    if (!std::exchange(seen->learning, true)) home_.tasks().spawn(learn(person, client));
}

void Caps::forget(const Jid& person, const Jid& client) {
    const auto clients = clients_.find(person);
    if (clients == clients_.end()) return;
    client_count_ -= std::erase_if(clients->second, [&](const auto& entry) {
        return client.is_full() ? entry.first == client : entry.first.bare_text() == client.text();
    });
    if (clients->second.empty()) clients_.erase(clients);
}

Caps::Known Caps::of(const Jid& person, const Jid& client) const {
    const auto clients = clients_.find(person);
    if (clients == clients_.end()) return nullptr;
    const auto found = clients->second.find(client);
    return found == clients->second.end() ? nullptr : found->second.known;
}

std::vector<std::pair<Jid, Caps::Known>> Caps::clients_of(const Jid& person) const {
    std::vector<std::pair<Jid, Known>> all;
    const auto clients = clients_.find(person);
    if (clients == clients_.end()) return all;
    for (const auto& [client, entry] : clients->second)
        if (entry.known) all.emplace_back(client, entry.known);
    return all;
}

Task<> Caps::learn(Jid person, Jid client) {
    while (auto* seen = find(person, client)) {
        const auto announced = seen->announced;
        const auto version = versions_.find(key_of(announced));
        auto known = version == versions_.end() ? nullptr : version->second;
        if (!known) known = co_await ask(person, client, announced);
        seen = find(person, client);
        if (!seen || !seen->learning) co_return;
        if (seen->announced != announced) continue;  // it has become another one meanwhile
        seen->learning = false;
        seen->known = std::move(known);
        if (seen->known) home_.host().run_capabilities_hooks(person, client);
        co_return;
    }
}

/// Null when the client says nothing sensible.
Task<Caps::Known> Caps::ask(Jid person, Jid client, AnnouncedCapabilities announced) {
    const auto key = key_of(announced);
    if (const auto other = asked_.find(key); other != asked_.end()) {
        const auto event = other->second;
        try {
            co_await net::within(patience, wait(event));
        } catch (const net::Timeout&) {
        }
        if (const auto version = versions_.find(key); version != versions_.end()) co_return version->second;
    }
    const auto event = std::make_shared<net::Event>();
    asked_.insert_or_assign(key, event);
    std::string payload = "<query xmlns='http://jabber.org/protocol/disco#info'";
    xml::append_attribute(payload, "node", announced.asked());
    const auto answer = co_await home_.host().request(person, client, false, payload + "/>");
    if (const auto mine = asked_.find(key); mine != asked_.end() && mine->second == event) asked_.erase(mine);
    event->set();
    if (!answer || !*answer || !(*answer)->is({"query", "http://jabber.org/protocol/disco#info"})) co_return nullptr;
    auto features = features_of(**answer);
    if (features.size() > most_features) co_return nullptr;
    const auto known = std::make_shared<const Capabilities>(std::move(features));
    if (is_as_announced(announced, **answer)) remember(key, known);
    co_return known;
}

void Caps::remember(const std::string& version, const Known& known) {
    if (versions_.size() >= most_versions)
        std::erase_if(versions_, [](const auto& entry) { return entry.second.use_count() == 1; });
    if (versions_.size() < most_versions) versions_.insert_or_assign(version, known);
}

}  // namespace chancery
