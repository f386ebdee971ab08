// spdlog writes the lines; this file gives them their shape and their limit. Used on every thread.
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace chancery::log {
namespace {

constexpr int burst = 20;  // lines per event and second

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::stderr_logger_mt("chancery");
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum level_of(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

struct Rate {
    std::chrono::steady_clock::time_point second;
    int written = 0, left_out = 0;
};

/// How many lines of this event were left out before this one; nothing when this one is to be left out too.
std::optional<int> admit(std::string_view event) {
    static std::mutex guard;
    static std::unordered_map<std::string, Rate> rates;
    const std::lock_guard lock(guard);
    auto& rate = rates[std::string(event)];
    const auto now = std::chrono::steady_clock::now();
    if (now - rate.second > std::chrono::seconds(1)) rate = {now, 0, rate.left_out};
    if (rate.written == burst) return ++rate.left_out, std::nullopt;
    ++rate.written;
    return std::exchange(rate.left_out, 0);
}

/// Quoted when it has a space, and without control characters: one event is one line whatever a peer sent.
std::string printable(std::string_view value) {
    std::string text;
    bool quote = value.empty();
    for (unsigned char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        quote = quote || c == ' ' || c == '"' || c == '=';
        text += c < 0x20 || c == 0x7f ? '?' : static_cast<char>(c);
    }
    return quote ? '"' + text + '"' : text;
}

}  // namespace

void set_level(Level lowest) { logger().set_level(level_of(lowest)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!logger().should_log(level_of(level))) return;
    const auto left_out = admit(event);
    if (!left_out) return;
    std::string line(event);
    for (const auto& field : fields) line.append(" ").append(field.key).append("=").append(printable(field.value));
    if (*left_out > 0) line += " left_out=" + std::to_string(*left_out);
    logger().log(level_of(level), line);
}

}  // namespace chancery::log
