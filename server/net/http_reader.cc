#include "net/http_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <limits>

#include "net/http_target.h"

namespace chancery::net {
namespace {

namespace beast = boost::beast;
using beast::error_code;

/// RFC 9110 §7.2; the characters of names and addresses, and a port.
bool is_host(std::string_view host) {
    const auto colon = host.rfind(':'), bracket = host.rfind(']');
    auto name = host;
    if (colon != host.npos && (bracket == host.npos || colon > bracket)) {
        const auto port = host.substr(colon + 1);
        if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return false;
        name = host.substr(0, colon);
    }
    const bool is_ipv6 = name.starts_with('[') && name.ends_with(']') && name.size() > 2;
    if (is_ipv6) name = name.substr(1, name.size() - 2);
    const auto fits = [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               (is_ipv6 ? c == ':' : c == '-' || c == '_');
    };
    return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, fits);
}

std::optional<std::uint64_t> whole_number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool plain = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!plain || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace

/// Beast's parser, whose events fill in the request and the pieces of its body.
class HttpReader::Parser final : public beast::http::basic_parser<true> {
  public:
    Parser() {
        body_limit(std::numeric_limits<std::uint64_t>::max());  // none would be 0 in Boost 1.74
        header_limit(2 * head_limit);  // counted by the reader
    }

    HttpRequest request;
    std::string target;
    std::string piece;
    int version = 11;

  private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view text, int number,
                         error_code&) override {
        request.method.assign(method.data(), method.size());
        target.assign(text.data(), text.size());
        version = number;
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code&) override {
        if (is_header_done()) return;  // a trailer (RFC 9110 §6.5.1): may be ignored
        request.fields.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override { return take(bytes); }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override { return take(bytes); }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}

    std::size_t take(beast::string_view bytes) {
        piece.append(bytes.data(), bytes.size());
        return bytes.size();
    }
};

HttpReader::HttpReader() = default;
HttpReader::~HttpReader() = default;

void HttpReader::feed(std::string_view bytes) {
    if (state_ == State::failed) return;
    buffer_.erase(0, used_);
    used_ = 0;
    buffer_ += bytes;
}

HttpReader::Event HttpReader::next() {
    piece_ = {};
    switch (state_) {
        case State::head: return head();
        case State::body: return body();
        case State::failed: return Event::fault;
    }
    std::unreachable();
}

HttpReader::Event HttpReader::fail(int status, const char* text) {
    fault_ = HttpError(status, text);
    state_ = State::failed;
    buffer_ = {};
    used_ = 0;
    return Event::fault;
}

bool HttpReader::is_between() const { return state_ == State::head && unread().empty(); }

std::string HttpReader::take_rest() {
    std::string rest(unread());
    buffer_ = {};
    used_ = 0;
    return rest;
}

HttpRequest HttpReader::take_request() { return std::move(parser_->request); }

/// RFC 9112 §2.2, §5.2: a lone CR or LF ends a line for some and not for others; a line that goes on in the next one
/// (obs-fold) is a field of its own for some. Control characters have no place anywhere.
bool HttpReader::has_bad_bytes() {
    const auto bytes = unread();
    for (; checked_ < bytes.size(); ++checked_) {
        const auto c = static_cast<unsigned char>(bytes[checked_]);
        const char before = checked_ ? bytes[checked_ - 1] : '\0';
        if (c == '\n') {
            if (before != '\r') return true;
            if (bytes.substr(0, checked_ + 1).ends_with("\r\n\r\n")) return false;  // what follows is not the head's
        } else if (before == '\r') {
            return true;
        } else if (before == '\n' && (c == ' ' || c == '\t')) {
            return true;
        } else if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7F) {
            return true;
        }
    }
    return false;
}

HttpReader::Event HttpReader::head() {
    while (checked_ == 0 && unread().starts_with("\r\n")) used_ += 2;  // RFC 9112 §2.2: after the last request
    if (checked_ == 0 && unread() == "\r") return Event::need_more;
    if (has_bad_bytes()) return fail(400, "The request is not well-formed.");
    const auto end = unread().find("\r\n\r\n");
    const auto size = end == std::string_view::npos ? unread().size() : end + 4;
    if (size > head_limit) return fail(unread().substr(0, head_limit).contains('\n') ? 431 : 414, "The request's head is too long.");
    if (end == std::string_view::npos) {
        if (!unread().empty()) return Event::need_more;
        buffer_ = {};
        used_ = 0;
        return Event::need_more;
    }
    parser_ = std::make_unique<Parser>();
    checked_ = 0;
    error_code error;
    const auto text = unread().substr(0, size);
    if (std::ranges::count(text, '\n') > static_cast<std::ptrdiff_t>(most_fields) + 2) return fail(431, "The request has too many fields.");
    used_ += parser_->put(boost::asio::buffer(text.data(), text.size()), error);
    if (error == beast::http::error::bad_version) return fail(505, "This server speaks HTTP/1.1.");
    auto& request = parser_->request;
    const auto& fields = request.fields;
    const bool is_strange = error == beast::http::error::bad_transfer_encoding && fields.count("transfer-encoding") == 0;
    if (is_strange && !fields.has("content-length")) return fail(501, "The only transfer coding is chunked.");
    if (error || !parser_->is_header_done()) return fail(400, "The request is not well-formed.");

    request.is_http_1_0 = parser_->version == 10;
    request.keeps_alive = parser_->keep_alive() && !request.is_http_1_0;
    // RFC 9112 §6.1, §6.3: who sends two lengths may be two senders in one.
    const auto lengths = fields.count("content-length"), codings = fields.count("transfer-encoding");
    if (lengths + codings > 1) return fail(400, "The length of the body is ambiguous.");
    if (codings && request.is_http_1_0) return fail(400, "HTTP/1.0 knows no transfer codings.");
    if (codings && !equals_without_case(fields.find("transfer-encoding"), "chunked"))
        return fail(501, "That transfer coding is not known.");
    // Boost 1.74 aborts on some last chunks (an assertion in parse_chunk_header): its chunk parser must see nothing of a stranger's.
    if (codings) return fail(411, "A body must say its length.");
    if (lengths) {
        request.content_length = whole_number(fields.find("content-length"));
        if (!request.content_length) return fail(400, "The content length is not a number.");
    }
    request.has_body = request.content_length.value_or(0) > 0;
    if (fields.count("host") > 1 || (!fields.has("host") && !request.is_http_1_0)) return fail(400, "A request has one Host.");
    request.host = fields.find("host");
    if (!read_target(parser_->target, request)) return fail(400, "The address in the request is not valid.");
    if (!is_host(request.host) && !(request.host.empty() && request.is_http_1_0)) return fail(400, "The Host is not valid.");
    state_ = State::body;
    return Event::head;
}

HttpReader::Event HttpReader::body() {
    parser_->piece.clear();
    while (true) {
        if (parser_->is_done()) {
            parser_.reset();
            state_ = State::head;
            return Event::end;
        }
        const auto text = unread();
        error_code error;
        const auto size = text.empty() ? 0 : parser_->put(boost::asio::buffer(text.data(), text.size()), error);
        used_ += size;
        if (error && error != beast::http::error::need_more) return fail(400, "The body is not well-formed.");
        if (!parser_->piece.empty()) {
            piece_ = parser_->piece;
            return Event::piece;
        }
        if (parser_->is_done()) continue;
        if (size == 0 && unread().size() > head_limit) return fail(400, "The body is not well-formed.");
        if (size == 0) return Event::need_more;
    }
}

}  // namespace chancery::net
