#include "s2s/https.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <mutex>

#include "net/address.h"
#include "s2s/dns_channel.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

constexpr auto answer_limit = std::chrono::seconds(5), dns_limit = std::chrono::seconds(3);  // a stop of the server waits as long
constexpr std::size_t most_bytes = 64 * 1024;

struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

struct Place {
    std::string host, port;
};

std::string part(CURLU* url, CURLUPart which, unsigned flags) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK || !text) return {};
    const std::string found(text);
    curl_free(text);
    return found;
}

/// Of an https URL whose host is a name, and not an address in one of its many spellings.
std::optional<Place> place_in(const std::string& text) {
    const Url url(curl_url());
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
    if (part(url.get(), CURLUPART_SCHEME, 0) != "https" || !part(url.get(), CURLUPART_USER, 0).empty()) return std::nullopt;
    auto host = part(url.get(), CURLUPART_HOST, 0);
    in_addr ignored;
    const bool is_name = precis::ascii_domain(host) == host && host.find('.') != host.npos && ::inet_aton(host.c_str(), &ignored) == 0;
    if (!is_name) return std::nullopt;
    return Place{std::move(host), part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

std::size_t take_bytes(char* bytes, std::size_t one, std::size_t size, void* wanted) {
    auto& body = *static_cast<std::string*>(wanted);
    if (body.size() + one * size > most_bytes) return 0;  // which ends the transfer
    body.append(bytes, one * size);
    return one * size;
}

CURLcode use_our_authorities(CURL*, void* native, void* context) {
    auto* store = SSL_CTX_get_cert_store(static_cast<net::TlsContext*>(context)->native());
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(native), store);
    return CURLE_OK;
}

/// "host:port:address,address" for CURLOPT_RESOLVE; why not.
Result<std::string, std::string> public_addresses_of(const Place& place, const std::string& resolver) {
    DnsChannel channel(resolver);
    HostAddresses found;
    if (!channel) return refusal(std::string("DNS cannot be asked"));
    channel.ask_for_host(place.host, found);
    channel.run(std::chrono::steady_clock::now() + dns_limit);
    if (found.addresses.empty()) return refusal(found.failure);
    std::string list = place.host + ":" + place.port + ":";
    std::size_t good = 0;
    for (const auto& address : found.addresses)
        if (is_public(address)) list += (good++ ? "," : "") + address;
    if (good == 0) return refusal(place.host + " is in a private network: federation.posh_hosts can allow it");
    return list;
}

}  // namespace

bool is_public(const std::string& host) {
    const auto address = net::Address::parse(host + ":0");
    const auto plain = address.host();  // IPv4 also where it came in IPv6's form
    in_addr four;
    if (::inet_pton(AF_INET, plain.c_str(), &four) == 1) {
        const auto bits = ntohl(four.s_addr);
        const auto is_in = [bits](std::uint32_t network, int length) { return bits >> (32 - length) == network >> (32 - length); };
        // RFC 6890: this network, private ones, carriers' own, loopback, link, protocol assignments, benchmarks, multicast and above.
        return !is_in(0x00000000, 8) && !is_in(0x0A000000, 8) && !is_in(0x64400000, 10) && !is_in(0x7F000000, 8) && !is_in(0xA9FE0000, 16) &&
               !is_in(0xAC100000, 12) && !is_in(0xC0000000, 24) && !is_in(0xC0A80000, 16) && !is_in(0xC6120000, 15) && !is_in(0xE0000000, 3);
    }
    in6_addr six;
    if (::inet_pton(AF_INET6, plain.c_str(), &six) != 1) return false;
    const auto* bytes = six.s6_addr;
    const bool is_global_unicast = (bytes[0] & 0xE0) == 0x20;                                  // 2000::/3: all that is given out
    const bool has_four_inside = (bytes[0] == 0x20 && bytes[1] == 0x02) ||                       // 6to4
                                 (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0);  // Teredo
    return is_global_unicast && !has_four_inside;
}

Result<std::string, std::string> fetch(const std::string& url, const HttpsOptions& options) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const auto place = place_in(url);
    if (!place) return refusal("no https URL of a host: " + url.substr(0, 200));
    const Handle handle(curl_easy_init());
    if (!handle) return refusal(std::string("libcurl cannot begin"));
    List where;
    if (const auto fixed = options.hosts.find(place->host); fixed != options.hosts.end()) {
        where.reset(curl_slist_append(nullptr, (place->host + ":" + place->port + ":" + fixed->second).c_str()));
        curl_easy_setopt(handle.get(), CURLOPT_CONNECT_TO, where.get());
    } else {
        const auto found = public_addresses_of(*place, options.resolver);
        if (!found) return refusal(found.error());
        where.reset(curl_slist_append(nullptr, found->c_str()));
        curl_easy_setopt(handle.get(), CURLOPT_RESOLVE, where.get());
    }
    std::string body;
    std::array<char, CURL_ERROR_SIZE> trouble{};
    curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(answer_limit).count()));
    curl_easy_setopt(handle.get(), CURLOPT_MAXFILESIZE, static_cast<long>(most_bytes));
    curl_easy_setopt(handle.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(handle.get(), CURLOPT_SSL_CTX_FUNCTION, use_our_authorities);
    curl_easy_setopt(handle.get(), CURLOPT_SSL_CTX_DATA, options.trust.get());
    curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, trouble.data());
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
    const auto result = curl_easy_perform(handle.get());
    if (result != CURLE_OK) return refusal(std::string(trouble[0] ? trouble.data() : curl_easy_strerror(result)));
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return refusal("the answer is " + std::to_string(status));
    return body;
}

}  // namespace chancery::s2s
