// XEP-0049: Private XML Storage. What a client keeps for its owner, notes (XEP-0145) for example; sealed at rest. The rooms
// among the bookmarks (XEP-0048) are kept in a node (bookmarks.cc).

#include "base/crypto.h"
#include "features/features.h"
#include "features/pubsub/bookmarks.h"
#include "features/pubsub/request.h"

namespace chancery {
namespace {

constexpr xml::Tag query{"query", "jabber:iq:private"};
constexpr std::size_t most_bytes = 1024 * 1024;  // of one person

std::string name_of(const xml::Element& element) { return "{" + element.ns() + "}" + element.name(); }
std::string context(const Jid& owner) { return "private:" + owner.text(); }

std::unexpected<StanzaError> full() { return refuse(Condition::resource_constraint, "Your private storage is full: it holds 1 MiB."); }

/// XEP-0049 §3: what belongs to somebody else.
bool is_foreign(const Iq& iq) { return iq.to.bare_text() != iq.from.bare_text(); }

/// The one element that is asked for or stored; refused when there is another number of them (XEP-0049 §2.3).
Result<const xml::Element*, StanzaError> only_child(const Iq& iq) {
    if (iq.payload.children().size() != 1)
        return refuse(Condition::not_acceptable, "The query has exactly one element.");
    const auto& element = iq.payload.children().front();
    if (element.ns().empty() || element.ns() == ns::client || element.ns() == query.ns)
        return refuse(Condition::not_acceptable, "The element needs a namespace of its own.");
    return &element;
}

/// What is stored under the element's name.
Task<std::optional<std::string>> load(Host& host, Jid owner, std::string name) {
    const auto work = [owner = owner.text(), name](storage::Snapshot& snapshot) {
        return snapshot.one<storage::Blob>("SELECT value FROM private_storage WHERE owner = $1 AND name = $2", owner, name);
    };
    const auto sealed = co_await host.database().read(work);
    auto stored = sealed ? unseal(host.state_key(), context(owner), sealed->bytes) : std::nullopt;
    if (sealed && !stored) throw storage::StorageError("private storage of " + owner.text() + " cannot be unsealed");
    co_return stored;
}

Task<Reply> get(Host& host, const Iq& iq) {
    if (is_foreign(iq)) co_return refuse(Condition::forbidden);
    const auto element = only_child(iq);
    if (!element) co_return std::unexpected(element.error());
    auto stored = co_await load(host, iq.to.bare(), name_of(**element));
    if ((*element)->is(pubsub::storage_tag)) {
        const auto rest = stored ? xml::Element::parse(*stored) : Result<xml::Element, xml::Fault>(std::unexpected(xml::Fault()));
        const auto all = co_await pubsub::old_bookmarks(host, iq.to.bare(), rest ? *rest : xml::Element(pubsub::storage_tag));
        stored = all.to_string(query.ns);
    }
    co_return "<query xmlns='jabber:iq:private'>" + (stored ? *stored : (*element)->to_string(query.ns)) + "</query>";
}

Task<bool> save(Host& host, Jid owner, xml::Element element) {
    const storage::Blob sealed{seal(host.state_key(), context(owner), element.to_string(query.ns))};
    const auto work = [owner = owner.text(), name = name_of(element), sealed](storage::Transaction& tx) {
        const auto others = tx.one<std::int64_t>("SELECT COALESCE(SUM(LENGTH(name) + LENGTH(value)), 0) FROM private_storage"
                                                 " WHERE owner = $1 AND name <> $2", owner, name);
        if (static_cast<std::size_t>(others.value_or(0)) + name.size() + sealed.bytes.size() > most_bytes) return false;
        tx.run("INSERT INTO private_storage (owner, name, value) VALUES ($1, $2, $3)"
               " ON CONFLICT (owner, name) DO UPDATE SET value = $3", owner, name, sealed);
        return true;
    };
    co_return co_await host.database().write(work);
}

/// The rooms of the bookmarks go into the node.
Task<> set_bookmarks(Host& host, const Iq& iq, xml::Element storage, Reply& reply) {
    pubsub::Request request(host, iq);
    const auto turn = co_await request.engine().turn(request.owner());
    co_await request.allow();
    const auto taken = co_await pubsub::take_old_bookmarks(host, request.owner(), storage);
    if (!taken) {
        reply = std::unexpected(taken.error());
        co_return;
    }
    storage.remove_children([](const xml::Element& child) { return child.name() == "conference"; });
    const bool stored = co_await save(host, request.owner(), std::move(storage));
    if (!stored) reply = full();
}

Task<Reply> set(Host& host, const Iq& iq) {
    if (is_foreign(iq)) co_return refuse(Condition::forbidden);
    const auto element = only_child(iq);
    if (!element) co_return std::unexpected(element.error());
    if ((*element)->is(pubsub::storage_tag)) {
        Reply reply;
        co_await set_bookmarks(host, iq, **element, reply);
        co_return reply;
    }
    const bool stored = co_await save(host, iq.to.bare(), **element);
    if (!stored) co_return full();
    co_return std::string();
}

}  // namespace

const Feature private_storage{
    .name = "private-storage",
    .spec = "XEP-0049 1.2, XEP-0145 1.1",
    .disco = {query.ns},
    .account_disco = {query.ns},
    .install = [](Host& host) {
        host.on_get(At::own | At::other | At::nobody, query, get);
        host.on_set(At::own | At::other | At::nobody, query, set);
    },
};

}  // namespace chancery
