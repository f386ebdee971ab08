// A set of measured times, and its percentiles by the nearest-rank method: every figure printed was really
// measured.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace chancery::load {

using Clock = std::chrono::steady_clock;

/// Microseconds; at most 2^32-1 (71 minutes), longer than any run.
class Samples {
  public:
    void add(Clock::duration time) {
        values_.push_back(
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count()));
    }
    std::size_t count() const { return values_.size(); }
    void clear() { values_.clear(); }

    /// The smallest sample that at least `percent` of all samples do not exceed, in milliseconds; 0 without
    /// samples.
    double percentile_ms(double percent) {
        if (values_.empty()) return 0;
        const auto rank =
            static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values_.size())));
        const auto at =
            values_.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, count()) - 1);
        std::nth_element(values_.begin(), at, values_.end());
        return *at / 1000.0;
    }

  private:
    std::vector<std::uint32_t> values_;
};

}  // namespace chancery::load
