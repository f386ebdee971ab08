// How many accounts there are, how many people are here, and who they are.

#include <algorithm>
#include <charconv>

#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

enum class Which { registered, disabled, online, active, idle };

/// Somebody is active on one device at least, or away from all of them.
Task<std::vector<std::string>> online_and(Host& host, bool is_active) {
    std::vector<std::string> addresses;
    const auto is_at_it = [](const auto& session) { return session->is_available() && !session->presence->away; };
    const auto visit = [is_active, is_at_it](Home& home) {
        std::vector<std::string> found;
        for (const auto& person : home.signed_in())
            if (std::ranges::any_of(home.known(person)->sessions, is_at_it) == is_active) found.push_back(person.text());
        return found;
    };
    for (std::size_t i = 0; i < host.home_count(); ++i) {
        auto here = co_await host.ask_home(host.home(i), visit);
        std::ranges::move(here, std::back_inserter(addresses));
    }
    std::ranges::sort(addresses);
    co_return addresses;
}

Task<std::vector<std::string>> people(Host& host, Which which) {
    std::vector<std::string> addresses;
    if (which == Which::active || which == Which::idle) co_return co_await online_and(host, which == Which::active);
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
Task<Reply> count_active(Host& host, const Iq&, const xml::Element&) { return count(host, Which::active, "activeusersnum"); }
Task<Reply> count_idle(Host& host, const Iq&, const xml::Element&) { return count(host, Which::idle, "idleusersnum"); }

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
Task<Reply> list_active(Host& host, const Iq& iq, const xml::Element& form) { return list(host, iq, form, Which::active, "activeuserjids"); }
Task<Reply> list_idle(Host& host, const Iq& iq, const xml::Element& form) { return list(host, iq, form, Which::idle, "idleuserjids"); }

}  // namespace

void add_figures(Host& host) {
    add(host, "http://jabber.org/protocol/admin#get-registered-users-num", {.name = "How many accounts", .form = nullptr, .submit = count_registered, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-disabled-users-num", {.name = "How many disabled accounts", .form = nullptr, .submit = count_disabled, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-online-users-num", {.name = "How many people are here", .form = nullptr, .submit = count_online, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-active-users-num", {.name = "How many people are here and not away", .form = nullptr, .submit = count_active, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-idle-users-num", {.name = "How many people are signed in but away", .form = nullptr, .submit = count_idle, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-registered-users-list", {.name = "Accounts", .form = list_form, .submit = list_registered, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-disabled-users-list", {.name = "Disabled accounts", .form = list_form, .submit = list_disabled, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-online-users-list", {.name = "Who is here", .form = list_form, .submit = list_online, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-active-users", {.name = "Who is here and not away", .form = list_form, .submit = list_active, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-idle-users", {.name = "Who is signed in but away", .form = list_form, .submit = list_idle, .gives_form = true});
}

}  // namespace chancery::administration
