#include "core/roster.h"

#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "xml/escape.h"

namespace chancery {
namespace {

constexpr std::int64_t versions_remembered = 500;
constexpr std::int64_t forgetting_interval = 50;  // versions; the rows of one owner are gone through each time

/// What a person wrote about a contact, or a contact to them: sealed, because it is nobody else's to read.
std::string sealed_details(const Key& key, const std::string& owner, const Contact& contact) {
    return seal(key, "roster:" + owner, nlohmann::json::array({contact.name, contact.groups, contact.request}).dump());
}

void unseal_details(const Key& key, const std::string& owner, std::string_view sealed, Contact& contact) {
    const auto text = unseal(key, "roster:" + owner, sealed);
    if (!text) throw storage::StorageError("a roster entry of " + owner + " cannot be unsealed: another key, or damaged");
    const auto details = nlohmann::json::parse(*text);
    contact.name = details.at(0).get<std::string>();
    contact.groups = details.at(1).get<std::vector<std::string>>();
    contact.request = details.at(2).get<std::string>();
}

enum Bits : std::int64_t { to = 1, from = 2, asked = 4, pending_in = 8, approved = 16, listed = 32 };

std::int64_t bits_of(const Contact& contact) {
    const auto& s = contact.subscription;
    return (s.to ? to : 0) | (s.from ? from : 0) | (s.asked ? asked : 0) | (s.pending_in ? pending_in : 0) |
           (s.approved ? approved : 0) | (contact.listed ? listed : 0);
}

void set_bits(Contact& contact, std::int64_t bits) {
    contact.subscription = {bool(bits & to), bool(bits & from), bool(bits & asked), bool(bits & pending_in),
                            bool(bits & approved)};
    contact.listed = bits & listed;
}

}  // namespace

std::string Contact::to_xml(const Jid& jid) const {
    std::string xml = "<item jid='" + xml::escape(jid.text(), xml::Place::attribute) + "'";
    if (!name.empty()) xml += " name='" + xml::escape(name, xml::Place::attribute) + "'";
    xml.append(" subscription='").append(subscription.name()).append("'");
    if (subscription.asked) xml += " ask='subscribe'";
    if (subscription.approved) xml += " approved='true'";
    if (groups.empty()) return xml + "/>";
    xml += ">";
    for (const auto& group : groups) xml += "<group>" + xml::escape(group) + "</group>";
    return xml + "</item>";
}

std::int64_t Roster::oldest_known() const { return version - versions_remembered; }

void Roster::forget_old() {
    std::erase_if(removed, [oldest = oldest_known()](const auto& entry) { return entry.second <= oldest; });
}

Task<Roster> RosterStore::load(Jid owner) {
    const auto work = [this, owner = owner.text()](storage::Snapshot& snapshot) {
        Roster roster;
        roster.version = snapshot.one<std::int64_t>("SELECT version FROM roster_version WHERE owner = $1", owner).value_or(0);
        snapshot.each<std::string, std::int64_t, std::int64_t, std::optional<storage::Blob>>(
            "SELECT contact, version, state, details FROM roster WHERE owner = $1",
            [&](const std::string& address, std::int64_t version, std::int64_t state, const auto& details) {
                const auto jid = Jid::parse(address);
                if (!jid) return;
                if (!details) return void(roster.removed.emplace(*jid, version));
                Contact contact{.version = version};
                set_bits(contact, state);
                unseal_details(key_, owner, details->bytes, contact);
                roster.contacts.emplace(*jid, std::move(contact));
            },
            owner);
        roster.forget_old();
        return roster;
    };
    co_return co_await database_.read(work);
}

Task<std::int64_t> RosterStore::save(Jid owner, Jid contact, std::optional<Contact> value) {
    std::optional<storage::Blob> details;
    if (value) details = storage::Blob{sealed_details(key_, owner.text(), *value)};
    const auto state = value ? bits_of(*value) : 0;
    const auto work = [owner = owner.text(), contact = contact.text(), details, state](storage::Transaction& tx) {
        tx.run("INSERT INTO roster_version (owner, version) VALUES ($1, 1)"
               " ON CONFLICT (owner) DO UPDATE SET version = version + 1", owner);
        const auto version = *tx.one<std::int64_t>("SELECT version FROM roster_version WHERE owner = $1", owner);
        tx.run("INSERT INTO roster (owner, contact, version, state, details) VALUES ($1, $2, $3, $4, $5)"
               " ON CONFLICT (owner, contact) DO UPDATE SET version = $3, state = $4, details = $5",
               owner, contact, version, state, details);
        if (version % forgetting_interval == 0)
            tx.run("DELETE FROM roster WHERE owner = $1 AND details IS NULL AND version <= $2", owner,
                   Roster{.contacts = {}, .removed = {}, .version = version}.oldest_known());
        return version;
    };
    co_return co_await database_.write(work);
}

}  // namespace chancery
