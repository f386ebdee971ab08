#include "journal/crc32c.h"

#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace chancery::journal {
namespace {

#if defined(__SSE4_2__)

std::uint64_t step(std::uint64_t crc, std::uint64_t word) { return _mm_crc32_u64(crc, word); }
std::uint32_t step(std::uint32_t crc, unsigned char byte) { return _mm_crc32_u8(crc, byte); }

#else

std::uint32_t step(std::uint32_t crc, unsigned char byte) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    return crc;
}

std::uint64_t step(std::uint64_t crc, std::uint64_t word) {
    auto narrow = static_cast<std::uint32_t>(crc);
    for (int i = 0; i < 8; ++i) narrow = step(narrow, static_cast<unsigned char>(word >> 8 * i));
    return narrow;
}

#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
    std::uint64_t wide = ~before;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        wide = step(wide, word);
    }
    auto crc = static_cast<std::uint32_t>(wide);
    for (; left > 0; ++at, --left) crc = step(crc, static_cast<unsigned char>(*at));
    return ~crc;
}

}  // namespace chancery::journal
