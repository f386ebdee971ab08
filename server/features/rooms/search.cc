#include "features/rooms/search.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>

#include "features/rooms/form.h"
#include "xmpp/namespaces.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view form_search = "urn:xmpp:channel-search:0:search-params";
constexpr std::string_view key_users = "{urn:xmpp:channel-search:0:order}nusers", key_address = "{urn:xmpp:channel-search:0:order}address";
constexpr std::string_view type_rooms = "xep-0045";
constexpr xml::Tag form_tag{"x", ns::data_forms}, set_tag{"set", ns::rsm};
constexpr std::size_t most_on_page = 100, most_terms = 20, words_limit_bytes = 1'000;

std::unexpected<StanzaError> modify(Condition condition, std::string text, std::string_view application, std::string_view inner = {}) {
    std::string xml = "<" + std::string(application) + " xmlns='urn:xmpp:channel-search:0:error'";
    xml += inner.empty() ? std::string("/>") : ">" + std::string(inner) + "</" + std::string(application) + ">";
    return std::unexpected(StanzaError{condition, std::move(text), "modify", std::move(xml)});
}

std::unexpected<StanzaError> conflict(std::string text, std::initializer_list<std::string_view> fields) {
    std::string vars;
    for (const auto field : fields) vars += "<var>" + std::string(field) + "</var>";
    return modify(Condition::bad_request, std::move(text), "conflicting-fields", vars);
}

std::string folded(std::string_view text) {
    std::string result;
    icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()))).foldCase().toUTF8String(result);
    return result;
}

std::vector<std::string> terms_of(std::string_view words) {
    std::vector<std::string> terms;
    for (std::size_t from = 0; (from = words.find_first_not_of(" \t\r\n", from)) != std::string_view::npos;) {
        const auto to = std::min(words.find_first_of(" \t\r\n", from), words.size());
        terms.push_back(folded(words.substr(from, to - from)));
        from = to;
    }
    return terms;
}

/// Nothing when it is not a number.
std::optional<std::size_t> number_of(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// What a client says of a page of its search and gets back with it: where it ends, in the order of the search.
std::string mark_of(const Channel& channel, bool by_users) {
    return by_users ? std::to_string(channel.users) + " " + channel.address : channel.address;
}

/// A channel that stands where the mark says.
Channel at_mark(const std::string& mark, bool by_users) {
    const auto space = by_users ? mark.find(' ') : std::string::npos;
    if (space == std::string::npos) return {.address = mark};
    return {.address = mark.substr(space + 1), .users = number_of(std::string_view(mark).substr(0, space)).value_or(0)};
}

Result<void, StanzaError> parse_page(const xml::Element& search, Search& parsed) {
    const auto* set = search.child(set_tag);
    if (!set) return {};
    if (const auto* max = set->child({"max", ns::rsm})) {
        const auto number = number_of(max->text());
        if (!number) return refuse(Condition::bad_request, "max is not a number.");
        parsed.max = std::min(*number, most_on_page);
    }
    if (set->child({"index", ns::rsm})) return refuse(Condition::feature_not_implemented, "Pages are asked for by id, not by index.");
    if (const auto* after = set->child({"after", ns::rsm})) parsed.after = after->text();
    if (const auto* before = set->child({"before", ns::rsm})) {
        parsed.before = before->text();
        parsed.from_end = true;
    }
    return {};
}

std::string item_xml(const Channel& channel) {
    xml::Element item("item", ns_search);
    item.set("address", channel.address);
    const auto add = [&](std::string_view name, const std::string& text) {
        if (!text.empty()) item.add(xml::Element(name, ns_search).add_text(text));
    };
    add("name", channel.name);
    add("description", channel.description);
    add("language", channel.language);
    add("nusers", std::to_string(channel.users));
    add("service-type", std::string(type_rooms));
    add("is-open", channel.is_open ? "true" : "false");
    add("anonymity-mode", channel.is_anonymous ? "muc_semianonymous" : "{urn:xmpp:channel-search:0:anonymity}none");
    return item.to_string(ns_search);
}

}  // namespace

