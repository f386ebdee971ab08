#include "features/pubsub/bookmarks.h"

#include <algorithm>

#include "features/features.h"

namespace chancery::pubsub {
namespace {

constexpr std::string_view new_ns = bookmarks_node, old_ns = old_bookmarks_node;

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

xml::Element with_text(std::string_view name, std::string_view ns, std::string_view text) {
    xml::Element element(name, ns);
    element.add_text(text);
    return element;
}

Task<std::vector<Item>> present_bookmarks(Host& host, Jid owner) {
    auto& store = host.kept<Engine>().store();
    const auto node = co_await store.node(owner, std::string(bookmarks_node));
    if (!node) co_return std::vector<Item>();
    Wanted wanted{.most_bytes = static_cast<std::size_t>(-1)};
    const auto page = co_await store.page(*node, std::move(wanted));
    co_return page.items;
}

Task<Node> node_for(Host& host, Jid owner, std::string name) {
    auto& engine = host.kept<Engine>();
    auto node = co_await engine.store().node(owner, name);
    if (node) co_return std::move(*node);
    co_return Node{.owner = owner, .name = name, .settings = engine.defaults(owner, name)};
}

/// A change of one form makes the other follow, and not the first one again. The owner's turn is held.
class Following {
  public:
    Following(std::set<Jid>& owners, const Jid& owner) : owners_(owners), owner_(owner) { is_first_ = owners_.insert(owner).second; }
    Following(const Following&) = delete;
    ~Following() {
        if (is_first_) owners_.erase(owner_);
    }
    bool is_first() const { return is_first_; }

