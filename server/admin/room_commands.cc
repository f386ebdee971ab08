// Rooms: which there are and who owns them; an owner for a room that has none. By the commands that administrators have in a client
// (features/rooms/oversight.cc).

#include "admin/commands.h"
#include "admin/in_server.h"

namespace chancery::admin {
namespace {

constexpr std::string_view list_node = "urn:chancery:rooms:0#list", owner_node = "urn:chancery:rooms:0#owner";
constexpr xml::Limits limits_of_list{.element_bytes = std::size_t{4} << 30, .elements = 100'000'000};  // of a million rooms

std::string ask(Context& context, std::string_view node, const DataForm& form) {
    auto reply = run_in_server(*context.host, node, form.to_element());
    if (!reply) throw AdminError(reply.error().text + (node == owner_node ? " See: chancery room list" : ""));
    return std::move(*reply);
}

void check_that_there_are_rooms(const Context& context) {
    if (!context.host) throw AdminError("No server runs here. Start it first: chancery serve --data " + context.data.string());
    if (context.config.rooms.name.empty()) throw AdminError("This server has no rooms: the setting rooms.name is empty.");
}

json describe(const xml::Element& item) {
    json room = {{"owners", json::array()}};
    for (const auto& field : item.children())
        for (const auto& value : field.children()) {
            const auto var = std::string(field.attribute("var"));
            if (var == "owners") room[var].push_back(value.text());
            else if (var == "occupants") room[var] = std::stoul(value.text());
            else room[var] = value.text();
        }
    return room;
}

}  // namespace

json list_rooms(Context& context, const json& request) {
    check_that_there_are_rooms(context);
    DataForm form("submit", {});
    form.add("without_owner", request.value("without_owner", false) ? "1" : "0");
    const auto table = xml::Element::parse(ask(context, list_node, form), limits_of_list);
    if (!table) throw AdminError("The server's list of rooms cannot be read.");
    json rooms = json::array();
    for (const auto& item : table->children())
        if (item.name() == "item") rooms.push_back(describe(item));
    return {{"rooms", rooms}};
}

json make_room_owner(Context& context, const json& request) {
    check_that_there_are_rooms(context);
    const auto name = request.at("name").get<std::string>();
    const auto account = account_named(context, name);
    if (!account) throw AdminError(name + ": there is no such account. See: chancery user list");
    auto room = request.at("room").get<std::string>();
    if (!room.contains('@')) room += "@" + context.config.rooms.name + "." + context.config.domain;
    DataForm form("submit", {});
    form.add("room", room).add("owner", *account + "@" + context.config.domain);
    ask(context, owner_node, form);
    return {{"room", room}, {"owner", *account}};
}

}  // namespace chancery::admin
