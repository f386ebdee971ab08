// The past that who enters is shown (XEP-0045 §7.2.13-15): the last messages, as many as the room allows and they wish.

#include <algorithm>
#include <charconv>

#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

/// Nothing when it is not a number.
std::optional<std::int64_t> number_of(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

bool is_subject(std::string_view stanza) { return stanza.contains("<subject") && !stanza.contains("<body"); }

std::string delay(const Jid& room, Time time) {
    std::string xml = "<delay xmlns='urn:xmpp:delay'";
    xml::append_attribute(xml, "from", room.text());
    return xml.append(" stamp='").append(to_iso(time)).append("'/>");
}

}  // namespace

/// From the journal, what was said before the room was last empty or the server started.
Task<> Rooms::load_recent(RoomPtr room) {
    const auto guard = co_await room->loading.lock();
    if (room->is_recent_loaded || room->settings.history == 0) co_return;
    const archive::HistoryQuery query{.owner = host_.archive().owners().of(room->jid()),
                                      .start = room->created,
                                      .from_end = true,
                                      .max = static_cast<std::size_t>(room->settings.history)};
    const auto read = [this, query] { return host_.archive().history(query); };
    std::optional<Result<archive::HistoryPage, archive::HistoryRefusal>> page;
    try {
        page.emplace(co_await host_.workers().run(read));
    } catch (const std::exception& failure) {  // they enter without it; the next one tries again
        log::warning("rooms.history_not_read", {{"room", room->jid().text()}, {"cause", failure.what()}});
    }
    if (!page || !*page) co_return;
    std::deque<Said> older;
    for (const auto& item : (**page).items) {
        if (item.position >= room->live_from || is_subject(item.stanza) || room->tombstones.contains(item.position)) continue;
        auto xml = with_children(host_.recorder().as_sent(item.stanza), host_.stanza_id_of(room->jid(), item.position));
        xml = host_.with_links(std::move(xml), item.from, item.time, room->jid(), room->created);
        older.push_back({.position = item.position, .time = item.time, .xml = std::make_shared<const std::string>(std::move(xml))});
    }
    room->recent.insert(room->recent.begin(), std::make_move_iterator(older.begin()), std::make_move_iterator(older.end()));
    room->trim_recent();
    room->is_recent_loaded = true;
}

void Rooms::show_history(Room& room, const Jid& device, const PresenceIn& wish, std::uint64_t up_to) {
    auto since = parse_iso(wish.since);
    if (const auto seconds = number_of(wish.seconds)) {
        const auto most = std::min<std::int64_t>(*seconds, 1'000'000'000);
        since = std::max(since.value_or(Time()), host_.now() - std::chrono::seconds(most));
    }
    auto characters = number_of(wish.max_chars).value_or(std::numeric_limits<std::int64_t>::max());
    auto stanzas = std::min(number_of(wish.max_stanzas).value_or(room.settings.history), room.settings.history);
    std::vector<std::string> shown;
    for (auto said = room.recent.rbegin(); said != room.recent.rend() && stanzas > 0; ++said) {
        if (said->number > up_to) continue;
        if (since && said->time < *since) break;
        auto xml = addressed(with_children(*said->xml, delay(room.jid(), said->time)), device);
        xml = host_.with_links(std::move(xml), room.jid(), said->time, room.jid(), room.created);
        characters -= static_cast<std::int64_t>(xml.size());
        if (characters < 0) break;
        shown.push_back(std::move(xml));
        --stanzas;
    }
    std::ranges::reverse(shown);
    for (auto& xml : shown) host_.send_to(device, std::move(xml));
}

/// §7.2.15: always, so that the client knows that the past ends here; empty when none was set.
void Rooms::show_subject(Room& room, const Jid& device) {
    std::string xml = "<message type='groupchat'";
    const auto from = room.subject_nick.empty() ? room.jid() : room.address_of(room.subject_nick);
    xml::append_attribute(xml, "from", from.text());
    xml += ">";
    if (room.subject.empty()) xml += "<subject/>";
    else xml.append(room.subject).append(delay(room.jid(), room.subject_time));
    host_.send_to(device, host_.with_links(addressed(xml + "</message>", device), room.jid(), room.subject_time, room.jid(), room.created));
}

}  // namespace chancery::rooms
