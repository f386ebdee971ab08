// XEP-0377: Blocking with Reporting: what a person says against somebody whom they block.
#pragma once
#include <optional>
#include <string>

#include "core/host.h"

namespace chancery {

inline constexpr std::string_view ns_reporting = "urn:xmpp:reporting:1";

/// One item's report, as it was written.
struct Report {
    Jid against;
    xml::Element report;
};

/// The report of an item of <block/>, if it has one; or why it cannot be taken.
Result<std::optional<Report>, StanzaError> report_in(const xml::Element& item, const Jid& against);

/// Puts the report on record and then tells every administrator. @throws NotRecorded
Task<> take_report(Host& host, Jid from, Report report);

}  // namespace chancery
