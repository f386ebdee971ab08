// The document by which a domain says over HTTPS which certificates its servers have (RFC 7711 §3). A stranger has written it.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chancery {

struct PoshDocument {
    static constexpr std::size_t most_fingerprints = 64;      ///< further ones are left out
    static constexpr auto longest = std::chrono::hours(24);   ///< for which we believe it, whatever it says
    static constexpr auto our_life = std::chrono::hours(1);   ///< for which a partner may go by ours after a change

    /// Of SHA-256 or SHA-512, as raw bytes: their lengths tell them apart. SHA-1 and what is not known is left out.
    std::vector<std::string> fingerprints;
    std::string url;  ///< where the fingerprints are instead; empty when they are here
    std::chrono::seconds expires{};

    /// Of our certificate, in DER, as JSON: served by us, or put by an administrator on the domain's web site.
    static std::string of(std::string_view certificate);
    /// Nothing when it says neither what nor where, or not for how long.
    static std::optional<PoshDocument> parse(std::string_view json);
    /// Whether a certificate, in DER, is one that it names.
    bool has(std::string_view certificate) const;
};

}  // namespace chancery
