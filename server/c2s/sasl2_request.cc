// What stands in <authenticate/> (XEP-0388 §2.4), read strictly.

#include <algorithm>
#include <charconv>

#include "c2s/sasl2.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view sasl2 = "urn:xmpp:sasl:2", bind2 = "urn:xmpp:bind:0", fast = "urn:xmpp:fast:0",
                           management = "urn:xmpp:sm:3";
constexpr std::size_t text_limit_bytes = 1024;

std::unexpected<sasl::Failure> malformed(std::string text) {
    return std::unexpected(sasl::Failure{sasl::Condition::malformed_request, std::move(text)});
}

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

/// RFC 9562 §4, version 4: xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx with y one of 8, 9, a, b.
bool is_uuid4(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", digits = "0123456789abcdefABCDEF";
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool good = form[i] == 'x'   ? digits.contains(text[i])
                          : form[i] == 'y' ? std::string_view("89abAB").contains(text[i])
                                           : form[i] == text[i];
        if (!good) return false;
    }
    return true;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return lower;
}

Result<UserAgent, sasl::Failure> read_agent(xml::View element) {
    UserAgent agent{.id = lower_case(element.attribute("id")),
                    .software = std::string(element.child({"software", sasl2}).text()),
                    .device = std::string(element.child({"device", sasl2}).text())};
    if (element.has_attribute("id") && !is_uuid4(agent.id)) return malformed("The id of a user agent must be a UUID of version 4.");
    if (agent.software.size() > text_limit_bytes || agent.device.size() > text_limit_bytes)
        return malformed("The description of the user agent is too long.");
    return agent;
}

Result<BindRequest, sasl::Failure> read_bind(xml::View element) {
    BindRequest bind{.tag = std::string(element.child({"tag", bind2}).text()),
                     .carbons = bool(element.child({"enable", "urn:xmpp:carbons:2"})),
                     .management = {},
                     .inactive = bool(element.child({"inactive", "urn:xmpp:csi:0"}))};
    if (const auto enable = element.child({"enable", management})) bind.management = enable.attribute("resume");
    if (bind.tag.size() > Jid::part_limit_bytes / 2) return malformed("The tag is too long.");
    return bind;
}

Result<void, sasl::Failure> read_token_wishes(xml::View authenticate, SignInRequest& request) {
    if (const auto use = authenticate.child({"fast", fast})) {
        request.by_token = true;
        if (use.has_attribute("count")) {  // needed with TLS 0-RTT only, which is not offered, and held to wherever it is shown
            const auto text = use.attribute("count");
            std::int64_t count = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
            if (error != std::errc() || end != text.data() + text.size() || count < 1) return malformed("The count of an attempt is a number above 0.");
            request.count = count;
        }
        request.invalidate = is_true(use.attribute("invalidate"));
    }
    if (const auto wish = authenticate.child({"request-token", fast})) {
        request.wanted_token = wish.attribute("mechanism");
        if (request.wanted_token.empty()) return malformed("A token is for a mechanism, which must be named.");
    }
    const bool needs_id = request.by_token || !request.wanted_token.empty();
    if (needs_id && request.agent.id.empty()) return malformed("Tokens belong to a user agent, whose id is missing.");
    return {};
}

}  // namespace

Result<SignInRequest, sasl::Failure> SignInRequest::read(xml::View authenticate) {
    SignInRequest request{.mechanism = std::string(authenticate.attribute("mechanism"))};
    if (const auto initial = authenticate.child({"initial-response", sasl2})) {
        auto bytes = decode(initial.text());
        if (!bytes) return std::unexpected(bytes.error());
        request.initial = std::move(*bytes);
    }
    if (const auto element = authenticate.child({"user-agent", sasl2})) {
        auto agent = read_agent(element);
        if (!agent) return std::unexpected(agent.error());
        request.agent = std::move(*agent);
    }
    if (const auto element = authenticate.child({"bind", bind2})) {
        auto bind = read_bind(element);
        if (!bind) return std::unexpected(bind.error());
        request.bind = std::move(*bind);
    }
    if (const auto resume = authenticate.child({"resume", management}))
        request.resume = {std::string(resume.attribute("previd")), std::string(resume.attribute("h"))};
    for (const auto element : authenticate.children())
        if (element.is({"upgrade", "urn:xmpp:sasl:upgrade:0"})) request.upgrades.emplace_back(element.text());
    if (auto read = read_token_wishes(authenticate, request); !read) return std::unexpected(read.error());
    return request;
}

}  // namespace chancery::c2s
