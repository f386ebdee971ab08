// XEP-0092: Software Version. Tells a client which server, and which release of it, it talks to.
//
// The operating system is left out on purpose: it serves an attacker more than a user (XEP-0092 §5).

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag query{"query", "jabber:iq:version"};

Task<Reply> answer(Host&, const Iq&) {
    xml::Element reply(query);
    reply.add(xml::Element("name", query.ns).add_text("Chancery"));
    reply.add(xml::Element("version", query.ns).add_text(CHANCERY_VERSION));
    co_return reply.to_string(ns::client);
}

}  // namespace

const Feature software_version{
    .name = "software-version",
    .spec = "XEP-0092 1.1",
    .disco = {query.ns},
    .install = [](Host& host) { host.on_get(At::server, query, answer); },
};

}  // namespace chancery
