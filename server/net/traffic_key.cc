#include "net/traffic_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "base/crypto.h"

namespace chancery::net {
namespace {

struct Algorithms {
    std::uint16_t number;
    const char* cipher;
    const char* digest;
    std::size_t key_size, secret_size;
};

/// In the order of Suite.
constexpr Algorithms algorithms[] = {{0x1301, "AES-128-GCM", "SHA256", 16, 32},
                                     {0x1302, "AES-256-GCM", "SHA384", 32, 48},
                                     {0x1303, "ChaCha20-Poly1305", "SHA256", 32, 32}};

const Algorithms& of(Suite suite) { return algorithms[static_cast<std::size_t>(suite)]; }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void require(bool success, const char* what) {
    if (!success) throw CryptoError(std::string("OpenSSL failed: ") + what);
}

/// One cipher, for one direction, with the key it was used with last.
class ThreadCipher {
  public:
    ThreadCipher(Suite suite, bool seals) : seals_(seals) {
        const std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> cipher(EVP_CIPHER_fetch(nullptr, of(suite).cipher, nullptr),
                                                                             EVP_CIPHER_free);
        require(context_ && cipher && EVP_CipherInit_ex2(context_.get(), cipher.get(), nullptr, nullptr, seals_, nullptr) == 1, of(suite).cipher);
    }
    ~ThreadCipher() { OPENSSL_cleanse(key_.data(), key_.size()); }
    ThreadCipher(const ThreadCipher&) = delete;
    ThreadCipher& operator=(const ThreadCipher&) = delete;

    /// Ready for one record.
    EVP_CIPHER_CTX* prepare(const std::array<char, Key::size>& key, const unsigned char* nonce) {
        const bool same = has_key_ && CRYPTO_memcmp(key_.data(), key.data(), key.size()) == 0;
        const auto* change = same ? nullptr : reinterpret_cast<const unsigned char*>(key.data());
        has_key_ = EVP_CipherInit_ex2(context_.get(), nullptr, change, nonce, seals_, nullptr) == 1;
        require(has_key_, "a record's key");
        key_ = key;
        return context_.get();
    }

  private:
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
    const bool seals_;
    bool has_key_ = false;
    std::array<char, Key::size> key_{};
};

template <bool seals>
ThreadCipher& thread_cipher(Suite suite) {
    thread_local std::array<std::unique_ptr<ThreadCipher>, std::size(algorithms)> ciphers;
    auto& cipher = ciphers[static_cast<std::size_t>(suite)];
    if (!cipher) cipher = std::make_unique<ThreadCipher>(suite, seals);
    return *cipher;
}

/// HKDF-Expand-Label of RFC 8446 §7.1, without context.
void expand_label(Suite suite, std::string_view secret, std::string_view label, char* out, std::size_t size) {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr);
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(algorithm ? EVP_KDF_CTX_new(algorithm) : nullptr, EVP_KDF_CTX_free);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const auto octets = [](const char* name, std::string_view value) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
    };
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(of(suite).digest), 0),
                                     OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                                     octets(OSSL_KDF_PARAM_KEY, secret),
                                     octets(OSSL_KDF_PARAM_PREFIX, "tls13 "),
                                     octets(OSSL_KDF_PARAM_LABEL, label),
                                     OSSL_PARAM_construct_end()};
    require(context && EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out), size, parameters) == 1, "a traffic key");
}

}  // namespace

std::optional<Suite> suite_of(std::uint16_t number) {
    for (std::size_t i = 0; i < std::size(algorithms); ++i)
        if (algorithms[i].number == number) return static_cast<Suite>(i);
    return std::nullopt;
}

std::size_t secret_size(Suite suite) { return of(suite).secret_size; }

TrafficKey::TrafficKey(Suite suite, std::string_view secret, std::uint64_t sequence) : suite_(suite), sequence_(sequence) {
    require(secret.size() == secret_size(suite), "a traffic secret of another length");
    secret.copy(secret_.data(), secret_.size());
    derive();
}

TrafficKey::~TrafficKey() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
    OPENSSL_cleanse(key_.data(), key_.size());
    OPENSSL_cleanse(iv_.data(), iv_.size());
}

void TrafficKey::derive() {
    expand_label(suite_, secret(), "key", key_.data(), of(suite_).key_size);
    expand_label(suite_, secret(), "iv", iv_.data(), iv_.size());
}

void TrafficKey::update() {
    // It reads all of the old before it writes the new.
    expand_label(suite_, secret(), "traffic upd", secret_.data(), secret_size(suite_));
    derive();
    sequence_ = 0;
}

/// §5.3: the IV, its last eight bytes mixed with the number of the record.
std::array<unsigned char, TrafficKey::nonce_size> TrafficKey::next_nonce() {
    std::array<unsigned char, nonce_size> nonce;
    const auto number = sequence_++;
    for (std::size_t i = 0; i < nonce_size; ++i) {
        const auto from_end = nonce_size - 1 - i;
        nonce[i] = static_cast<unsigned char>(iv_[i]) ^ (from_end < sizeof number ? static_cast<unsigned char>(number >> (8 * from_end)) : 0);
    }
    return nonce;
}

void TrafficKey::seal(ContentType type, std::string_view content, std::string& out) {
    const auto nonce = next_nonce();
    auto* context = thread_cipher<true>(suite_).prepare(key_, nonce.data());
    const auto protected_size = content.size() + 1 + tag_size;
    const auto at = out.size();
    out.resize(at + header_size + protected_size);
    auto* record = reinterpret_cast<unsigned char*>(out.data() + at);
    record[0] = static_cast<unsigned char>(ContentType::application_data);
    record[1] = record[2] = 3;  // legacy_record_version
    record[3] = static_cast<unsigned char>(protected_size >> 8);
    record[4] = static_cast<unsigned char>(protected_size);

    auto* inner = record + header_size;  // sealed where it stands
    content.copy(reinterpret_cast<char*>(inner), content.size());
    inner[content.size()] = static_cast<unsigned char>(type);
    const auto inner_size = static_cast<int>(content.size() + 1);
    int size = 0;
    const bool good = EVP_EncryptUpdate(context, nullptr, &size, record, header_size) == 1 &&
                      EVP_EncryptUpdate(context, inner, &size, inner, inner_size) == 1 &&
                      EVP_EncryptFinal_ex(context, inner + inner_size, &size) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, inner + inner_size) == 1;
    if (!good) {  // nothing that is not sealed stands in what goes out
        OPENSSL_cleanse(record, header_size + protected_size);
        out.resize(at);
    }
    require(good, "sealing a record");
}

std::optional<std::size_t> TrafficKey::open(std::string_view record, char* out) {
    const auto sealed = record.substr(header_size, record.size() - header_size - tag_size);
    std::array<char, tag_size> tag;  // OpenSSL does not take it as const
    record.copy(tag.data(), tag_size, record.size() - tag_size);
    const auto nonce = next_nonce();
    auto* context = thread_cipher<false>(suite_).prepare(key_, nonce.data());
    auto* to = reinterpret_cast<unsigned char*>(out);
    int size = 0;
    const bool good = EVP_DecryptUpdate(context, nullptr, &size, bytes_of(record), header_size) == 1 &&
                      EVP_DecryptUpdate(context, to, &size, bytes_of(sealed), static_cast<int>(sealed.size())) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1;
    require(good, "opening a record");
    if (EVP_DecryptFinal_ex(context, to + sealed.size(), &size) != 1) return std::nullopt;
    return sealed.size();
}

}  // namespace chancery::net
