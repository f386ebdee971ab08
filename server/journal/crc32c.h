// CRC-32C (Castagnoli; RFC 3720 §12.1): finds accidents. Against intent there is the tree (merkle.h).
#pragma once
#include <cstdint>
#include <string_view>

namespace chancery::journal {

/// The CRC of `bytes`; give the CRC of what stands before them to go on from there.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace chancery::journal
