#include "net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "base/crypto.h"

namespace chancery::net {

TicketKeys::TicketKeys(Instant now) : current_(make(now)) {}

TicketKeys::Entry TicketKeys::make(Instant now) {
    Entry entry{.cipher = Key::random(), .mac = Key::random(), .made = now};
    fill_random(entry.name.data(), entry.name.size());
    return entry;
}

void TicketKeys::rotate(Instant now) {
    if (now - current_.made < seals) return;
    const bool still_opens = now - current_.made < 2 * seals;
    previous_ = still_opens ? std::optional(current_) : std::nullopt;
    current_ = make(now);
}

TicketKeys::Entry TicketKeys::current(Instant now) {
    const std::lock_guard lock(guard_);
    rotate(now);
    return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(std::string_view name, Instant now) {
    const std::lock_guard lock(guard_);
    rotate(now);
    const auto is_named = [&](const Entry& entry) {
        return name == std::string_view(entry.name.data(), entry.name.size());
    };
    if (is_named(current_)) return Found{current_, true};
    if (previous_ && is_named(*previous_) && now - previous_->made < 2 * seals)
        return Found{*previous_, false};
    return {};
}

int TicketKeys::prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                        bool seal) {
    const auto now = std::chrono::steady_clock::now();
    const auto bytes = [](const Key& key) {
        return reinterpret_cast<const unsigned char*>(key.reveal().data());
    };
    constexpr std::size_t name_size = 16;
    Found found{{}, true};
    if (seal) {
        found.entry = current(now);
        std::ranges::copy(found.entry.name, name);
        fill_random(reinterpret_cast<char*>(iv), EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
    } else if (auto known = find({reinterpret_cast<const char*>(name), name_size}, now)) {
        found = *known;
    } else {
        return unknown;
    }
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                          const_cast<unsigned char*>(bytes(found.entry.mac)), Key::size),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    const bool ready =
        EVP_MAC_CTX_set_params(mac, parameters) &&
        EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, bytes(found.entry.cipher), iv, seal);
    if (!ready) return failed;
    return found.is_current ? use : use_and_renew;
}

}  // namespace chancery::net
