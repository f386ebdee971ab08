// XEP-0054: vcard-temp. A person's card: set by its owner, read by everybody who has an account here. The picture in it is
// kept in the person's nodes (avatar.cc), and seen by whom they let see it there.
//
// XEP-0292: the same card is in the node urn:xmpp:vcard4. Whichever form was set last is what both say; who may not read a card
// that was published there sees the last that was set here.

#include "base/crypto.h"
#include "features/features.h"
#include "features/pubsub/avatar.h"
#include "features/pubsub/vcard4.h"

namespace chancery {
namespace {

constexpr xml::Tag vcard_tag{"vCard", "vcard-temp"};

std::string context(const Jid& owner) { return "vcard:" + owner.text(); }

/// The card that is published as vCard 4, if `who` may read it.
Task<std::optional<xml::Element>> published_card(Host& host, Jid owner, Jid who) {
    auto& engine = host.kept<pubsub::Engine>();
    const auto node = co_await engine.store().node(owner, std::string(pubsub::vcard4_node));
    if (!node) co_return std::nullopt;
    const auto standing = co_await engine.standing(owner, who);
    if (!pubsub::may_read(*node, who, standing)) co_return std::nullopt;
    std::vector<pubsub::Node> one{*node};
    const auto last = co_await engine.store().last(std::move(one));
    auto card = last.empty() ? std::nullopt : std::optional(xml::Element::parse(last.front().second.payload));
    if (!card || !*card || !(*card)->is({"vcard", pubsub::ns_vcard4})) co_return std::nullopt;
    co_return std::move(**card);
}

/// Puts the card where those look who know the newer form only.
Task<Result<void, StanzaError>> publish_card(Host& host, Jid owner, xml::Element card) {
    auto& engine = host.kept<pubsub::Engine>();
    const auto newer = pubsub::vcard4_of(card).to_string();
    const auto published = co_await published_card(host, owner, owner);
    if (published && published->to_string() == newer) co_return Result<void, StanzaError>();
    auto node = co_await engine.store().node(owner, std::string(pubsub::vcard4_node));
    if (!node) node = pubsub::Node{.owner = owner, .name = std::string(pubsub::vcard4_node), .settings = {.access = pubsub::Access::open}};
    std::vector<pubsub::Item> items{{.id = "current", .payload = newer, .publisher = owner.text()}};
    const auto room = co_await engine.fits(*node, items);
    if (!room) co_return std::unexpected(room.error());
    co_await engine.put(std::move(*node), std::move(items));
    co_return Result<void, StanzaError>();
}

Task<Reply> get(Host& host, const Iq& iq) {
    const auto owner = iq.to.bare();
    const auto work = [owner = owner.text()](storage::Snapshot& snapshot) {
        return snapshot.one<storage::Blob>("SELECT card FROM vcard WHERE owner = $1", owner);
    };
    const auto sealed = co_await host.database().read(work);
    const auto picture = co_await pubsub::picture_for(host, owner, iq.from);
    const auto published = co_await published_card(host, owner, iq.from);
    // XEP-0054 §3.1, §3.3: one's own missing card is empty; somebody else's is as if there were no such account.
    if (!sealed && !published && !picture && owner.bare_text() != iq.from.bare_text()) co_return refuse(Condition::service_unavailable);
    const auto text = sealed ? unseal(host.state_key(), context(owner), sealed->bytes) : "<vCard xmlns='vcard-temp'/>";
    auto card = text ? xml::Element::parse(*text) : Result<xml::Element, xml::Fault>(std::unexpected(xml::Fault()));
    if (!card) throw storage::StorageError("the card of " + owner.text() + " cannot be unsealed");
    if (published && pubsub::vcard4_of(*card).to_string() != published->to_string()) card = pubsub::vcard_temp_of(*published);
    if (picture) card->add(pubsub::photo_of(*picture));
    co_return card->to_string(ns::client);
}

/// A picture in the card goes where pictures are; a card without one has it taken away from there.
Task<> save(Host& host, const Iq& iq, Reply& reply) {
    pubsub::Request request(host, iq);
    const auto turn = co_await request.engine().turn(request.owner());
    const auto picture = pubsub::picture_in(iq.payload);
    if (!picture) {
        reply = std::unexpected(picture.error());
        co_await request.refused(reply.error());
        co_return;
    }
    co_await request.allow();
    auto card = iq.payload;
    const auto shown = co_await pubsub::show_picture(host, request.owner(), *picture);
    if (!shown) {
        reply = std::unexpected(shown.error());
        co_return;
    }
    const auto published = co_await publish_card(host, request.owner(), card);
    if (!published) {
        reply = std::unexpected(published.error());
        co_return;
    }
    // A picture that only lies elsewhere stays in the card.
    if (*picture) card.remove_children([](const xml::Element& child) { return child.is({"PHOTO", "vcard-temp"}); });
    const auto owner = request.owner();
    const storage::Blob sealed{seal(host.state_key(), context(owner), card.to_string(ns::client))};
    const auto work = [owner = owner.text(), sealed](storage::Transaction& tx) {
        tx.run("INSERT INTO vcard (owner, card) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET card = $2", owner, sealed);
    };
    co_await host.database().write(work);
}

Task<Reply> set(Host& host, const Iq& iq) {
    const auto owner = iq.to.bare();
    if (owner.bare_text() != iq.from.bare_text()) co_return refuse(Condition::forbidden, "That is somebody else's card.");
    Reply reply;
    co_await save(host, iq, reply);
    co_return reply;
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
    .spec = "XEP-0054 1.3.0, XEP-0292 0.12.0",
    .disco = {vcard_tag.ns},
    .account_disco = {vcard_tag.ns},
    .install = [](Host& host) {
        host.on_get(At::server | At::own | At::other, vcard_tag, get_any);
        host.on_set(At::own | At::other | At::nobody, vcard_tag, set);
    },
};

}  // namespace chancery
