// The end of XEP-0388 at the home of who has signed in: what was asked for with it, resumption (XEP-0198 1.6.3 §8) or a
// new resource (XEP-0386 1.1.0), and the one answer for all of it.

#include "base/bytes.h"
#include "base/crypto.h"
#include "c2s/client.h"

namespace chancery::c2s {
namespace {

/// XEP-0386 §3.2.1: tag and what we add. The same for the same installation and tag, without showing which it is.
std::string resource_for(const BindRequest& bind, const std::string& installation, const Key& key) {
    constexpr std::size_t size = 8;
    const auto own = installation.empty() ? random_bytes(size)
                                          : hmac(Hash::sha256, key.reveal(), "resource " + installation + bind.tag).substr(0, size);
    return bind.tag.empty() ? to_hex(own) : bind.tag + "/" + to_hex(own);
}

}  // namespace

/// Answers <authenticate/>. Between binding and the answer nothing waits, so that nothing is sent before it.
Task<> Client::complete_sign_in(SignedIn::Sasl2 sign_in) {
    const auto& request = sign_in.request;
    auto results = std::move(sign_in.results);
    if (request.resume) results += resume(request.resume->previous, request.resume->handled);
    const bool resumed = session_id_ != 0;
    if (!resumed && request.bind) {
        const auto bounds = co_await archive_bounds();
        results += bind_inline(request, bounds);
    }
    if (auto* here = session(); here && !request.agent.id.empty())
        here->installation = std::make_unique<Installation>(installation_id(request.agent), request.by_token);
    stream_->write("<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>" + xml::escape(jid_.text()) +
                  "</authorization-identifier>" + results + "</success>");
    stream_->write(features());
    if (resumed) go_on();
}

std::string Client::installation_id(const UserAgent& agent) const {
    return agent.id.empty() ? std::string() : service_.host().devices().id_of(account_.name(), agent.id);
}

/// Nothing when there is no history, or none can be read now.
Task<std::optional<archive::HistoryBounds>> Client::archive_bounds() {
    auto& archive = service_.host().archive();
    const auto read = [&archive, owner = archive.owners().of(jid_)] { return archive.bounds(owner); };
    try {
        co_return co_await service_.host().workers().run(read);
    } catch (const std::exception& failure) {
        log::warning("sign_in.no_bounds", {{"cause", failure.what()}});
    }
    co_return std::nullopt;
}

std::string Client::bind_inline(const SignInRequest& request, const std::optional<archive::HistoryBounds>& bounds) {
    auto& host = service_.host();
    const auto installation = installation_id(request.agent);
    const auto full = account_.jid().with_resource(resource_for(*request.bind, installation, host.state_key()));
    if (!full) throw StreamError{"undefined-condition", "The tag cannot be part of an address."};
    if (const auto refused = bind_to(*full)) throw StreamError{"resource-constraint", refused->text};
    auto& here = *session();
    if (!installation.empty())
        home().end_sessions_of(here.user(), installation, here.id(), {"conflict", "The same installation has signed in again."});

    std::string bound = "<bound xmlns='urn:xmpp:bind:0'>";
    if (bounds) {
        // §3.2 would have us forget at once what waits. But there are clients that bind so and know no history
        // (@xmpp/client 0.14): it is forgotten when the client reads its history.
        here.history_before = bounds->last + 1;
        const auto end = [&](std::string_view name, archive::Position position, Time time) {
            bound.append("<").append(name).append(" id='").append(host.stanza_ids().of(position));
            bound.append("' timestamp='").append(to_iso(time)).append("'/>");
        };
        bound += "<metadata xmlns='urn:xmpp:mam:2'>";
        end("start", bounds->first, bounds->first_time);
        end("end", bounds->last, bounds->last_time);
        bound += "</metadata>";
    }
    here.carbons = request.bind->carbons;
    if (request.bind->management) bound += enable_management(*request.bind->management);
    here.set_inactive(request.bind->inactive);
    return bound + "</bound>";
}

}  // namespace chancery::c2s
