// XEP-0313: a page of a history, with XEP-0059 paging and XEP-0431 search of its words.
//
// Whose history may be read by whom the caller has decided: archive_access.cc for people, rooms/ for rooms.

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "core/host.h"

namespace chancery {
namespace {

constexpr std::string_view mam = "urn:xmpp:mam:2", fulltext_field = "{urn:xmpp:fulltext:0}fulltext";
constexpr xml::Tag fin_tag{"fin", mam};
constexpr xml::Tag form_tag{"x", ns::data_forms}, field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};
constexpr xml::Tag set_tag{"set", ns::rsm};
constexpr std::size_t page_default = 50, page_limit = 250;
constexpr auto index_limit = std::chrono::seconds(5);  // for the index to catch up
constexpr auto index_pause = std::chrono::milliseconds(50);
constexpr std::size_t pages_unread = 4;  // that a client may be sent before it has read the first
constexpr std::size_t words_limit_bytes = 1'000, most_found = 1'000, most_searches = 20;

struct Query {
    archive::HistoryQuery history;
    std::optional<Jid> with;
    std::string words;            ///< XEP-0431; empty: a history and no search
    bool flipped = false;
    std::string query_id;
};

std::unexpected<StanzaError> bad(std::string text) { return refuse(Condition::bad_request, std::move(text)); }
std::unexpected<StanzaError> missing() {
    return refuse(Condition::item_not_found, "There is no message with that id in the archive.");
}

Result<archive::Position, StanzaError> position_of(Host& host, std::string_view id) {
    const auto position = host.stanza_ids().position(id);
    if (!position) return missing();
    return *position;
}

Result<void, StanzaError> apply_ids(Host& host, const xml::Element& field, archive::HistoryQuery& history) {
    for (const auto& each : field.children()) {
        const auto position = position_of(host, each.text());
        if (!position) return std::unexpected(position.error());
        history.ids.push_back(*position);
    }
    return {};
}

Result<void, StanzaError> apply_peer(Host& host, const ArchiveQuery& asked, const std::string& text, Query& query) {
    if (!asked.by_peer)
        return refuse(Condition::feature_not_implemented, "This room does not tell who its occupants are, so it cannot filter by them.");
    const auto jid = Jid::parse(text);
    if (!jid) return refuse(Condition::jid_malformed, "The field with is not a valid JID.");
    query.with = *jid;
    query.history.with = host.archive().owners().of(*jid);
    if (jid->is_full()) query.history.with_full = *jid;
    return {};
}

/// One field of the form (XEP-0313 §4.1). Unknown fields are an error, so that a filter is never silently ignored.
Result<void, StanzaError> apply_field(Host& host, const ArchiveQuery& asked, const xml::Element& field, Query& query) {
    auto& history = query.history;
    const auto name = field.attribute("var");
    const auto* value = field.child(value_tag);
    if (name == "FORM_TYPE") {
        if (value && value->text() != mam) return bad("The form is of another type.");
        return {};
    }
    if (name == "ids") return apply_ids(host, field, history);
    if (!value) return bad("The field " + std::string(name) + " has no value.");
    const auto& text = value->text();
    if (name == "with") return apply_peer(host, asked, text, query);
    if (name == fulltext_field) {
        if (text.size() > words_limit_bytes) return bad("A search may have 1,000 bytes.");
        query.words = text;
    } else if (name == "start" || name == "end") {
        const auto time = parse_iso(text);
        if (!time) return bad("The field " + std::string(name) + " is not a date and time (XEP-0082).");
        (name == "start" ? history.start : history.end) = *time;
    } else if (name == "after-id" || name == "before-id") {
        const auto position = position_of(host, text);
        if (!position) return std::unexpected(position.error());
        (name == "after-id" ? history.after : history.before) = *position;
    } else {
        return refuse(Condition::feature_not_implemented, "The archive cannot be filtered by " + std::string(name) + ".");
    }
    return {};
}

/// XEP-0059 §2. An id that is empty in <before/> asks for the last page.
Result<void, StanzaError> apply_paging(Host& host, const xml::Element& set, archive::HistoryQuery& history) {
    if (const auto* max = set.child({"max", ns::rsm})) {
        const auto& text = max->text();
        std::size_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || end != text.data() + text.size()) return bad("max is not a number.");
        history.max = std::min(count, page_limit);
    }
    if (set.child({"index", ns::rsm}))
        return refuse(Condition::feature_not_implemented, "Pages are asked for by id, not by index.");
    if (const auto* after = set.child({"after", ns::rsm}); after && !after->text().empty()) {
        const auto position = position_of(host, after->text());
        if (!position) return std::unexpected(position.error());
        history.after = *position;
    }
    if (const auto* before = set.child({"before", ns::rsm})) {
        history.from_end = true;
        if (before->text().empty()) return {};
        const auto position = position_of(host, before->text());
        if (!position) return std::unexpected(position.error());
        history.before = *position;
    }
    return {};
}

