#include "load/scram.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace chancery::load {
namespace {

std::string_view field(std::string_view message, std::string_view key) {
    for (std::size_t at = 0; at < message.size();) {
        const auto end = std::min(message.find(',', at), message.size());
        const auto part = message.substr(at, end - at);
        if (part.starts_with(key)) return part.substr(key.size());
        at = end + 1;
    }
    return {};
}

}  // namespace

const ScramCache::Keys& ScramCache::keys(Hash algorithm, std::string_view user, std::string_view password,
                                         std::string_view salt, int iterations) {
    std::string name = std::to_string(static_cast<int>(algorithm)) + ' ' + std::to_string(iterations) + ' ';
    name.append(user).append(1, '\0').append(password).append(1, '\0').append(salt);
    auto& keys = keys_[name];
    if (keys.stored.empty()) {
        const auto salted = pbkdf2(algorithm, password, salt, iterations);
        keys.client = hmac(algorithm, salted, "Client Key");
        keys.stored = hash(algorithm, keys.client);
        keys.server = hmac(algorithm, salted, "Server Key");
    }
    return keys;
}

Scram::Scram(ScramCache& cache, Hash algorithm, std::string user, std::string password, std::string nonce)
    : cache_(cache),
      algorithm_(algorithm),
      user_(std::move(user)),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      bare_("n=" + user_ + ",r=" + nonce_) {}

std::optional<std::string> Scram::last(std::string_view challenge) {
    const auto nonce = field(challenge, "r="), count = field(challenge, "i=");
    const auto salt = from_base64(field(challenge, "s="));
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (!nonce.starts_with(nonce_) || !salt || iterations < 1 || iterations > 1'000'000) return std::nullopt;

    const auto& keys = cache_.keys(algorithm_, user_, password_, *salt, iterations);
    const std::string without_proof = "c=biws,r=" + std::string(nonce);
    const std::string all = bare_ + ',' + std::string(challenge) + ',' + without_proof;
    auto proof = hmac(algorithm_, keys.stored, all);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ keys.client[i]);
    proof_of_server_ = "v=" + to_base64(hmac(algorithm_, keys.server, all));
    return without_proof + ",p=" + to_base64(proof);
}

bool Scram::is_from_server(std::string_view final) const {
    return !proof_of_server_.empty() && final == proof_of_server_;
}

}  // namespace chancery::load
