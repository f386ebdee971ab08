#include "features/rooms/crowd.h"

#include <algorithm>

namespace chancery::rooms {
namespace {

bool is_among(const std::vector<Jid>& devices, const Jid& device) {
    return !devices.empty() && std::ranges::find(devices, device) != devices.end();
}

}  // namespace

/// Those of one home.
class Crowd::Listeners {
  public:
    void add(Home& home, const Jid& device, bool sees_addresses) {
        const auto* session = home.find(device);
        if (!session) return;  // it has ended, and the room will hear of it
        const auto place = place_of(*session);
        if (is_at(place, *session)) place->sees_addresses = sees_addresses;
        else all_.insert(place, {session->id(), sees_addresses});
    }

    void remove(Home& home, const Jid& device) {
        const auto* session = home.find(device);
        if (!session) return;
        if (const auto place = place_of(*session); is_at(place, *session)) all_.erase(place);
    }

    /// Sessions that have ended are forgotten on the way.
    void hear(Home& home, const Copies& copies, const std::vector<Jid>& except) {
        std::erase_if(all_, [&](const Listener& each) {
            auto* session = home.find(each.session);
            if (session && !is_among(except, session->jid())) session->send_shared(copies.of(each.sees_addresses), To::client);
            return !session;
        });
    }

  private:
    struct Listener {
        SessionId session;
        bool sees_addresses;
    };
    using Place = std::vector<Listener>::iterator;

    Place place_of(const Session& session) { return std::ranges::lower_bound(all_, session.id(), {}, &Listener::session); }
    bool is_at(Place place, const Session& session) const { return place != all_.end() && place->session == session.id(); }

    std::vector<Listener> all_;   // in the order of sessions
};

/// Does `work(home, listeners)` at that home, after what was to be done there before.
template <class Work>
void Crowd::at_list(std::size_t index, Work work) const {
    auto& home = host_.home(index);
    if (&home.shard() == &Executor::current()) return work(home, *lists_[index]);
    home.shard().post([&home, list = lists_[index], work = std::move(work)] { work(home, *list); });
}

void Crowd::add(const Jid& device, bool sees_addresses) {
    if (!host_.is_local(device)) {
        outside_.insert_or_assign(device, sees_addresses);
        return;
    }
    const auto index = host_.home_index(device);
    if (!lists_[index]) lists_[index] = std::make_shared<Listeners>();
    at_list(index, [device, sees_addresses](Home& home, Listeners& there) { there.add(home, device, sees_addresses); });
}

void Crowd::remove(const Jid& device) {
    if (!host_.is_local(device)) {
        outside_.erase(device);
        return;
    }
    const auto index = host_.home_index(device);
    if (lists_[index]) at_list(index, [device](Home& home, Listeners& there) { there.remove(home, device); });
}

void Crowd::say(const Copies& copies, const std::vector<Jid>& except) const {
    for (std::size_t i = 0; i < lists_.size(); ++i)
        if (lists_[i]) at_list(i, [copies, except](Home& home, Listeners& there) { there.hear(home, copies, except); });
    for (const auto& [device, sees_addresses] : outside_)
        if (!is_among(except, device)) host_.send_to(device, addressed(*copies.of(sees_addresses), device));
}

}  // namespace chancery::rooms
