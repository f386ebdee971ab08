#include "xmpp/posh_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery {
namespace {

using nlohmann::json;

struct Kind {
    std::string_view name;
    Hash hash;
    std::size_t size;
};
constexpr Kind kinds[] = {{"sha-256", Hash::sha256, 32}, {"sha-512", Hash::sha512, 64}};

void take(PoshDocument& document, const json& descriptor) {
    if (!descriptor.is_object()) return;
    for (const auto& kind : kinds) {
        const auto found = descriptor.find(kind.name);
        const auto bytes = found != descriptor.end() && found->is_string() ? from_base64(found->get_ref<const std::string&>()) : std::nullopt;
        if (bytes && bytes->size() == kind.size && document.fingerprints.size() < PoshDocument::most_fingerprints)
            document.fingerprints.push_back(*bytes);
    }
}

}  // namespace

std::optional<PoshDocument> PoshDocument::parse(std::string_view text) {
    constexpr bool throws = false;
    const auto root = json::parse(text, nullptr, throws);
    if (!root.is_object()) return std::nullopt;
    PoshDocument document;
    const auto expires = root.find("expires");
    if (expires == root.end() || !expires->is_number_unsigned()) return std::nullopt;
    const auto most = static_cast<std::uint64_t>(std::chrono::seconds(longest).count());
    document.expires = std::chrono::seconds(std::min(expires->get<std::uint64_t>(), most));
    if (document.expires.count() == 0) return std::nullopt;
    const auto fingerprints = root.find("fingerprints"), url = root.find("url");
    // RFC 7711 §3.2: where there are fingerprints, a url beside them is not looked at.
    if (fingerprints != root.end()) {
        if (!fingerprints->is_array()) return std::nullopt;
        for (const auto& each : *fingerprints) take(document, each);
    } else if (url != root.end() && url->is_string()) {
        document.url = url->get<std::string>();
    }
    return document.fingerprints.empty() && document.url.empty() ? std::nullopt : std::optional(std::move(document));
}

std::string PoshDocument::of(std::string_view certificate) {
    json fingerprint;
    for (const auto& kind : kinds) fingerprint[std::string(kind.name)] = to_base64(hash(kind.hash, certificate));
    return json{{"fingerprints", json::array({fingerprint})}, {"expires", std::chrono::seconds(our_life).count()}}.dump();
}

bool PoshDocument::has(std::string_view certificate) const {
    return std::ranges::any_of(kinds, [&](const Kind& kind) { return std::ranges::find(fingerprints, hash(kind.hash, certificate)) != fingerprints.end(); });
}

}  // namespace chancery
