#include "admin/admin.h"

#include "admin/commands.h"

namespace chancery::admin {

const std::vector<Command>& all_commands() {
    static const std::vector<Command> commands{
        {"user add", add_user, true},
        {"user import", import_users, true},
        {"user list", list_users},
        {"user disable", disable_user, true},
        {"user enable", enable_user, true},
        {"user remove", remove_user, true},
        {"user release", release_name, true},
        {"user password", set_password, true},
        {"group add", add_group, true},
        {"group remove", remove_group, true},
        {"group list", list_groups},
        {"group show", show_group},
        {"group member add", add_members, true},
        {"group member remove", remove_members, true},
        {"room list", list_rooms},
        {"room owner", make_room_owner, true},
        {"send", send_message, true},
        {"archive search", search_archive, true},
        {"archive show", show_record, true},
        {"archive verify", verify_archive},
        {"archive checkpoint", sign_checkpoint},
        {"archive prove", prove},
        {"archive rebuild", rebuild_index, true},
        {"archive file", find_file, true},
        {"file remove", remove_file, true},
        {"status", status},
        {"doctor", doctor},
        {"federation publish", publish},
    };
    return commands;
}

namespace {

/// The request as it goes on the record: without what must stay secret or is too long to be read.
std::string recordable(json request) {
    request.erase("password");
    request.erase("body");  // the messages are records themselves, under keys that can be destroyed
    if (request.contains("people")) request["people"] = request["people"].size();
    return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

void record(Context& context, const json& request) {
    const auto domain = *Jid::parse(context.config.domain);
    const auto text = "<admin xmlns='urn:chancery:admin:0' actor='" + xml::escape(context.actor, xml::Place::attribute) + "'>" +
                      xml::escape(recordable(request)) + "</admin>";
    try {
        context.recorder.record_now({.kind = journal::Kind::admin, .record = {.from = domain.text(), .to = domain.text(), .stanza = text}});
    } catch (const NotRecorded& failure) {
        throw AdminError(std::string("Not done, because the archive cannot record it: ") + failure.what());
    }
}

}  // namespace

json run(Context& context, const json& request) {
    const auto name = request.at("command").get<std::string>();
    for (const auto& command : all_commands()) {
        if (command.name != name) continue;
        if (command.recorded) record(context, request);
        return command.run(context, request);
    }
    throw AdminError("There is no command " + name + ".");
}

}  // namespace chancery::admin
