// Message bodies: English words of a few thousand kinds, the common ones far more often than the rare ones
// (Zipf), so that full-text indexes and compression of a server meet what they meet in life.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chancery::load {

/// A long text made once; bodies are slices of it, which costs nothing while measuring. Same seed, same text.
class Words {
  public:
    explicit Words(std::uint64_t seed, std::size_t text_bytes = 1 << 20);

    /// About `bytes` bytes of whole words (up to the length of one word less); another slice in every call.
    /// Letters and spaces only: nothing to escape.
    std::string_view next(std::size_t bytes);
    static std::size_t vocabulary_size();

  private:
    std::string text_;
    std::vector<std::uint32_t> starts_;
    std::uint64_t state_;
};

}  // namespace chancery::load
