// XEP-0313: Message Archive Management for a user's own archive, with XEP-0059 paging and XEP-0431 search.
//
// A user's archive is a view of the record. It cannot be switched off, shortened or edited from here: archiving preferences
// (XEP-0441) are what they are, always, and XEP-0334 hints change nothing.

#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view mam = "urn:xmpp:mam:2";
constexpr xml::Tag query_tag{"query", mam}, metadata_tag{"metadata", mam}, prefs_tag{"prefs", mam};

Task<Reply> find(Host& host, const Iq& iq) {
    co_return co_await host.query_archive({.query = iq.payload, .owner = iq.from.bare(), .asking = iq.from});
}

Task<Reply> describe_form(Host&, const Iq&) {
    co_return "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='form'>"
              "<field type='hidden' var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>"
              "<field type='jid-single' var='with'/><field type='text-single' var='start'/>"
              "<field type='text-single' var='end'/><field type='text-single' var='before-id'/>"
              "<field type='text-single' var='after-id'/><field type='list-multi' var='ids'>"
              "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate></field>"
              "<field type='text-single' var='{urn:xmpp:fulltext:0}fulltext'/>"
              "</x></query>";
}

/// XEP-0313 §4.2: where the archive begins and ends.
Task<Reply> describe_bounds(Host& host, const Iq& iq) {
    const auto owner = host.archive().owners().of(iq.from);
    const auto read = [&host, owner] { return host.archive().bounds(owner); };
    const auto bounds = co_await host.workers().run(read);
    xml::Element reply(metadata_tag);
    if (bounds) {
        const auto end = [&](std::string_view name, archive::Position position, Time time) {
            reply.add(xml::Element(name, mam).set("id", host.stanza_ids().of(position)).set("timestamp", to_iso(time)));
        };
        end("start", bounds->first, bounds->first_time);
        end("end", bounds->last, bounds->last_time);
    }
    co_return reply.to_string(ns::client);
}

constexpr std::string_view always = "<prefs xmlns='urn:xmpp:mam:2' default='always'><always/><never/></prefs>";

Task<Reply> show_preferences(Host&, const Iq&) { co_return std::string(always); }

/// XEP-0441 §2: a client that asks for everything has it.
Task<Reply> set_preferences(Host&, const Iq& iq) {
    const auto* never = iq.payload.child({"never", mam});
    const auto wanted = iq.payload.attribute("default");
    if (wanted != "always" && wanted != "roster" && wanted != "never")
        co_return refuse(Condition::bad_request, "The default is always, roster or never.");
    if (wanted != "always" || (never && !never->children().empty()))
        co_return refuse(Condition::not_allowed, "Everything is archived here. That cannot be switched off.");
    co_return std::string(always);
}

}  // namespace

const Feature archive_access{
    .name = "archive-access",
    .spec = "XEP-0313 1.1.3, XEP-0059 1.0, XEP-0431 0.2.0, XEP-0441 0.2.0",
    .disco = {ns::rsm, mam},  // Profanity and others look for it at the domain
    .account_disco = {mam, "urn:xmpp:mam:2#extended", ns::stanza_id, ns::rsm, "urn:xmpp:fulltext:0"},
    .install = [](Host& host) {
        host.on_get(At::own, query_tag, describe_form);
        host.on_set(At::own, query_tag, find);
        host.on_get(At::own, metadata_tag, describe_bounds);
        host.on_get(At::own, prefs_tag, show_preferences);
        host.on_set(At::own, prefs_tag, set_preferences);
    },
};

}  // namespace chancery
