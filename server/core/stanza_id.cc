// One AES-256 block: the position and eight zero bytes, by which a made-up id is known.
#include "core/stanza_id.h"

#include <openssl/evp.h>

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

/// Each block of the text by itself.
void cipher_blocks(const Key& key, std::span<const char> blocks, std::span<char> out, bool encrypt) {
    thread_local Prepared prepared[2];
    auto& [ready_key, context] = prepared[encrypt];
    bool good = true;
    if (ready_key != key.reveal()) {
        good = EVP_CipherInit_ex(context.get(), EVP_aes_256_ecb(), nullptr,
                                 reinterpret_cast<const unsigned char*>(key.reveal().data()), nullptr, encrypt) == 1 &&
               EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1;
        ready_key = key.reveal();
    }
    int length = 0;
    good = good && EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                                    reinterpret_cast<const unsigned char*>(blocks.data()), int(blocks.size())) == 1;
    if (!good || length != int(out.size())) throw CryptoError("OpenSSL failed: AES-256-ECB");
}

}  // namespace

StanzaIds::StanzaIds(const Key& master) : key_(derive_key(master, "stanza-id")) {}

std::string StanzaIds::of(std::uint64_t position) const {
    std::array<char, block_size> block{}, id;
    std::memcpy(block.data(), &position, sizeof position);
    cipher_blocks(key_, block, id, true);
    return to_hex({id.data(), id.size()});
}

std::string StanzaIds::of_each(std::span<const std::uint64_t> positions) const {
    std::string blocks(positions.size() * block_size, '\0'), ids = blocks;
    for (std::size_t i = 0; i < positions.size(); ++i) std::memcpy(blocks.data() + i * block_size, &positions[i], sizeof positions[i]);
    if (!positions.empty()) cipher_blocks(key_, blocks, ids, true);
    return to_hex(ids);
}

std::optional<std::uint64_t> StanzaIds::position(std::string_view id) const {
    const auto sealed = from_hex(id);
    if (!sealed || sealed->size() != block_size) return std::nullopt;
    std::array<char, block_size> block;
    cipher_blocks(key_, *sealed, block, false);
    if (get<std::uint64_t>(block.data() + 8) != 0) return std::nullopt;
    return get<std::uint64_t>(block.data());
}

}  // namespace chancery
