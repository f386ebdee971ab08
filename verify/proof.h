// Checks one proof, or one checkpoint, with the public key alone.
#pragma once
#include "text.h"

namespace chancery::verify {

enum Outcome : int { good = 0, bad = 1 };

/// RFC 9162 §2.1.1.
Digest leaf_hash(std::string_view record);
Digest parent_hash(const Digest& left, const Digest& right);

/// Each says on standard output what holds and what does not. @throws Unreadable
Outcome check_checkpoint(const std::string& text, const PublicKey& key);
Outcome check_proof(const std::string& json, const PublicKey& key);

}  // namespace chancery::verify
