// What is kept of a password: for each SCRAM hash, salt, count and two keys that verify but do not log in.
//
// RFC 5802 §3: who steals StoredKey and ServerKey can try passwords against them and can pose as the server,
// but cannot sign in with them.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"

namespace chancery {

struct ScramKeys {
    std::string salt;
    int iterations = 0;
    std::string stored_key, server_key;
    bool operator==(const ScramKeys&) const = default;
};

/// The keys of one password under one hash. Milliseconds: for workers. `password` is prepared
/// (precis::opaque_string).
ScramKeys derive_scram_keys(Hash hash, std::string_view password, std::string salt, int iterations);

/// The same from the SaltedPassword (RFC 5802 §3), which a client has derived.
ScramKeys scram_keys_of(Hash hash, std::string_view salted_password, std::string salt, int iterations);
/// How many bytes a SaltedPassword under the hash has.
std::size_t salted_password_size(Hash hash);
/// A new salt for somebody's keys.
std::string new_salt();

/// Whether the ClientProof (RFC 5802 §3) over the AuthMessage was made by who knows the password. The time it
/// takes does not depend on the answer.
bool is_right_proof(Hash hash, const ScramKeys& keys, std::string_view auth_message, std::string_view proof);
/// ServerSignature, by which the client knows that the server has the keys.
std::string server_signature(Hash hash, const ScramKeys& keys, std::string_view auth_message);

/// The keys of one account, by hash, as one value that is sealed at rest.
class Credentials {
  public:
    /// Derives keys with a random salt for each hash. Milliseconds for each: for workers.
    static Credentials derive(std::string_view password, std::span<const Hash> hashes, int iterations);
    /// From pack(); nothing when it is not that.
    static std::optional<Credentials> unpack(std::string_view packed);
    std::string pack() const;

    const ScramKeys* find(Hash hash) const;
    void set(Hash hash, ScramKeys keys);

  private:
    struct Entry {
        Hash hash;
        ScramKeys keys;
    };
    std::vector<Entry> entries_;
};

}  // namespace chancery
