#include "archive/block_cipher.h"

#include <algorithm>
#include <cstring>

#include "base/crypto.h"

namespace chancery::archive {

BlockCipher::BlockCipher(const Key& key) : context_(EVP_CIPHER_CTX_new()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(key.reveal().data());
    if (!context_ || EVP_EncryptInit_ex(context_.get(), EVP_aes_256_ecb(), nullptr, bytes, nullptr) != 1)
        throw CryptoError("AES-256 is not available");
    EVP_CIPHER_CTX_set_padding(context_.get(), 0);
}

BlockCipher::Block BlockCipher::encrypt(const Block& block) {
    Block out;
    int written = 0;
    if (EVP_EncryptUpdate(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &written,
                          reinterpret_cast<const unsigned char*>(block.data()), block.size()) != 1)
        throw CryptoError("AES-256 failed");
    return out;
}

std::uint64_t BlockCipher::mac(std::string_view text) {
    Block chain{};
    const auto size = static_cast<std::uint32_t>(text.size());
    std::memcpy(chain.data(), &size, sizeof size);
    auto at = sizeof size;  // the first block holds the length and the beginning of the text
    for (;;) {
        const auto part = std::min(text.size(), chain.size() - at);
        for (std::size_t i = 0; i < part; ++i) chain[at + i] ^= text[i];
        text.remove_prefix(part);
        chain = encrypt(chain);
        if (text.empty()) break;
        at = 0;
    }
    std::uint64_t value;
    std::memcpy(&value, chain.data(), sizeof value);
    return value;
}

}  // namespace chancery::archive
