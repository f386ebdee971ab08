#include "files/links.h"

#include <algorithm>
#include <mutex>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::files {
namespace {

constexpr std::size_t id_bytes = 16, id_letters = 2 * id_bytes;
constexpr std::size_t padding_bytes = 64;  // what a pass says is as long as a multiple of this
constexpr std::string_view scheme = "https://";
constexpr std::string_view withheld_text = "(file withheld: a virus was found in it)";

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_of_host(char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'; }
bool is_of_pass(char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }
bool is_unreserved(char c) { return is_of_pass(c) || c == '.' || c == '~'; }
bool is_of_name(char c) { return is_unreserved(c) || c == '%'; }

/// RFC 4648 §5, without padding.
std::string to_base64_url(std::string_view bytes) {
    auto text = to_base64(bytes);
    text.erase(std::min(text.find('='), text.size()));
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

std::optional<std::string> from_base64_url(std::string text) {
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return from_base64(text);
}

/// Takes the letters at `at` for which it holds.
template <class Holds>
std::string_view take(std::string_view text, std::size_t& at, Holds holds) {
    const auto begin = at;
    while (at < text.size() && holds(text[at])) ++at;
    return text.substr(begin, at - begin);
}

/// The link whose path begins at `path`.
std::optional<FoundLink> link_at(std::string_view text, std::size_t path) {
    auto host = path;
    while (host > 0 && is_of_host(text[host - 1])) --host;
    if (host == path || !text.substr(0, host).ends_with("://") || host < scheme.size()) return std::nullopt;
    FoundLink found{.begin = host - scheme.size()};
    if (text.substr(found.begin, scheme.size()) != scheme) return std::nullopt;
    auto at = path + file_path.size();
    found.id = take(text, at, is_hex);
    if (found.id.size() != id_letters || at == text.size() || text[at++] != '/') return std::nullopt;
    found.pass = take(text, at, is_of_pass);
    if (found.pass.empty() || at == text.size() || text[at++] != '/') return std::nullopt;
    found.name = take(text, at, is_of_name);
    found.end = at;
    return found.name.empty() ? std::nullopt : std::optional(found);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) encoded += c;
        else encoded.append("%").append(to_hex({&c, 1}));
    }
    return encoded;
}

Links::Links(const Key& master, std::chrono::seconds life, Clock clock)
    : key_(derive_key(master, "file-links")), life_(life), clock_(std::move(clock)) {}

std::string Links::new_id() { return to_hex(random_bytes(id_bytes)); }

/// The nonce follows from what is sealed: the same pass is the same text wherever it stands, since clients compare links.
std::string Links::seal(Pass::Kind kind, std::string_view id, const Holder& whose, Time until) const {
    std::string text(1, static_cast<char>(kind));
    put(text, to_micros(until));
    text += whose.jid.bare_text();
    text.push_back('\0');  // no address has it
    put(text, whose.since ? to_micros(*whose.since) : 0);
    text.resize((text.size() + padding_bytes - 1) / padding_bytes * padding_bytes);
    const auto key = derive_key(key_, id);
    const auto nonce = hmac(Hash::sha256, key.reveal(), text).substr(0, nonce_size);
    return to_base64_url(nonce + gcm_seal(key, nonce, id, text));
}

/// In whole hours, so that a copy, a carbon and a page of history have the same link for a while.
Time Links::end_of_new() const { return std::chrono::ceil<std::chrono::hours>(clock_() + life_); }

std::optional<Pass> Links::open(Pass::Kind kind, std::string_view id, std::string_view pass) const {
    constexpr auto head = 1 + sizeof(std::int64_t);
    const auto sealed = from_base64_url(std::string(pass));
    const auto text = sealed ? unseal(derive_key(key_, id), id, *sealed) : std::nullopt;
    if (!text || text->size() <= head || text->front() != static_cast<char>(kind)) return std::nullopt;
    const auto end = std::min(text->find('\0', head), text->size());
    const auto whose = Jid::parse(std::string_view(*text).substr(head, end - head));
    if (!whose) return std::nullopt;
    const auto since = text->size() - end > sizeof(std::int64_t) ? get<std::int64_t>(text->data() + end + 1) : 0;
    return Pass{.whose = *whose, .until = from_micros(get<std::int64_t>(text->data() + 1)),
                .since = since ? std::optional(from_micros(since)) : std::nullopt};
}

bool Pass::is_of(const Holder& holder) const {
    return whose.bare_text() == holder.jid.bare_text() && (!since || !holder.since || *since == *holder.since);
}

std::string Links::link(Pass::Kind kind, std::string_view id, std::string_view encoded_name, const Holder& whose, Time until) const {
    std::string text(scheme);
    text.append(host_).append(file_path).append(id).append("/").append(seal(kind, id, whose, until));
    return text.append("/").append(encoded_name);
}

std::string Links::to_get(std::string_view id, std::string_view name, const Holder& audience) const {
    return link(Pass::Kind::get, id, percent_encoded(name), audience, end_of_new());
}

std::string Links::to_put(std::string_view id, std::string_view name, const Jid& owner, Time until) const {
    return link(Pass::Kind::put, id, percent_encoded(name), owner, until);
}

std::optional<FoundLink> Links::find(std::string_view text, std::size_t from) {
    for (auto path = text.find(file_path, from); path != text.npos; path = text.find(file_path, path + 1))
        if (auto found = link_at(text, path); found && found->begin >= from) return found;
    return std::nullopt;
}

std::vector<std::string> Links::ids_in(std::string_view text) {
    std::vector<std::string> ids;
    for (auto found = find(text); found; found = find(text, found->end))
        if (std::ranges::find(ids, found->id) == ids.end()) ids.emplace_back(found->id);
    return ids;
}

/// Only what its author could open then is shared further; the other links stay as they are, and end.
std::string Links::renew(std::string stanza, const Holder& author, Time sent, const Holder& audience) const {
    const auto then = author.since && *author.since > sent ? Holder(author.jid) : author;  // somebody else had the name when it was sent
    std::string renewed;
    std::size_t copied = 0;
    for (auto found = find(stanza); found; found = find(stanza, found->end)) {
        std::string instead;
        const auto pass = open(Pass::Kind::get, found->id, found->pass);
        const bool was_good = pass && pass->until >= sent;
        if (is_withheld(found->id)) instead = withheld_text;
        else if (was_good && (pass->is_of(then) || pass->is_of(audience)))
            instead = link(Pass::Kind::get, found->id, found->name, audience, end_of_new());
        else continue;
        renewed.append(stanza, copied, found->begin - copied).append(instead);
        copied = found->end;
    }
    return copied == 0 ? stanza : renewed.append(stanza, copied);
}

void Links::withhold(const std::string& id) {
    const std::unique_lock lock(guard_);
    withheld_.insert(id);
}

bool Links::is_withheld(std::string_view id) const {
    const std::shared_lock lock(guard_);
    return withheld_.contains(id);
}

}  // namespace chancery::files
