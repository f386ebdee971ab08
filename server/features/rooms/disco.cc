// What rooms are there and what they are like (XEP-0030; XEP-0045 §6, §7.12; XEP-0433).

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/rooms/search.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr xml::Tag info{"query", "http://jabber.org/protocol/disco#info"}, items{"query", "http://jabber.org/protocol/disco#items"};
constexpr std::string_view form_info = "http://jabber.org/protocol/muc#roominfo";
constexpr std::size_t most_listed = 1'000;
constexpr Pace::Cost cost_of_search = std::chrono::seconds(1), cost_of_list = std::chrono::milliseconds(200);  // both look at every room

struct Listed {
    std::string jid, name;
    auto operator<=>(const Listed&) const = default;
};

xml::Element identity(std::string_view name) {
    xml::Element who("identity", info.ns);
    who.set("category", "conference").set("type", "text").set("name", name);
    return who;
}

void add_features(xml::Element& query, std::initializer_list<std::string_view> features) {
    for (const auto feature : features) query.add(xml::Element("feature", info.ns).set("var", feature));
}

std::size_t page_size(const xml::Element& query) {
    const auto* set = query.child({"set", ns::rsm});
    const auto* max = set ? set->child({"max", ns::rsm}) : nullptr;
    std::size_t size = most_listed;
    if (max) std::from_chars(max->text().data(), max->text().data() + max->text().size(), size);
    return std::min(size, most_listed);
}

void add_occupants(xml::Element& query, Room& room, Role role) {
    for (const auto& occupant : room.occupants().in_role(role)) {
        if (query.children().size() == most_listed) return;
        query.add(xml::Element("item", items.ns).set("jid", room.address_of(occupant->nick).text()).set("name", occupant->nick));
    }
}

std::string text_of(const xml::Element* set, std::string_view name) {
    const auto* child = set ? set->child({name, ns::rsm}) : nullptr;
    return child ? child->text() : std::string();
}

}  // namespace

Task<Reply> Rooms::describe_service(const StanzaIn& iq) {
    if (iq.payload->has_attribute("node")) co_return refuse(Condition::item_not_found, "There is no such node.");
    xml::Element query(info);
    query.add(identity("Rooms"));
    add_features(query, {info.ns, items.ns, ns_muc, ns_occupant_id, ns::rsm, "urn:xmpp:ping", ns_search});
    co_return query.to_string(ns::client);
}

/// XEP-0433: of public rooms, whoever asks.
Task<Reply> Rooms::search_rooms(const StanzaIn& iq) {
    if (!iq.payload->child({"x", ns::data_forms})) co_return search_form();
    if (const auto wait = searches_.wait(iq.from, cost_of_search, host_.now())) co_return search_later(*wait);
    const auto search = Search::parse(*iq.payload);
    if (!search) co_return std::unexpected(search.error());
    std::vector<Channel> found;
    const auto look = [&](Room& room) {
        const auto& settings = room.settings;
        if (room.is_locked || !settings.is_public || room.affiliation_of(iq.from) == Affiliation::outcast) return;
        Channel channel{.address = room.jid().text(), .name = settings.name.empty() ? std::string(room.jid().local()) : settings.name,
                        .description = settings.description, .language = settings.language, .users = room.occupants().size(),
                        .is_open = !settings.is_members_only && !settings.has_password, .is_anonymous = settings.is_anonymous};
        if (search->finds(channel)) found.push_back(std::move(channel));
    };
    co_await on_each_room(look);
    co_return search->page(std::move(found));
}

/// §6.3, by pages (XEP-0059): rooms that are listed, and those that the asking person belongs to.
Task<Reply> Rooms::list_rooms(const StanzaIn& iq) {
    if (iq.payload->has_attribute("node")) co_return refuse(Condition::item_not_found, "There is no such node.");
    if (searches_.wait(iq.from, cost_of_list, host_.now()))
        co_return std::unexpected(StanzaError{Condition::resource_constraint, "You ask too often. Wait a little.", "wait"});
    std::vector<Listed> rooms;
    const auto list = [&rooms, person = iq.from.bare()](Room& room) {
        const auto affiliation = room.affiliation_of(person);
        const bool is_open = !room.is_locked && room.settings.is_public && affiliation != Affiliation::outcast;
        if (is_open || affiliation >= Affiliation::member)
            rooms.push_back({room.jid().text(), room.settings.name.empty() ? std::string(room.jid().local()) : room.settings.name});
    };
    co_await on_each_room(list);
    std::ranges::sort(rooms);
    const auto* set = iq.payload->child({"set", ns::rsm});
    const auto after = text_of(set, "after");
    const auto first = std::ranges::upper_bound(rooms, after, {}, &Listed::jid);
    const auto count = std::min(page_size(*iq.payload), static_cast<std::size_t>(rooms.end() - first));
    xml::Element query(items);
    for (auto room = first; room != first + static_cast<std::ptrdiff_t>(count); ++room)
        query.add(xml::Element("item", items.ns).set("jid", room->jid).set("name", room->name));
    if (set || count < rooms.size()) {
        xml::Element page("set", ns::rsm);
        if (count > 0) {
            page.add(xml::Element("first", ns::rsm).set("index", std::to_string(first - rooms.begin())).add_text(first->jid));
            page.add(xml::Element("last", ns::rsm).add_text((first + static_cast<std::ptrdiff_t>(count) - 1)->jid));
        }
        page.add(xml::Element("count", ns::rsm).add_text(std::to_string(rooms.size())));
        query.add(std::move(page));
    }
    co_return query.to_string(ns::client);
}

