// XEP-0054: vcard-temp. A person's card: set by its owner, read by everybody who has an account here.

#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag vcard_tag{"vCard", "vcard-temp"};

std::string context(const Jid& owner) { return "vcard:" + owner.text(); }

Task<Reply> get(Host& host, const Iq& iq) {
    const auto owner = iq.to.bare();
    const auto work = [owner = owner.text()](storage::Snapshot& snapshot) {
        return snapshot.one<storage::Blob>("SELECT card FROM vcard WHERE owner = $1", owner);
    };
    const auto sealed = co_await host.database().read(work);
    // XEP-0054 §3.1, §3.3: one's own missing card is empty; somebody else's is as if there were no such account.
    if (!sealed && owner.bare_text() != iq.from.bare_text()) co_return refuse(Condition::service_unavailable);
    if (!sealed) co_return "<vCard xmlns='vcard-temp'/>";
    auto card = unseal(host.state_key(), context(owner), sealed->bytes);
    if (!card) throw storage::StorageError("the card of " + owner.text() + " cannot be unsealed");
    co_return std::move(*card);
}

Task<Reply> set(Host& host, const Iq& iq) {
    const auto owner = iq.to.bare();
    if (owner.bare_text() != iq.from.bare_text()) co_return refuse(Condition::forbidden, "That is somebody else's card.");
    const storage::Blob sealed{seal(host.state_key(), context(owner), iq.payload.to_string(ns::client))};
    const auto work = [owner = owner.text(), sealed](storage::Transaction& tx) {
        tx.run("INSERT INTO vcard (owner, card) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET card = $2", owner, sealed);
    };
    co_await host.database().write(work);
    co_return std::string();
}

Task<Reply> get_server(Host&, const Iq&) {
    co_return "<vCard xmlns='vcard-temp'><FN>Chancery</FN><DESC>Instant messaging on the record</DESC></vCard>";
}

Task<Reply> get_any(Host& host, const Iq& iq) {
    if (iq.to.local().empty()) co_return co_await get_server(host, iq);
    co_return co_await get(host, iq);
}

}  // namespace

const Feature vcard{
    .name = "vcard",
    .spec = "XEP-0054 1.3.0",
    .disco = {vcard_tag.ns},
    .account_disco = {vcard_tag.ns},
    .install = [](Host& host) {
        host.on_get(At::server | At::own | At::other, vcard_tag, get_any);
        host.on_set(At::own | At::other | At::nobody, vcard_tag, set);
    },
};

}  // namespace chancery
