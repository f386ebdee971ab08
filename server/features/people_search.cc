// XEP-0055: Search among the people of this server, by the name of the account and by what they say in their cards
// (XEP-0054). As a plain query, and as a data form.
//
// Limits. Cards are sealed at rest, so that each search unseals all of them, on a thread of the database: a tenth of a
// second for ten thousand. More than `most_found` people are not shown, but the asker told to say more.

#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "features/features.h"
#include "xml/parse.h"

namespace chancery {
namespace {

constexpr std::string_view ns_search = "jabber:iq:search";
constexpr xml::Tag query_tag{"query", ns_search}, form_tag{"x", ns::data_forms};
constexpr std::size_t most_found = 100;

struct Card {
    std::string first, last, nick, email;
};

/// What is asked for, folded; what is empty matches everybody.
struct Wanted {
    std::string user;
    Card card;
    bool is_empty() const { return user.empty() && card.first.empty() && card.last.empty() && card.nick.empty() && card.email.empty(); }
};

struct Found {
    Jid person;
    Card card;
};

std::string folded(std::string_view text) {
    std::string result;
    icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()))).trim().foldCase().toUTF8String(result);
    return result;
}

bool matches(const std::string& wanted, std::string_view text) { return wanted.empty() || folded(text).contains(wanted); }

bool matches(const Wanted& wanted, const Found& found) {
    return matches(wanted.user, found.person.local()) && matches(wanted.card.first, found.card.first) &&
           matches(wanted.card.last, found.card.last) && matches(wanted.card.nick, found.card.nick) &&
           matches(wanted.card.email, found.card.email);
}

Card card_of(const std::string& vcard) {
    const auto document = xml::parse(vcard, xml::limits_of_stored_xml, ns::client);
    if (!document) return {};
    constexpr std::string_view ns_card = "vcard-temp";
    const auto root = document->root();
    const auto name = root.child({"N", ns_card});
    Card card{.first = std::string(name.child({"GIVEN", ns_card}).text()), .last = std::string(name.child({"FAMILY", ns_card}).text()),
              .nick = std::string(root.child({"NICKNAME", ns_card}).text()), .email = {}};
    const auto email = root.child({"EMAIL", ns_card});
    card.email = email.child({"USERID", ns_card}) ? email.child({"USERID", ns_card}).text() : email.text();
    if (card.first.empty() && card.last.empty()) card.first = root.child({"FN", ns_card}).text();
    return card;
}

/// Everybody who has a card or whose account's name alone will do, in order of address.
std::vector<Found> search(Host& host, storage::Snapshot& snapshot, const Wanted& wanted, const Jid& asking) {
    std::map<std::string, Card> cards;
    const auto take = [&](std::string owner, storage::BlobView sealed) {
        if (auto card = unseal(host.state_key(), "vcard:" + owner, sealed.bytes)) cards.emplace(std::move(owner), card_of(*card));
    };
    snapshot.each<std::string, storage::BlobView>("SELECT owner, card FROM vcard", take);
    std::vector<Found> all;
    for (const auto& account : host.accounts().list()) {
        const auto person = Jid::of(account.name, host.domain());
        if (!person || account.disabled_reason || host.block_lists().has_blocked(*person, asking)) continue;
        const auto card = cards.find(person->text());
        Found found{*person, card == cards.end() ? Card() : card->second};
        if (matches(wanted, found)) all.push_back(std::move(found));
    }
    return all;
}

struct FieldName {
    std::string_view var, label;
};
constexpr std::array<FieldName, 5> field_names{{{"user", "Name of the account"}, {"first", "Given name"}, {"last", "Family name"},
                                                {"nick", "Nickname"}, {"email", "E-mail"}}};

std::array<std::string_view, 5> values_of(const Found& found) {
    return {found.person.local(), found.card.first, found.card.last, found.card.nick, found.card.email};
}

Task<Reply> get(Host&, const Iq&) {
    constexpr std::string_view text = "Fill in one field or more. Parts of words will do.";
    xml::Element query(query_tag);
    query.add(xml::Element("instructions", ns_search).add_text(text));
    for (const auto name : {"first", "last", "nick", "email"}) query.add(xml::Element(name, ns_search));
    DataForm form("form", ns_search);
    form.title("People").instructions(text);
    for (const auto& [var, label] : field_names)
        form.add({.var = std::string(var), .type = "text-single", .label = std::string(label), .values = {}});
    query.add(form.to_element());
    co_return query.to_string(ns::client);
}

std::string as_form(const std::vector<Found>& all) {
    auto x = DataForm("result", ns_search).to_element();
    xml::Element reported("reported", ns::data_forms);
    const auto field = [](std::string_view var) { return xml::Element("field", ns::data_forms).set("var", var); };
    reported.add(field("jid").set("type", "jid-single").set("label", "Address"));
    for (const auto& [var, label] : field_names) reported.add(field(var).set("type", "text-single").set("label", label));
    x.add(std::move(reported));
    const auto with_value = [&](std::string_view var, std::string_view value) {
        return field(var).add(xml::Element("value", ns::data_forms).add_text(value));
    };
    for (const auto& found : all) {
        xml::Element item("item", ns::data_forms);
        item.add(with_value("jid", found.person.text()));
        const auto values = values_of(found);
        for (std::size_t i = 0; i < values.size(); ++i) item.add(with_value(field_names[i].var, values[i]));
        x.add(std::move(item));
    }
    return xml::Element(query_tag).add(std::move(x)).to_string(ns::client);
}

std::string as_items(const std::vector<Found>& all) {
    xml::Element query(query_tag);
    for (const auto& found : all) {
        xml::Element item("item", ns_search);
        item.set("jid", found.person.text());
        const auto values = values_of(found);
        for (std::size_t i = 1; i < values.size(); ++i) item.add(xml::Element(field_names[i].var, ns_search).add_text(values[i]));
        query.add(std::move(item));
    }
    return query.to_string(ns::client);
}

Task<Reply> set(Host& host, const Iq& iq) {
    const auto* x = iq.payload.child(form_tag);
    const auto form = x ? std::optional<DataForm>(*x) : std::nullopt;
    if (form && form->form_type() != ns_search) co_return refuse(Condition::bad_request, "The form is of another type.");
    const auto asked = [&](std::string_view var) {
        if (form) return folded(form->text(var));
        const auto* child = iq.payload.child({var, ns_search});
        return child ? folded(child->text()) : std::string();
    };
    const Wanted wanted{.user = asked("user"),
                        .card = {.first = asked("first"), .last = asked("last"), .nick = asked("nick"), .email = asked("email")}};
    if (wanted.is_empty()) co_return form ? as_form({}) : as_items({});  // who looks for nobody is not shown everybody
    const auto work = [&host, wanted, asking = iq.from.bare()](storage::Snapshot& snapshot) {
        return search(host, snapshot, wanted, asking);
    };
    const auto found = co_await host.database().read(work);
    if (found.size() > most_found) co_return refuse(Condition::not_acceptable, "More than 100 people match. Say more about whom you look for.");
    co_return form ? as_form(found) : as_items(found);
}

}  // namespace

const Feature people_search{
    .name = "people-search",
    .spec = "XEP-0055 1.3",
    .install = [](Host& host) {
        if (!host.config().policy.people_search) return;
        host.advertise(At::server, ns_search);
        host.on_get(At::server, query_tag, get);
        host.on_set(At::server, query_tag, set);
    },
};

}  // namespace chancery
