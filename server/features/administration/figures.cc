// How many accounts there are, how many people are here, and who they are.

#include <charconv>

#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

enum class Which { registered, disabled, online };

Task<std::vector<std::string>> people(Host& host, Which which) {
    std::vector<std::string> addresses;
    if (which == Which::online) {
        for (const auto& person : co_await online(host)) addresses.push_back(person.text());
        co_return addresses;
    }
    for (const auto& account : host.accounts().list())
        if (which == Which::registered || account.disabled_reason) addresses.push_back(account.name + "@" + host.domain());
    co_return addresses;
}

Task<Reply> count(Host& host, Which which, std::string_view var) {
    const auto addresses = co_await people(host, which);
    co_return result().add(var, std::to_string(addresses.size())).to_xml();
}

Task<Reply> count_registered(Host& host, const Iq&, const xml::Element&) { return count(host, Which::registered, "registeredusersnum"); }
Task<Reply> count_disabled(Host& host, const Iq&, const xml::Element&) { return count(host, Which::disabled, "disabledusersnum"); }
Task<Reply> count_online(Host& host, const Iq&, const xml::Element&) { return count(host, Which::online, "onlineusersnum"); }

Task<Reply> list_form(Host&, const Iq&) {
    auto most = field("max_items", "text-single", "How many at most");
    most.values = {"100"};
    co_return blank("List people", "In the order of their addresses.").add(std::move(most)).to_xml();
}

Task<Reply> list(Host& host, const Iq& iq, const xml::Element& element, Which which, std::string_view var) {
    constexpr std::size_t most = 5'000;  // so that the answer fits into a stanza
    const auto wish = DataForm(element).text("max_items");
    std::size_t limit = most;
    const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), limit);
    if (!wish.empty() && wish != "none" && (error != std::errc() || end != wish.data() + wish.size()))
        co_return refuse(Condition::not_acceptable, "How many at most must be a number.");
    co_await record(host, iq, {{"command", "user list"}, {"which", var}});
    auto addresses = co_await people(host, which);
    if (addresses.size() > std::min(limit, most)) addresses.resize(std::min(limit, most));
    auto form = result();
    form.add(DataForm::Field{.var = std::string(var), .type = "text-multi", .label = {}, .values = std::move(addresses)});
    co_return form.to_xml();
}

Task<Reply> list_registered(Host& host, const Iq& iq, const xml::Element& form) {
    return list(host, iq, form, Which::registered, "registereduserjids");
}
Task<Reply> list_disabled(Host& host, const Iq& iq, const xml::Element& form) {
    return list(host, iq, form, Which::disabled, "disableduserjids");
}
Task<Reply> list_online(Host& host, const Iq& iq, const xml::Element& form) {
    return list(host, iq, form, Which::online, "onlineuserjids");
}

}  // namespace

void add_figures(Host& host) {
    add(host, "http://jabber.org/protocol/admin#get-registered-users-num", {.name = "How many accounts", .form = nullptr, .submit = count_registered, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-disabled-users-num", {.name = "How many disabled accounts", .form = nullptr, .submit = count_disabled, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-online-users-num", {.name = "How many people are here", .form = nullptr, .submit = count_online, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-registered-users-list", {.name = "Accounts", .form = list_form, .submit = list_registered, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-disabled-users-list", {.name = "Disabled accounts", .form = list_form, .submit = list_disabled, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-online-users-list", {.name = "Who is here", .form = list_form, .submit = list_online, .gives_form = true});
}

}  // namespace chancery::administration
