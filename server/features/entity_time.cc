// XEP-0202: Entity Time. The server's clock, for clients whose own is wrong. Always UTC.

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag time_tag{"time", "urn:xmpp:time"};

Task<Reply> answer(Host& host, const Iq&) {
    xml::Element reply(time_tag);
    reply.add(xml::Element("tzo", time_tag.ns).add_text("+00:00"));
    reply.add(xml::Element("utc", time_tag.ns).add_text(to_iso(host.now())));
    co_return reply.to_string(ns::client);
}

}  // namespace

const Feature entity_time{
    .name = "entity-time",
    .spec = "XEP-0202 2.0",
    .disco = {time_tag.ns},
    .install = [](Host& host) { host.on_get(At::server, time_tag, answer); },
};

}  // namespace chancery
