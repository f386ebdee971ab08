#include "s2s/report.h"

namespace chancery::s2s {

nlohmann::json report(const Service& federation) {
    auto domains = nlohmann::json::object();
    for (const auto& [domain, status] : federation.status())
        domains[domain] = {{"streams_in", status.streams_in}, {"streams_out", status.streams_out},
                           {"proof_in", status.known_as_caller_by}, {"proof_out", status.known_as_called_by}, {"waiting", status.waiting},
                           {"sent", status.sent}, {"received", status.received}, {"returned", status.returned},
                           {"suspicious", status.suspicious}, {"last_error", status.last_error},
                           {"last_error_at", status.last_error.empty() ? "" : to_iso(status.last_error_at)}};
    return {{"ports", {{"starttls", federation.port()}, {"tls", federation.tls_port()}}}, {"domains", domains}};
}

}  // namespace chancery::s2s
