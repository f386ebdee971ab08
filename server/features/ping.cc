// XEP-0199: XMPP Ping. The server answers for itself and for the account (§4.2: a client pings its own bare JID too).

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag ping_tag{"ping", "urn:xmpp:ping"};

Task<Reply> answer(Host&, const Iq&) { co_return std::string(); }

}  // namespace

const Feature ping{
    .name = "ping",
    .spec = "XEP-0199 2.0.1",
    .disco = {ping_tag.ns},
    .account_disco = {ping_tag.ns},
    .install = [](Host& host) { host.on_get(At::server | At::own, ping_tag, answer); },
};

}  // namespace chancery
