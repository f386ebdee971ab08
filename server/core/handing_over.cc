// How a person gets what waited while they were away: read from the journal in portions, as fast as their client takes it.

#include <algorithm>
#include <utility>

#include "core/host.h"

namespace chancery {
namespace {

constexpr std::size_t portion_messages = 200, portion_bytes = 256 * 1024;  // of what waits, read and sent at a time
constexpr auto behind_pause = std::chrono::milliseconds(50);
constexpr auto reading_limit = std::chrono::seconds(30);  // for a client to take what it has asked for

std::string delay(const Host& host, Time time) {
    return "<delay xmlns='urn:xmpp:delay' from='" + host.domain() + "' stamp='" + to_iso(time) + "'/>";
}

/// Reads the first of `positions` from the journal, in order: a portion. What was erased has no xml.
std::vector<std::shared_ptr<Delivery>> read_portion(Host& host, const Jid& to, const std::vector<std::uint64_t>& positions) {
    std::vector<std::shared_ptr<Delivery>> found;
    std::size_t bytes = 0;
    for (const auto position : positions) {
        if (found.size() == portion_messages || bytes > portion_bytes) break;
        auto delivery = std::make_shared<Delivery>(Delivery{.position = position, .waits = true});
        const auto entry = host.recorder().journal().read(position);
        const auto record = entry ? archive::decode(entry->text) : std::nullopt;
        if (!record) log::warning("message.unreadable", {{"position", position}});
        if (record) {
            delivery->time = entry->time;
            delivery->xml = host.with_links(with_children(host.recorder().as_sent(record->stanza), host.stanza_id_of(to, position) + delay(host, entry->time)),
                                            record->from, entry->time, to);
            delivery->message = std::make_shared<const Message>(
                Message{.from = record->from, .to = to.bare(), .id = {}, .type = MessageType::chat, .traits = {},
                        .xml = record->stanza});
        }
        bytes += delivery->xml.size();
        found.push_back(std::move(delivery));
    }
    return found;
}

}  // namespace

/// The client has not taken what it was sent before: more would only fill the server's memory.
bool Home::is_behind(Session& session) const {
    const auto most = static_cast<std::size_t>(host_.config().limits.unacknowledged) / 4;
    return !session.link() || session.link()->unsent() > portion_bytes || session.stream.unacknowledged.size() > most ||
           session.stream.unacknowledged_bytes > 4 * portion_bytes;
}

/// False when nothing waits any more, or nobody is there to take it.
Task<bool> Home::hand_over_portion(SessionId id) {
    auto* session = find(id);
    if (!session) co_return false;
    auto& owner = session->user();
    if (owner.offline.empty() || !session->is_available() || session->presence->priority < 0) {
        session->catching_up = false;  // what arrives from here on follows what was sent
        co_return false;
    }
    // Never more than half of what the client may leave without an acknowledgement.
    const auto half = static_cast<std::size_t>(host_.config().limits.unacknowledged) / 2;
    const auto most = std::min(portion_messages, half);
    auto positions = std::exchange(owner.offline, {});
    if (positions.size() > most) {
        owner.offline.assign(positions.begin() + static_cast<std::ptrdiff_t>(most), positions.end());
        positions.resize(most);
    }
    const auto read = [&host = host_, to = session->jid(), positions] { return read_portion(host, to, positions); };
    std::vector<std::shared_ptr<Delivery>> portion;
    try {
        portion = co_await host_.workers().run(read);
    } catch (const std::exception& failure) {
        log::error("messages.not_read", {{"cause", failure.what()}});
    }
    session = find(id);
    if (!session) portion.clear();
    // What was not read waits on, before all that has come since.
    owner.offline.insert(owner.offline.begin(), positions.begin() + static_cast<std::ptrdiff_t>(portion.size()), positions.end());
    if (portion.empty()) {
        if (session) session->catching_up = false;
        co_return false;
    }
    for (const auto& delivery : portion) {
        if (delivery->xml.empty()) settle(*delivery);  // erased or damaged: nothing to hand over
        else session->send(delivery);
    }
    co_return true;
}

Task<bool> Home::has_read(SessionId id, std::size_t at_most_unsent) {
    const auto deadline = shard_.after(reading_limit);
    while (true) {
        auto* session = find(id);
        if (!session || !session->link() || session->link()->unsent() <= at_most_unsent) co_return true;
        if (shard_.now() >= deadline) co_return false;
        co_await net::sleep(behind_pause);
    }
}

Task<> Home::hand_over_waiting(SessionId id) {
    while (co_await hand_over_portion(id)) {
        auto* session = find(id);
        if (!session || !is_behind(*session)) continue;
        tasks_.spawn(hand_over_rest(id));  // the client must be heard meanwhile: it acknowledges
        co_return;
    }
}

Task<> Home::hand_over_rest(SessionId id) {
    while (auto* session = find(id)) {
        if (is_behind(*session)) {
            co_await net::sleep(behind_pause);
            continue;
        }
        if (!co_await hand_over_portion(id)) co_return;
    }
}

}  // namespace chancery
