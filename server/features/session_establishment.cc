// RFC 3921 §3: the session request of clients from before 2011. RFC 6121 removed it; the server says yes and does nothing.

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag session_tag{"session", ns::session};

Task<Reply> answer(Host&, const Iq&) { co_return std::string(); }

}  // namespace

const Feature session_establishment{
    .name = "session-establishment",
    .spec = "RFC 3921 §3",
    .install = [](Host& host) {
        host.offer("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>");
        host.on_set(At::server | At::own, session_tag, answer);
    },
};

}  // namespace chancery
