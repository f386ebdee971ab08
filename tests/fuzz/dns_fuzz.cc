// Answers of DNS servers, which anybody may have put in their place: read without reading elsewhere, and what was read is
// what net and s2s take for granted of it.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "s2s/dns_message.h"

using namespace chancery::s2s;

namespace {

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);  // of its own, so that reading beyond it is seen
    const auto message = DnsMessage::parse(bytes);
    if (!message) return 0;
    check(message->services.size() <= DnsMessage::most_records, "services");
    check(message->addresses.size() <= DnsMessage::most_records, "addresses");
    check(message->certificates.size() <= DnsMessage::most_records, "certificates");
    for (const auto& service : message->services) {
        check(service.host.size() <= 253, "a host's length");
        for (const char c : service.host) check(c > ' ' && c <= '~', "a host's characters");
        // Whatever is read can be asked for.
        check(service.host.empty() || !dns_question(service.host, DnsKind::a, 1).empty(), "a host that is no name");
    }
    for (const auto& address : message->addresses) check(!address.empty(), "an address");
    return 0;
}
