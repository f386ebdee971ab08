// What browsers send before anybody knows whose they are: HTTP requests and WebSocket frames. However the bytes are cut, the
// same is read in them; an HTTP request that is read means the same when it is written again; a WebSocket's messages are
// UTF-8 and no longer than allowed.
//
// The first byte of an input chooses which of the two the rest is.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/http_reader.h"
#include "net/websocket_codec.h"

using namespace chancery::net;

namespace {

void check(bool holds, const char* what, std::string_view a = {}, std::string_view b = {}) {
    if (holds) return;
    std::fprintf(stderr, "%s\n--- a:\n%.*s\n--- b:\n%.*s\n", what, static_cast<int>(a.size()), a.data(), static_cast<int>(b.size()), b.data());
    std::abort();
}

/// Calls take(piece) for pieces of the text: of 1 to `longest` bytes, or the whole.
template <class Take>
void cut(std::string_view text, std::uint32_t seed, std::size_t longest, Take take) {
    while (!text.empty()) {
        seed = seed * 1'664'525 + 1'013'904'223;
        const auto size = seed && longest ? std::min<std::size_t>(text.size(), 1 + (seed >> 24) % longest) : text.size();
        take(std::string(text.substr(0, size)));  // of its own, so that reading beyond it is seen
        text.remove_prefix(size);
    }
}

struct Requests {
    std::string trace;              // all that was read
    std::vector<std::string> heads;  // each request written again
};

std::string written_again(const HttpRequest& request) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string target;
    for (const unsigned char c : request.path) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '*';
        if (is_plain) target += static_cast<char>(c);
        else target.append({'%', digits[c >> 4], digits[c & 15]});
    }
    if (!request.query.empty()) target += "?" + request.query;
    return request.method + " " + target + " HTTP/1.1\r\nHost: " + (request.host.empty() ? "a" : request.host) + "\r\n\r\n";
}

Requests read_requests(std::string_view text, std::size_t longest) {
    HttpReader reader;
    Requests found;
    std::string body;
    bool has_fault = false;
    const auto drain = [&] {
        for (auto event = reader.next(); event != HttpReader::Event::need_more; event = reader.next()) {
            if (event == HttpReader::Event::fault) {
                found.trace += "fault";  // which of two faults is seen first depends on what has arrived
                has_fault = true;
                return;
            }
            if (event == HttpReader::Event::head) {
                const auto request = reader.take_request();
                check(request.path.starts_with('/') || request.path == "*", "a path that is none", request.path);
                check(request.path.find("/../") == request.path.npos && request.path.find('\0') == request.path.npos, "a path that leads elsewhere");
                check(request.fields.count("content-length") + request.fields.count("transfer-encoding") < 2, "a body of two lengths");
                found.trace += request.method + ' ' + request.path + '?' + request.query + '@' + request.host + (request.has_body ? "+" : "-");
                for (const auto& [name, value] : request.fields) {
                    check(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "a field with an end of line", value);
                    found.trace += '|' + name + '=' + value;
                }
                found.heads.push_back(written_again(request));
            }
            if (event == HttpReader::Event::piece) body += reader.piece();
            if (event == HttpReader::Event::end) {
                found.trace += '[' + std::exchange(body, {}) + "]\n";
            }
        }
    };
    cut(text, 7, longest, [&](const std::string& piece) {
        if (has_fault) return;
        reader.feed(piece);
        drain();
    });
    found.trace += body;
    return found;
}

void check_http(std::string_view text) {
    const auto whole = read_requests(text, 0);
    for (const std::size_t longest : {1, 3, 50})
        check(read_requests(text, longest).trace == whole.trace, "cutting reads differently", whole.trace, read_requests(text, longest).trace);
    for (const auto& head : whole.heads) {
        const auto again = read_requests(head, 0);
        check(again.heads.size() == 1 && again.heads[0] == head, "a request reads differently when it is written again", head,
              again.heads.empty() ? again.trace : again.heads[0]);
    }
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : 9;
        if (i + more >= text.size()) return false;
        char32_t code = more == 0 ? c : c & (0x3F >> more);
        for (std::size_t k = 1; k <= more; ++k) {
            if ((text[i + k] & 0xC0) != 0x80) return false;
            code = code << 6 | (text[i + k] & 0x3F);
        }
        constexpr char32_t lowest[] = {0, 0x80, 0x800, 0x10000};
        if (code < lowest[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
        i += more + 1;
    }
    return true;
}

std::string read_frames(std::string_view text, std::size_t longest) {
    constexpr std::size_t most = 500;
    WebSocketCodec codec(most);
    std::string trace, output;
    cut(text, 11, longest, [&](const std::string& piece) {
        if (codec.has_ended()) return;
        codec.feed(piece);
        while (const auto message = codec.next()) {
            check(message->size() <= most, "a message over the limit");
            check(is_utf8(*message), "a message that is not UTF-8", *message);
            trace += std::to_string(message->size()) + ':' + *message;
        }
        output += codec.take_output();
    });
    check(output.size() <= text.size() + 200, "more is said than was asked");
    // When and how it ends depends on the cuts: which of two broken rules is seen first, which pong has gone out before; and
    // wslay checks of a reason to close only what is beyond the first two bytes of each piece.
    return trace;
}

void check_frames(std::string_view text) {
    const auto whole = read_frames(text, 0);
    for (const std::size_t longest : {1, 5, 40}) check(read_frames(text, longest) == whole, "cutting reads differently", whole, read_frames(text, longest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    data[0] % 2 ? check_frames(text) : check_http(text);
    return 0;
}
