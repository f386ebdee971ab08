#include "journal/tree_file.h"

#include <cstring>

namespace chancery::journal {
namespace {

constexpr std::uint64_t node_size = 32;

Digest read_node(const File& file, std::uint64_t number) {
    Digest digest;
    if (file.read_at(number * node_size, reinterpret_cast<char*>(digest.data()), node_size) != node_size)
        throw FileError("the tree file " + file.path().string() +
                        " is too short. To mend it: restart the server, "
                        "which rebuilds it");
    return digest;
}

}  // namespace

TreeFile::TreeFile(const std::filesystem::path& path, std::uint64_t size, Disk& disk)
    : file_(path, File::Mode::create, disk), end_(node_count(size) * node_size) {
    file_.truncate(end_);
    peaks_ = peaks_at(nodes(), size);
}

bool TreeFile::holds(const std::filesystem::path& path, std::uint64_t size, const Digest& root) {
    if (!std::filesystem::exists(path)) return size == 0;
    const File file(path, File::Mode::read);
    if (file.size() < node_count(size) * node_size) return false;
    return peaks_at([&](std::uint64_t number) { return read_node(file, number); }, size).root() == root;
}

void TreeFile::append(const Digest& leaf) {
    peaks_.append(leaf, [this](const Digest& node) { unwritten_ += view(node); });
}

void TreeFile::flush() {
    if (unwritten_.empty()) return;
    file_.write_at(end_, unwritten_);
    end_ += unwritten_.size();
    unwritten_.clear();
}

Digest TreeFile::node(std::uint64_t number) const { return read_node(file_, number); }

}  // namespace chancery::journal
