#include "net/http_exchange.h"

#include <algorithm>

namespace chancery::net {
namespace {

constexpr std::size_t lowest_rate = 2'048;  // bytes a second that a body must come with in the long run

}  // namespace

HttpExchange::HttpExchange(std::unique_ptr<Connection>& connection, HttpReader& reader, Door::Pass& pass,
                           const HttpLimits& limits)
    : connection_(connection), reader_(reader), pass_(pass), limits_(limits), request_(reader.take_request()),
      begin_(connection->shard().now()), at_end_(!request_.has_body), keeps_alive_(request_.keeps_alive) {
    if (at_end_) reader_.next();  // Event::end
}

Task<std::string> HttpExchange::body() {
    std::string whole;
    if (request_.content_length && *request_.content_length <= most_body_bytes_) whole.reserve(*request_.content_length);
    while (true) {
        const auto piece = co_await read();
        if (piece.empty()) co_return whole;
        whole += piece;
    }
}

/// RFC 9110 §10.1.1: the client waits for our word before it sends the body.
void HttpExchange::go_ahead() {
    if (std::exchange(waited_, true) || request_.is_http_1_0 || !request_.fields.has("expect")) return;
    if (!equals_without_case(request_.fields.find("expect"), "100-continue")) throw HttpError(417, "That expectation is not known.");
    connection_->write("HTTP/1.1 100 Continue\r\n\r\n");
}

std::chrono::milliseconds HttpExchange::time_to_read() const {
    const auto allowed = limits_.body + std::chrono::seconds(body_bytes_ / lowest_rate);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(begin_ + allowed - connection_->shard().now());
    return std::min(left, limits_.body);
}

Task<std::string> HttpExchange::read() {
    if (at_end_) co_return std::string();
    if (request_.content_length.value_or(0) > most_body_bytes_) throw HttpError(413, "The body is too large.");
    while (true) {
        switch (reader_.next()) {
            case HttpReader::Event::piece:
                body_bytes_ += reader_.piece().size();
                if (body_bytes_ > most_body_bytes_) throw HttpError(413, "The body is too large.");
                co_return std::string(reader_.piece());
            case HttpReader::Event::end: at_end_ = true; co_return std::string();
            case HttpReader::Event::fault: throw reader_.fault();
            case HttpReader::Event::head:
            case HttpReader::Event::need_more: break;
        }
        go_ahead();
        const auto limit = time_to_read();
        if (limit <= std::chrono::milliseconds::zero()) throw HttpError(408, "The body came too slowly.");
        std::string_view bytes;
        try {
            bytes = co_await connection_->read(limit);
        } catch (const Timeout&) {
            throw HttpError(408, "The body came too slowly.");
        }
        if (bytes.empty()) throw ConnectionLost("the client has gone within a request");
        reader_.feed(bytes);
    }
}

void HttpExchange::respond(const HttpResponse& response) {
    const bool has_content = response.status >= 200 && response.status != 204 && response.status != 304;
    if (!at_end_ && response.status >= 200) keeps_alive_ = false;
    const auto length = has_content ? std::optional<std::uint64_t>(response.body.size()) : std::nullopt;
    connection_->write(http_head(response.status, response.fields, length, keeps_alive_));
    if (has_content && !request_.is_head()) connection_->write(response.body);
    answered_ = true;
}

void HttpExchange::begin(int status, const HttpFields& fields, std::uint64_t length) {
    if (!at_end_) keeps_alive_ = false;
    connection_->write(http_head(status, fields, length, keeps_alive_));
    answered_ = true;
    missing_ = request_.is_head() ? 0 : length;
}

Task<> HttpExchange::send(std::string_view bytes) {
    if (request_.is_head()) co_return;
    connection_->write(bytes);
    missing_ -= std::min<std::uint64_t>(missing_, bytes.size());
    co_await connection_->drained(limits_.response);
}

TakenOver HttpExchange::take_over() {
    answered_ = true;
    return {.connection = std::move(connection_), .pass = std::move(pass_), .received = reader_.take_rest()};
}

}  // namespace chancery::net
