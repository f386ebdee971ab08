// Keys for session tickets: made at random, changed by time, never stored. Used on every shard.
#pragma once
#include <openssl/types.h>

#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/secret.h"

namespace chancery::net {

class TicketKeys {
  public:
    using Instant = std::chrono::steady_clock::time_point;

    /// A key seals for `seals` and opens for as long again: no ticket lives longer than `seals`.
    static constexpr auto seals = std::chrono::hours(6);

    struct Entry {
        std::array<char, 16> name;
        Key cipher, mac;
        Instant made;
    };
    struct Found {
        Entry entry;
        bool is_current;
    };

    explicit TicketKeys(Instant now);

    Entry current(Instant now);
    std::optional<Found> find(std::string_view name, Instant now);

    /// For SSL_CTX_set_tlsext_ticket_key_evp_cb: its contract and return values.
    static constexpr int failed = -1, unknown = 0, use = 1, use_and_renew = 2;
    int prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool seal);

  private:
    static Entry make(Instant now);
    void rotate(Instant now);

    std::mutex guard_;
    Entry current_;
    std::optional<Entry> previous_;
};

}  // namespace chancery::net
