// An HTTP request and a response as values (RFC 9110), and the error that a handler throws.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chancery::net {

/// Header fields in the order in which they came. Names compare without regard to case (RFC 9110 §5.1).
class HttpFields {
  public:
    HttpFields() = default;
    HttpFields(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// The first of that name; empty if there is none.
    std::string_view find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool has(std::string_view name) const { return count(name) > 0; }
    /// Whether a comma-separated list in fields of that name has the token, in any case.
    bool lists(std::string_view name, std::string_view token) const;

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
    std::string method;
    std::string path;   ///< percent-decoded, from /; never with empty, . or .. segments, nor control characters
    std::string query;  ///< what follows the first ?, as it came
    std::string host;   ///< host or host:port, as it came
    HttpFields fields;
    bool is_http_1_0 = false;
    bool keeps_alive = true;  ///< the client can go on with this connection after the response
    bool has_body = false;
    std::optional<std::uint64_t> content_length;  ///< nothing when there is no body

    bool is_head() const { return method == "HEAD"; }
};

struct HttpResponse {
    int status = 200;
    HttpFields fields;
    std::string body;
};

/// The request cannot be served: the status, a sentence for people, and further fields.
struct HttpError : std::runtime_error {
    HttpError(int status, std::string text, HttpFields fields = {})
        : std::runtime_error(std::move(text)), status(status), fields(std::move(fields)) {}
    int status;
    HttpFields fields;
};

/// The status line and the fields, with those that make a browser careful wherever a page has not said otherwise.
/// @param length  of the content; nothing: no content-length (1xx, 204)
std::string http_head(int status, const HttpFields& fields, std::optional<std::uint64_t> length, bool keeps_alive);

/// Whether the letters are the same but for their case (ASCII).
bool equals_without_case(std::string_view a, std::string_view b);

}  // namespace chancery::net
