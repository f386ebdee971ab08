#include "accounts/sasl/plain.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace chancery::sasl {

// message = [authzid] NUL authcid NUL passwd (RFC 4616 §2)
Task<Step> Plain::receive(std::string message) {
    const auto first = std::min(message.find('\0'), message.size());
    const auto second = std::min(message.find('\0', first + 1), message.size());
    const bool is_well_formed = first + 1 < second && second + 1 < message.size() &&
                                message.find('\0', second + 1) == std::string::npos;
    if (!is_well_formed) co_return Failure{Condition::malformed_request, "Not a message of PLAIN."};

    const auto authzid = message.substr(0, first);
    auto name = message.substr(first + 1, second - first - 1);
    Secret password(message.substr(second + 1));
    OPENSSL_cleanse(message.data(), message.size());
    if (auto failure = check_authzid(authzid, name, context_))
        co_return std::move(*failure);

    auto account = co_await context_.authenticator.check_password(std::move(name), std::move(password),
                                                                  context_.address);
    if (!account) co_return std::move(account.error());
    co_return Success{std::move(*account), ""};
}

}  // namespace chancery::sasl
