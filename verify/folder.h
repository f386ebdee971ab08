// Checks a whole journal folder with the public key alone: every record, every checkpoint.
#pragma once
#include "proof.h"

namespace chancery::verify {

/// Says on standard output what is damaged, one line each, and the sum. @throws Unreadable
Outcome check_folder(const std::string& folder, const PublicKey& key);

}  // namespace chancery::verify