Result<Query, StanzaError> parse(Host& host, const ArchiveQuery& asked) {
    Query query;
    query.history.owner = host.archive().owners().of(asked.owner);
    query.history.max = page_default;
    query.history.max_bytes = static_cast<std::size_t>(host.config().limits.unsent_kib) * 1024 / pages_unread;
    query.query_id = asked.query.attribute("queryid");
    query.flipped = asked.query.child({"flip-page", mam}) != nullptr;
    if (const auto* form = asked.query.child(form_tag)) {
        for (const auto& field : form->children()) {
            if (!field.is(field_tag)) continue;
            if (auto applied = apply_field(host, asked, field, query); !applied) return std::unexpected(applied.error());
        }
    }
    if (const auto* set = asked.query.child(set_tag))
        if (auto applied = apply_paging(host, *set, query.history); !applied) return std::unexpected(applied.error());
    if (asked.since) query.history.start = std::max(query.history.start.value_or(*asked.since), *asked.since);
    // No more than a client may leave unacknowledged (XEP-0198), which it must be heard to do in between.
    const auto unacknowledged = static_cast<std::size_t>(host.config().limits.unacknowledged);
    query.history.max = std::min(query.history.max, std::max<std::size_t>(unacknowledged / pages_unread, 1));
    query.history.count = true;
    return query;
}

/// Whether the owner sees the record in the own history, and it is with whom was asked for.
bool is_seen(const archive::Record& record, const Jid& owner, const std::optional<Jid>& with) {
    const auto is_like = [&](const Jid& jid) { return with->is_full() ? jid == *with : jid.bare_text() == with->bare_text(); };
    const auto to = record.to.value_or(record.from.bare());
    const bool sent = record.in_sender_history && record.from.bare_text() == owner.bare_text();
    const bool received = record.in_recipient_history && to.bare_text() == owner.bare_text();
    if (!with) return sent || received;
    return (sent && is_like(to)) || (received && is_like(record.from));
}

/// All that matches, oldest first, up to a bound.
std::vector<archive::HistoryItem> search(const archive::Archive& archive, const Query& query, const Jid& owner) {
    std::vector<archive::HistoryItem> found;
    archive::Search search{.room = owner, .since = query.history.start, .until = query.history.end, .words = query.words};
    for (std::size_t i = 0; i < most_searches && found.size() < most_found; ++i) {
        auto page = archive.search(search);
        for (auto& match : page.matches) {
            if (!match.record || match.refused || !is_seen(*match.record, owner, query.with)) continue;
            found.push_back({match.position, match.time, std::move(match.record->from), std::move(match.record->stanza)});
        }
        if (!page.next) break;
        search.after = page.next;
    }
    return found;
}

/// Cuts the page that was asked for out of all that was found.
archive::HistoryPage page_of(std::vector<archive::HistoryItem> found, const archive::HistoryQuery& query) {
    archive::HistoryPage page;
    page.count = found.size();
    const auto outside = [&](const archive::HistoryItem& item) {
        const bool chosen = query.ids.empty() || std::ranges::find(query.ids, item.position) != query.ids.end();
        return !chosen || (query.after && item.position <= *query.after) || (query.before && item.position >= *query.before);
    };
    std::erase_if(found, outside);
    const auto skipped = static_cast<std::ptrdiff_t>(found.size() > query.max ? found.size() - query.max : 0);
    page.complete = skipped == 0;
    if (query.from_end) found.erase(found.begin(), found.begin() + skipped);
    else found.erase(found.end() - skipped, found.end());
    page.items = std::move(found);
    return page;
}

std::vector<archive::Position> positions_of(const archive::HistoryPage& page) {
    std::vector<archive::Position> positions;
    for (const auto& item : page.items) positions.push_back(item.position);
    return positions;
}

/// What all results of a query begin with, up to the id's value.
std::string result_opening(const Jid& owner, const Jid& to, const std::string& query_id) {
    std::string xml = "<message from='" + xml::escape(owner.bare_text(), xml::Place::attribute) + "' to='" +
                      xml::escape(to.text(), xml::Place::attribute) + "'><result xmlns='urn:xmpp:mam:2'";
    if (!query_id.empty()) xml += " queryid='" + xml::escape(query_id, xml::Place::attribute) + "'";
    return xml + " id='";
}

