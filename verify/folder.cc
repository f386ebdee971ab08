#include "folder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>

namespace chancery::verify {
namespace {

constexpr std::size_t header_size = 64, smallest_record = 64, trailer_size = 40;

std::uint64_t number_at(std::string_view bytes, std::size_t at, int width) {
    std::uint64_t value = 0;
    for (int i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::uint32_t crc32c(std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> made{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            made[i] = i;
            for (int bit = 0; bit < 8; ++bit) made[i] = made[i] >> 1 ^ (made[i] & 1 ? 0x82f63b78u : 0);
        }
        return made;
    }();
    std::uint32_t crc = 0xffffffff;
    for (unsigned char c : bytes) crc = crc >> 8 ^ table[(crc ^ c) & 255];
    return ~crc;
}

/// A Merkle tree that grows at the right: complete subtrees, the largest first.
class Tree {
  public:
    void add(Digest leaf) {
        ++size_;
        for (auto n = size_; n % 2 == 0; n /= 2) {
            leaf = parent_hash(subtrees_.back(), leaf);
            subtrees_.pop_back();
        }
        subtrees_.push_back(leaf);
    }
    Digest root() const {
        if (subtrees_.empty()) return sha256(std::string_view());
        auto hash = subtrees_.back();
        for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left)
            hash = parent_hash(*left, hash);
        return hash;
    }

  private:
    std::uint64_t size_ = 0;
    std::vector<Digest> subtrees_;
};

struct Numbered {
    std::uint64_t number;
    Note note;
};

/// Where a record is in its segment; `length` reaches to the next one.
struct Place {
    std::size_t offset, length;
};

class Folder {
  public:
    Folder(std::string folder, const PublicKey& key) : folder_(std::move(folder)), key_(key) {}

    Outcome check() {
        if (!std::filesystem::is_directory(folder_)) throw Unreadable(folder_ + " is no folder");
        read_checkpoints();
        if (std::filesystem::exists(folder_ + "/tree")) stored_tree_ = read_file(folder_ + "/tree");
        compare();
        for (std::uint32_t number = 0; std::filesystem::exists(path_of(number)); ++number, ++segments_)
            read_segment(number);
        check_end();
        return conclude();
    }

  private:
    std::string name_of(std::uint32_t number) const {
        char name[32];
        std::snprintf(name, sizeof name, "%08u.segment", number);
        return name;
    }
    std::string path_of(std::uint32_t number) const { return folder_ + "/" + name_of(number); }

    void report(const std::string& what) {
        ++faults_;
        std::cout << "DAMAGED: " << what << "\n";
    }

    void read_checkpoints();
    void read_segment(std::uint32_t number);
    void check_header(std::string_view bytes, std::uint32_t number);
    std::optional<std::vector<Place>> places_in_footer(std::string_view bytes, std::uint32_t number) const;
    void read_without_footer(std::string_view bytes, std::uint32_t number, bool is_last);
    void read_record(std::string_view record, const std::string& place);
    void add_damaged(const std::string& place);
    void add(const Digest& read, const Digest& stored);
    std::optional<Digest> stored_leaf() const;
    void compare();
    void check_end();
    Outcome conclude() const;

    /// Whether the bytes begin with a whole record whose checksum fits; its length, or 0.
    static std::size_t whole_record(std::string_view bytes) {
        if (bytes.size() < smallest_record) return 0;
        const auto length = number_at(bytes, 4, 4);
        if (length < smallest_record || length > bytes.size()) return 0;
        return crc32c(bytes.substr(4, length - 4)) == number_at(bytes, 0, 4) ? length : 0;
    }

