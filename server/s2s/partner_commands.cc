// XEP-0133 §4.11 and §4.12: which domains are blocked and which are partners, as an administrator says it in a client.

#include <nlohmann/json.hpp>

#include "s2s/partner_rules.h"
#include "s2s/service.h"

namespace chancery::s2s {
namespace {

using List = PartnerRules::List;

constexpr std::string_view ns_admin = "http://jabber.org/protocol/admin";
constexpr std::size_t most_domains = 10'000;

/// Whose lists the commands edit.
struct Edited {
    Service& federation;
};

std::string_view field_of(List list) { return list == List::allowed ? "whitelistjids" : "blacklistjids"; }

Reply form_of(Host& host, List list) {
    const bool allows = list == List::allowed;
    DataForm form("form", ns_admin);
    form.title(allows ? "Partners" : "Blocked domains");
    form.instructions(allows ? "Domains that are partners beside those of the setting federation.domains. What is blocked is none."
                             : "Domains that are no partners, nor what is below them, beside those of the setting federation.blocked.");
    const auto domains = host.kept<Edited>().federation.rules().of(list);
    form.add(DataForm::Field{.var = std::string(field_of(list)), .type = "jid-multi", .label = "Domains", .values = {domains.begin(), domains.end()}});
    return form.to_xml();
}

Result<PartnerRules::Domains, StanzaError> domains_in(Host& host, const xml::Element& form, List list) {
    PartnerRules::Domains domains;
    for (const auto& text : DataForm(form).values(field_of(list))) {
        if (text.empty()) continue;
        const auto jid = Jid::parse(text);
        if (!jid || !jid->is_domain()) return refuse(Condition::not_acceptable, text + " is not a domain.");
        if (host.is_ours(jid->domain())) return refuse(Condition::not_acceptable, text + " is this server's own.");
        domains.insert(jid->text());
    }
    if (domains.size() > most_domains) return refuse(Condition::not_acceptable, "That are too many domains.");
    return domains;
}

Task<Reply> edit(Host& host, const Iq& iq, const xml::Element& form, List list) {
    auto domains = domains_in(host, form, list);
    if (!domains) co_return std::unexpected(domains.error());
    const nlohmann::json request = {{"command", list == List::allowed ? "partners allow" : "partners block"}, {"domains", *domains}};
    const auto text = "<admin xmlns='urn:chancery:admin:0' actor='" + xml::escape(iq.from.text(), xml::Place::attribute) + "'>" + xml::escape(request.dump()) + "</admin>";
    const auto domain = host.domain();
    const Recorder::Draft draft{.kind = journal::Kind::admin, .record = {.from = iq.from.text(), .to = domain, .stanza = text}};
    co_await host.recorder().record(draft);
    auto& federation = host.kept<Edited>().federation;
    co_await federation.rules().replace(list, std::move(*domains));
    federation.end_with_strangers();
    co_return "Changed.";
}

Task<Reply> blocked_form(Host& host, const Iq&) { co_return form_of(host, List::blocked); }
Task<Reply> allowed_form(Host& host, const Iq&) { co_return form_of(host, List::allowed); }
Task<Reply> block(Host& host, const Iq& iq, const xml::Element& form) { return edit(host, iq, form, List::blocked); }
Task<Reply> allow(Host& host, const Iq& iq, const xml::Element& form) { return edit(host, iq, form, List::allowed); }

}  // namespace

void add_partner_commands(Host& host, Service& federation) {
    host.keep(std::make_shared<Edited>(federation));
    host.add_command("http://jabber.org/protocol/admin#edit-blacklist",
                     {.name = "Blocked domains", .form = blocked_form, .submit = block, .for_administrators = true});
    host.add_command("http://jabber.org/protocol/admin#edit-whitelist", {.name = "Partners", .form = allowed_form, .submit = allow, .for_administrators = true});
}

}  // namespace chancery::s2s
