#include "xmpp/errors.h"

#include <cstdlib>

#include "xml/limits.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

struct Entry {
    std::string_view name, type;
};

Entry describe(Condition condition) {
    switch (condition) {
        case Condition::bad_request: return {"bad-request", "modify"};
        case Condition::conflict: return {"conflict", "cancel"};
        case Condition::feature_not_implemented: return {"feature-not-implemented", "cancel"};
        case Condition::forbidden: return {"forbidden", "auth"};
        case Condition::gone: return {"gone", "cancel"};
        case Condition::internal_server_error: return {"internal-server-error", "cancel"};
        case Condition::item_not_found: return {"item-not-found", "cancel"};
        case Condition::jid_malformed: return {"jid-malformed", "modify"};
        case Condition::not_acceptable: return {"not-acceptable", "modify"};
        case Condition::not_allowed: return {"not-allowed", "cancel"};
        case Condition::not_authorized: return {"not-authorized", "auth"};
        case Condition::policy_violation: return {"policy-violation", "modify"};
        case Condition::recipient_unavailable: return {"recipient-unavailable", "wait"};
        case Condition::redirect: return {"redirect", "modify"};
        case Condition::registration_required: return {"registration-required", "auth"};
        case Condition::remote_server_not_found: return {"remote-server-not-found", "cancel"};
        case Condition::remote_server_timeout: return {"remote-server-timeout", "wait"};
        case Condition::resource_constraint: return {"resource-constraint", "wait"};
        case Condition::service_unavailable: return {"service-unavailable", "cancel"};
        case Condition::subscription_required: return {"subscription-required", "auth"};
        case Condition::undefined_condition: return {"undefined-condition", "cancel"};
        case Condition::unexpected_request: return {"unexpected-request", "wait"};
    }
    std::abort();
}

std::string condition_and_text(std::string_view name, std::string_view ns, const std::string& text) {
    std::string xml;
    xml.append("<").append(name).append(" xmlns='").append(ns).append("'/>");
    if (text.empty()) return xml;
    xml.append("<text xmlns='").append(ns).append("' xml:lang='en'>");
    xml::append_escaped(xml, text);
    return xml.append("</text>");
}

}  // namespace

std::string_view name_of(Condition condition) { return describe(condition).name; }

StanzaError error_of(std::string_view stanza) {
    StanzaError found{Condition::undefined_condition, {}};
    const auto parsed = xml::parse(stanza, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return found;
    const auto error = parsed->root().child({"error", ns::client});
    for (auto child : error.children()) {
        if (child.ns() != ns::stanza_errors) continue;
        if (child.name() == "text") found.text = child.text();
        for (auto last = Condition::unexpected_request, each = Condition::bad_request; each <= last;
             each = static_cast<Condition>(static_cast<int>(each) + 1))
            if (name_of(each) == child.name()) found.condition = each;
    }
    return found;
}

std::string StanzaError::to_xml() const {
    const auto entry = describe(condition);
    std::string xml = "<error type='";
    xml.append(type.empty() ? entry.type : type).append("'>");
    xml.append(condition_and_text(entry.name, ns::stanza_errors, text)).append(application);
    return xml.append("</error>");
}

std::string StreamError::to_xml() const {
    return "<stream:error>" + condition_and_text(condition, ns::stream_errors, text) + application + "</stream:error>";
}

}  // namespace chancery
