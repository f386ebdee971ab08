#include "core/undeliverable.h"

#include "core/host.h"
#include "xml/parse.h"

namespace chancery {

void return_undeliverable(Host& host, std::string_view xml, const StanzaError& why) {
    const auto parsed = xml::parse(xml, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return;
    const auto stanza = parsed->root();
    const auto from = Jid::parse(stanza.attribute("from")), to = Jid::parse(stanza.attribute("to"));
    const auto type = stanza.attribute("type");
    if (!from || !to || type == "error" || type == "result") return;  // an error never answers an error
    const bool is_request = stanza.name() == "iq";
    if (is_request || host.service_at(*from)) host.send_error(*from, stanza.name(), *to, stanza.attribute("id"), why);
}

}  // namespace chancery
