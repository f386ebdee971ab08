// What a signed-in client may send as TLS 1.3 records, well sealed or not: read without reading elsewhere, never more out than came
// in, and nothing after the end.
//
// Input: records of a first byte (how it is sealed: not at all, or under the right key as what the next bytes say) and a length.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/record_layer.h"

using namespace chancery::net;
using Event = RecordLayer::Event;

namespace {

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

/// What is sent: pieces of the input, some of them sealed as the client would.
std::string sent(const std::uint8_t* data, std::size_t size, Suite suite, const std::string& secret) {
    TrafficKey client(suite, secret, 0);
    std::string bytes;
    for (std::size_t at = 0; at + 3 <= size;) {
        const auto how = data[at];
        const std::size_t length = std::min<std::size_t>(data[at + 1] << (how >> 5), size - at - 3);
        const std::string piece(reinterpret_cast<const char*>(data) + at + 3, length);
        if (how & 1)
            client.seal(static_cast<ContentType>(data[at + 2]), piece, bytes);
        else
            bytes += piece;
        if (how & 2) client.update();
        at += 3 + length;
    }
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto suite = static_cast<Suite>(data[0] % 3);
    const std::string secret(secret_size(suite), 'k');
    const auto bytes = sent(data + 2, size - 2, suite, secret);

    RecordLayer layer(suite, secret, secret, 0);
    std::vector<char> out(16 * 1024 + 256);
    std::string_view left = bytes;
    while (true) {
        const std::string input(left);  // of its own, so that reading beyond it is seen
        const auto opened = layer.open(input, out);
        check(opened.consumed <= input.size(), "more consumed than there was");
        check(opened.size <= opened.consumed && opened.size <= out.size(), "more out than in");
        check((opened.event == Event::incomplete) == !RecordLayer::is_complete(input), "complete or not");
        check(opened.event != Event::no_room, "a record larger than any");
        check((opened.event == Event::failed) == !layer.failure().empty(), "a failure without a word");
        check(opened.event != Event::data || opened.size > 0, "data without a byte");
        if (opened.event == Event::incomplete || opened.event == Event::failed || opened.event == Event::closed) break;
        check(opened.consumed > 0, "nothing consumed");
        left.remove_prefix(opened.consumed);
        if (data[1] & 1) {
            std::string answer;
            layer.seal("x", answer);
        }
    }
    std::string alert;
    layer.seal_failure(alert);
    check(alert.empty() || !layer.failure().empty(), "an alert without a failure");
    return 0;
}
