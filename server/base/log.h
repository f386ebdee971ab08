// One line per event on standard error: level, event name, then key=value pairs. Never a secret, never a message text.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace chancery::log {

enum class Level { debug, info, warning, error };

struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view k, Number v) : key(k), value(std::to_string(v)) {}
};

void set_level(Level lowest);

/// Writes the event unless it is below the level in force. The same event is written at most `burst` times a second;
/// what is left out is counted in the next line that is written, so that a hostile client cannot flood the log.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::debug, event, f); }
inline void info(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::info, event, f); }
inline void warning(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::warning, event, f); }
inline void error(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::error, event, f); }

}  // namespace chancery::log
