// What is known of a file's content as to viruses.
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

namespace chancery::files {

/// As numbers in the database: they do not change.
enum class Verdict : std::uint8_t { not_scanned = 0, clean = 1, infected = 2 };

inline std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::not_scanned: return "not scanned";
        case Verdict::clean: return "clean";
        case Verdict::infected: return "infected";
    }
    std::unreachable();
}

}  // namespace chancery::files
