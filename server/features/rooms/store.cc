#include "features/rooms/store.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/rooms/card.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_state = "urn:chancery:room-state:0";  // of what is sealed; never leaves the server

xml::Element parsed(const std::string& text, const Room& room) {
    auto element = xml::Element::parse(text);
    if (!element) throw storage::StorageError("the stored room " + room.jid().text() + " cannot be read");
    return std::move(*element);
}

}  // namespace

struct Store::Row {
    std::string jid;
    Time created;
    storage::Blob settings;
    std::optional<storage::Blob> subject, card, hats;
};

struct Store::Person {
    std::string jid;
    std::int64_t level;
    storage::Blob details;
};

Store::Store(Host& host) : host_(host), key_(derive_key(host.state_key(), "rooms")) {}

std::string Store::seal_for(const Room& room, std::string_view what, std::string_view text) const {
    return seal(key_, room.jid().text() + ":" + std::string(what), text);
}

std::string Store::open_for(const Room& room, std::string_view what, const std::string& sealed) const {
    auto text = unseal(key_, room.jid().text() + ":" + std::string(what), sealed);
    if (!text) throw storage::StorageError("the stored room " + room.jid().text() + " cannot be unsealed");
    return std::move(*text);
}

Store::Row Store::row_of(const Room& room) const {
    Row row{.jid = room.jid().text(), .created = room.created, .settings = {seal_for(room, "settings", room.settings.stored())},
            .subject = {}, .card = {}, .hats = {}};
    if (!room.subject.empty()) {
        xml::Element subject("subject", ns_state);
        subject.set("nick", room.subject_nick).set("time", to_iso(room.subject_time)).add_text(room.subject);
        row.subject = storage::Blob{seal_for(room, "subject", subject.to_string())};
    }
    if (!room.card.empty()) row.card = storage::Blob{seal_for(room, "card", room.card)};
    if (!room.hats.empty()) {
        xml::Element hats("hats", ns_state);
        for (const auto& [uri, hat] : room.hats)
            hats.add(xml::Element("hat", ns_state).set("uri", uri).set("title", hat.title).set("hue", hat.hue));
        row.hats = storage::Blob{seal_for(room, "hats", hats.to_string())};
    }
    return row;
}

Store::Person Store::person_of(const Room& room, const Jid& person) const {
    const auto affiliate = room.affiliates.at(person);
    xml::Element details("person", ns_state);
    details.set("nick", affiliate.nick).set("reason", affiliate.reason);
    for (const auto& uri : affiliate.hats) details.add(xml::Element("hat", ns_state).set("uri", uri));
    return {person.text(), static_cast<std::int64_t>(affiliate.level), {seal_for(room, person.text(), details.to_string())}};
}

Task<> Store::save(const Room& room) {
    std::vector<Person> people;
    for (const auto& [person, affiliate] : room.affiliates) people.push_back(person_of(room, person));
    const auto write = [row = row_of(room), people](storage::Transaction& tx) {
        tx.run("INSERT INTO room (jid, created_us, settings, subject, card, hats) VALUES ($1, $2, $3, $4, $5, $6)"
               " ON CONFLICT (jid) DO UPDATE SET created_us = $2, settings = $3, subject = $4, card = $5, hats = $6",
               row.jid, row.created, row.settings, row.subject, row.card, row.hats);
        tx.run("DELETE FROM room_affiliation WHERE room = $1", row.jid);
        for (const auto& person : people)
            tx.run("INSERT INTO room_affiliation (room, person, level, details) VALUES ($1, $2, $3, $4)", row.jid, person.jid, person.level,
                   person.details);
    };
    co_await host_.database().write(write);
}

Task<> Store::save_affiliates(const Room& room, std::set<Jid> people) {
    std::vector<Person> rows;
    for (const auto& person : people) rows.push_back(person_of(room, person));
    const auto write = [jid = room.jid().text(), rows](storage::Transaction& tx) {
        for (const auto& person : rows) {
            tx.run("DELETE FROM room_affiliation WHERE room = $1 AND person = $2", jid, person.jid);
            if (person.level == static_cast<std::int64_t>(Affiliation::none)) continue;
            tx.run("INSERT INTO room_affiliation (room, person, level, details) VALUES ($1, $2, $3, $4)", jid, person.jid, person.level,
                   person.details);
        }
    };
    co_await host_.database().write(write);
}

