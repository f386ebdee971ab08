// XEP-0133: Service Administration, for those who have the role of an administrator: the command line's account commands
// in a client.

#include "features/administration/administration.h"

#include <algorithm>
#include <array>

#include "features/features.h"

namespace chancery {
namespace administration {
namespace {

Result<Jid, StanzaError> account_of(Host& host, std::string_view address) {
    auto jid = Jid::parse(address);
    if (!jid) return refuse(Condition::jid_malformed, "That is not a valid address: " + std::string(address));
    if (!host.is_account(*jid)) return refuse(Condition::item_not_found, "There is no such account: " + jid->text());
    return std::move(*jid);
}

}  // namespace

void add(Host& host, std::string_view node, Command command) {
    command.for_administrators = true;
    host.add_command(node, command);
}

DataForm blank(std::string_view title, std::string_view instructions) {
    DataForm form("form", ns_admin);
    return form.title(title).instructions(instructions);
}

DataForm::Field field(std::string_view var, std::string_view type, std::string_view label) {
    return {.var = std::string(var), .type = std::string(type), .label = std::string(label), .values = {}, .required = true};
}

DataForm result() { return DataForm("result", ns_admin); }

Result<std::vector<Jid>, StanzaError> people_in(Host& host, const xml::Element& element) {
    constexpr std::size_t most = 1'000;
    const DataForm form(element);
    std::vector<Jid> people;
    for (const auto var : {"accountjid", "accountjids", "adminjids"})
        for (const auto& value : form.values(var)) {
            auto person = account_of(host, value);
            if (!person) return std::unexpected(person.error());
            people.push_back(std::move(*person));
        }
    if (people.empty()) return refuse(Condition::bad_request, "The form names nobody.");
    if (people.size() > most) return refuse(Condition::not_acceptable, "That are too many people at once.");
    return people;
}

Result<Jid, StanzaError> person_in(Host& host, const xml::Element& element) {
    auto people = people_in(host, element);
    if (!people) return std::unexpected(people.error());
    if (people->size() > 1) return refuse(Condition::bad_request, "Name one person at a time.");
    return std::move(people->front());
}

Task<> record(Host& host, const Iq& iq, json request) {
    const auto text = "<admin xmlns='urn:chancery:admin:0' actor='" + xml::escape(iq.from.text(), xml::Place::attribute) + "'>" +
                      xml::escape(request.dump(-1, ' ', false, json::error_handler_t::replace)) + "</admin>";
    const auto domain = host.domain();
    const Recorder::Draft draft{.kind = journal::Kind::admin, .record = {.from = iq.from.text(), .to = domain, .stanza = text}};
    co_await host.recorder().record(draft);
}

std::unexpected<StanzaError> refusal_of(AccountError error) {
    const bool is_taken = error == AccountError::exists || error == AccountError::removed;
    const auto condition = is_taken                         ? Condition::conflict
                           : error == AccountError::unknown ? Condition::item_not_found
                                                            : Condition::not_acceptable;
    return refuse(condition, std::string(text(error)));
}

Task<bool> end_sessions(Host& host, Jid person, std::string why) {
    const auto end = [person, why](Home& home) {
        auto* user = home.known(person);
        std::vector<SessionId> ids;
        if (user)
            for (const auto& session : user->sessions)
                if (person.is_bare() || session->jid() == person) ids.push_back(session->id());
        for (const auto id : ids) {
            if (auto* link = home.find(id)->link()) link->end({"policy-violation", why});
            home.close(id);
        }
        return !ids.empty();
    };
    co_return co_await host.ask(person, end);
}

Task<std::vector<Jid>> online(Host& host) {
    std::vector<Jid> everybody;
    const auto visit = [](Home& home) { return home.signed_in(); };
    for (std::size_t i = 0; i < host.home_count(); ++i) {
        auto here = co_await host.ask_home(host.home(i), visit);
        std::ranges::move(here, std::back_inserter(everybody));
    }
    std::ranges::sort(everybody);
    co_return everybody;
}

}  // namespace administration

const Feature administration_commands{
    .name = "administration",
    .spec = "XEP-0133 1.3.1",
    .install = [](Host& host) {
        administration::add_account_commands(host);
        administration::add_removal(host);
        administration::add_session_commands(host);
        administration::add_figures(host);
        administration::add_notices(host);
        administration::add_stop(host);
    },
};

}  // namespace chancery
