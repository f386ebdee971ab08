#include "accounts/devices.h"

#include <array>

#include "base/bytes.h"

namespace chancery {
namespace {

constexpr int in_use = 0, newer = 1;  // places of a device's tokens
constexpr std::size_t token_bytes = 32;

std::string token_context(std::string_view owner, std::string_view id, std::string_view mechanism) {
    return "token " + std::string(owner) + " " + std::string(id) + " " + std::string(mechanism);
}
std::string agent_context(std::string_view owner) { return "device " + std::string(owner); }

std::string hash_of(std::string_view token, std::string_view who, std::string_view binding) {
    return hmac(Hash::sha256, token, std::string(who) + std::string(binding));
}

struct Kept {
    int place = in_use;
    std::string mechanism;
    storage::Blob sealed;
    Time expiry;
};

std::vector<Kept> tokens_of(storage::Snapshot& snapshot, std::string_view owner, std::string_view id) {
    std::vector<Kept> kept;
    for (auto& [place, mechanism, sealed, expiry] : snapshot.rows<int, std::string, storage::Blob, Time>(
             "SELECT place, mechanism, token, expiry_us FROM access_token WHERE owner = $1 AND device = $2 ORDER BY place DESC",
             owner, id))
        kept.push_back({place, std::move(mechanism), std::move(sealed), expiry});
    return kept;
}

void remove_tokens(storage::Transaction& transaction, std::string_view owner, std::string_view id) {
    transaction.run("DELETE FROM access_token WHERE owner = $1 AND device = $2", owner, id);
}

void remove_device(storage::Transaction& transaction, std::string_view owner, std::string_view id) {
    remove_tokens(transaction, owner, id);
    transaction.run("DELETE FROM device WHERE owner = $1 AND id = $2", owner, id);
}

void keep_to(storage::Transaction& transaction, std::string_view owner, std::size_t most) {
    const auto ids = transaction.rows<std::string>("SELECT id FROM device WHERE owner = $1 ORDER BY last_seen_us DESC", owner);
    for (std::size_t i = most; i < ids.size(); ++i) remove_device(transaction, owner, std::get<0>(ids[i]));
}

/// Texts one after the other, each behind its size.
std::string pack(std::string_view software, std::string_view device) {
    std::string packed;
    put(packed, static_cast<std::uint32_t>(software.size()));
    return packed.append(software).append(device);
}

std::pair<std::string, std::string> unpack(std::string_view packed) {
    if (packed.size() < sizeof(std::uint32_t)) return {};
    const auto size = get<std::uint32_t>(packed.data());
    packed.remove_prefix(sizeof size);
    if (packed.size() < size) return {};
    return {std::string(packed.substr(0, size)), std::string(packed.substr(size))};
}

}  // namespace

Devices::Devices(storage::Database& database, const Key& key, Options options, Clock clock)
    : database_(database), key_(derive_key(key, "chancery devices")), options_(options), clock_(std::move(clock)) {}

std::string Devices::id_of(std::string_view owner, std::string_view agent_id) const {
    constexpr std::size_t size = 16;
    const auto text = "agent " + std::to_string(owner.size()) + " " + std::string(owner) + std::string(agent_id);
    return to_hex(hmac(Hash::sha256, key_.reveal(), text).substr(0, size));
}

std::string Devices::sealed_agent(std::string_view owner, const UserAgent& agent) const {
    return seal(key_, agent_context(owner), pack(agent.software, agent.device));
}

Task<Devices::Checked> Devices::check(std::string owner, std::string agent_id, std::string mechanism, std::string hash,
                                      std::string binding, std::optional<std::int64_t> count) {
    const auto id = id_of(owner, agent_id);
    const auto read = [owner, id](storage::Snapshot& snapshot) { return tokens_of(snapshot, owner, id); };
    const auto kept = co_await database_.read(read);
    const auto now = clock_();
    Checked checked;
    for (const int place : {newer, in_use}) {  // XEP-0484 §5.1: always both places, filled or not
        std::string token = "no token";
        Time expiry{};
        bool is_there = false;
        for (const auto& each : kept) {
            if (each.place != place || each.mechanism != mechanism) continue;
            const auto opened = unseal(key_, token_context(owner, id, mechanism), each.sealed.bytes);
            if (!opened) continue;
            token = *opened;
            expiry = each.expiry;
            is_there = true;
        }
        const bool is_right = constant_time_equal(hash, hash_of(token, "Initiator", binding));
        if (is_right && is_there && checked.match == Match::wrong)
            checked = {expiry > now ? Match::right : Match::expired, hash_of(token, "Responder", binding), place == newer};
        OPENSSL_cleanse(token.data(), token.size());
    }
    if (checked.match == Match::right && count && !co_await takes_count(owner, id, checked.is_newer, *count)) checked = {};
    co_return checked;
}

/// Two attempts with one count at the same time: only one of them changes the row.
Task<bool> Devices::takes_count(std::string owner, std::string id, bool is_newer, std::int64_t count) {
    const auto work = [owner, id, place = is_newer ? newer : in_use, count](storage::Transaction& transaction) {
        return transaction.run("UPDATE access_token SET count = $4 WHERE owner = $1 AND device = $2 AND place = $3 "
                               "AND (count IS NULL OR count < $4)", owner, id, static_cast<int>(place), count) > 0;
    };
    co_return co_await database_.write(work);
}

Task<> Devices::promote(std::string owner, std::string agent_id) {
    const auto work = [owner, id = id_of(owner, agent_id)](storage::Transaction& transaction) {
        transaction.run("DELETE FROM access_token WHERE owner = $1 AND device = $2 AND place = $3", owner, id, in_use);
        transaction.run("UPDATE access_token SET place = $3 WHERE owner = $1 AND device = $2", owner, id, in_use);
    };
    co_await database_.write(work);
}

void Devices::give(storage::Transaction& transaction, std::string_view owner, std::string_view id,
                   std::string_view mechanism, const Token& token) const {
    transaction.run(
        "INSERT INTO access_token (owner, device, place, mechanism, token, expiry_us) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (owner, device, place) DO UPDATE SET mechanism = excluded.mechanism, token = excluded.token, "
        "expiry_us = excluded.expiry_us, count = NULL",
        owner, id, newer, mechanism, storage::Blob{seal(key_, token_context(owner, id, mechanism), token.secret)},
        token.expiry);
}

std::optional<std::string> Devices::mechanism_of_token_due(storage::Transaction& transaction, std::string_view owner,
                                                           std::string_view id, Time now) const {
    for (const auto& kept : tokens_of(transaction, owner, id))
        if (kept.place == in_use && kept.expiry - now < options_.token_life - options_.token_rest) return kept.mechanism;
    return std::nullopt;
}

Task<std::optional<Devices::Token>> Devices::signed_in(std::string owner, SignIn sign_in) {
    const auto work = [this, owner, sign_in = std::move(sign_in), now = clock_()](storage::Transaction& transaction) {
        const auto id = id_of(owner, sign_in.agent.id);
        transaction.run(
            "INSERT INTO device (owner, id, agent, first_seen_us, last_seen_us, has_password) VALUES ($1, $2, $3, $4, $4, $5) "
            "ON CONFLICT (owner, id) DO UPDATE SET agent = excluded.agent, last_seen_us = excluded.last_seen_us, "
            "has_password = max(has_password, excluded.has_password)",
            owner, id, storage::Blob{sealed_agent(owner, sign_in.agent)}, now, sign_in.by_token ? 0 : 1);
        keep_to(transaction, owner, options_.most_devices);
        if (sign_in.invalidate) remove_tokens(transaction, owner, id);
        auto mechanism = sign_in.wanted;
        if (mechanism.empty() && sign_in.by_token && !sign_in.invalidate)
            mechanism = mechanism_of_token_due(transaction, owner, id, now).value_or("");
        if (mechanism.empty() || !gives_tokens()) return std::optional<Token>();
        Token token{to_base64(random_bytes(token_bytes)), now + options_.token_life};
        give(transaction, owner, id, mechanism, token);
        return std::optional(std::move(token));
    };
    co_return co_await database_.write(work);
}

Task<std::vector<Devices::Device>> Devices::list(std::string owner) {
    const auto read = [this, owner, now = clock_()](storage::Snapshot& snapshot) {
        std::vector<Device> devices;
        for (auto& [id, agent, first, last, password, tokens] :
             snapshot.rows<std::string, storage::Blob, Time, Time, int, int>(
                 "SELECT id, agent, first_seen_us, last_seen_us, has_password, (SELECT count(*) FROM access_token "
                 "WHERE access_token.owner = device.owner AND access_token.device = device.id AND expiry_us > $2) "
                 "FROM device WHERE owner = $1 ORDER BY last_seen_us DESC",
                 owner, now)) {
            const auto opened = unseal(key_, agent_context(owner), agent.bytes);
            auto [software, device] = unpack(opened.value_or(""));
            devices.push_back({std::move(id), std::move(software), std::move(device), first, last, password != 0, tokens > 0});
        }
        return devices;
    };
    co_return co_await database_.read(read);
}

Task<std::optional<Devices::Device>> Devices::revoke(std::string owner, std::string id) {
    std::optional<Device> found;
    const auto devices = co_await list(owner);
    for (const auto& device : devices)
        if (device.id == id) found = device;
    if (!found) co_return std::nullopt;
    const auto work = [owner, id, forgets = !found->has_password](storage::Transaction& transaction) {
        if (forgets) remove_device(transaction, owner, id);
        else remove_tokens(transaction, owner, id);
    };
    co_await database_.write(work);
    co_return found;
}

void Devices::forget(storage::Transaction& transaction, std::string_view owner) {
    transaction.run("DELETE FROM access_token WHERE owner = $1", owner);
    transaction.run("DELETE FROM device WHERE owner = $1", owner);
}

}  // namespace chancery
