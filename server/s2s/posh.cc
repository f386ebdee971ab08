#include "s2s/posh.h"

#include <algorithm>

#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr auto failure_kept = 30s;   // who calls again and again does not make us ask again and again
constexpr auto renewed_after = 60s;  // when it does not name the certificate: there may be a new one

Result<PoshDocument, std::string> read(const std::string& url, const HttpsOptions& options) {
    const auto text = fetch(url, options);
    if (!text) return refusal(text.error());
    auto document = PoshDocument::parse(*text);
    if (!document) return refusal(std::string("it is no document of RFC 7711 that is good for any time"));
    return std::move(*document);
}

}  // namespace

/// RFC 7711 §3.2: a document may say where the fingerprints are, and what is there may not do so again.
Posh::Known Posh::ask(const std::string& domain, const HttpsOptions& options) {
    const auto now = Clock::now();
    const auto failed = [now](std::string why) { return Known{.document = refusal(std::move(why)), .since = now, .until = now + failure_kept}; };
    const auto host = precis::ascii_domain(domain);
    if (!host) return failed("that is no host name");
    auto document = read("https://" + *host + "/.well-known/posh/xmpp-server.json", options);
    if (!document) return failed(document.error());
    auto expires = document->expires;
    if (!document->url.empty()) {
        document = read(document->url, options);
        if (!document) return failed(document.error());
        if (!document->url.empty()) return failed("it leads on from where it leads to");
        expires = std::min(expires, document->expires);
    }
    return {.document = std::move(document), .since = now, .until = now + expires};
}

Result<void, std::string> Posh::proves(const std::string& domain, std::string_view certificate, const HttpsOptions& options) {
    const auto judge = [&](const Known& known) -> Result<void, std::string> {
        if (!known.document) return refusal("POSH: " + known.document.error());
        if (!known.document->has(certificate)) return refusal("POSH: " + domain + " names other certificates");
        return {};
    };
    const auto now = Clock::now();
    {
        const std::lock_guard lock(guard_);
        const auto found = known_.find(domain);
        if (found != known_.end() && now < found->second.until) {
            auto judged = judge(found->second);
            const bool may_be_old = found->second.document && now > found->second.since + renewed_after;
            if (judged || !may_be_old) return judged;
        }
    }
    auto fresh = ask(domain, options);
    auto judged = judge(fresh);
    const std::lock_guard lock(guard_);
    std::erase_if(known_, [now](const auto& each) { return each.second.until <= now; });
    if (known_.size() < most) known_.insert_or_assign(domain, std::move(fresh));
    return judged;
}

}  // namespace chancery::s2s
