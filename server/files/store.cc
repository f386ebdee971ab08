#include "files/store.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::files {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0) return journal::sync_folder(folder.parent_path());
    if (errno != EEXIST) throw journal::FileError("cannot make", folder, errno);
}

}  // namespace

Store::Incoming::~Incoming() {
    std::error_code gone;
    if (!is_placed) fs::remove(writer.path(), gone);  // else the next start removes it
}

Store::Store(fs::path folder, const Key& master)
    : folder_(std::move(folder)), wrapping_key_(derive_key(master, "file-keys")), name_key_(derive_key(master, "file-names")) {
    for (const auto& each : {folder_, folder_ / "incoming", folder_ / "content", folder_ / "quarantine"}) make_folder(each);
}

void Store::clear_incoming() {
    for (const auto& left : fs::directory_iterator(folder_ / "incoming")) fs::remove(left.path());
}

std::unique_ptr<Store::Incoming> Store::begin(std::uint64_t size) const {
    return std::make_unique<Incoming>(folder_ / "incoming" / to_hex(random_bytes(16)), size, wrapping_key_);
}

ContentReader Store::read(const Incoming& incoming) const { return ContentReader(incoming.writer.path(), wrapping_key_); }

std::string Store::name_of(const Digest& digest) const { return to_hex(hmac(Hash::sha256, name_key_.reveal(), view(digest))); }

fs::path Store::place_of(Shelf shelf, const std::string& name) const {
    return shelf == Shelf::content ? folder_ / "content" / name.substr(0, 2) / name : folder_ / "quarantine" / name;
}

void Store::move(Incoming& incoming, const fs::path& to) const {
    make_folder(to.parent_path());
    if (::rename(incoming.writer.path().c_str(), to.c_str()) != 0) throw journal::FileError("cannot move a file to", to, errno);
    incoming.is_placed = true;
    journal::sync_folder(to.parent_path());
}

/// Over what is there: that says the same, and may be damaged.
void Store::place(Incoming& incoming, const std::string& name) const { move(incoming, place_of(Shelf::content, name)); }

void Store::quarantine(Incoming& incoming, const std::string& name) const { move(incoming, place_of(Shelf::quarantine, name)); }

void Store::destroy(Shelf shelf, const std::string& name) const {
    const auto path = place_of(shelf, name);
    if (!fs::exists(path)) return;
    destroy_key(path);
    if (::unlink(path.c_str()) != 0) throw journal::FileError("cannot remove", path, errno);
    journal::sync_folder(path.parent_path());
}

void Store::each(Shelf shelf, const std::function<bool(const std::string&)>& visit) const {
    const auto folder = folder_ / (shelf == Shelf::content ? "content" : "quarantine");
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && !visit(entry.path().filename().string())) return;
}

ContentReader Store::open(const std::string& name) const { return ContentReader(place_of(Shelf::content, name), wrapping_key_); }

ContentReader Store::open_quarantined(const std::string& name) const { return ContentReader(place_of(Shelf::quarantine, name), wrapping_key_); }

std::uint64_t Store::free_bytes() const {
    struct statvfs disk {};
    if (::statvfs(folder_.c_str(), &disk) != 0) throw journal::FileError("cannot look at the disk of", folder_, errno);
    return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace chancery::files
