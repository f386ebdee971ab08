// XEP-0313: Message Archive Management for a user's own archive, with XEP-0059 paging.
//
// A user's archive is a view of the record. It cannot be switched off, shortened or edited from here: there are no
// archiving preferences (XEP-0441), and XEP-0334 hints change nothing.

#include <algorithm>
#include <charconv>
#include <ranges>

#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view mam = "urn:xmpp:mam:2";
constexpr xml::Tag query_tag{"query", mam}, metadata_tag{"metadata", mam}, fin_tag{"fin", mam};
constexpr xml::Tag form_tag{"x", ns::data_forms}, field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};
constexpr xml::Tag set_tag{"set", ns::rsm};
constexpr std::size_t page_default = 50, page_limit = 250;
constexpr std::size_t pages_unread = 4;  // that a client may be sent before it has read the first

constexpr auto index_limit = std::chrono::seconds(5);  // for the index to catch up
constexpr auto index_pause = std::chrono::milliseconds(50);

struct Query {
    archive::HistoryQuery history;
    bool flipped = false;
    std::string query_id;
};

std::unexpected<StanzaError> bad(std::string text) { return refuse(Condition::bad_request, std::move(text)); }
std::unexpected<StanzaError> missing() {
    return refuse(Condition::item_not_found, "There is no message with that id in your archive.");
}

Result<archive::Position, StanzaError> position_of(Host& host, std::string_view id) {
    const auto position = host.stanza_ids().position(id);
    if (!position) return missing();
    return *position;
}

