#include "features/rooms/crowd.h"

#include <algorithm>

namespace chancery::rooms {

std::shared_ptr<const Crowd::List>& Crowd::list_of(const Jid& device) {
    return host_.is_local(device) ? lists_[host_.home_index(device)] : outside_;
}

void Crowd::add(const Jid& device, bool sees_addresses) {
    auto& list = list_of(device);
    auto changed = list ? std::make_shared<List>(*list) : std::make_shared<List>();
    const auto known = std::ranges::find_if(*changed, [&](const Listener& each) { return *each.device == device; });
    if (known != changed->end()) known->sees_addresses = sees_addresses;
    else changed->push_back({std::make_shared<const Jid>(device), sees_addresses});
    list = std::move(changed);
}

void Crowd::remove(const Jid& device) {
    auto& list = list_of(device);
    if (!list) return;
    auto changed = std::make_shared<List>(*list);
    std::erase_if(*changed, [&](const Listener& each) { return *each.device == device; });
    list = std::move(changed);
}

void Crowd::refresh(const std::function<bool(const Jid& device)>& sees_addresses) {
    const auto again = [&](std::shared_ptr<const List>& list) {
        if (!list) return;
        auto changed = std::make_shared<List>(*list);
        for (auto& listener : *changed) listener.sees_addresses = sees_addresses(*listener.device);
        list = std::move(changed);
    };
    for (auto& list : lists_) again(list);
    again(outside_);
}

std::string Crowd::copy_for(const Listener& listener, const Copies& copies) {
    const auto& text = listener.sees_addresses && copies.with_addresses ? copies.with_addresses : copies.plain;
    return addressed(*text, *listener.device);
}

void Crowd::say(Copies copies, std::vector<Jid> except) const {
    const auto is_left_out = [](const std::vector<Jid>& except, const Jid& device) {
        return !except.empty() && std::ranges::find(except, device) != except.end();
    };
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        if (!lists_[i] || lists_[i]->empty()) continue;
        auto& home = host_.home(i);
        auto letter = [&home, list = lists_[i], copies, except, is_left_out] {
            for (const auto& listener : *list) {
                if (is_left_out(except, *listener.device)) continue;
                if (auto* session = home.find(*listener.device)) session->send(copy_for(listener, copies));
            }
        };
        if (&home.shard() == &Executor::current()) letter();
        else home.shard().post(std::move(letter));
    }
    if (!outside_) return;
    for (const auto& listener : *outside_)
        if (!is_left_out(except, *listener.device)) host_.send_to(*listener.device, copy_for(listener, copies));
}

}  // namespace chancery::rooms
