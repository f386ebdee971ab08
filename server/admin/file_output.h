// A file of the store, written out in plain for a records officer.
#pragma once
#include <filesystem>
#include <string>

#include "admin/admin.h"

namespace chancery::admin {

/// `found`: what "archive file" has answered. `out`: a path where nothing is yet, or - for standard output.
/// @throws AdminError  also when the bytes are not those that were uploaded
void write_file(const std::filesystem::path& store, const Key& key_encryption_key, const json& found, const std::string& out);

}  // namespace chancery::admin
