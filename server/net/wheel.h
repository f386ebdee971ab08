// A hierarchical timer wheel: adding and removing a timer is a few pointer writes, whatever the number of
// timers.
//
// Six levels of 64 slots with ticks of a millisecond reach two years. A timer stands at the level of the
// highest digit (base 64) in which its time differs from now, and moves down a level when that digit is
// reached.
#pragma once
#include <array>
#include <cstdint>
#include <limits>

#include "net/list.h"

namespace chancery::net {

/// A timer's place in the wheel, part of the object that waits. Destroying or unlinking it cancels it.
class TimerNode : public Runnable {
  public:
    std::uint64_t due() const { return due_; }

  protected:
    ~TimerNode() = default;

  private:
    friend class Wheel;
    std::uint64_t due_ = 0;
};

class Wheel {
  public:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    /// Times are ticks; a time that has passed counts as the next tick, one that is too far away as the
    /// farthest.
    void add(TimerNode& node, std::uint64_t due);

    /// No timer is due before this tick; possibly none then either.
    std::uint64_t next() const;

    /// Runs what is due until `now`, in order of ticks.
    void advance(std::uint64_t now);

  private:
    static constexpr int bits = 6, levels = 6, slots = 1 << bits;
    static constexpr std::uint64_t farthest = (std::uint64_t{1} << (bits * levels)) - 1;

    struct Level {
        std::uint64_t occupied = 0;  // a set bit whose list has become empty costs one wake-up
        std::array<List, slots> lists;
    };
    int lowest_occupied() const;
    std::uint64_t start_of(int level, int slot) const;

    std::uint64_t now_ = 0;
    std::array<Level, levels> levels_;
};

}  // namespace chancery::net
