// The memory that all connections of one shard share, so that an idle connection has none.
#pragma once
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace chancery::net {

class Connection;

struct Buffers {
    /// What one recv() brought, and whose it is. Before another connection receives, the owner takes away the
    /// rest.
    std::array<char, 32 * 1024> received;
    std::size_t received_begin = 0, received_end = 0;
    Connection* receiver = nullptr;

    /// What a read returns a view of: at least what one TLS record protects, padding included (RFC 8446 §5.2).
    std::array<char, 16 * 1024 + 256> plain;

    /// Empty strings with capacity, for what is on its way out.
    std::string borrow() {
        if (spare_.empty()) return {};
        auto text = std::move(spare_.back());
        spare_.pop_back();
        return text;
    }
    void give_back(std::string text) {
        if (spare_.size() == most_spare || text.capacity() > largest_spare) return;
        text.clear();
        spare_.push_back(std::move(text));
    }

  private:
    static constexpr std::size_t most_spare = 64, largest_spare = 128 * 1024;
    std::vector<std::string> spare_;
};

}  // namespace chancery::net
