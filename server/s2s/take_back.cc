// After a start: what the ledger says still waits for addresses elsewhere is read from the journal and waits again.

#include <set>

#include "s2s/service.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {
namespace {

/// The message of a record as it was accepted; nothing when it cannot be read any more.
std::shared_ptr<Delivery> delivery_of(Host& host, std::uint64_t position) {
    const auto entry = host.recorder().journal().read(position);
    const auto record = entry ? archive::decode(entry->text) : std::nullopt;
    if (!record || !record->to) return nullptr;
    Message message{.from = record->from, .to = *record->to, .id = {}, .traits = {}, .xml = host.recorder().as_sent(record->stanza)};
    if (const auto parsed = xml::parse(record->stanza, xml::limits_of_stored_xml, ns::client)) {
        message.id = parsed->root().attribute("id");
        message.type = message_type(parsed->root().attribute("type"));
    }
    auto shared = std::make_shared<const Message>(std::move(message));
    return std::make_shared<Delivery>(Delivery{.message = std::move(shared), .position = position, .time = entry->time, .waits = true});
}

}  // namespace

/// The ledger knows hashes of addresses; those of the people here need no look into the journal.
std::vector<Ledger::Waiting> Service::take_back(const std::vector<Ledger::Waiting>& waiting) {
    std::set<archive::Owner> people;
    for (const auto& person : host().accounts().list())
        if (const auto jid = Jid::of(person.name, host().domain())) people.insert(host().archive().owners().of(*jid));
    std::vector<Ledger::Waiting> rest;
    for (const auto& each : waiting) {
        auto delivery = people.contains(each.recipient) ? nullptr : delivery_of(host(), each.position);
        const bool is_ours_to_send = delivery && !host().is_ours(delivery->message->to.domain()) && reaches(delivery->message->to.domain());
        const Pair pair{.ours = std::string(is_ours_to_send ? delivery->message->from.domain() : ""),
                        .theirs = std::string(is_ours_to_send ? delivery->message->to.domain() : "")};
        auto* box = is_ours_to_send ? outbox(*per_shard_[shard_of(pair.theirs).index()], pair) : nullptr;
        if (box) box->restore(parcel_of(std::move(delivery)));
        else rest.push_back(each);
    }
    return rest;
}

}  // namespace chancery::s2s