Task<Reply> Rooms::describe(RoomPtr room, const StanzaIn& iq) {
    xml::Element query(info);
    const auto node = iq.payload->attribute("node");
    if (node == "x-roomuser-item") {  // §7.12: the nickname reserved for who asks
        query.set("node", node);
        const auto* known = room->affiliate(iq.from);
        if (known && !known->nick.empty()) query.add(identity(known->nick));
        co_return query.to_string(ns::client);
    }
    if (node == "http://jabber.org/protocol/muc#traffic") co_return refuse(Condition::service_unavailable);  // §18.1.1: all pass
    if (!node.empty()) co_return refuse(Condition::item_not_found, "There is no such node.");
    const auto& settings = room->settings;
    query.add(identity(settings.name.empty() ? room->jid().local() : std::string_view(settings.name)));
    add_features(query, {info.ns, items.ns, ns_muc, "http://jabber.org/protocol/muc#register", "http://jabber.org/protocol/muc#stable_id",
                         "http://jabber.org/protocol/muc#self-ping-optimization", ns_occupant_id, ns::stanza_id, "urn:xmpp:mam:2",
                         "urn:xmpp:mam:2#extended", "urn:xmpp:fulltext:0", ns::rsm, "urn:xmpp:message-moderate:1",
                         "urn:xmpp:message-retract:1", ns_hats, "vcard-temp", "urn:xmpp:ping", "http://jabber.org/protocol/commands"});
    for (const auto feature : settings.features()) add_features(query, {feature});
    FormWriter form("result", form_info);
    form.text("muc#roominfo_description", "Description", settings.description)
        .text("muc#roominfo_occupants", "Occupants", std::to_string(room->occupants().size()))
        .text("muc#maxhistoryfetch", "Messages of the past shown to who enters", std::to_string(settings.history))
        .flag("muc#roominfo_subjectmod", "Whoever may speak may change the subject", settings.may_change_subject)
        .flag("muc#roomconfig_allowinvites", "Occupants may invite others", settings.may_invite);
    if (!settings.language.empty()) form.text("muc#roominfo_lang", "Language", settings.language);
    if (!settings.pubsub.empty()) form.text("muc#roominfo_pubsub", "Associated node", settings.pubsub);
    if (!room->card_hash.empty()) form.text("muc#roominfo_avatarhash", "Hash of the picture", room->card_hash);
    if (!room->hats.empty()) {
        std::string all;
        for (const auto& [uri, hat] : room->hats) all += uri + "\n" + hat.title + "\n";
        form.text("hats#hash", "Hash of the hats", to_hex(hash(Hash::sha1, all)));
    }
    query.add_raw(form.xml());
    co_return query.to_string(ns::client);
}

/// §6.5: for those who are there, and for those who could be whenever they like.
Task<Reply> Rooms::list_occupants(RoomPtr room, const StanzaIn& iq) {
    xml::Element query(items);
    const auto node = iq.payload->attribute("node");
    if (node == "http://jabber.org/protocol/commands") co_return list_commands(*room, iq);
    if (!node.empty()) co_return refuse(Condition::item_not_found, "There is no such node.");
    const auto& settings = room->settings;
    const bool is_open = settings.is_public && !settings.is_members_only && !settings.has_password && !room->is_locked &&
                         room->affiliation_of(iq.from) != Affiliation::outcast;
    if (is_open || room->occupant_on(iq.from))
        for (const auto role : {Role::moderator, Role::participant, Role::visitor})
            if (settings.shows[static_cast<std::size_t>(role)]) add_occupants(query, *room, role);
    co_return query.to_string(ns::client);
}

}  // namespace chancery::rooms
