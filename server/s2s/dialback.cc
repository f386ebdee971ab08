#include "s2s/dialback.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::s2s {

DialbackKeys::DialbackKeys(const Key& master) : secret_(to_hex(hash(Hash::sha256, derive_key(master, "dialback").reveal()))) {}

std::string DialbackKeys::of(std::string_view receiving, std::string_view originating, std::string_view id) const {
    std::string text(receiving);
    text.append(" ").append(originating).append(" ").append(id);
    return to_hex(hmac(Hash::sha256, secret_, text));
}

bool DialbackKeys::is_good(std::string_view key, std::string_view receiving, std::string_view originating,
                           std::string_view id) const {
    return constant_time_equal(key, of(receiving, originating, id));
}

}  // namespace chancery::s2s
