// Denies requests that open a stream for files between two clients: what goes that way is on no record.

#include "policy/rules.h"

namespace chancery::policy {
namespace {

constexpr std::string_view jingle = "urn:xmpp:jingle:1", jingle_files = "urn:xmpp:jingle:apps:file-transfer:";

/// XEP-0234: a content of the session is a file.
bool offers_file(const xml::Element& payload) {
    for (const auto& content : payload.children())
        for (const auto& part : content.children())
            if (part.name() == "description" && part.ns().starts_with(jingle_files)) return true;
    return false;
}

/// XEP-0047, XEP-0065, XEP-0095 with XEP-0096.
bool opens_stream(const xml::Element& payload) {
    return payload.ns() == "http://jabber.org/protocol/ibb" || payload.ns() == "http://jabber.org/protocol/bytestreams" ||
           payload.ns() == "http://jabber.org/protocol/si";
}

}  // namespace

Decision decide_request(const xml::Element& payload, const Facts& facts) {
    if (facts.file_streams_allowed) return Decision::allow();
    if (!opens_stream(payload) && !(payload.ns() == jingle && offers_file(payload))) return Decision::allow();
    return {"no-direct-files",
            {Condition::policy_violation,
             "Files cannot be sent directly from client to client here because they would be on no record. Use HTTP file "
             "upload (XEP-0363): the file is then sent as a link."}};
}

}  // namespace chancery::policy
