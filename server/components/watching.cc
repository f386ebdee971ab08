#include "components/watching.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "components/service.h"
#include "core/privileged.h"
#include "core/stamp.h"

namespace chancery::components {
namespace {

constexpr std::size_t most_contacts = 100'000;

/// The same to whoever it was sent.
std::string without_addressee(const std::string& presence) {
    auto element = xml::Element::parse(presence);
    if (!element) return {};
    element->remove_attribute("to");
    element->remove_attribute("id");
    return element->to_string({});
}

}  // namespace

Watching::Watching(Host& host, Service& service, const AllRights& rights) : host_(host), service_(service) {
    for (const auto& [domain, each] : rights) {
        const auto component = *Jid::parse(domain);
        if (each.pushes_rosters()) of_rosters_.push_back(component);
        if (each.presence != Seen::nobody) of_people_.push_back(component);
        if (each.presence == Seen::contacts) of_contacts_.push_back(component);
    }
}

void Watching::install(Host& host, Service& service, const AllRights& rights) {
    auto watching = std::make_shared<Watching>(host, service, rights);
    auto& told = host.kept<Privileged>();
    if (!watching->of_rosters_.empty())
        told.roster_changed = [watching](const Jid& person, const std::string& query) { watching->roster_changed(person, query); };
    if (!watching->of_contacts_.empty())
        told.presence_came = [watching](const Jid& person, const Jid& from, const std::string& presence, bool leaves) {
            watching->host_.home_of(person).tasks().spawn(watching->contact_changed(person, from, presence, leaves));
        };
    if (!watching->of_people_.empty()) {
        host.on_available([](Host& there, Session& session) { there.kept<Watching>().came(session); });
        host.on_presence([](Host& there, Session& session) {
            if (!session.is_available()) there.kept<Watching>().went(session);
        });
    }
    host.keep(std::move(watching));
}

void Watching::tell(const std::vector<Jid>& components, const std::string& presence) {
    for (const auto& component : components)
        if (service_.has_joined(component.domain())) service_.send(component, addressed(presence, component));
}

void Watching::came(const Session& session) { tell(of_people_, session.presence->xml); }

void Watching::went(const Session& session) {
    std::string xml = "<presence type='unavailable'";
    xml::append_attribute(xml, "from", session.jid().text());
    tell(of_people_, xml + "></presence>");
}

void Watching::roster_changed(const Jid& person, const std::string& query) {
    for (const auto& component : of_rosters_) {
        if (!service_.has_joined(component.domain())) continue;  // nobody's client is to hear that it is not there
        std::string xml = "<iq type='set' id='" + to_hex(random_bytes(8)) + "'";
        xml::append_attribute(xml, "from", person.text());
        xml::append_attribute(xml, "to", component.text());
        service_.send(component, xml + ">" + query + "</iq>");
    }
}

/// Several people here may see the same contact: each word is passed on once.
Task<> Watching::contact_changed(Jid person, Jid from, std::string presence, bool leaves) {
    const auto contact = from.bare();
    const bool is_shown = co_await host_.may_see(person, contact);
    const auto said = without_addressee(presence);
    if (!is_shown || said.empty()) co_return;
    const std::lock_guard lock(guard_);
    const auto known = contacts_.find(from);
    if (leaves) {
        if (known == contacts_.end()) co_return;
        contacts_.erase(known);
    } else if (known != contacts_.end()) {
        if (known->second == said) co_return;
        known->second = said;
    } else if (contacts_.size() < most_contacts) {
        contacts_.emplace(from, said);
    }
    tell(of_contacts_, said);
}

void Watching::tell_present(const std::string& domain) {
    const auto is_it = [&](const Jid& component) { return component.domain() == domain; };
    const auto component = *Jid::parse(domain);
    if (std::ranges::any_of(of_people_, is_it))
        for (std::size_t i = 0; i < host_.home_count(); ++i)
            host_.home(i).shard().post([this, component, &home = host_.home(i)] {
                for (const auto& person : home.signed_in())
                    for (const auto& session : home.known(person)->sessions)
                        if (session->is_available()) tell({component}, session->presence->xml);
            });
    if (std::ranges::none_of(of_contacts_, is_it)) return;
    const std::lock_guard lock(guard_);
    for (const auto& [device, said] : contacts_) tell({component}, said);
}

}  // namespace chancery::components
