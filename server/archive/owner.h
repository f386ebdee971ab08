// Names for people that name nobody: keyed hashes of bare addresses, for the index and for the journal's keys.
//
// Used on every thread: each keeps a bounded cache of its own, because the hash is asked for twice for each message.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/secret.h"
#include "xmpp/jid.h"

namespace chancery::archive {

/// HMAC-SHA-256 of a bare address, first 8 bytes. 0 stands for nobody and is never the hash of an address.
using Owner = std::uint64_t;
inline constexpr Owner nobody = 0;

/// What the journal finds a conversation's key by: journal::ConversationId{conversation(a, b)}.
using Conversation = std::array<char, 16>;

class Owners {
  public:
    explicit Owners(const Key& key_encryption_key);

    Owner of(const Jid& jid) const { return of(jid.bare_text()); }
    /// `bare` must be an address in canonical form without resource.
    Owner of(std::string_view bare) const;

    /// The same for (a, b) and (b, a). Sixteen bytes of AES-256 over the ordered pair: two pairs never collide.
    Conversation conversation(Owner a, Owner b) const;

  private:
    Owner compute(std::string_view bare) const;

    const std::uint64_t instance_;  // tells this object's entries in a thread's cache from another's
    const Key owner_key_, conversation_key_;
};

}  // namespace chancery::archive