/// One field of the form (XEP-0313 §4.1). Unknown fields are an error, so that a filter is never silently ignored.
Result<void, StanzaError> apply_field(Host& host, const xml::Element& field, archive::HistoryQuery& history) {
    const auto name = field.attribute("var");
    const auto* value = field.child(value_tag);
    if (name == "FORM_TYPE") {
        if (value && value->text() != mam) return bad("The form is of another type.");
        return {};
    }
    if (name == "ids") {
        for (const auto& each : field.children()) {
            const auto position = position_of(host, each.text());
            if (!position) return std::unexpected(position.error());
            history.ids.push_back(*position);
        }
        return {};
    }
    if (!value) return bad("The field " + std::string(name) + " has no value.");
    const auto& text = value->text();
    if (name == "with") {
        const auto jid = Jid::parse(text);
        if (!jid) return refuse(Condition::jid_malformed, "The field with is not a valid JID.");
        history.with = host.archive().owners().of(*jid);
        if (jid->is_full()) history.with_full = *jid;
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

Result<Query, StanzaError> parse(Host& host, const Iq& iq) {
    Query query;
    query.history.owner = host.archive().owners().of(iq.from);
    query.history.max = page_default;
    query.history.max_bytes = static_cast<std::size_t>(host.config().limits.unsent_kib) * 1024 / pages_unread;
    query.query_id = iq.payload.attribute("queryid");
    query.flipped = iq.payload.child({"flip-page", mam}) != nullptr;
    if (const auto* form = iq.payload.child(form_tag)) {
        for (const auto& field : form->children()) {
            if (!field.is(field_tag)) continue;
            if (auto applied = apply_field(host, field, query.history); !applied) return std::unexpected(applied.error());
        }
    }
    if (const auto* set = iq.payload.child(set_tag))
        if (auto applied = apply_paging(host, *set, query.history); !applied) return std::unexpected(applied.error());
    // No more than a client may leave unacknowledged (XEP-0198), which it must be heard to do in between.
    const auto unacknowledged = static_cast<std::size_t>(host.config().limits.unacknowledged);
    query.history.max = std::min(query.history.max, std::max<std::size_t>(unacknowledged / pages_unread, 1));
    query.history.count = true;
    return query;
}

/// What all results of a query begin with, up to the id's value.
std::string result_opening(const Jid& to, const std::string& query_id) {
    std::string xml = "<message from='" + xml::escape(to.bare_text(), xml::Place::attribute) + "' to='" +
                      xml::escape(to.text(), xml::Place::attribute) + "'><result xmlns='urn:xmpp:mam:2'";
    if (!query_id.empty()) xml += " queryid='" + xml::escape(query_id, xml::Place::attribute) + "'";
    return xml + " id='";
}

std::string result_message(Host& host, std::string_view opening, const archive::HistoryItem& item) {
    constexpr std::size_t most_around = 300;  // bytes of what stands around the stanza
    std::string xml;
    xml.reserve(opening.size() + item.stanza.size() + most_around);
    xml.append(opening).append(host.stanza_ids().of(item.position));
    xml.append("'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='").append(to_iso(item.time));
    xml.append("'/><message xmlns='jabber:client'");
    xml.append(std::string_view(item.stanza).substr(std::string_view("<message").size()));
    return xml.append("</forwarded></result></message>");
}

std::string fin(Host& host, const archive::HistoryPage& page) {
    xml::Element reply(fin_tag);
    if (page.complete) reply.set("complete", "true");
    xml::Element set(set_tag);
    if (!page.items.empty()) {
        xml::Element first("first", ns::rsm);
        if (page.index) first.set("index", std::to_string(*page.index));
        set.add(first.add_text(host.stanza_ids().of(page.items.front().position)));
        set.add(xml::Element("last", ns::rsm).add_text(host.stanza_ids().of(page.items.back().position)));
    }
    if (page.count) set.add(xml::Element("count", ns::rsm).add_text(std::to_string(*page.count)));
    reply.add(std::move(set));
    return reply.to_string(ns::client);
}

Task<Reply> find(Host& host, const Iq& iq) {
    auto query = parse(host, iq);
    if (!query) co_return std::unexpected(query.error());
    if (auto* asking = host.home_of(iq.from).find(iq.session)) host.home_of(iq.from).forget_waiting(*asking);  // XEP-0386 §3.2
    const auto read = [&host, history = query->history] { return host.archive().history(history); };
    std::optional<Result<archive::HistoryPage, archive::HistoryRefusal>> answer;
    const auto deadline = net::Shard::current().after(index_limit);
    while (!answer) {
        try {
            answer.emplace(co_await host.workers().run(read));
        } catch (const archive::NotReady&) {  // after a crash its last seconds are read again first
        }
        if (answer || net::Shard::current().now() >= deadline) break;
        co_await net::sleep(index_pause);
    }
    if (!answer) co_return refuse(Condition::resource_constraint, "The archive's index is being built. Try again in a moment.");
    if (!*answer) co_return missing();
    auto& page = **answer;
    if (!co_await host.home_of(iq.from).has_read(iq.session, query->history.max_bytes))
        co_return refuse(Condition::resource_constraint, "Read first what you were sent.");
    auto* session = host.home_of(iq.from).find(iq.session);
    if (!session) co_return std::string();
    const auto opening = result_opening(iq.from, query->query_id);
    const auto show = [&](const archive::HistoryItem& item) { session->send(result_message(host, opening, item)); };
    if (query->flipped) std::ranges::for_each(page.items | std::views::reverse, show);
    else std::ranges::for_each(page.items, show);
    co_return fin(host, page);
}

Task<Reply> describe_form(Host&, const Iq&) {
    co_return "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='form'>"
              "<field type='hidden' var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>"
              "<field type='jid-single' var='with'/><field type='text-single' var='start'/>"
              "<field type='text-single' var='end'/><field type='text-single' var='before-id'/>"
              "<field type='text-single' var='after-id'/><field type='list-multi' var='ids'>"
              "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate></field>"
              "</x></query>";
}

/// XEP-0313 §4.2: where the archive begins and ends.
Task<Reply> describe_bounds(Host& host, const Iq& iq) {
    const auto owner = host.archive().owners().of(iq.from);
    const auto read = [&host, owner] { return host.archive().bounds(owner); };
    const auto bounds = co_await host.workers().run(read);
    xml::Element reply(metadata_tag);
    if (bounds) {
        const auto end = [&](std::string_view name, archive::Position position, Time time) {
            reply.add(xml::Element(name, mam).set("id", host.stanza_ids().of(position)).set("timestamp", to_iso(time)));
        };
        end("start", bounds->first, bounds->first_time);
        end("end", bounds->last, bounds->last_time);
    }
    co_return reply.to_string(ns::client);
}

}  // namespace

const Feature archive_access{
    .name = "archive-access",
    .spec = "XEP-0313 1.1.3, XEP-0059 1.0",
    .disco = {ns::rsm, mam},  // Profanity and others look for it at the domain
    .account_disco = {mam, "urn:xmpp:mam:2#extended", ns::stanza_id, ns::rsm},
    .install = [](Host& host) {
        host.on_get(At::own, query_tag, describe_form);
        host.on_set(At::own, query_tag, find);
        host.on_get(At::own, metadata_tag, describe_bounds);
    },
};

}  // namespace chancery
