// One AES-256 block: the position and eight zero bytes, by which a made-up id is known.
#include "core/stanza_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery {
namespace {

constexpr std::size_t block_size = 16;

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// A thread's prepared cipher: setting up a key costs twenty times as much as enciphering one block.
struct Prepared {
    std::string key;
    std::unique_ptr<EVP_CIPHER_CTX, Free> context{EVP_CIPHER_CTX_new()};
};

using Block = std::array<char, block_size>;

Block one_block(const Key& key, std::string_view block, bool encrypt) {
    thread_local Prepared prepared[2];
    auto& [ready_key, context] = prepared[encrypt];
    bool good = true;
    if (ready_key != key.reveal()) {
        good = EVP_CipherInit_ex(context.get(), EVP_aes_256_ecb(), nullptr,
                                 reinterpret_cast<const unsigned char*>(key.reveal().data()), nullptr, encrypt) == 1 &&
               EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1;
        ready_key = key.reveal();
    }
    std::array<char, block_size * 2> out;  // room for the block that padding would add
    int length = 0;
    good = good && EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                                    reinterpret_cast<const unsigned char*>(block.data()), block_size) == 1;
    if (!good || length != block_size) throw CryptoError("OpenSSL failed: AES-256-ECB");
    Block result;
    std::copy_n(out.begin(), block_size, result.begin());
    return result;
}

}  // namespace

StanzaIds::StanzaIds(const Key& master) : key_(derive_key(master, "stanza-id")) {}

std::string StanzaIds::of(std::uint64_t position) const {
    Block block{};
    std::memcpy(block.data(), &position, sizeof position);
    const auto id = one_block(key_, {block.data(), block.size()}, true);
    return to_hex({id.data(), id.size()});
}

std::optional<std::uint64_t> StanzaIds::position(std::string_view id) const {
    const auto sealed = from_hex(id);
    if (!sealed || sealed->size() != block_size) return std::nullopt;
    const auto block = one_block(key_, *sealed, false);
    if (get<std::uint64_t>(block.data() + 8) != 0) return std::nullopt;
    return get<std::uint64_t>(block.data());
}

}  // namespace chancery
