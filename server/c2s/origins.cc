#include "c2s/origins.h"

#include <algorithm>
#include <sstream>

namespace chancery::c2s {

std::string normal_origin(std::string_view origin) {
    std::string text(origin);
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool https = text.starts_with("https://"), http = text.starts_with("http://");
    const std::size_t host = https ? 8 : 7;
    if ((!https && !http) || text.size() == host) return {};
    if (text.find_first_of("/?#@ \t", host) != text.npos) return {};
    for (const std::string_view standard : {https ? ":443" : ":80"})
        if (text.ends_with(standard)) text.resize(text.size() - standard.size());
    return text;
}

Origins::Origins(const Config& config) {
    std::istringstream list(config.web.origins);
    for (std::string word; list >> word;) {
        const auto origin = normal_origin(word);
        if (origin.empty()) throw ConfigError("setting web.origins: " + word + " is not an origin, as https://chat.example.org");
        listed_.insert(origin);
    }
    const auto& own = config.web.public_url;
    if (own.empty()) return;
    const auto origin = normal_origin(own);
    if (!origin.starts_with("https://")) throw ConfigError("setting web.public_url: " + own + " is not of the form https://HOST[:PORT]");
    listed_.insert(origin);
}

bool Origins::allow(std::string_view origin, std::string_view host) const {
    if (origin.empty()) return true;
    const auto normal = normal_origin(origin);
    if (normal.empty()) return false;
    return listed_.contains(normal) || normal == normal_origin("https://" + std::string(host));
}

}  // namespace chancery::c2s