    const std::string folder_;
    const PublicKey key_;
    std::vector<Numbered> checkpoints_;
    std::size_t next_checkpoint_ = 0;
    std::uint64_t notes_ = 0, segments_ = 0, records_ = 0, signed_ = 0, faults_ = 0, last_time_ = 0;
    std::string journal_, stored_tree_;
    Tree read_, stored_;  // of the records as they are; with the stored leaf where it differs
    std::vector<std::uint64_t> differing_;
    bool is_lost_ = false, is_tree_wrong_ = false;
};

void Folder::read_checkpoints() {
    const auto text = read_file(folder_ + "/checkpoints");
    std::string_view rest;
    for (const auto note_text : split_notes(text, rest)) {
        const auto number = notes_++;
        std::string why;
        const auto note = open_note(note_text, key_, why);
        if (!note)
            report("checkpoint number " + std::to_string(number) + ": " + why);
        else if (!checkpoints_.empty() && note->size < checkpoints_.back().note.size)
            report("checkpoint number " + std::to_string(number) +
                   ": it speaks of fewer records than the one before");
        else
            checkpoints_.push_back({number, *note});
    }
    if (!rest.empty())
        std::cout << "Note: the last checkpoint is unfinished; the server was stopped while writing it.\n";
    if (notes_ == 0) report("there is no checkpoint");
}

void Folder::read_segment(std::uint32_t number) {
    const auto bytes = read_file(path_of(number));
    const bool is_last = !std::filesystem::exists(path_of(number + 1));
    check_header(bytes, number);
    const auto places = places_in_footer(bytes, number);
    if (!places) return read_without_footer(bytes, number, is_last);
    for (const auto& [offset, length] : *places) {
        const auto record = std::string_view(bytes).substr(offset, length);
        const auto place = " (segment " + name_of(number) + ", byte " + std::to_string(offset) + ")";
        if (whole_record(record) == length && number_at(record, 8, 8) == records_)
            read_record(record, place);
        else
            add_damaged(place);
    }
}

void Folder::check_header(std::string_view bytes, std::uint32_t number) {
    const auto which = "the header of segment " + name_of(number);
    if (bytes.size() < header_size || bytes.substr(0, 8) != "CHNCSEG1" ||
        crc32c(bytes.substr(0, 60)) != number_at(bytes, 60, 4))
        return report(which);
    if (journal_.empty()) journal_ = bytes.substr(32, 16);
    if (number_at(bytes, 8, 4) != number || number_at(bytes, 16, 8) != records_ ||
        bytes.substr(32, 16) != journal_)
        report(which + ": it belongs to another place");
}

/// The places of a sealed segment's records; nothing when it is not sealed or the footer is damaged.
std::optional<std::vector<Place>> Folder::places_in_footer(std::string_view bytes,
                                                           std::uint32_t number) const {
    if (bytes.size() < header_size + trailer_size) return std::nullopt;
    const auto trailer = bytes.substr(bytes.size() - trailer_size);
    const auto count = number_at(trailer, 12, 4), end = number_at(trailer, 24, 4);
    if (trailer.substr(0, 8) != "CHNCEND1" || crc32c(trailer.substr(0, 36)) != number_at(trailer, 36, 4) ||
        number_at(trailer, 8, 4) != number || number_at(trailer, 16, 8) != records_ ||
        end + 4 * count + trailer_size != bytes.size())
        return std::nullopt;
    const auto table = bytes.substr(end, 4 * count);
    if (crc32c(table) != number_at(trailer, 28, 4)) return std::nullopt;
    std::vector<Place> places;
    for (std::size_t i = 0; i < count; ++i) {
        const auto begin = number_at(table, 4 * i, 4);
        const auto next = i + 1 < count ? number_at(table, 4 * i + 4, 4) : end;
        if (begin > next || next > end) return std::nullopt;
        places.push_back({begin, next - begin});
    }
    return places;
}

void Folder::read_without_footer(std::string_view bytes, std::uint32_t number, bool is_last) {
    if (!is_last) report("the footer of segment " + name_of(number));
    const auto covered = checkpoints_.empty() ? 0 : checkpoints_.back().note.size;
    for (std::size_t at = header_size; at < bytes.size();) {
        const auto place = " (segment " + name_of(number) + ", byte " + std::to_string(at) + ")";
        const auto length = whole_record(bytes.substr(at));
        if (length > 0 && number_at(bytes, at + 8, 8) == records_) {
            read_record(bytes.substr(at, length), place);
            at += length;
            continue;
        }
        if (bytes.find_first_not_of('\0', at) == bytes.npos) return;
        // Look for the next whole record; those between are damaged.
        auto next = at + 1;
        std::uint64_t later = 0;
        for (; next + smallest_record <= bytes.size(); ++next) {
            later = number_at(bytes, next + 8, 8);
            if (later > records_ && later - records_ < (1u << 24) && whole_record(bytes.substr(next))) break;
        }
        const bool is_end = next + smallest_record > bytes.size();
        if (is_end ||
            (is_last && records_ >= covered && later - number_at(bytes, next + 32, 4) <= records_)) {
            if (is_last)
                std::cout << "Note: an unfinished batch stands behind the last record; it was never "
                             "acknowledged.\n";
            return;
        }
        while (records_ < later) add_damaged(place);
        at = next;
    }
}

void Folder::read_record(std::string_view record, const std::string& place) {
    const auto time = number_at(record, 16, 8);
    if (time < last_time_)
        report("the record at position " + std::to_string(records_) + place +
               ": it is older than the one before it");
    last_time_ = std::max(last_time_, time);
    const auto leaf = leaf_hash(record);
    const auto stored = stored_leaf().value_or(leaf);
    if (stored != leaf) differing_.push_back(records_);
    add(leaf, stored);
}

void Folder::add_damaged(const std::string& place) {
    report("the record at position " + std::to_string(records_) + place);
    const auto stored = stored_leaf().value_or(Digest{});
    add(stored, stored);
}

void Folder::add(const Digest& read, const Digest& stored) {
    read_.add(read);
    stored_.add(stored);
    ++records_;
    compare();
}

/// The leaf that the tree file keeps for the record at position records_: in post-order, behind all nodes
/// before it.
std::optional<Digest> Folder::stored_leaf() const {
    const auto before = 2 * records_ - static_cast<std::uint64_t>(__builtin_popcountll(records_));
    if ((before + 1) * 32 > stored_tree_.size()) return std::nullopt;
    Digest digest;
    std::copy_n(stored_tree_.begin() + static_cast<std::ptrdiff_t>(before * 32), 32, digest.begin());
    return digest;
}

/// Compares with the checkpoints over just as many records as were read.
void Folder::compare() {
    for (; next_checkpoint_ < checkpoints_.size() && checkpoints_[next_checkpoint_].note.size == records_;
         ++next_checkpoint_) {
        const auto& [number, note] = checkpoints_[next_checkpoint_];
        if (note.root == read_.root()) {
            if (!differing_.empty() && !is_tree_wrong_)
                std::cout << "Note: the tree file is wrong from position " << differing_[0]
                          << "; no record is, and the server rebuilds it.\n";
            is_tree_wrong_ = is_tree_wrong_ || !differing_.empty();
            stored_ = read_;
        } else if (note.root == stored_.root()) {
            for (const auto position : differing_)
                report("the record at position " + std::to_string(position) +
                       ": it is not the one that was signed");
            read_ = stored_;
        } else {
            if (!is_lost_)
                report("the records from position " + std::to_string(signed_) + " to " +
                       std::to_string(records_) + ": they are not those that checkpoint number " +
                       std::to_string(number) + " has signed");
            is_lost_ = true;
            continue;
        }
        differing_.clear();
        is_lost_ = false;
        signed_ = records_;
    }
}

void Folder::check_end() {
    for (const auto position : differing_)
        report("the record at position " + std::to_string(position) +
               ": it is not the one that the tree file has");
    if (next_checkpoint_ < checkpoints_.size())
        report("records are missing: " + std::to_string(checkpoints_.back().note.size) + " were signed, " +
               std::to_string(records_) + " are there");
}

Outcome Folder::conclude() const {
    std::cout << records_ << " records in " << segments_ << (segments_ == 1 ? " segment, " : " segments, ") << notes_ << " checkpoints by "
              << key_.name << ".\n";
    if (faults_ > 0) {
        std::cout << "BAD: " << faults_ << " damages were found; they are listed above.\n";
        return bad;
    }
    if (!checkpoints_.empty())
        std::cout << "GOOD: all records are whole. The first " << signed_
                  << " are proved by signed checkpoints, the last at " << checkpoints_.back().note.time
                  << "; " << records_ - signed_ << " are newer.\n";
    return good;
}

}  // namespace

Outcome check_folder(const std::string& folder, const PublicKey& key) { return Folder(folder, key).check(); }

}  // namespace chancery::verify
