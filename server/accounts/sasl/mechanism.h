// The SASL mechanisms that we serve, and which of them are offered.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/sasl/channel_binding.h"
#include "base/crypto.h"

namespace chancery::sasl {

/// In order of strength: what binds to the channel first.
enum class Mechanism {
    scram_sha512_plus,
    scram_sha256_plus,
    scram_sha1_plus,
    scram_sha512,
    scram_sha256,
    scram_sha1,
    plain,
};

/// The registered name: "SCRAM-SHA-256-PLUS".
std::string_view name(Mechanism mechanism);
std::optional<Mechanism> find_mechanism(std::string_view name);
/// Whether it binds to the TLS channel.
bool is_plus(Mechanism mechanism);

/// What the configuration permits. SCRAM-SHA-256 is always offered.
struct Policy {
    bool scram_sha512 = false;
    bool scram_sha1 = false;
    bool plain = false;
};

/// What to offer on a connection, strongest first; -PLUS where a binding is available.
std::vector<Mechanism> mechanisms(const Policy& policy, const ChannelBindings& bindings);

/// The hashes that accounts have keys of (Accounts::Options::hashes). SHA-1's cost little, and old clients may be let in later.
std::vector<Hash> hashes(const Policy& policy);

}  // namespace chancery::sasl
