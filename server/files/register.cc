#include "files/register.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::files {
namespace {

using storage::Blob, storage::Snapshot, storage::Transaction;

void put_text(std::string& out, std::string_view text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

std::string sealed(const Key& key, const std::string& of, std::initializer_list<std::string_view> texts) {
    std::string plain;
    for (const auto text : texts) put_text(plain, text);
    return seal(key, of, plain);
}

/// The texts in order. @throws storage::StorageError  it was not sealed with this key for this row
template <std::size_t count>
std::array<std::string, count> unsealed(const Key& key, const std::string& of, const Blob& blob) {
    const auto plain = unseal(key, of, blob.bytes);
    if (!plain) throw storage::StorageError("what state.db says of the file " + of + " cannot be opened");
    std::array<std::string, count> texts;
    std::string_view rest = *plain;
    for (auto& text : texts) {
        const auto size = rest.size() < sizeof(std::uint32_t) ? 0 : get<std::uint32_t>(rest.data());
        rest.remove_prefix(std::min(rest.size(), sizeof size));
        text = rest.substr(0, size);
        rest.remove_prefix(text.size());
    }
    return texts;
}

}  // namespace

Register::Register(storage::Database& database, const Key& master) : database_(database), key_(derive_key(master, "file-register")) {}

std::string Register::sealed_slot(const Slot& slot) const { return sealed(key_, slot.id, {slot.name, slot.declared_type}); }

Task<Usage> Register::add(Slot slot, Time since, Time lapsed, std::function<bool(const Usage&)> may) {
    const auto work = [slot, since, lapsed, may, details = Blob{sealed_slot(slot)}](Transaction& transaction) {
        const auto owner = slot.owner.bare_text();
        transaction.run("DELETE FROM file WHERE owner = $1 AND state = $2 AND created_us < $3", owner, static_cast<int>(State::awaited), since);
        const auto row = transaction.row<std::int64_t, std::int64_t, std::optional<Time>>(
            "SELECT COALESCE(SUM(size), 0), COUNT(*), MIN(created_us) FROM file WHERE owner = $1 AND created_us >= $2 AND state <> $5 AND (state <> $3 OR created_us >= $4)",
            owner, since, static_cast<int>(State::awaited), lapsed, static_cast<int>(State::removed));
        const auto [bytes, slots, oldest] = row.value();
        const Usage usage{static_cast<std::uint64_t>(bytes), static_cast<std::uint64_t>(slots), oldest};
        if (may(usage))
            transaction.run("INSERT INTO file (id, owner, created_us, size, state, details) VALUES ($1, $2, $3, $4, $5, $6)", slot.id, owner,
                            slot.created, slot.size, static_cast<int>(slot.state), details);
        return usage;
    };
    co_return co_await database_.write(work);
}

std::optional<File> Register::read(Snapshot& snapshot, const std::string& id) const {
    const auto row = snapshot.row<std::string, Time, std::int64_t, int, Blob, std::optional<std::string>, std::optional<Time>, std::optional<Blob>>(
        "SELECT owner, created_us, size, state, details, content, removed_us, removal FROM file WHERE id = $1", id);
    if (!row) return std::nullopt;
    const auto& [owner, created, size, state, details, content, removed, removal] = *row;
    const auto jid = Jid::parse(owner);
    if (!jid) throw storage::StorageError("the owner of the file " + id + " in state.db is not an address");
    auto [name, type] = unsealed<2>(key_, id, details);
    File file{.slot = {.id = id, .owner = *jid, .name = std::move(name), .declared_type = std::move(type),
                       .size = static_cast<std::uint64_t>(size), .created = created, .state = static_cast<State>(state)}};
    if (removed && removal) file.removal = Removal{*removed, unsealed<1>(key_, id, *removal).front()};
    if (!content) return file;
    const auto known = snapshot.row<std::int64_t, int, Blob>("SELECT size, verdict, details FROM file_content WHERE name = $1", *content);
    if (!known) return file;
    const auto& [bytes, verdict, content_details] = *known;
    auto [sha256, sniffed, virus] = unsealed<3>(key_, *content, content_details);
    file.content = Content{.name = *content, .size = static_cast<std::uint64_t>(bytes), .sha256 = std::move(sha256),
                           .type = std::move(sniffed), .verdict = static_cast<Verdict>(verdict), .virus = std::move(virus)};
    return file;
}

Task<std::optional<File>> Register::find(std::string id) {
    const auto look = [this, id](Snapshot& snapshot) { return read(snapshot, id); };
    co_return co_await database_.read(look);
}

std::optional<File> Register::find_now(const std::string& id) {
    return database_.read_now([&](Snapshot& snapshot) { return read(snapshot, id); });
}

std::vector<File> Register::find_content_now(const std::string& name) {
    return database_.read_now([&](Snapshot& snapshot) {
        std::vector<File> found;
        for (const auto& [id] : snapshot.rows<std::string>("SELECT id FROM file WHERE content = $1 ORDER BY created_us", name))
            if (auto file = read(snapshot, id)) found.push_back(std::move(*file));
        return found;
    });
}

Blob Register::sealed_content(const Content& content) const {
    return Blob{sealed(key_, content.name, {content.sha256, content.type, content.virus})};
}

void Register::expect_now(const Content& content) {
    database_.write_now([&](Transaction& transaction) {
        transaction.run("INSERT INTO file_content (name, size, verdict, stored_us, details) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
                        content.name, content.size, static_cast<int>(content.verdict), system_now(), sealed_content(content));
    });
}

std::vector<std::string> Register::settle_now(const std::string& id, const Content& content) {
    const auto quarantined = static_cast<int>(State::quarantined);
    const bool is_infected = content.verdict == Verdict::infected;
    return database_.write_now([&](Transaction& transaction) {
        transaction.run("INSERT INTO file_content (name, size, verdict, stored_us, details) VALUES ($1, $2, $3, $4, $5) "
                        "ON CONFLICT (name) DO UPDATE SET verdict = excluded.verdict, stored_us = excluded.stored_us, details = excluded.details",
                        content.name, content.size, static_cast<int>(content.verdict), system_now(), sealed_content(content));
        const auto state = is_infected ? quarantined : static_cast<int>(State::kept);
        if (transaction.run("UPDATE file SET state = $1, content = $2 WHERE id = $3", state, content.name, id) != 1)
            throw storage::StorageError("nobody waits for the file " + id + " any more");
        std::vector<std::string> withheld;
        if (!is_infected) return withheld;
        transaction.run("UPDATE file SET state = $1 WHERE content = $2 AND state = $3", quarantined, content.name, static_cast<int>(State::kept));
        for (auto& [other] : transaction.rows<std::string>("SELECT id FROM file WHERE content = $1", content.name)) withheld.push_back(std::move(other));
        return withheld;
    });
}

std::vector<std::string> Register::infected_now() {
    return database_.read_now([](Snapshot& snapshot) {
        std::vector<std::string> ids;
        for (auto& [id] : snapshot.rows<std::string>("SELECT file.id FROM file JOIN file_content ON file.content = file_content.name "
                                                     "WHERE file_content.verdict = $1", static_cast<int>(Verdict::infected)))
            ids.push_back(std::move(id));
        return ids;
    });
}

std::vector<std::string> Register::older_now(State state, Time before, std::size_t most) {
    return database_.read_now([&](Snapshot& snapshot) {
        std::vector<std::string> ids;
        for (auto& [id] : snapshot.rows<std::string>("SELECT id FROM file WHERE state = $1 AND created_us < $2 ORDER BY created_us LIMIT $3",
                                                     static_cast<int>(state), before, static_cast<std::int64_t>(most)))
            ids.push_back(std::move(id));
        return ids;
    });
}

void Register::remove_now(const std::string& id, const Removal& removal) {
    const Blob how{sealed(key_, id, {removal.how})};
    database_.write_now([&](Transaction& transaction) {
        transaction.run("UPDATE file SET state = $1, removed_us = $2, removal = $3 WHERE id = $4", static_cast<int>(State::removed), removal.at, how, id);
    });
}

bool Register::is_needed_now(const std::string& content, State state) {
    return database_.read_now([&](Snapshot& snapshot) {
        return snapshot.one<int>("SELECT 1 FROM file WHERE content = $1 AND state = $2 LIMIT 1", content, static_cast<int>(state)).has_value();
    });
}

bool Register::has_known_now(const std::string& content) {
    return database_.read_now([&](Snapshot& snapshot) {
        return snapshot.one<int>("SELECT 1 FROM file_content WHERE name = $1", content).has_value();
    });
}

}  // namespace chancery::files
