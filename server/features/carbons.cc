// XEP-0280: Message Carbons. Turns copies on and off for a client; the copies are made on the message's road (core/).

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag enable_tag{"enable", ns::carbons}, disable_tag{"disable", ns::carbons};

Task<Reply> set(Host& host, const Iq& iq) {
    if (auto* session = host.home_of(iq.from).find(iq.session)) session->carbons = iq.payload.is(enable_tag);
    co_return std::string();
}

}  // namespace

const Feature carbons{
    .name = "carbons",
    .spec = "XEP-0280 1.0.1",
    .disco = {ns::carbons},  // not urn:xmpp:carbons:rules:0: an error is shown to the device that it answers only
    .account_disco = {ns::carbons},
    .install = [](Host& host) {
        host.on_set(At::own, enable_tag, set);
        host.on_set(At::own, disable_tag, set);
    },
};

}  // namespace chancery
