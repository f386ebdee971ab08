#include "xmpp/jid.h"

#include <algorithm>

#include "xmpp/precis.h"

namespace chancery {
namespace {

// RFC 7622 §3.3.1. The space, which it names as well, is not in the IdentifierClass.
constexpr std::string_view excluded_from_local = "\"&'/:<>@";

using IsPlain = bool (*)(std::string_view);
using Profile = std::optional<std::string> (*)(std::string_view);

/// Appends the part in its canonical form; text that has it already is only copied.
bool append(std::string& out, std::string_view part, IsPlain is_plain, Profile profile) {
    const auto start = out.size();
    if (is_plain(part)) {
        out += part;
    } else {
        const auto prepared = profile(part);
        if (!prepared) return false;
        out += *prepared;
    }
    return out.size() - start <= Jid::part_limit_bytes;
}

bool append_local(std::string& out, std::string_view local) {
    const auto start = out.size();
    return append(out, local, precis::is_plain_username, precis::username) &&
           std::string_view(out).substr(start).find_first_of(excluded_from_local) == std::string_view::npos;
}

bool append_resource(std::string& out, std::string_view resource) {
    return append(out, resource, precis::is_plain_opaque_string, precis::opaque_string);
}

}  // namespace

Result<Jid, JidError> Jid::parse(std::string_view text) {
    // RFC 7622 §3.1: the resource begins after the first slash, the domain after the first at sign before it.
    const auto slash = std::min(text.find('/'), text.size());
    const auto at = text.substr(0, slash).find('@');
    const bool has_local = at != std::string_view::npos, has_resource = slash < text.size();
    const auto domain_start = has_local ? at + 1 : 0;
    if (text.size() > 3 * precis::input_limit_bytes || domain_start == slash)
        return refusal(JidError::malformed);

    std::string canonical;
    canonical.reserve(text.size());
    if (has_local && !append_local(canonical, text.substr(0, at))) return refusal(JidError::bad_local);
    const auto local_size = canonical.size();
    if (has_local) canonical += '@';

    const auto domain = text.substr(domain_start, slash - domain_start);
    if (!append(canonical, domain, precis::is_plain_domain, precis::domain))
        return refusal(JidError::bad_domain);
    const auto bare_size = canonical.size();
    if (!has_resource) return Jid(std::move(canonical), local_size, bare_size);

    canonical += '/';
    if (!append_resource(canonical, text.substr(slash + 1))) return refusal(JidError::bad_resource);
    return Jid(std::move(canonical), local_size, bare_size);
}

std::optional<Jid> Jid::of(std::string_view local, std::string_view domain, std::string_view resource) {
    std::string canonical;
    canonical.reserve(local.size() + domain.size() + resource.size() + 2);
    if (!local.empty() && !append_local(canonical, local)) return std::nullopt;
    const auto local_size = canonical.size();
    if (!local.empty()) canonical += '@';
    if (!append(canonical, domain, precis::is_plain_domain, precis::domain)) return std::nullopt;
    const auto bare_size = canonical.size();
    if (!resource.empty()) canonical += '/';
    if (!resource.empty() && !append_resource(canonical, resource)) return std::nullopt;
    return Jid(std::move(canonical), local_size, bare_size);
}

Result<Jid, JidError> Jid::with_resource(std::string_view resource) const {
    std::string canonical;
    canonical.reserve(bare_size_ + 1 + resource.size());
    canonical += bare_text();
    canonical += '/';
    if (!append_resource(canonical, resource)) return refusal(JidError::bad_resource);
    return Jid(std::move(canonical), local_size_, bare_size_);
}

}  // namespace chancery