Task<> Store::save_tombstone(const Room& room, std::uint64_t position, std::string tombstone) {
    const storage::Blob sealed{seal_for(room, "tombstone", tombstone)};
    const auto write = [jid = room.jid().text(), position, sealed](storage::Transaction& tx) {
        tx.run("INSERT INTO room_retraction (room, position, tombstone) VALUES ($1, $2, $3) ON CONFLICT (room, position) DO NOTHING", jid,
               position, sealed);
    };
    co_await host_.database().write(write);
}

Task<> Store::remove(const Room& room) {
    const auto write = [jid = room.jid().text()](storage::Transaction& tx) {
        tx.run("DELETE FROM room_affiliation WHERE room = $1", jid);
        tx.run("DELETE FROM room_retraction WHERE room = $1", jid);
        tx.run("DELETE FROM room WHERE jid = $1", jid);
    };
    co_await host_.database().write(write);
}

void Store::restore_subject(Room& room, const std::string& sealed) const {
    const auto subject = parsed(open_for(room, "subject", sealed), room);
    room.subject = subject.text();
    room.subject_nick = subject.attribute("nick");
    room.subject_time = parse_iso(subject.attribute("time")).value_or(room.created);
}

void Store::restore_hats(Room& room, const std::string& sealed) const {
    for (const auto& hat : parsed(open_for(room, "hats", sealed), room).children())
        room.hats[std::string(hat.attribute("uri"))] = {std::string(hat.attribute("title")), std::string(hat.attribute("hue"))};
}

void Store::restore_affiliate(Room& room, const Jid& person, std::int64_t level, const std::string& sealed) const {
    const auto details = parsed(open_for(room, person.text(), sealed), room);
    Affiliate affiliate{.level = static_cast<Affiliation>(level), .nick = std::string(details.attribute("nick")),
                        .reason = std::string(details.attribute("reason")), .hats = {}};
    for (const auto& hat : details.children()) affiliate.hats.emplace_back(hat.attribute("uri"));
    room.affiliates.set(person, std::move(affiliate));
}

std::vector<std::pair<std::string, std::string>> Store::left_of_removed_accounts() {
    std::vector<std::pair<std::string, std::string>> found;
    host_.database().read_now([&](storage::Snapshot& snapshot) {
        snapshot.each<std::string, std::string>("SELECT room, person FROM room_affiliation WHERE person IN (SELECT name || '@' || $1 FROM removed_account)",
                                                [&](std::string room, std::string person) { found.emplace_back(std::move(room), std::move(person)); },
                                                host_.domain());
    });
    return found;
}

void Store::forget(const std::string& room, const std::string& person) {
    host_.database().write_now([&](storage::Transaction& tx) { tx.run("DELETE FROM room_affiliation WHERE room = $1 AND person = $2", room, person); });
}

std::vector<std::unique_ptr<Room>> Store::load() {
    using storage::Blob;
    const auto read_rooms = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::int64_t, Blob, std::optional<Blob>, std::optional<Blob>, std::optional<Blob>>(
            "SELECT jid, created_us, settings, subject, card, hats FROM room");
    };
    const auto read_people = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::string, std::int64_t, Blob>("SELECT room, person, level, details FROM room_affiliation");
    };
    const auto read_tombstones = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::int64_t, Blob>("SELECT room, position, tombstone FROM room_retraction");
    };
    std::vector<std::unique_ptr<Room>> rooms;
    std::map<std::string, Room*> by_jid;
    for (const auto& [address, created, settings, subject, card, hats] : host_.database().read_now(read_rooms)) {
        const auto jid = Jid::parse(address);
        if (!jid) continue;
        auto& room = *rooms.emplace_back(std::make_unique<Room>(host_, *jid, from_micros(created)));
        const Form form(parsed(open_for(room, "settings", settings.bytes), room));
        if (!room.settings.apply(form, host_.config().rooms.history))
            throw storage::StorageError("the settings of the stored room " + address + " cannot be read");
        if (subject) restore_subject(room, subject->bytes);
        if (card) set_card(room, open_for(room, "card", card->bytes));
        if (hats) restore_hats(room, hats->bytes);
        room.is_stored = true;
        by_jid.emplace(address, &room);
    }
    for (const auto& [address, person, level, details] : host_.database().read_now(read_people)) {
        const auto room = by_jid.find(address);
        const auto jid = Jid::parse(person);
        if (room != by_jid.end() && jid) restore_affiliate(*room->second, *jid, level, details.bytes);
    }
    for (const auto& [address, position, tombstone] : host_.database().read_now(read_tombstones)) {
        const auto room = by_jid.find(address);
        if (room != by_jid.end())
            room->second->tombstones[static_cast<std::uint64_t>(position)] = open_for(*room->second, "tombstone", tombstone.bytes);
    }
    return rooms;
}

}  // namespace chancery::rooms
