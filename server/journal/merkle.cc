#include "journal/merkle.h"

#include <bit>

namespace chancery::journal {
namespace {

/// The hash of leaves [begin, end), where begin is a multiple of the smallest power of two not below end -
/// begin.
Digest range_hash(const NodeSource& nodes, std::uint64_t begin, std::uint64_t end) {
    const auto width = end - begin;
    if (std::has_single_bit(width)) {
        const auto level = static_cast<unsigned>(std::countr_zero(width));
        return nodes(node_number(level, begin >> level));
    }
    const auto middle = begin + std::bit_floor(width);
    return parent_hash(range_hash(nodes, begin, middle), range_hash(nodes, middle, end));
}

/// The largest power of two below width (§2.1.1's k).
std::uint64_t split(std::uint64_t width) { return std::bit_floor(width - 1); }

void inclusion(const NodeSource& nodes, std::uint64_t position, std::uint64_t begin, std::uint64_t end,
               std::vector<Digest>& path) {
    if (end - begin == 1) return;
    const auto middle = begin + split(end - begin);
    if (position < middle) {
        inclusion(nodes, position, begin, middle, path);
        path.push_back(range_hash(nodes, middle, end));
    } else {
        inclusion(nodes, position, middle, end, path);
        path.push_back(range_hash(nodes, begin, middle));
    }
}

/// §2.1.4.1 SUBPROOF; `known` is its b: the verifier has the hash of [begin, from) already.
void consistency(const NodeSource& nodes, std::uint64_t from, std::uint64_t begin, std::uint64_t end,
                 bool known, std::vector<Digest>& path) {
    if (from == end) {
        if (!known) path.push_back(range_hash(nodes, begin, end));
        return;
    }
    const auto middle = begin + split(end - begin);
    if (from <= middle) {
        consistency(nodes, from, begin, middle, known, path);
        path.push_back(range_hash(nodes, middle, end));
    } else {
        consistency(nodes, from, middle, end, false, path);
        path.push_back(range_hash(nodes, begin, middle));
    }
}

}  // namespace

Digest leaf_hash(std::string_view record) { return sha256({std::string_view("\0", 1), record}); }

Digest parent_hash(const Digest& left, const Digest& right) {
    char bytes[65];
    bytes[0] = 1;
    view(left).copy(bytes + 1, 32);
    view(right).copy(bytes + 33, 32);
    return sha256({bytes, sizeof bytes});
}

Digest empty_root() { return sha256(std::string_view()); }

std::uint64_t node_number(unsigned level, std::uint64_t index) {
    const auto last_leaf = ((index + 1) << level) - 1;
    return node_count(last_leaf) + level;
}

std::uint64_t node_count(std::uint64_t leaves) {
    return 2 * leaves - static_cast<std::uint64_t>(std::popcount(leaves));
}

Digest Peaks::root() const {
    if (peaks_.empty()) return empty_root();
    auto root = peaks_.back();
    for (auto i = peaks_.size() - 1; i-- > 0;) root = parent_hash(peaks_[i], root);
    return root;
}

Peaks peaks_at(const NodeSource& nodes, std::uint64_t size) {
    std::vector<Digest> peaks;
    std::uint64_t begin = 0;
    while (begin < size) {
        const auto width = std::bit_floor(size - begin);
        peaks.push_back(range_hash(nodes, begin, begin + width));
        begin += width;
    }
    return {size, std::move(peaks)};
}

std::vector<Digest> inclusion_path(const NodeSource& nodes, std::uint64_t position, std::uint64_t size) {
    std::vector<Digest> path;
    inclusion(nodes, position, 0, size, path);
    return path;
}

std::vector<Digest> consistency_path(const NodeSource& nodes, std::uint64_t from, std::uint64_t to) {
    std::vector<Digest> path;
    if (from > 0) consistency(nodes, from, 0, to, true, path);
    return path;
}

bool verify_inclusion(const Digest& leaf, std::uint64_t position, std::uint64_t size,
                      std::span<const Digest> path, const Digest& root) {
    if (position >= size) return false;
    auto index = position, last = size - 1;
    auto hash = leaf;
    for (const auto& step : path) {
        if (last == 0) return false;
        if ((index & 1) || index == last) {
            hash = parent_hash(step, hash);
            while (!(index & 1) && index != 0) index >>= 1, last >>= 1;
        } else {
            hash = parent_hash(hash, step);
        }
        index >>= 1, last >>= 1;
    }
    return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Digest> path,
                        const Digest& from_root, const Digest& to_root) {
    if (from == to) return path.empty() && from_root == to_root;
    if (from == 0) return path.empty() && from_root == empty_root();  // every tree begins with the empty one
    if (from > to) return false;
    std::vector<Digest> steps(path.begin(), path.end());
    if (std::has_single_bit(from)) steps.insert(steps.begin(), from_root);
    if (steps.empty()) return false;
    auto index = from - 1, last = to - 1;
    while (index & 1) index >>= 1, last >>= 1;
    auto old_hash = steps[0], new_hash = steps[0];
    for (std::size_t i = 1; i < steps.size(); ++i) {
        if (last == 0) return false;
        if ((index & 1) || index == last) {
            old_hash = parent_hash(steps[i], old_hash);
            new_hash = parent_hash(steps[i], new_hash);
            while (!(index & 1) && index != 0) index >>= 1, last >>= 1;
        } else {
            new_hash = parent_hash(new_hash, steps[i]);
        }
        index >>= 1, last >>= 1;
    }
    return last == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace chancery::journal
