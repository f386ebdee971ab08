#include "net/wheel.h"

#include <algorithm>
#include <bit>

namespace chancery::net {

void Wheel::add(TimerNode& node, std::uint64_t due) {
    // The farthest time must share all digits above the highest level with now.
    node.due_ = std::clamp(due, now_ + 1, std::max(now_ + 1, now_ | farthest));
    const auto differing = (node.due_ ^ now_) | (slots - 1);
    const int level = std::min((63 - std::countl_zero(differing)) / bits, levels - 1);
    const int slot = (node.due_ >> (level * bits)) & (slots - 1);
    levels_[level].lists[slot].push_back(node);
    levels_[level].occupied |= std::uint64_t{1} << slot;
}

int Wheel::lowest_occupied() const {
    for (int level = 0; level < levels; ++level)
        if (levels_[level].occupied) return level;
    return levels;
}

std::uint64_t Wheel::start_of(int level, int slot) const {
    const auto above = now_ >> (bits * (level + 1)) << (bits * (level + 1));
    return above + (static_cast<std::uint64_t>(slot) << (bits * level));
}

std::uint64_t Wheel::next() const {
    // What stands at a lower level comes before everything at a higher one.
    const int level = lowest_occupied();
    return level == levels ? never : start_of(level, std::countr_zero(levels_[level].occupied));
}

void Wheel::advance(std::uint64_t now) {
    while (next() <= now) {
        const int level = lowest_occupied();
        const int slot = std::countr_zero(levels_[level].occupied);
        now_ = std::max(now_, start_of(level, slot));
        levels_[level].occupied &= ~(std::uint64_t{1} << slot);

        List reached;
        levels_[level].lists[slot].move_to(reached);
        while (!reached.empty()) {
            auto& node = reached.pop_front<TimerNode>();
            if (node.due_ <= now_)
                node.run();
            else
                add(node, node.due_);
        }
    }
    now_ = std::max(now_, now);
}

}  // namespace chancery::net
