// The Merkle tree over the records: RFC 9162 §2.1 (the same tree as RFC 6962's). Pure functions.
//
// Nodes of complete subtrees are numbered in post-order: a leaf, and behind it every subtree that it
// completes. So the file of them is only ever appended to, and every node's place follows from its level and
// index.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace chancery::journal {

/// §2.1.1: SHA-256 of 0x00 and the record's bytes as on disk.
Digest leaf_hash(std::string_view record);
/// §2.1.1: SHA-256 of 0x01 and both children.
Digest parent_hash(const Digest& left, const Digest& right);
/// The root of the tree without leaves: SHA-256 of nothing.
Digest empty_root();

/// The post-order number of the complete subtree of 2^level leaves that begins at leaf index·2^level.
std::uint64_t node_number(unsigned level, std::uint64_t index);
/// How many nodes of complete subtrees a tree of `leaves` has.
std::uint64_t node_count(std::uint64_t leaves);

/// The growing tree: the roots of the complete subtrees that its leaves fall into, largest first.
class Peaks {
  public:
    Peaks() = default;
    Peaks(std::uint64_t size, std::vector<Digest> peaks) : size_(size), peaks_(std::move(peaks)) {}

    /// Adds a leaf; `add_node` is called with every node that becomes complete, in post-order.
    template <class AddNode>
    void append(const Digest& leaf, AddNode add_node) {
        Digest node = leaf;
        add_node(node);
        for (auto rest = size_; rest & 1; rest >>= 1) {
            node = parent_hash(peaks_.back(), node);
            peaks_.pop_back();
            add_node(node);
        }
        peaks_.push_back(node);
        ++size_;
    }
    void append(const Digest& leaf) {
        append(leaf, [](const Digest&) {});
    }

    std::uint64_t size() const { return size_; }
    Digest root() const;

  private:
    std::uint64_t size_ = 0;
    std::vector<Digest> peaks_;
};

/// Gives the node with a post-order number.
using NodeSource = std::function<Digest(std::uint64_t number)>;

/// The peaks of the tree of the first `size` leaves.
Peaks peaks_at(const NodeSource& nodes, std::uint64_t size);
/// §2.1.3.1; position < size.
std::vector<Digest> inclusion_path(const NodeSource& nodes, std::uint64_t position, std::uint64_t size);
/// §2.1.4.1; from <= to. Empty when from is 0: nothing has to be shown then.
std::vector<Digest> consistency_path(const NodeSource& nodes, std::uint64_t from, std::uint64_t to);

/// §2.1.3.2
bool verify_inclusion(const Digest& leaf, std::uint64_t position, std::uint64_t size,
                      std::span<const Digest> path, const Digest& root);
/// §2.1.4.2
bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Digest> path,
                        const Digest& from_root, const Digest& to_root);

}  // namespace chancery::journal
