#include "features/rooms/service.h"

#include "features/features.h"
#include "features/rooms/oversight.h"
#include "features/rooms/search.h"

namespace chancery::rooms {
namespace {

constexpr Pace::Cost searching_ahead = std::chrono::seconds(20);
constexpr std::size_t payload_limit_bytes = 4 * 1024;  // of a presence: each occupant keeps it and gets it

StanzaError not_recorded() { return {Condition::resource_constraint, "Not done: the archive is not available"}; }
StanzaError not_now() { return {Condition::internal_server_error, "The server could not do that now. Try again later."}; }

/// Requests that change something, or try to, are on record.
bool is_on_record(const StanzaIn& iq) {
    const auto& ns = iq.payload->ns();
    return iq.type == "set" && ns != "urn:xmpp:mam:2";
}

}  // namespace

Rooms::Rooms(Host& host, Jid address) : host_(host), address_(std::move(address)), store_(host), shelves_(host.home_count()), searches_(searching_ahead) {
    forget_removed_accounts();
    for (auto& room : store_.load()) {
        auto& shelf = shelf_of(room->jid());
        const auto address = room->jid().text();
        shelf.emplace(address, std::move(room));
    }
}

RoomPtr Rooms::find(const Jid& room) {
    auto& shelf = shelf_of(room);
    const auto found = shelf.find(room.bare_text());
    return found == shelf.end() ? nullptr : found->second;
}

std::optional<Time> Rooms::since(const Jid& room) {
    const auto found = find(room);
    return found ? std::optional(found->created) : std::nullopt;
}

Task<> Rooms::record(journal::Kind kind, Jid from, Jid to, std::string stanza, const StanzaError* refused) {
    const std::string reason = refused ? refused->text : std::string();
    const Recorder::Draft draft{.kind = kind,
                                .flags = refused ? journal::flag::refused : std::uint16_t{0},
                                .record = {.from = from.text(),
                                           .to = to.text(),
                                           .rule = refused ? name_of(refused->condition) : std::string_view(),
                                           .reason = reason,
                                           .stanza = stanza}};
    co_await host_.recorder().record(draft);
}

Task<> Rooms::on_shelf(std::size_t home, const std::function<void(Room&)>& visit) {
    for (const auto& [address, room] : shelves_[home]) visit(*room);
    co_return;
}

Task<> Rooms::on_each_room(std::function<void(Room&)> visit) {
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
        auto work = on_shelf(i, visit);
        co_await host_.visit(host_.home(i), std::move(work));
    }
}

Task<> Rooms::take_presence(StanzaIn stanza) {
    const auto from = stanza.from, to = *stanza.to;
    const auto id = stanza.id;
    const bool is_error = stanza.type == "error";
    std::optional<StanzaError> failed;
    try {
        auto taken = take_presence_now(std::move(stanza));
        co_await taken;
    } catch (const NotRecorded& failure) {
        log::error("rooms.not_recorded", {{"cause", failure.what()}});
        failed = not_recorded();
    } catch (const std::exception& failure) {
        log::error("rooms.presence_failed", {{"cause", failure.what()}});
        failed = not_now();
    }
    if (failed && !is_error) host_.send_error(from, "presence", to, id, *failed);
}

Task<> Rooms::take_presence_now(StanzaIn stanza) {
    const auto to = *stanza.to;
    // What people here say was put on record by their home.
    if (!host_.is_local(stanza.from) && !stanza.words.empty())
        co_await record(journal::Kind::presence, stanza.from, to, stanza.xml);
    auto room = to.local().empty() ? nullptr : find(to.bare());
    auto* here = room ? room->occupant_on(stanza.from) : nullptr;
    if (stanza.type == "unavailable") {
        co_await leave(std::move(stanza));
    } else if (stanza.type == "error") {
        if (here) remove(*room, stanza.from, {.is_unavailable = true, .codes = {333}});
    } else if (stanza.type == "probe") {
        const auto* probed = here ? room->occupant(to.resource()) : nullptr;
        if (probed && (room->shows(*probed) || probed == here))
            host_.send_to(stanza.from, addressed(room->presence_of(*probed, {}, room->sees_addresses(*here)), stanza.from));
    } else if (stanza.type.empty()) {
        auto presence = take_apart(stanza.xml);
        if (auto allowed = may_show(room.get(), stanza, presence); !allowed)
            host_.send_error(stanza.from, "presence", to, stanza.id, allowed.error());
        else if (here && here->nick != to.resource()) co_await change_nick(std::move(room), std::move(stanza), std::move(presence));
        else if (here && !presence.enters) change_presence(*room, stanza.from, std::move(presence.payload));
        else if (here) co_await admit(std::move(room), stanza.from, here->nick, std::move(presence), false);
        else co_await enter(std::move(stanza), std::move(presence));
    }
}

Result<void, StanzaError> Rooms::may_show(Room* room, const StanzaIn& stanza, const PresenceIn& presence) {
    const auto& to = *stanza.to;
    if (to.local().empty() || to.is_bare())
        return refuse(Condition::jid_malformed, "A room is entered under a nickname: room@service/nickname.");
    if (auto good = check_nick(to.resource()); !good) return good;
    if (presence.payload.size() > payload_limit_bytes) return refuse(Condition::not_acceptable, "A presence in a room may have 4 KiB.");
    const auto* here = room ? room->occupant_on(stanza.from) : nullptr;
    if (!here && !presence.enters) return refuse(Condition::not_acceptable, "You are not in this room.");
    if (!room) return {};
    const bool renames = here && here->nick != to.resource();
    const auto of_others = presence.enters && !renames ? room->shown_count() : renames ? room->told_of(stanza.from) : 0;
    return room->take_on(stanza.from, of_others + room->told_of(stanza.from));
}