std::string result_message(std::string_view opening, std::string_view id, const archive::HistoryItem& item) {
    constexpr std::size_t most_around = 300;  // bytes of what stands around the stanza
    std::string xml;
    xml.reserve(opening.size() + item.stanza.size() + most_around);
    xml.append(opening).append(id);
    xml.append("'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='").append(to_iso(item.time));
    xml.append("'/><message xmlns='jabber:client'");
    xml.append(std::string_view(item.stanza).substr(std::string_view("<message").size()));
    return xml.append("</forwarded></result></message>");
}

/// Whoever reads is looked up once, not for each result.
void send_all(Host& host, const Jid& to, std::vector<std::string> results) {
    if (!host.is_local(to)) {
        for (auto& xml : results) host.send_to(to, std::move(xml));
        return;
    }
    host.at_home(to, [to, results = std::move(results)](Home& home) mutable {
        auto* session = home.find(to);
        if (!session) return;
        for (auto& xml : results) session->send(std::move(xml));
    });
}

/// `ids`: of all its items, one behind the other.
std::string fin(const archive::HistoryPage& page, std::string_view ids) {
    xml::Element reply(fin_tag);
    if (page.complete) reply.set("complete", "true");
    xml::Element set(set_tag);
    if (!page.items.empty()) {
        xml::Element first("first", ns::rsm);
        if (page.index) first.set("index", std::to_string(*page.index));
        set.add(first.add_text(std::string(ids.substr(0, StanzaIds::size))));
        set.add(xml::Element("last", ns::rsm).add_text(std::string(ids.substr(ids.size() - StanzaIds::size))));
    }
    if (page.count) set.add(xml::Element("count", ns::rsm).add_text(std::to_string(*page.count)));
    reply.add(std::move(set));
    return reply.to_string(ns::client);
}

/// At the home of who reads.
Task<> wait_until_read(Host& host, Jid reader, std::size_t at_most_unsent, bool& has_read) {
    auto& home = host.home_of(reader);
    const auto* session = home.find(reader);
    has_read = !session || co_await home.has_read(session->id(), at_most_unsent);
}

}  // namespace

Task<Reply> Host::query_archive(ArchiveQuery asked) {
    auto query = parse(*this, asked);
    if (!query) co_return std::unexpected(query.error());
    if (asked.owner.bare_text() == asked.asking.bare_text())  // XEP-0386 §3.2
        if (auto* session = home_of(asked.asking).find(asked.asking)) home_of(asked.asking).forget_waiting(*session);
    const auto read = [this, query = *query, owner = asked.owner]() -> Result<archive::HistoryPage, archive::HistoryRefusal> {
        if (query.words.empty()) return archive().history(query.history);
        return page_of(search(archive(), query, owner), query.history);
    };
    std::optional<Result<archive::HistoryPage, archive::HistoryRefusal>> answer;
    const auto deadline = net::Shard::current().after(index_limit);
    while (!answer) {
        try {
            answer.emplace(co_await workers().run(read));
        } catch (const archive::NotReady&) {  // after a crash its last seconds are read again first
        }
        if (answer || net::Shard::current().now() >= deadline) break;
        co_await net::sleep(index_pause);
    }
    if (!answer) co_return refuse(Condition::resource_constraint, "The archive's index is being built. Try again in a moment.");
    if (!*answer) co_return missing();
    auto& page = **answer;
    if (is_local(asked.asking)) {
        bool has_read = false;
        auto waiting = wait_until_read(*this, asked.asking, query->history.max_bytes, has_read);
        co_await visit(home_of(asked.asking), std::move(waiting));
        if (!has_read) co_return refuse(Condition::resource_constraint, "Read first what you were sent.");
    }
    for (auto& item : page.items)
        item.stanza = with_links(recorder().as_sent(std::move(item.stanza)), item.from, item.time, asked.owner, asked.since);
    if (asked.edit) std::ranges::for_each(page.items, asked.edit);
    const auto ids = stanza_ids().of_each(positions_of(page));
    const auto opening = result_opening(asked.owner, asked.asking, query->query_id);
    std::vector<std::string> results;
    results.reserve(page.items.size());
    for (std::size_t i = 0; i < page.items.size(); ++i)
        results.push_back(result_message(opening, std::string_view(ids).substr(i * StanzaIds::size, StanzaIds::size), page.items[i]));
    if (query->flipped) std::ranges::reverse(results);
    send_all(*this, asked.asking, std::move(results));
    co_return fin(page, ids);
}

}  // namespace chancery
