// XEP-0157: Contact Addresses of who runs the server, and XEP-0232: Software Information, as forms (XEP-0128) of what the
// server says of itself.

#include <sstream>

#include "features/features.h"

namespace chancery {
namespace {

void add_addresses(DataForm& form, std::string_view var, const std::string& addresses) {
    DataForm::Field field{.var = std::string(var), .type = {}, .label = {}, .values = {}};
    std::istringstream words(addresses);
    for (std::string word; words >> word;) field.values.push_back(word);
    if (!field.values.empty()) form.add(std::move(field));
}

}  // namespace

const Feature contact_addresses{
    .name = "contact-addresses",
    .spec = "XEP-0157 1.1.1, XEP-0232 0.3",
    .install = [](Host& host) {
        const auto& contact = host.config().contact;
        DataForm addresses("result", "http://jabber.org/network/serverinfo");
        add_addresses(addresses, "abuse-addresses", contact.abuse);
        add_addresses(addresses, "admin-addresses", contact.admin);
        add_addresses(addresses, "feedback-addresses", contact.feedback);
        add_addresses(addresses, "security-addresses", contact.security);
        add_addresses(addresses, "support-addresses", contact.support);
        if (!addresses.fields().empty()) host.add_server_form(std::move(addresses));
        DataForm software("result", "urn:xmpp:dataforms:softwareinfo");
        software.add("software", "Chancery").add("software_version", CHANCERY_VERSION);
        host.add_server_form(std::move(software));
    },
};

}  // namespace chancery
