#include "accounts/sasl/mechanism.h"

#include <array>
#include <cstdlib>

namespace chancery::sasl {
namespace {

constexpr std::array<std::string_view, 7> names{
    "SCRAM-SHA-512-PLUS",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-512",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "PLAIN",
};

bool is_permitted(Mechanism mechanism, const Policy& policy) {
    switch (mechanism) {
        case Mechanism::scram_sha512_plus:
        case Mechanism::scram_sha512: return policy.scram_sha512;
        case Mechanism::scram_sha256_plus:
        case Mechanism::scram_sha256: return true;
        case Mechanism::scram_sha1_plus:
        case Mechanism::scram_sha1: return policy.scram_sha1;
        case Mechanism::plain: return policy.plain;
    }
    std::abort();
}

}  // namespace

std::string_view name(Mechanism mechanism) { return names[static_cast<std::size_t>(mechanism)]; }

std::optional<Mechanism> find_mechanism(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Mechanism>(i);
    return std::nullopt;
}

bool is_plus(Mechanism mechanism) { return mechanism <= Mechanism::scram_sha1_plus; }

std::vector<Mechanism> mechanisms(const Policy& policy, const ChannelBindings& bindings) {
    const bool can_bind = !bindings.types().empty();
    std::vector<Mechanism> offered;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto mechanism = static_cast<Mechanism>(i);
        if (is_permitted(mechanism, policy) && (can_bind || !is_plus(mechanism)))
            offered.push_back(mechanism);
    }
    return offered;
}

std::vector<Hash> hashes(const Policy& policy) {
    std::vector<Hash> kept{Hash::sha256, Hash::sha1};
    if (policy.scram_sha512) kept.push_back(Hash::sha512);
    return kept;
}

}  // namespace chancery::sasl
