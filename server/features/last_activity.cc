// XEP-0012: Last Activity. Of the server: how long it is up; of a contact: how long they are away, and their last words.

#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag query{"query", "jabber:iq:last"};

std::string seconds(std::chrono::microseconds span, std::string_view status = {}) {
    const auto count = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    xml::Element reply(query);
    reply.set("seconds", std::to_string(std::max<std::int64_t>(0, count)));
    if (!status.empty()) reply.add_text(status);
    return reply.to_string(ns::client);
}

Task<> remember(Host& host, Jid owner, Time time, std::string status) {
    const storage::Blob sealed{seal(host.state_key(), "last:" + owner.text(), status)};
    const auto work = [owner = owner.text(), time, sealed](storage::Transaction& tx) {
        tx.run("INSERT INTO last_activity (owner, seen_us, status) VALUES ($1, $2, $3)"
               " ON CONFLICT (owner) DO UPDATE SET seen_us = $2, status = $3", owner, time, sealed);
    };
    co_await host.database().write(work);
}

void on_unavailable(Host& host, Session& session, std::string_view status) {
    session.user().left = {host.now(), std::string(status)};  // true at once, and durable soon
    session.user().home().tasks().spawn(remember(host, session.jid().bare(), host.now(), std::string(status)));
}

Task<Reply> of_absent(Host& host, Jid owner) {
    const auto work = [owner = owner.text()](storage::Snapshot& snapshot) {
        return snapshot.row<Time, storage::Blob>("SELECT seen_us, status FROM last_activity WHERE owner = $1", owner);
    };
    const auto row = co_await host.database().read(work);
    if (!row) co_return refuse(Condition::item_not_found, "This person has not been here yet.");
    const auto& [seen, sealed] = *row;
    co_return seconds(host.now() - seen, unseal(host.state_key(), "last:" + owner.text(), sealed.bytes).value_or(""));
}

Task<Reply> answer(Host& host, const Iq& iq) {
    if (iq.to.local().empty()) co_return seconds(host.now() - host.started());
    const bool is_self = iq.to.bare_text() == iq.from.bare_text();
    if (!is_self && !co_await host.may_see(iq.from, iq.to))  // XEP-0012 §3: as for presence; nobody's address is no exception
        co_return refuse(Condition::forbidden, "You may not see when this person was here.");
    using Known = std::optional<std::pair<Time, std::string>>;
    const auto what_is_known = [&host, to = iq.to.bare()](Home& home) -> Known {
        auto* person = home.known(to);
        if (person && person->is_available()) return std::pair(host.now(), std::string());
        return person ? person->left : std::nullopt;
    };
    const auto known = co_await host.ask(iq.to, what_is_known);
    if (known) co_return seconds(host.now() - known->first, known->second);
    co_return co_await of_absent(host, iq.to.bare());
}

}  // namespace

const Feature last_activity{
    .name = "last-activity",
    .spec = "XEP-0012 2.0",
    .disco = {query.ns},
    .account_disco = {query.ns},
    .install = [](Host& host) {
        host.on_get(At::server | At::own | At::other | At::nobody, query, answer);
        host.on_unavailable(on_unavailable);
    },
};

}  // namespace chancery
