// The commands, by the file that has them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "admin/admin.h"

namespace chancery::admin {

json add_user(Context&, const json&);
json import_users(Context&, const json&);
json list_users(Context&, const json&);
json disable_user(Context&, const json&);
json enable_user(Context&, const json&);
json remove_user(Context&, const json&);
json release_name(Context&, const json&);
json set_password(Context&, const json&);
json add_group(Context&, const json&);
json remove_group(Context&, const json&);
json list_groups(Context&, const json&);
json show_group(Context&, const json&);
json add_members(Context&, const json&);
json remove_members(Context&, const json&);
json list_rooms(Context&, const json&);
json make_room_owner(Context&, const json&);
json send_message(Context&, const json&);
json search_archive(Context&, const json&);
json show_record(Context&, const json&);
json verify_archive(Context&, const json&);
json sign_checkpoint(Context&, const json&);
json prove(Context&, const json&);
json rebuild_index(Context&, const json&);
json find_file(Context&, const json&);
json remove_file(Context&, const json&);
json status(Context&, const json&);
json doctor(Context&, const json&);
json publish(Context&, const json&);

/// People are named as alice or as alice@DOMAIN, if the domain is ours: the part before the @.
std::string local_part(const Context& context, std::string name);
/// The name of the account that is meant so; nothing when there is none.
std::optional<std::string> account_named(const Context& context, const std::string& name);
/// @throws AdminError  there is no such group; it says which there are
Group group_named(const Context& context, const std::string& name);
/// The files that a message shares, as the records officer sees them.
json files_in(const Context& context, std::string_view stanza);
/// What is recorded of a file, in a sentence.
std::string say_file_act(xml::View act);
/// Whether files are scanned for viruses now, and by what: {"scanner": …, "trouble": …}.
json scanner_state(const Config& config);

}  // namespace chancery::admin
