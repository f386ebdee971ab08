// XEP-0398: the picture is kept once, in the nodes of XEP-0084; cards (XEP-0054) get it from there, and presence says which
// it is (XEP-0153).

#include "features/pubsub/avatar.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/features.h"
#include "xml/parse.h"
#include "xml/restamp.h"

namespace chancery::pubsub {
namespace {

constexpr std::string_view data_ns = "urn:xmpp:avatar:data", metadata_ns = "urn:xmpp:avatar:metadata", update_ns = "vcard-temp:x:update";
constexpr xml::Tag photo_tag{"PHOTO", "vcard-temp"}, type_tag{"TYPE", "vcard-temp"}, binval_tag{"BINVAL", "vcard-temp"};

/// Which picture each person here has, as far as it was asked: id, or empty for none. For each home.
struct Shown {
    explicit Shown(std::size_t homes) : ids(homes) {}
    std::vector<std::unordered_map<Jid, std::string>> ids;
    std::unordered_map<Jid, std::string>& here() { return ids[net::Shard::current().index()]; }
};

std::string without_space(std::string_view text) {
    std::string kept;
    for (const char c : text)
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') kept += c;
    return kept;
}

/// XEP-0084 §4.2.1: of the image that is published here, not of one that lies elsewhere.
std::optional<xml::Element> info_in(const Item& item) {
    const auto metadata = xml::Element::parse(item.payload);
    if (!metadata || !metadata->is({"metadata", metadata_ns})) return std::nullopt;
    for (const auto& info : metadata->children())
        if (info.is({"info", metadata_ns}) && !info.has_attribute("url")) return info;
    return std::nullopt;
}

/// Of a node of one item, or of the last of several.
Task<std::optional<Item>> last_item(Host& host, Node node) {
    std::vector<Node> one{std::move(node)};
    const auto last = co_await host.kept<Engine>().store().last(std::move(one));
    if (last.empty()) co_return std::nullopt;
    co_return last.front().second;
}

Task<std::string> shown_id(Host& host, Jid owner) {
    const auto node = co_await host.kept<Engine>().store().node(owner, std::string(metadata_ns));
    if (!node) co_return std::string();
    const auto item = co_await last_item(host, *node);
    const auto info = item ? info_in(*item) : std::nullopt;
    co_return info ? std::string(info->attribute("id")) : std::string();
}

/// XEP-0398 §4: what a client has not said itself. An empty <photo/> says that it is not ready to tell.
std::string stamped(const std::string& presence, const std::string& id) {
    const auto update = "<x xmlns='" + std::string(update_ns) + "'><photo>" + xml::escape(id) + "</photo></x>";
    if (!presence.contains(update_ns)) return with_children(presence, update);
    const auto parsed = xml::parse(presence, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return presence;
    const auto said = parsed->root().child({"x", update_ns});
    const auto photo = said.child({"photo", update_ns});
    if (said && photo && photo.text().empty()) return presence;
    xml::Restamp restamp(parsed->root(), ns::client);
    restamp.drop([](xml::View child) { return child.is({"x", update_ns}); });
    auto xml = restamp.to_string();
    return with_children(xml.ends_with("/>") ? xml.replace(xml.size() - 2, 2, "></presence>") : xml, update);
}

Task<std::string> stamp(Host& host, Jid client, std::string presence) {
    const auto owner = client.bare();
    auto& shown = host.kept<Shown>().here();
    if (!shown.contains(owner)) {
        auto id = co_await shown_id(host, owner);
        shown.try_emplace(owner, std::move(id));
    }
    const auto id = shown.find(owner);
    if (id == shown.end() || id->second.empty()) co_return presence;
    co_return stamped(presence, id->second);
}

void forget(Host& host, Session& session) {
    if (session.user().sessions.size() <= 1) host.kept<Shown>().here().erase(session.jid().bare());
}

/// Who sees the person's presence is told of another picture.
Task<> show(Host& host, Engine&, Engine::Change change) {
    const auto owner = change.node.owner;
    auto id = co_await shown_id(host, owner);
    auto& shown = host.kept<Shown>().here();
    const auto before = shown.find(owner);
    if (before == shown.end() || before->second == id) co_return;
    before->second = id;
    auto& home = host.home_of(owner);
    auto* person = home.known(owner);
    if (!person) co_return;
    for (const auto& session : person->sessions) {
        if (!session->is_available()) continue;
        auto presence = *session->presence;
        presence.xml = stamped(presence.xml, id);
        if (presence.xml != session->presence->xml) home.tasks().spawn(home.become_available(session->id(), std::move(presence)));
    }
}

/// As readable as the card is from which it comes.
Task<Node> node_for(Host& host, Jid owner, std::string_view name) {
    auto node = co_await host.kept<Engine>().store().node(owner, std::string(name));
    if (node) co_return std::move(*node);
    co_return Node{.owner = owner, .name = std::string(name), .settings = {.access = Access::open}};
}

}  // namespace

Result<std::optional<Picture>, StanzaError> picture_in(const xml::Element& card) {
    const auto* photo = card.child(photo_tag);
    const auto* bytes = photo ? photo->child(binval_tag) : nullptr;
    if (!bytes || bytes->text().empty()) return std::nullopt;
    auto image = from_base64(without_space(bytes->text()));
    if (!image || image->empty()) return refuse(Condition::bad_request, "The picture in the card is not in base64.");
    const auto* type = photo->child(type_tag);
    return Picture{.id = to_hex(hash(Hash::sha1, *image)), .type = type ? type->text() : "image/png", .image = std::move(*image)};
}

xml::Element photo_of(const Picture& picture) {
    xml::Element photo(photo_tag), type(type_tag), bytes(binval_tag);
    photo.add(type.add_text(picture.type));
    return photo.add(bytes.add_text(to_base64(picture.image)));
}

Task<std::optional<Picture>> picture_for(Host& host, Jid owner, Jid who) {
    auto& engine = host.kept<Engine>();
    const auto metadata = co_await engine.store().node(owner, std::string(metadata_ns));
    const auto data = co_await engine.store().node(owner, std::string(data_ns));
    if (!metadata || !data) co_return std::nullopt;
    const auto standing = co_await engine.standing(owner, who);
    if (!may_read(*metadata, who, standing) || !may_read(*data, who, standing)) co_return std::nullopt;
    const auto told = co_await last_item(host, *metadata);
    const auto info = told ? info_in(*told) : std::nullopt;
    if (!info) co_return std::nullopt;
    Wanted wanted{.ids = {std::string(info->attribute("id"))}, .most_bytes = 1};
    const auto page = co_await engine.store().page(*data, std::move(wanted));
    const auto payload = page.items.empty() ? std::nullopt : std::optional(xml::Element::parse(page.items.front().payload));
    auto image = payload && *payload ? from_base64(without_space((*payload)->text())) : std::nullopt;
    // §3.1: what is not the image that was announced is not shown.
    if (!image || to_hex(hash(Hash::sha1, *image)) != info->attribute("id")) co_return std::nullopt;
    co_return Picture{.id = std::string(info->attribute("id")), .type = std::string(info->attribute("type")), .image = std::move(*image)};
}

Task<Result<void, StanzaError>> show_picture(Host& host, Jid owner, std::optional<Picture> picture) {
    auto& engine = host.kept<Engine>();
    const auto id = co_await shown_id(host, owner);
    if ((picture && picture->id == id) || (!picture && id.empty())) co_return Result<void, StanzaError>();
    xml::Element metadata("metadata", metadata_ns);
    if (picture) {
        xml::Element data("data", data_ns);
        data.add_text(to_base64(picture->image));
        auto data_node = co_await node_for(host, owner, data_ns);
        std::vector<Item> items{{.id = picture->id, .payload = data.to_string(), .publisher = owner.text()}};
        const auto room = co_await engine.fits(data_node, items);
        if (!room) co_return std::unexpected(room.error());
        co_await engine.put(std::move(data_node), std::move(items));
        xml::Element info("info", metadata_ns);
        info.set("id", picture->id).set("type", picture->type).set("bytes", std::to_string(picture->image.size()));
        metadata.add(std::move(info));
    }
    auto metadata_node = co_await node_for(host, owner, metadata_ns);
    std::vector<Item> told{{.id = picture ? picture->id : "none", .payload = metadata.to_string(), .publisher = owner.text()}};
    co_await engine.put(std::move(metadata_node), std::move(told));
    co_return Result<void, StanzaError>();
}

}  // namespace chancery::pubsub

namespace chancery {

const Feature avatars{
    .name = "avatars",
    .spec = "XEP-0398 1.0.0, XEP-0084 1.1.4, XEP-0153 1.1.1",
    .account_disco = {"urn:xmpp:pep-vcard-conversion:0"},
    .install = [](Host& host) {
        host.keep(std::make_shared<pubsub::Shown>(host.home_count()));
        host.kept<pubsub::Engine>().follow("urn:xmpp:avatar:metadata", pubsub::show);
        host.stamp_presence(pubsub::stamp);
        host.on_closed(pubsub::forget);
    },
};

}  // namespace chancery
