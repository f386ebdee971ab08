#include "load/crowd.h"

namespace chancery::load {

Crowd::Crowd(World& world, std::size_t clients, std::size_t accounts) : world_(world) {
    if (accounts == 0) accounts = clients;
    for (std::size_t i = 0; i < clients; ++i) {
        const auto resource = i < accounts ? world.resource : world.resource + std::to_string(i / accounts);
        clients_.push_back(std::make_unique<Client>(world, *this, i % accounts, resource));
    }
}

void Crowd::sign_in(std::size_t at_once, std::string_view greeting) {
    greeting_ = greeting;
    std::size_t next = 0;
    const auto end = Clock::now() + seconds(world_.target.limit_seconds);
    const auto all_are_in = [&] {
        if (broken_ > 0) throw Stuck("sign-in failed: " + first_reason_);
        for (; next < size() && open_ - ready_ < at_once; ++next) {
            ++open_;
            clients_[next]->open();
        }
        return ready_ == size();
    };
    if (!world_.loop.run_until(end, all_are_in))
        throw Stuck("only " + std::to_string(ready_) + " of " + std::to_string(size()) +
                    " signed in in time");
}

void Crowd::sign_out() {
    for (auto& client : clients_)
        if (!client->is_closed()) client->close();
    world_.loop.run_until(Clock::now() + std::chrono::seconds(5), [&] { return open_ == 0; });
    for (auto& client : clients_) client->break_off();
}

void Crowd::ready(Client& client) {
    ++ready_;
    if (!greeting_.empty()) client.send(greeting_);
}

void Crowd::stanza(Client& client, std::string_view stanza) {
    if (answer_request(client, stanza)) return;
    if (on_stanza) on_stanza(client, stanza);
}

void Crowd::closed(Client&, std::string_view why) {
    --open_;
    if (why.empty()) return;
    ++broken_;
    if (first_reason_.empty()) first_reason_ = why;
}

bool Crowd::answer_request(Client& client, std::string_view stanza) {
    if (name_of(stanza) != "iq") return false;
    const auto type = attribute_of(stanza, "type");
    if (type != "get" && type != "set") return false;
    std::string reply = "<iq type='result' id='" + std::string(attribute_of(stanza, "id")) + "'";
    if (const auto from = attribute_of(stanza, "from"); !from.empty())
        reply += " to='" + std::string(from) + "'";
    client.send(reply + "/>");
    return true;
}

}  // namespace chancery::load
