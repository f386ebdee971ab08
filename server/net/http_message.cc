#include "net/http_message.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>
#include <ctime>
#include <ostream>

namespace chancery::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> careful{{
    {"Strict-Transport-Security", "max-age=63072000"},
    {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Cache-Control", "no-store"},
}};

/// RFC 9110 §5.6.7: Sun, 06 Nov 1994 08:49:37 GMT
std::string http_date(std::time_t time) {
    constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
                  utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return text;
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool equals_without_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpFields::find(std::string_view name) const {
    for (const auto& [known, value] : fields_)
        if (equals_without_case(known, name)) return value;
    return {};
}

std::size_t HttpFields::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(fields_, [&](const auto& field) { return equals_without_case(field.first, name); }));
}

bool HttpFields::lists(std::string_view name, std::string_view token) const {
    for (const auto& [known, value] : fields_) {
        if (!equals_without_case(known, name)) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (equals_without_case(trimmed(rest.substr(0, comma)), token)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

std::string http_head(int status, const HttpFields& fields, std::optional<std::uint64_t> length, bool keeps_alive) {
    std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
    head += std::string(boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status))) + "\r\n";
    append_field(head, "Date", http_date(std::time(nullptr)));
    for (const auto& [name, value] : fields) append_field(head, name, value);
    if (status >= 200) {
        for (const auto& [name, value] : careful)
            if (!fields.has(name)) append_field(head, name, value);
        if (!keeps_alive) append_field(head, "Connection", "close");
    }
    if (length) append_field(head, "Content-Length", std::to_string(*length));
    return head.append("\r\n");
}

}  // namespace chancery::net
