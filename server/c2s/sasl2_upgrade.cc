// XEP-0480: SASL Upgrade Tasks 0.2.0 for SCRAM: a client that has signed in with its password hands over what an account
// needs for another hash of it. The password itself is never sent.

#include <openssl/crypto.h>

#include <algorithm>

#include "base/bytes.h"
#include "c2s/sasl2.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view profile = "urn:xmpp:sasl:2", scram = "urn:xmpp:scram-upgrade:0";

/// Whether the account has keys under the hash, made with as many rounds as new ones are.
bool has_keys(const Accounts& accounts, std::string_view name, Hash hash) {
    const auto credentials = accounts.credentials(name);
    const auto* keys = credentials ? credentials->find(hash) : nullptr;
    return keys && keys->iterations >= accounts.options().iterations;
}

sasl::Failure malformed(std::string text) { return {sasl::Condition::malformed_request, std::move(text)}; }

/// The client's next word in the task, or that it gives up.
Task<std::optional<sasl::Failure>> hear(Service& service, XmlStream& stream, std::string_view expected) {
    if (co_await stream.next(login_limit(service)) == xml::Event::footer) throw StreamEnded();
    if (stream.root().is({"abort", profile})) co_return sasl::Failure{sasl::Condition::aborted, {}};
    if (!stream.root().is({expected, profile})) refuse_element(stream.root());
    co_return std::nullopt;
}

Task<Result<void, sasl::Failure>> upgrade_to(Service& service, XmlStream& stream, std::string name, Hash hash, std::string& data) {
    const auto task = upgrade_task(hash);
    std::string told = "<continue xmlns='urn:xmpp:sasl:2'>";
    if (!data.empty()) told += "<additional-data>" + to_base64(std::exchange(data, {})) + "</additional-data>";
    stream.write(told + "<tasks><task>" + task + "</task></tasks></continue>");

    if (auto failure = co_await hear(service, stream, "next")) co_return std::unexpected(std::move(*failure));
    if (stream.root().attribute("task") != task) co_return std::unexpected(malformed("That is not the task that was set."));
    auto& accounts = service.host().accounts();
    auto salt = new_salt();
    const auto iterations = accounts.options().iterations;
    stream.write("<task-data xmlns='urn:xmpp:sasl:2'><salt xmlns='urn:xmpp:scram-upgrade:0' iterations='" +
                 std::to_string(iterations) + "'>" + to_base64(salt) + "</salt></task-data>");

    if (auto failure = co_await hear(service, stream, "task-data")) co_return std::unexpected(std::move(*failure));
    auto salted = decode(stream.root().child({"hash", scram}).text());
    if (!salted) co_return std::unexpected(salted.error());
    if (salted->size() != salted_password_size(hash)) co_return std::unexpected(malformed("That is not a salted password."));
    stream.keep();
    auto keys = scram_keys_of(hash, *salted, std::move(salt), iterations);
    OPENSSL_cleanse(salted->data(), salted->size());
    const auto done = co_await accounts.add_keys(name, hash, std::move(keys));
    if (!done) co_return std::unexpected(sasl::Failure{sasl::Condition::not_authorized, "The account is gone."});
    log::info("sign_in.upgraded", {{"name", name}, {"task", task}});
    co_return Result<void, sasl::Failure>();
}

}  // namespace

std::string upgrade_task(Hash hash) {
    switch (hash) {
        case Hash::sha1: return "UPGR-SCRAM-SHA-1";
        case Hash::sha256: return "UPGR-SCRAM-SHA-256";
        case Hash::sha512: return "UPGR-SCRAM-SHA-512";
    }
    std::abort();
}

Task<Result<void, sasl::Failure>> upgrade(Service& service, XmlStream& stream, const Offered& offered,
                                          const Account& account, const std::vector<std::string>& tasks, std::string& data) {
    for (const auto& task : tasks)
        if (std::ranges::find(offered.upgrades, task, upgrade_task) == offered.upgrades.end())
            co_return std::unexpected(malformed("That upgrade is not offered here."));
    const std::string name(account.name());
    for (const auto hash : offered.upgrades) {
        const bool wanted = std::ranges::find(tasks, upgrade_task(hash)) != tasks.end();
        if (!wanted || has_keys(service.host().accounts(), name, hash)) continue;
        auto done = co_await upgrade_to(service, stream, name, hash, data);
        if (!done) co_return std::unexpected(done.error());
    }
    co_return Result<void, sasl::Failure>();
}

}  // namespace chancery::c2s
