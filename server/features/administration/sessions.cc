// Ending sessions, announcements, and what is known of one person.

#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

Task<Reply> end_form(Host&, const Iq&) {
    auto form = blank("End sessions", "Of one device by its full address, of all by the bare one.");
    co_return form.add(field("accountjids", "jid-multi", "Addresses")).to_xml();
}

Task<Reply> end(Host& host, const Iq& iq, const xml::Element& element) {
    const auto people = people_in(host, element);
    if (!people) co_return std::unexpected(people.error());
    bool any = false;
    for (const auto& person : *people) {
        co_await record(host, iq, {{"command", "session end"}, {"name", person.text()}});
        any = co_await end_sessions(host, person, "Ended by an administrator.") || any;
    }
    if (!any) co_return refuse(Condition::item_not_found, "No such device is signed in.");
    co_return "Signed out.";
}

Task<Reply> announce_form(Host&, const Iq&) {
    auto form = blank("Announce something", "Everybody who is signed in gets this message.");
    co_return form.add(field("announcement", "text-multi", "Text")).to_xml();
}

Task<Reply> announce(Host& host, const Iq& iq, const xml::Element& element) {
    const auto words = DataForm(element).text("announcement");
    if (words.empty()) co_return refuse(Condition::not_acceptable, "There is no text to send.");
    const auto everybody = co_await online(host);
    co_await record(host, iq, {{"command", "send"}, {"to", "online"}, {"people", everybody.size()}});
    for (const auto& person : everybody) host.announce(person, "Announcement", words);
    co_return "Sent to " + std::to_string(everybody.size()) + ".";
}

Task<Reply> person_form(Host&, const Iq&) {
    co_return blank("About whom?", "An account of this server.").add(field("accountjids", "jid-multi", "Address")).to_xml();
}

/// §4.10 has one address where §4.8 and §4.9 have several; clients were seen that fill in these here too.
Task<Reply> statistics_form(Host&, const Iq&) {
    auto one = field("accountjid", "jid-single", "Address"), several = field("accountjids", "jid-multi", "Address, as in the other forms");
    one.required = several.required = false;
    co_return blank("About whom?", "An account of this server.").add(std::move(one)).add(std::move(several)).to_xml();
}

Task<Reply> last_login(Host& host, const Iq& iq, const xml::Element& element) {
    const auto person = person_in(host, element);
    if (!person) co_return std::unexpected(person.error());
    co_await record(host, iq, {{"command", "user last-login"}, {"name", person->local()}});
    const auto info = host.accounts().find(person->local());
    auto form = result();
    form.add("accountjids", person->bare_text());
    co_return form.add("lastlogin", info && info->last_logon ? to_iso(*info->last_logon) : std::string("never")).to_xml();
}

/// What the home of a person says of them.
struct AtHome {
    std::vector<std::string> addresses, resources;
    std::vector<std::pair<Jid, Contact>> contacts;
};

Task<> look(Host& host, Jid person, AtHome& found) {
    auto& home = host.home_of(person);
    auto& owner = home.user(person);
    const auto guard = co_await home.lock_roster(owner);
    for (const auto& [contact, entry] : owner.roster->contacts)
        if (entry.listed) found.contacts.emplace_back(contact, entry);
    for (const auto& session : owner.sessions) {
        found.addresses.push_back(session->address);
        found.resources.emplace_back(session->jid().resource());
    }
}

Task<AtHome> look_home(Host& host, Jid person) {
    AtHome found;
    auto looked = look(host, person, found);
    co_await host.visit(host.home_of(person), std::move(looked));
    co_return found;
}

Task<Reply> statistics(Host& host, const Iq& iq, const xml::Element& element) {
    const auto person = person_in(host, element);
    if (!person) co_return std::unexpected(person.error());
    co_await record(host, iq, {{"command", "user statistics"}, {"name", person->local()}});
    auto found = co_await look_home(host, person->bare());
    auto form = result();
    form.add("accountjid", person->bare_text());
    form.add(DataForm::Field{.var = "ipaddresses", .type = "text-multi", .label = "Addresses of devices", .values = std::move(found.addresses)});
    form.add("rostersize", std::to_string(found.contacts.size()));
    form.add(DataForm::Field{.var = "onlineresources", .type = "text-multi", .label = "Devices", .values = std::move(found.resources)});
    co_return form.to_xml();
}

Task<Reply> roster(Host& host, const Iq& iq, const xml::Element& element) {
    const auto person = person_in(host, element);
    if (!person) co_return std::unexpected(person.error());
    co_await record(host, iq, {{"command", "user roster"}, {"name", person->local()}});
    const auto found = co_await look_home(host, person->bare());
    auto form = result();
    form.add("accountjids", person->bare_text());
    auto x = form.to_element();
    xml::Element query("query", ns::roster);
    for (const auto& [contact, entry] : found.contacts) {
        xml::Element item("item", ns::roster);
        item.set("jid", contact.text()).set("subscription", entry.subscription.name());
        if (!entry.name.empty()) item.set("name", entry.name);
        for (const auto& group : entry.groups) item.add(xml::Element("group", ns::roster).add_text(group));
        query.add(std::move(item));
    }
    co_return x.add(std::move(query)).to_string(ns::client);
}

}  // namespace

void add_session_commands(Host& host) {
    add(host, "http://jabber.org/protocol/admin#end-user-session", {"End sessions", end_form, end});
    add(host, "http://jabber.org/protocol/admin#announce", {"Announce something", announce_form, announce});
    add(host, "http://jabber.org/protocol/admin#get-user-lastlogin", {.name = "When somebody signed in last", .form = person_form, .submit = last_login, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#user-stats", {.name = "About somebody's devices", .form = statistics_form, .submit = statistics, .gives_form = true});
    add(host, "http://jabber.org/protocol/admin#get-user-roster", {.name = "Somebody's contacts", .form = person_form, .submit = roster, .gives_form = true});
}

}  // namespace chancery::administration
