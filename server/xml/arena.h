// Memory for texts that live as long as the element they were decoded from. What was handed out does not
// move.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace chancery::xml {

class Arena {
  public:
    /// A copy of the text that stays where it is until reset().
    std::string_view keep(std::string_view text);

    /// Takes everything back; keeps one small block for the next time.
    void reset();

  private:
    static constexpr std::size_t block_bytes = 4'096;
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };

    std::vector<Block> blocks_;
    std::size_t used_ = 0;  ///< of the last block
};

}  // namespace chancery::xml
