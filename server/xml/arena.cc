#include "xml/arena.h"

#include <algorithm>
#include <cstring>

namespace chancery::xml {

std::string_view Arena::keep(std::string_view text) {
    if (text.empty()) return {"", 0};
    if (blocks_.empty() || blocks_.back().size - used_ < text.size()) {
        const auto size = std::max(block_bytes, text.size());
        blocks_.push_back({std::make_unique<char[]>(size), size});
        used_ = 0;
    }
    char* const at = blocks_.back().bytes.get() + used_;
    std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
}

void Arena::reset() {
    if (blocks_.size() > 1) blocks_.resize(1);
    if (!blocks_.empty() && blocks_.front().size > block_bytes) blocks_.clear();
    used_ = 0;
}

}  // namespace chancery::xml