Rooms::Handler Rooms::handler_of(const StanzaIn& iq) const {
    struct Entry {
        std::string_view type, name, ns;
        Handler handler;
    };
    static constexpr Entry entries[] = {
        {"get", "query", "http://jabber.org/protocol/disco#info", &Rooms::describe},
        {"get", "query", "http://jabber.org/protocol/disco#items", &Rooms::list_occupants},
        {"get", "query", ns_admin, &Rooms::list_people},
        {"set", "query", ns_admin, &Rooms::change_people},
        {"get", "query", ns_owner, &Rooms::show_settings},
        {"set", "query", ns_owner, &Rooms::change_settings},
        {"get", "query", "jabber:iq:register", &Rooms::show_registration},
        {"set", "query", "jabber:iq:register", &Rooms::register_nick},
        {"get", "query", "urn:xmpp:mam:2", &Rooms::describe_archive_form},
        {"set", "query", "urn:xmpp:mam:2", &Rooms::query_archive},
        {"get", "metadata", "urn:xmpp:mam:2", &Rooms::describe_archive},
        {"get", "vCard", "vcard-temp", &Rooms::show_card},
        {"set", "vCard", "vcard-temp", &Rooms::change_card},
        {"set", "moderate", "urn:xmpp:message-moderate:1", &Rooms::retract},
        {"set", "command", "http://jabber.org/protocol/commands", &Rooms::run_command},
        {"get", "ping", "urn:xmpp:ping", &Rooms::ping},
    };
    for (const auto& entry : entries)
        if (iq.type == entry.type && iq.payload->name() == entry.name && iq.payload->ns() == entry.ns) return entry.handler;
    return nullptr;
}

Task<Reply> Rooms::answer(const StanzaIn& iq) {
    const bool is_info = iq.payload->ns() == "http://jabber.org/protocol/disco#info";
    if (iq.to->local().empty()) {
        if (iq.type == "get" && is_info) co_return co_await describe_service(iq);
        if (iq.type == "get" && iq.payload->ns() == "http://jabber.org/protocol/disco#items") co_return co_await list_rooms(iq);
        if (iq.type == "get" && iq.payload->is({"search", ns_search})) co_return co_await search_rooms(iq);
        if (iq.type == "get" && iq.payload->ns() == "urn:xmpp:ping") co_return std::string();
        co_return refuse(Condition::service_unavailable);
    }
    auto room = find(iq.to->bare());
    if (!room || (room->is_locked && room->affiliation_of(iq.from) != Affiliation::owner))
        co_return refuse(Condition::item_not_found, "There is no such room.");
    const auto handler = handler_of(iq);
    if (!handler) co_return refuse(Condition::service_unavailable);
    co_return co_await (this->*handler)(std::move(room), iq);
}

Task<> Rooms::take_iq(StanzaIn iq) {
    if (iq.type == "result" || iq.type == "error") co_return host_.take_answer(iq);
    Reply reply;
    if (iq.to->is_full()) {
        auto taken = take_iq_for_occupant(std::move(iq));
        co_return co_await taken;
    }
    try {
        auto answered = answer(iq);
        reply = co_await answered;
        if (!reply && is_on_record(iq)) co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml, &reply.error());
    } catch (const NotRecorded& failure) {
        log::error("rooms.not_recorded", {{"cause", failure.what()}});
        reply = std::unexpected(not_recorded());
    } catch (const std::exception& failure) {
        log::error("rooms.request_failed", {{"cause", failure.what()}});
        reply = std::unexpected(not_now());
    }
    host_.reply(iq, reply);
}

/// §14.2: everybody is told that the service goes away; nobody leaves for good.
void Rooms::stop(Home& home) {
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
        if (&host_.home(i) != &home) continue;
        for (const auto& [address, room] : shelves_[i])
            for (const auto* occupant : room->occupants().all()) room->tell(*occupant, {.is_unavailable = true, .codes = {332}});
    }
}

}  // namespace chancery::rooms

namespace chancery {

const Feature rooms_service{
    .name = "rooms",
    .spec = "XEP-0045 1.35.5, XEP-0249 1.2, XEP-0317 0.3.1, XEP-0410 1.1.0, XEP-0421 1.0.1, XEP-0425 0.3.0, XEP-0433 0.1.0",
    .disco = {},
    .account_disco = {},
    .install = [](Host& host) {
        const auto& settings = host.config().rooms;
        if (settings.creators != "everybody" && settings.creators != "administrators")
            throw ConfigError("setting rooms.creators: everybody or administrators is expected");
        if (settings.name.empty()) return;
        const auto address = Jid::parse(settings.name + "." + host.domain());
        if (!address || !address->is_domain()) throw ConfigError("setting rooms.name: " + settings.name + " cannot stand in a domain");
        auto service = std::make_unique<rooms::Rooms>(host, *address);
        rooms::add_oversight(host, *service);
        host.add_service(*address, "Rooms", std::move(service));
    },
};

}  // namespace chancery