  private:
    std::set<Jid>& owners_;
    Jid owner_;
    bool is_first_;
};

/// Whose bookmarks are being changed, for each home.
struct Changing {
    explicit Changing(std::size_t homes) : owners(homes) {}
    std::vector<std::set<Jid>> owners;
    std::set<Jid>& here() { return owners[net::Shard::current().index()]; }
};

/// The old node says what the new one says.
Task<> write_old_node(Host& host, Jid owner) {
    auto& engine = host.kept<Engine>();
    auto node = co_await node_for(host, owner, std::string(old_bookmarks_node));
    const auto storage = co_await old_bookmarks(host, owner, xml::Element(storage_tag));
    std::vector<Item> items{{.id = "current", .payload = storage.to_string(), .publisher = owner.text()}};
    co_await engine.put(std::move(node), std::move(items));
}

Task<> new_node_changed(Host& host, Engine&, Engine::Change change) {
    const auto owner = change.node.owner;
    const Following following(host.kept<Changing>().here(), owner);
    if (following.is_first()) co_await write_old_node(host, owner);
}

Task<> old_node_changed(Host& host, Engine&, Engine::Change change) {
    if (change.published.empty()) co_return;  // who empties the old node has not left their rooms
    const auto owner = change.node.owner;
    auto storage = xml::Element::parse(change.published.back().payload);
    const Following following(host.kept<Changing>().here(), owner);
    if (!following.is_first() || !storage || !storage->is(storage_tag)) co_return;
    const auto taken = co_await take_old_bookmarks(host, owner, std::move(*storage));
    if (!taken) log::warning("bookmarks.not_followed", {{"cause", taken.error().text}});
}

}  // namespace

std::optional<xml::Element> old_bookmark(const Item& item) {
    const auto payload = xml::Element::parse(item.payload);
    if (!payload || !payload->is({"conference", new_ns}) || !Jid::parse(item.id)) return std::nullopt;
    xml::Element conference("conference", old_ns);
    conference.set("jid", item.id).set("autojoin", is_true(payload->attribute("autojoin")) ? "true" : "false");
    if (payload->has_attribute("name")) conference.set("name", payload->attribute("name"));
    for (const std::string_view name : {"nick", "password"})
        if (const auto* child = payload->child({name, new_ns})) conference.add(with_text(name, old_ns, child->text()));
    return conference;
}

std::optional<Item> new_bookmark(const xml::Element& conference, const Item* present) {
    const auto jid = Jid::parse(conference.attribute("jid"));
    if (!jid) return std::nullopt;
    xml::Element payload("conference", new_ns);
    if (conference.has_attribute("name")) payload.set("name", conference.attribute("name"));
    payload.set("autojoin", is_true(conference.attribute("autojoin")) ? "true" : "false");
    for (const std::string_view name : {"nick", "password"})
        if (const auto* child = conference.child({name, old_ns})) payload.add(with_text(name, new_ns, child->text()));
    const auto before = present ? xml::Element::parse(present->payload) : Result<xml::Element, xml::Fault>(std::unexpected(xml::Fault()));
    const auto* extensions = before ? before->child({"extensions", new_ns}) : nullptr;
    if (extensions) payload.add(*extensions);
    return Item{.id = jid->text(), .payload = payload.to_string(), .publisher = {}};
}

Task<xml::Element> old_bookmarks(Host& host, Jid owner, xml::Element rest) {
    const auto items = co_await present_bookmarks(host, owner);
    rest.remove_children([](const xml::Element& child) { return child.name() == "conference"; });
    for (const auto& item : items)
        if (auto conference = old_bookmark(item)) rest.add(std::move(*conference));
    co_return rest;
}

Task<Result<void, StanzaError>> take_old_bookmarks(Host& host, Jid owner, xml::Element storage) {
    auto& engine = host.kept<Engine>();
    const auto present = co_await present_bookmarks(host, owner);
    std::vector<Item> changed;
    std::vector<std::string> gone;
    std::set<std::string> kept;
    for (const auto& conference : storage.children()) {
        if (!conference.is({"conference", old_ns})) continue;
        const auto jid = Jid::parse(conference.attribute("jid"));
        if (!jid) co_return refuse(Condition::jid_malformed, "A bookmark has no valid address.");
        const auto before = std::ranges::find(present, jid->text(), &Item::id);
        const auto* there = before == present.end() ? nullptr : &*before;
        auto item = new_bookmark(conference, there);
        const bool is_new = kept.insert(item->id).second;
        const auto same = there ? old_bookmark(*there) : std::nullopt;
        if (!is_new || (same && *same == *old_bookmark(*item))) continue;
        item->publisher = owner.text();
        changed.push_back(std::move(*item));
    }
    for (const auto& item : present)
        if (!kept.contains(item.id) && old_bookmark(item)) gone.push_back(item.id);
    auto node = co_await node_for(host, owner, std::string(bookmarks_node));
    const auto room = co_await engine.fits(node, changed);
    if (!room) co_return std::unexpected(room.error());

    const Following following(host.kept<Changing>().here(), owner);
    if (!changed.empty()) {
        co_await engine.put(node, std::move(changed));
        node = co_await node_for(host, owner, std::string(bookmarks_node));
    }
    if (!gone.empty()) co_await engine.take_back(node, std::move(gone), true);
    if (following.is_first()) co_await write_old_node(host, owner);
    co_return Result<void, StanzaError>();
}

}  // namespace chancery::pubsub

namespace chancery {

using namespace pubsub;

const Feature bookmarks{
    .name = "bookmarks",
    .spec = "XEP-0402 1.2.0, XEP-0048 1.2, XEP-0411 1.1.0, XEP-0490 1.0.1",
    .account_disco = {"urn:xmpp:bookmarks:1#compat", "urn:xmpp:bookmarks:1#compat-pep", "urn:xmpp:bookmarks-conversion:0"},
    .install = [](Host& host) {
        host.keep(std::make_shared<Changing>(host.home_count()));
        // XEP-0402 §3: for nobody's eyes but the owner's, as many as there are rooms; XEP-0490 §3 likewise.
        host.kept<Engine>().keep_private(bookmarks_node, 0);
        host.kept<Engine>().keep_private(old_bookmarks_node, 1);
        host.kept<Engine>().keep_private("urn:xmpp:mds:displayed:0", 0);
        host.kept<Engine>().follow(bookmarks_node, new_node_changed);
        host.kept<Engine>().follow(old_bookmarks_node, old_node_changed);
    },
};

}  // namespace chancery
