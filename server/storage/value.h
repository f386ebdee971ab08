// What goes into a statement and comes out of a row: integers, text, blobs, times, and nothing.
#pragma once
#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/time.h"

namespace chancery::storage {

/// The database refused or is out of reach. What the transaction did is undone.
struct StorageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Blob {
    std::string bytes;
    bool operator==(const Blob&) const = default;
};

/// A blob to bind that somebody else holds, as long as the call lasts.
struct BlobView {
    std::string_view bytes;
};

namespace detail {

// What is bound is not copied: it outlives the statement's run, because both are inside one call.

inline int bind(sqlite3_stmt* statement, int index, std::nullptr_t) {
    return sqlite3_bind_null(statement, index);
}
inline int bind(sqlite3_stmt* statement, int index, std::string_view text) {
    return sqlite3_bind_text64(statement, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
}
inline int bind(sqlite3_stmt* statement, int index, const char* text) {
    return bind(statement, index, std::string_view(text));
}
inline int bind(sqlite3_stmt* statement, int index, const std::string& text) {
    return bind(statement, index, std::string_view(text));
}
inline int bind(sqlite3_stmt* statement, int index, BlobView blob) {
    return sqlite3_bind_blob64(statement, index, blob.bytes.data() ? blob.bytes.data() : "",
                               blob.bytes.size(), SQLITE_STATIC);
}
inline int bind(sqlite3_stmt* statement, int index, const Blob& blob) {
    return bind(statement, index, BlobView{blob.bytes});
}
template <std::integral Integer>
int bind(sqlite3_stmt* statement, int index, Integer value) {
    return sqlite3_bind_int64(statement, index, static_cast<std::int64_t>(value));
}
inline int bind(sqlite3_stmt* statement, int index, double value) {
    return sqlite3_bind_double(statement, index, value);
}
inline int bind(sqlite3_stmt* statement, int index, Time time) {
    return bind(statement, index, to_micros(time));
}
template <class T>
int bind(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
    return value ? bind(statement, index, *value) : bind(statement, index, nullptr);
}

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

inline std::string_view column_bytes(sqlite3_stmt* statement, int column) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    return {bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

template <class T>
T column(sqlite3_stmt* statement, int number) {
    const bool is_null = sqlite3_column_type(statement, number) == SQLITE_NULL;
    if constexpr (is_optional<T>::value) {
        if (is_null) return std::nullopt;
        return column<typename T::value_type>(statement, number);
    } else {
        if (is_null)
            throw StorageError("column " + std::to_string(number) + " is null where a value is read");
        if constexpr (std::same_as<T, bool>)
            return sqlite3_column_int64(statement, number) != 0;
        else if constexpr (std::integral<T>)
            return static_cast<T>(sqlite3_column_int64(statement, number));
        else if constexpr (std::same_as<T, double>)
            return sqlite3_column_double(statement, number);
        else if constexpr (std::same_as<T, Time>)
            return from_micros(sqlite3_column_int64(statement, number));
        else if constexpr (std::same_as<T, Blob>)
            return Blob{std::string(column_bytes(statement, number))};
        else if constexpr (std::same_as<T, BlobView>)
            return BlobView{column_bytes(statement, number)};
        else
            return T(column_bytes(statement, number));
    }
}

}  // namespace detail
}  // namespace chancery::storage
