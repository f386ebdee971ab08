#include "archive/owner.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/block_cipher.h"
#include "base/crypto.h"

namespace chancery::archive {
namespace {

constexpr std::size_t cache_size = 8'192;  // addresses that one thread sees again and again; about 700 KB when full

struct Cached {
    std::uint64_t instance = 0;
    Owner owner = nobody;
    std::string bare;
};

std::uint64_t next_instance() {
    static std::atomic<std::uint64_t> last = 0;  // names objects, so that a thread's cache outlives none of them
    return ++last;
}

Cached& slot_of(std::string_view bare) {
    thread_local std::vector<Cached> slots(cache_size);
    return slots[std::hash<std::string_view>()(bare) % cache_size];
}

BlockCipher& cipher_of(std::uint64_t instance, const Key& key) {
    thread_local std::uint64_t whose = 0;
    thread_local std::unique_ptr<BlockCipher> cipher;
    if (whose != instance) cipher = std::make_unique<BlockCipher>(key), whose = instance;
    return *cipher;
}

}  // namespace

Owners::Owners(const Key& key_encryption_key)
    : instance_(next_instance()),
      owner_key_(derive_key(key_encryption_key, "chancery archive owners 1")),
      conversation_key_(derive_key(key_encryption_key, "chancery archive conversations 1")) {}

Owner Owners::of(std::string_view bare) const {
    auto& cached = slot_of(bare);
    if (cached.instance == instance_ && cached.bare == bare) return cached.owner;
    cached = {.instance = instance_, .owner = compute(bare), .bare = std::string(bare)};
    return cached.owner;
}

Owner Owners::compute(std::string_view bare) const {
    const auto digest = hmac(Hash::sha256, owner_key_.reveal(), bare);
    Owner owner;
    std::memcpy(&owner, digest.data(), sizeof owner);
    return std::max<Owner>(owner, 1);
}

Conversation Owners::conversation(Owner a, Owner b) const {
    BlockCipher::Block pair;
    const auto [low, high] = std::minmax(a, b);
    std::memcpy(pair.data(), &low, sizeof low);
    std::memcpy(pair.data() + sizeof low, &high, sizeof high);
    return cipher_of(instance_, conversation_key_).encrypt(pair);
}

}  // namespace chancery::archive