Result<Search, StanzaError> Search::parse(const xml::Element& search) {
    Search parsed{.max = most_on_page};
    const Form form(*search.child(form_tag));
    if (form.type() != "submit" || form.form_type() != form_search)
        return modify(Condition::bad_request, "The form of this search, filled in, is expected.", "no-search-conditions");
    const auto words = form.text("q").value_or("");
    const bool all = form.flag("all").value_or(false);
    if (words.empty() && !all) return modify(Condition::bad_request, "Say what to search for, or ask for all.", "no-search-conditions");
    if (!words.empty() && all) return conflict("Either all channels are asked for, or those that words are found in.", {"all", "q"});
    parsed.terms = terms_of(words);
    if (!all && (parsed.terms.empty() || parsed.terms.size() > most_terms || words.size() > words_limit_bytes))
        return modify(Condition::bad_request, "One to 20 words are expected, of 1,000 bytes together.", "invalid-search-terms");
    parsed.in_name = form.flag("sinname").value_or(true);
    parsed.in_description = form.flag("sindescription").value_or(true);
    parsed.in_address = form.flag(form.has("sinaddr") ? "sinaddr" : "sinaddress").value_or(true);  // §3.2.1 has the one, §5.1 the other
    if (!all && !parsed.in_name && !parsed.in_description && !parsed.in_address)
        return conflict("Words are searched for in names, descriptions or addresses.", {"q", "sinname", "sindescription", "sinaddress"});
    if (const auto types = form.list("types"); form.has("types")) parsed.is_of_rooms = std::ranges::find(types, type_rooms) != types.end();
    if (const auto least = form.text("min_users"); least && !least->empty()) {
        const auto number = number_of(*least);
        if (!number) return refuse(Condition::bad_request, "min_users is not a number.");
        parsed.least_users = *number;
    }
    const auto key = form.text("key").value_or(std::string(key_users));
    if (key != key_users && key != key_address)
        return modify(Condition::feature_not_implemented, "Channels are sorted by users or by address.", "invalid-sort-key");
    parsed.by_users = key == key_users;
    if (auto applied = parse_page(search, parsed); !applied) return std::unexpected(applied.error());
    return parsed;
}

bool Search::finds(const Channel& channel) const {
    if (!is_of_rooms || channel.users < least_users) return false;
    const auto is_found = [&](const std::string& term) {
        return (in_name && folded(channel.name).contains(term)) || (in_description && folded(channel.description).contains(term)) ||
               (in_address && folded(channel.address).contains(term));
    };
    return std::ranges::all_of(terms, is_found);
}

std::string Search::page(std::vector<Channel> found) const {
    const auto stands_before = [this](const Channel& one, const Channel& other) {
        if (by_users && one.users != other.users) return one.users > other.users;
        return one.address < other.address;
    };
    std::ranges::sort(found, stands_before);
    const auto all = found.size();
    std::size_t index = 0, end = found.size();
    if (!after.empty()) index = static_cast<std::size_t>(std::ranges::upper_bound(found, at_mark(after, by_users), stands_before) - found.begin());
    if (!before.empty()) end = static_cast<std::size_t>(std::ranges::lower_bound(found, at_mark(before, by_users), stands_before) - found.begin());
    end = std::max(index, end);
    if (from_end) index = std::max(index, end - std::min(end, max));
    else end = std::min(end, index + max);

    std::string xml = "<result xmlns='urn:xmpp:channel-search:0:search'>";
    for (auto i = index; i < end; ++i) xml += item_xml(found[i]);
    xml::Element set("set", ns::rsm);
    if (index < end) {
        set.add(xml::Element("first", ns::rsm).set("index", std::to_string(index)).add_text(mark_of(found[index], by_users)));
        set.add(xml::Element("last", ns::rsm).add_text(mark_of(found[end - 1], by_users)));
    }
    set.add(xml::Element("count", ns::rsm).add_text(std::to_string(all)));
    return xml + set.to_string(ns_search) + "</result>";
}

std::unexpected<StanzaError> search_later(std::chrono::seconds wait) {
    const auto seconds = std::to_string(wait.count());
    return std::unexpected(StanzaError{Condition::resource_constraint, "You search too often. Try again in " + seconds + " s.", "wait",
                                       "<rate-limit xmlns='urn:xmpp:channel-search:0:error' retry-after='" + seconds + "'/>"});
}

std::string search_form() {
    FormWriter form("form", form_search);
    form.title("Search for rooms")
        .text("q", "Search for", {})
        .flag("all", "All rooms, whatever they are called", false)
        .flag("sinname", "Search in names", true)
        .flag("sindescription", "Search in descriptions", true)
        .flag("sinaddress", "Search in addresses", true)
        .text("min_users", "At least so many people in it", "0")
        .list("types", "Kinds of channels", "list-multi", {{type_rooms, "Rooms (XEP-0045)"}}, {std::string(type_rooms)})
        .list("key", "Sorted by", "list-single", {{key_users, "People in it, most first"}, {key_address, "Address"}}, {std::string(key_users)});
    return "<search xmlns='urn:xmpp:channel-search:0:search'>" + form.xml() + "</search>";
}

}  // namespace chancery::rooms
