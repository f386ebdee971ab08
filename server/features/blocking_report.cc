#include "features/blocking_report.h"

namespace chancery {
namespace {

constexpr xml::Tag report_tag{"report", ns_reporting}, text_tag{"text", ns_reporting};
constexpr std::size_t limit_bytes = 16 * 1024;

std::string words_of(const Report& report) {
    for (const auto& child : report.report.children())
        if (child.is(text_tag)) return child.text();
    return {};
}

std::string reason_of(const Report& report) {
    const auto reason = report.report.attribute("reason");
    constexpr std::string_view prefix = "urn:xmpp:reporting:";
    return std::string(reason.starts_with(prefix) ? reason.substr(prefix.size()) : reason);
}

}  // namespace

Result<std::optional<Report>, StanzaError> report_in(const xml::Element& item, const Jid& against) {
    const auto* report = item.child(report_tag);
    if (!report) return std::nullopt;
    if (report->attribute("reason").empty()) return refuse(Condition::bad_request, "A report needs a reason.");
    if (report->to_string().size() > limit_bytes) return refuse(Condition::not_acceptable, "The report is too long.");
    return Report{against, *report};
}

Task<> take_report(Host& host, Jid from, Report report) {
    auto record = report.report;
    record.set("against", report.against.text());
    const auto stanza = record.to_string(), domain = host.domain();
    const Recorder::Draft draft{.kind = journal::Kind::audit, .record = {.from = from.text(), .to = domain, .stanza = stanza}};
    co_await host.recorder().record(draft);
    const auto words = words_of(report);
    const auto text = from.bare().text() + " reports " + report.against.text() + " (" + reason_of(report) + ")" +
                      (words.empty() ? "." : ": " + words);
    for (const auto& account : host.accounts().list())
        if (host.accounts().has_role(account.name, "administrator") && !account.disabled_reason)
            host.announce(*Jid::of(account.name, host.domain()), "Report", text);
}

}  // namespace chancery
