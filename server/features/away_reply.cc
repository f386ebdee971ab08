// The automatic reply of somebody who is away (research/legacy.md row 36; no XEP defines one).
//
// Operation. A person is absent while they have set an away message by the command (XEP-0050) of this file, whether a
// client is there or not, or while all their clients are away or extended away and one of them says so in words. Those
// words are presence: only who may see the person's presence is told them. In one absence each correspondent gets one
// reply, with <auto-reply xmlns='urn:chancery:auto-reply:0'/>. It takes the same road as any message: it is on record
// first. An automatic reply is never answered by another one.

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_reply = "urn:chancery:auto-reply:0";

/// The words of a person whose clients are all away; empty when one is not, or none says anything.
std::string presence_words(const User& person) {
    std::string words;
    for (const auto& session : person.sessions) {
        if (!session->is_available()) continue;
        if (!session->presence->away) return {};
        if (words.empty()) words = session->presence->status;
    }
    return words;
}

bool may_see_presence(const User& person, const Jid& peer) {
    if (!person.roster) return false;
    const auto entry = person.roster->contacts.find(peer.bare());
    return entry != person.roster->contacts.end() && entry->second.subscription.from;
}

/// What this correspondent is told; empty when nothing.
std::string words_for(const User& person, const Jid& peer) {
    if (!person.away_message.empty()) return person.away_message;
    return may_see_presence(person, peer) ? presence_words(person) : std::string();
}

bool wants_reply(const Message& message) {
    const bool personal = message.type == MessageType::chat || message.type == MessageType::normal;
    return personal && message.traits.body && !message.traits.automatic && !message.from.local().empty() &&
           message.from.bare_text() != message.to.bare_text();
}

Task<> reply(Host& host, Jid from, Jid to, std::string words) {
    const auto bare = from.bare();
    std::string xml = "<message type='chat' from='" + xml::escape(bare.text(), xml::Place::attribute) + "' to='" +
                      xml::escape(to.text(), xml::Place::attribute) + "' id='away-" + to_hex(random_bytes(8)) + "'><body>";
    xml::append_escaped(xml, words);
    xml.append("</body><auto-reply xmlns='").append(ns_reply).append("'/></message>");
    Message message{.from = bare,
                    .to = to,
                    .id = {},
                    .type = MessageType::chat,
                    .traits = {.body = true, .content = true, .automatic = true},
                    .xml = std::move(xml)};
    co_await host.accept(0, std::make_shared<const Message>(std::move(message)));
}

void on_delivered(Host& host, User& person, const Delivery& delivery) {
    const auto& message = *delivery.message;
    if (!wants_reply(message)) return;
    auto words = words_for(person, message.from);
    if (words.empty() || !person.answered.insert(message.from.bare()).second) return;
    person.home().tasks().spawn(reply(host, person.jid(), message.from, std::move(words)));
}

/// Who is present again begins a new absence the next time.
void on_presence(Host&, Session& session) {
    auto& person = session.user();
    if (person.away_message.empty() && presence_words(person).empty()) person.answered.clear();
}

constexpr std::string_view command_node = "urn:chancery:away";
constexpr std::size_t text_limit_bytes = 4096;
constexpr xml::Tag field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};

std::string context(const Jid& owner) { return "away:" + owner.text(); }

Task<Reply> away_form(Host& host, const Iq& iq) {
    const auto& person = host.home_of(iq.from).user(iq.from);
    std::string form = "<x xmlns='jabber:x:data' type='form'><title>Away message</title>"
                       "<instructions>Everybody who writes to you gets this text once, until you empty it.</instructions>"
                       "<field var='text' type='text-multi' label='Text'><value>";
    xml::append_escaped(form, person.away_message);
    co_return form + "</value></field></x>";
}

Task<Reply> set_away(Host& host, const Iq& iq, const xml::Element& form) {
    std::string text;
    for (const auto& field : form.children()) {
        if (!field.is(field_tag) || field.attribute("var") != "text") continue;
        for (const auto& value : field.children())
            if (value.is(value_tag)) text.append(text.empty() ? "" : "\n").append(value.text());
    }
    if (text.size() > text_limit_bytes) co_return refuse(Condition::not_acceptable, "The text is longer than 4 KiB.");
    const auto owner = iq.from.bare();
    const storage::Blob sealed{seal(host.state_key(), context(owner), text)};
    const auto work = [owner = owner.text(), sealed, empty = text.empty()](storage::Transaction& tx) {
        tx.run("DELETE FROM away_message WHERE owner = $1", owner);
        if (!empty) tx.run("INSERT INTO away_message (owner, text) VALUES ($1, $2)", owner, sealed);
    };
    co_await host.database().write(work);
    auto& person = host.home_of(owner).user(owner);
    person.away_message = text;
    person.answered.clear();
    co_return text.empty() ? "Your away message is off." : "Your away message is on.";
}

/// At start-up, before the shards run.
void load(Host& host) {
    const auto work = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, storage::Blob>("SELECT owner, text FROM away_message");
    };
    for (const auto& [address, sealed] : host.database().read_now(work)) {
        const auto owner = Jid::parse(address);
        if (!owner) continue;
        if (auto text = unseal(host.state_key(), context(*owner), sealed.bytes))
            host.home_of(*owner).user(*owner).away_message = std::move(*text);
    }
}

}  // namespace

const Feature away_reply{
    .name = "away-reply",
    .spec = "own: urn:chancery:auto-reply:0",
    .disco = {},
    .account_disco = {ns_reply},
    .install = [](Host& host) {
        load(host);
        host.on_delivered(on_delivered);
        host.on_presence(on_presence);
        host.add_command(command_node, {"Set my away message", away_form, set_away});
    },
};

}  // namespace chancery
