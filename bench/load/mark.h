// The number that every counted stanza carries, at the start of its text: "#RUN.GROUP.SEQUENCE ". The run
// keeps what an earlier run left behind (offline messages, room histories) out of the counts.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chancery::load {

struct Mark {
    std::uint32_t group = 0;     // the sender, or the room
    std::uint32_t sequence = 0;  // from 0
};

/// A random number below 2^32, from the kernel.
std::uint32_t new_run();
void append_mark(std::string& text, std::uint32_t run, Mark mark);
/// The mark of this run at the first "#" of the text; nothing when there is none or it is another run's.
std::optional<Mark> find_mark(std::string_view text, std::uint32_t run);

}  // namespace chancery::load
