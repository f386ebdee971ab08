// XEP-0012: Last Activity. Of the server: how long it is up; of a contact: how long they are away, and their last words.

#include <map>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
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

/// Who has left and is not in the database yet. Those who leave within a second are written together: written one by one,
/// each would wait for a synchronisation of its own. Used on the first home; what is left at the end is written then.
class Departures {
    struct Departure {
        std::string name;
        Time time;
        storage::Blob status;
    };
    using Unsaved = std::map<std::string, Departure>;

    /// Nothing of who was removed meanwhile.
    static auto saving(Unsaved unsaved) {
        return [unsaved = std::move(unsaved)](storage::Transaction& tx) {
            for (const auto& [owner, left] : unsaved)
                tx.run("INSERT INTO last_activity (owner, seen_us, status)"
                       " SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM account WHERE name = $4)"
                       " ON CONFLICT (owner) DO UPDATE SET seen_us = $2, status = $3", owner, left.time, left.status, left.name);
        };
    }

  public:
    explicit Departures(Host& host) : host_(host), database_(host.database()) {}
    ~Departures() {
        try {
            if (!unsaved_.empty()) database_.write_now(saving(unsaved_));
        } catch (const storage::StorageError& failure) {
            log::warning("last-activity.not_saved", {{"cause", failure.what()}});
        }
    }

    void note(const Jid& owner, Time time, std::string_view status) {
        const storage::Blob sealed{seal(host_.state_key(), "last:" + owner.text(), status)};
        unsaved_.insert_or_assign(owner.text(), Departure{.name = std::string(owner.local()), .time = time, .status = sealed});
        if (!std::exchange(saving_soon_, true)) host_.home(0).tasks().spawn(save_soon());
    }

  private:
    Task<> save_soon() {
        co_await net::sleep(std::chrono::seconds(1));
        saving_soon_ = false;
        auto unsaved = std::exchange(unsaved_, {});
        try {
            co_await database_.write(saving(unsaved));
        } catch (...) {
            unsaved_.merge(unsaved);  // with the next ones, or at the end; newer ones stay
            throw;
        }
    }

    Host& host_;
    storage::Database& database_;
    Unsaved unsaved_;
    bool saving_soon_ = false;
};

void on_unavailable(Host& host, Session& session, std::string_view status) {
    session.user().left = {host.now(), std::string(status)};  // true at once, and durable soon
    host.home(0).shard().post([&host, owner = session.jid().bare(), time = host.now(), status = std::string(status)] {
        host.kept<Departures>().note(owner, time, status);
    });
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
        host.keep(std::make_shared<Departures>(host));
        host.on_unavailable(on_unavailable);
    },
};

}  // namespace chancery
