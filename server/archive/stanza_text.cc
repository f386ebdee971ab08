#include "archive/stanza_text.h"

#include "xml/parse.h"

namespace chancery::archive {

void append_stanza_text(std::string_view stanza, std::string& out) {
    if (!stanza.starts_with("<message") && !stanza.starts_with("<presence")) return;
    const auto document = xml::parse(stanza, xml::limits_of_stored_xml, "jabber:client");
    if (!document) return;
    const auto root = document->root();
    for (const auto child : root.children()) {
        if (child.ns() != root.ns() || (child.name() != "body" && child.name() != "subject" && child.name() != "status")) continue;
        if (!out.empty()) out += '\n';
        out += child.text();
    }
}

}  // namespace chancery::archive
