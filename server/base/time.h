// Points in time: UTC, microseconds since 1970, and their XEP-0082 text form.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace chancery {

using namespace std::chrono_literals;
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The clock that a part reads; tests give their own.
using Clock = std::function<Time()>;

Time system_now();

inline std::int64_t to_micros(Time time) { return time.time_since_epoch().count(); }
inline Time from_micros(std::int64_t micros) { return Time(std::chrono::microseconds(micros)); }

/// XEP-0082 §3.2 DateTime in UTC with microseconds: 2026-11-22T01:02:03.000004Z.
std::string to_iso(Time time);

/// Parses a XEP-0082 DateTime (any offset, optional fraction; finer than microseconds is cut), or a bare
/// date (2026-11-22, midnight UTC) as officers type it. Nothing when it is neither or not a real date.
std::optional<Time> parse_iso(std::string_view text);

}  // namespace chancery
