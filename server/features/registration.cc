// XEP-0077: In-Band Registration, of which a person may change their password and nothing else: who has an account is the
// administrators' to say.
//
// A change ends all other devices, with their tokens, and is on record before it is made. A device that was signed in by
// a token has not shown that it knows the password, and may not change it.

#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_register = "jabber:iq:register";
constexpr xml::Tag query_tag{"query", ns_register};

std::unexpected<StanzaError> not_for_people() {
    return refuse(Condition::not_allowed, "Accounts are made and closed by the administrators of this server.");
}

Task<Reply> get(Host&, const Iq& iq) {
    xml::Element query(query_tag);
    query.add(xml::Element("instructions", ns_register).add_text("You may change your password here."));
    query.add(xml::Element("registered", ns_register));
    query.add(xml::Element("username", ns_register).add_text(iq.from.local()));
    query.add(xml::Element("password", ns_register));
    co_return query.to_string(ns::client);
}

void end_other_sessions(Host& host, const Iq& iq) {
    auto& home = host.home_of(iq.from);
    std::vector<SessionId> ids;
    for (const auto& session : home.user(iq.from).sessions)
        if (session->id() != iq.session) ids.push_back(session->id());
    for (const auto id : ids) {
        if (auto* link = home.find(id)->link()) link->end({"policy-violation", "The password was changed. Sign in again."});
        home.close(id);
    }
}

Task<Reply> change_password(Host& host, const Iq& iq, Secret password) {
    const std::string act = "<account xmlns='urn:chancery:account:0' act='change password'/>";
    const auto domain = host.domain();
    const Recorder::Draft draft{.kind = journal::Kind::audit,
                                .record = {.from = iq.from.text(), .to = domain, .stanza = act}};
    try {
        co_await host.recorder().record(draft);
    } catch (const NotRecorded& failure) {
        log::error("account.not_recorded", {{"cause", failure.what()}});
        password = Secret();
    }
    if (password.reveal().empty()) co_return refuse(Condition::resource_constraint, "Not done: the archive is not available");
    const std::string name(iq.from.local());
    const auto done = co_await host.accounts().set_password(name, std::move(password));
    if (!done && done.error() == AccountError::bad_password) co_return refuse(Condition::not_acceptable, std::string(text(done.error())));
    if (!done) co_return refuse(Condition::item_not_found, std::string(text(done.error())));
    end_other_sessions(host, iq);
    co_return std::string();
}

Task<Reply> set(Host& host, const Iq& iq) {
    const auto* name = iq.payload.child({"username", ns_register});
    const auto* password = iq.payload.child({"password", ns_register});
    const bool removes = iq.payload.child({"remove", ns_register});
    if (removes && iq.payload.children().size() > 1) co_return refuse(Condition::bad_request, "To close an account, say that and nothing else.");
    if (removes) co_return not_for_people();
    if (!name || !password || name->text().empty())
        co_return refuse(Condition::bad_request, "To change your password, give your name and the new password.");
    const auto wanted = Jid::of(name->text(), host.domain());
    if (!wanted || wanted->bare_text() != iq.from.bare_text()) co_return not_for_people();
    if (password->text().empty()) co_return refuse(Condition::not_acceptable, "The new password is empty.");
    const auto* session = host.home_of(iq.from).find(iq.session);
    if (!session || (session->installation && session->installation->by_token))
        co_return refuse(Condition::not_authorized, "Sign in with your password first: this device has come by a token.");
    co_return co_await change_password(host, iq, Secret(password->text()));
}

}  // namespace

const Feature registration{
    .name = "registration",
    .spec = "XEP-0077 2.4",
    .disco = {ns_register},
    .install = [](Host& host) {
        host.on_get(At::server | At::own, query_tag, get);
        host.on_set(At::server | At::own, query_tag, set);
    },
};

}  // namespace chancery
