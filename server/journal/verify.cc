#include "journal/verify.h"

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/crypto.h"
#include "journal/crc32c.h"
#include "journal/data_keys.h"
#include "journal/format.h"
#include "journal/merkle.h"

namespace chancery::journal {
namespace {

using What = Finding::What;

struct Signed {
    std::uint64_t number, size;
    Digest root;
};

/// Opens the records with the data keys, to see whether they can be.
class Decryption {
  public:
    explicit Decryption(const std::filesystem::path& keys)
        : key_encryption_key_(Secret(read_file(keys / "kek")).reveal()),
          slots_(keys / "data-keys", File::Mode::read) {}

    enum class Outcome { readable, erased, damaged };

    Outcome judge(std::string_view record) {
        const auto header = record_header(record);
        const auto& key = key_in(header.key_slot);
        if (!key) return key.error() == KeyError::erased ? Outcome::erased : Outcome::damaged;
        const auto text =
            gcm_open(*key, {header.nonce, nonce_size}, record.substr(associated_offset, associated_size),
                     record.substr(sizeof header));
        return text ? Outcome::readable : Outcome::damaged;
    }

  private:
    const Result<Key, KeyError>& key_in(std::uint32_t slot) {
        constexpr std::size_t most = 65'536;
        if (known_.size() >= most) known_.clear();
        const auto found = known_.find(slot);
        if (found != known_.end()) return found->second;
        const auto bytes = slots_.read_at((std::uint64_t{slot} + 1) * slot_size, slot_size);
        return known_.emplace(slot, unwrap_slot(bytes, slot, key_encryption_key_)).first->second;
    }

    const Key key_encryption_key_;
    const File slots_;
    std::unordered_map<std::uint32_t, Result<Key, KeyError>> known_;
};

/// The tree file's nodes one after the other.
class NodeStream {
  public:
    explicit NodeStream(const std::filesystem::path& path) {
        if (std::filesystem::exists(path)) file_ = File(path, File::Mode::read);
    }

    /// Nothing where the file has ended.
    std::optional<Digest> node(std::uint64_t number) {
        constexpr std::uint64_t node_size = 32, block = 32 << 10;
        if (!file_) return std::nullopt;
        if (number < begin_ || (number - begin_ + 1) * node_size > bytes_.size()) {
            begin_ = number;
            bytes_ = file_.read_at(number * node_size, block * node_size);
        }
        if ((number - begin_ + 1) * node_size > bytes_.size()) return std::nullopt;
        return get<Digest>(bytes_.data() + (number - begin_) * node_size);
    }

  private:
    File file_;
    std::uint64_t begin_ = 0;
    std::string bytes_;
};

class Verifier {
  public:
    Verifier(const std::filesystem::path& folder, const VerifierKey& key,
             const std::optional<std::filesystem::path>& keys)
        : folder_(folder), key_(key), stored_(folder / "tree") {
        if (keys) decryption_.emplace(*keys);
    }

    VerifyReport run() {
        read_checkpoints();
        compare_checkpoints();
        for (std::uint32_t number = 0; std::filesystem::exists(folder_ / segment_name(number)); ++number)
            read_segment(number);
        check_end();
        return std::move(report_);
    }

  private:
    void find(What what, std::uint64_t number, std::string text) {
        report_.findings.push_back({what, number, std::move(text)});
    }
    void find_record(Position position, const std::string& text) {
        find(What::record, position, "the record at position " + std::to_string(position) + " " + text);
    }

    void read_checkpoints();
    void compare_checkpoints();
    void read_segment(std::uint32_t number);
    void read_header(std::string_view bytes, std::uint32_t number);
    bool read_by_footer(std::string_view bytes, std::uint32_t number);
    void read_by_length(std::string_view bytes, std::uint32_t number, bool is_last);
    void take(std::string_view record);
    void take_damaged(std::string_view bytes, const std::string& text);
    void add_leaf(const Digest& leaf, bool is_trusted);
    void blame_records();
    void blame_tree();
    void check_end();

    const std::filesystem::path folder_;
    const VerifierKey key_;
    VerifyReport report_;
    std::optional<Decryption> decryption_;
    std::vector<Signed> signed_;
    std::size_t next_signed_ = 0;
    std::string journal_;
    std::int64_t last_time_ = 0;
    Position next_ = 0;

    // The tree twice: from the records as they are, and with the stored leaf where the two differ. A signed
    // root tells which of the two is right: then it is known whether the record was changed or only the
    // stored tree.
    NodeStream stored_;
    Peaks as_read_, as_stored_;
    std::vector<Position> differing_;
    bool is_tree_blamed_ = false, is_root_lost_ = false;
};

void Verifier::read_checkpoints() {
    const auto text = read_file(folder_ / "checkpoints");
    std::string_view rest(text);
    while (const auto note = take_note(rest)) {
        const auto number = report_.checkpoints++;
        const auto checkpoint = open_note(*note, key_);
        if (!checkpoint) {
            find(What::checkpoint, number,
                 "checkpoint number " + std::to_string(number) + " is not signed by " + key_.name +
                     " with this key");
        } else if (!signed_.empty() && checkpoint->size < signed_.back().size) {
            find(What::checkpoint, number,
                 "checkpoint number " + std::to_string(number) +
                     " speaks of fewer records than the one before");
        } else {
            signed_.push_back({number, checkpoint->size, checkpoint->root});
        }
    }
    if (!rest.empty())
        report_.notes.push_back(
            "the last checkpoint is unfinished: the server was stopped while it wrote it");
    if (report_.checkpoints == 0) find(What::checkpoint, 0, "there is no checkpoint");
}

/// The signed roots for the number of records read so far.
void Verifier::compare_checkpoints() {
    for (; next_signed_ < signed_.size() && signed_[next_signed_].size == next_; ++next_signed_) {
        const auto& checkpoint = signed_[next_signed_];
        if (checkpoint.root == as_read_.root()) {
            blame_tree();
            is_root_lost_ = false;
        } else if (checkpoint.root == as_stored_.root()) {
            blame_records();
            is_root_lost_ = false;
        } else {
            if (!is_root_lost_)
                find(What::checkpoint, checkpoint.number,
                     "the records below position " + std::to_string(next_) + " from position " +
                         std::to_string(report_.signed_records) +
                         " on are not those that checkpoint number " + std::to_string(checkpoint.number) +
                         " has signed");
            is_root_lost_ = true;
            continue;
        }
        report_.signed_records = next_;
    }
}

void Verifier::blame_records() {
    for (const auto position : differing_)
        find_record(position, "is not the one that was signed: it was exchanged, its checksum included");
    differing_.clear();
    as_read_ = as_stored_;
}

void Verifier::blame_tree() {
    if (!differing_.empty() && !is_tree_blamed_) {
        is_tree_blamed_ = true;
        find(What::tree, differing_.front(),
             "the tree file is wrong at position " + std::to_string(differing_.front()) +
                 " (no record is: it is derived from them and rebuilt when it is removed and the server "
                 "started)");
    }
    differing_.clear();
    as_stored_ = as_read_;
}

void Verifier::read_segment(std::uint32_t number) {
    ++report_.segments;
    const auto bytes = read_file(folder_ / segment_name(number));
    const bool is_last = !std::filesystem::exists(folder_ / segment_name(number + 1));
    read_header(bytes, number);
    if (!read_by_footer(bytes, number)) read_by_length(bytes, number, is_last);
}

void Verifier::read_header(std::string_view bytes, std::uint32_t number) {
    const auto header = read_segment_header(bytes);
    const auto which = "the header of segment " + segment_name(number);
    if (!header) return find(What::segment_header, number, which + " is damaged");
    const std::string_view journal(header->journal, sizeof header->journal);
    if (journal_.empty()) journal_ = journal;
    if (header->number != number || header->first != next_ || journal != journal_)
        find(What::segment_header, number,
             which + " belongs to another place: segments are missing or were exchanged");
}

/// A sealed segment's footer knows where each record is, so that damage to one hides no other.
bool Verifier::read_by_footer(std::string_view bytes, std::uint32_t number) {
    const auto trailer = read_trailer(bytes, bytes.size());
    if (!trailer) return false;
    const auto table = bytes.substr(trailer->records_end, std::size_t{4} * trailer->count);
    if (crc32c(table) != trailer->offsets_crc || trailer->number != number || trailer->first != next_) {
        find(What::segment_footer, number, "the footer of segment " + segment_name(number) + " is damaged");
        read_by_length(bytes.substr(0, trailer->records_end), number, false);
        return true;
    }
    for (std::uint32_t i = 0; i < trailer->count; ++i) {
        const auto begin = get<std::uint32_t>(table.data() + 4 * i);
        const auto end =
            i + 1 < trailer->count ? get<std::uint32_t>(table.data() + 4 * i + 4) : trailer->records_end;
        const auto record = bytes.substr(begin, end - begin);
        const auto header = intact_record(record);
        if (header && header->length == record.size() && header->position == next_)
            take(record);
        else
            take_damaged(record, "is damaged (segment " + segment_name(number) + ", byte " +
                                     std::to_string(begin) + ")");
    }
    return true;
}

void Verifier::read_by_length(std::string_view bytes, std::uint32_t number, bool is_last) {
    if (!is_last && (bytes.size() < 8 || !read_trailer(bytes, bytes.size())) &&
        (report_.findings.empty() || report_.findings.back().what != What::segment_footer))
        find(What::segment_footer, number, "the footer of segment " + segment_name(number) + " is damaged");
    std::size_t at = std::min(bytes.size(), sizeof(SegmentHeader));
    for (;;) {
        const auto header = intact_record(bytes.substr(at));
        if (header && header->position == next_) {
            take(bytes.substr(at, header->length));
            at += header->length;
            continue;
        }
        if (bytes.find_first_not_of('\0', at) == bytes.npos) break;
        const auto after = find_next_record(bytes, at + 1, next_);
        if (after == bytes.npos) break;
        const auto later = record_header(bytes.substr(after));
        if (is_last && later.position - later.batch_index <= next_ &&
            (signed_.empty() || next_ >= signed_.back().size))
            break;  // an unfinished batch
        const auto place = " (segment " + segment_name(number) + ", byte " + std::to_string(at) + ")";
        while (next_ < later.position) take_damaged(bytes.substr(at, after - at), "is damaged" + place);
        at = after;
    }
    const auto rest = bytes.substr(at);
    if (is_last && rest.find_first_not_of('\0') != rest.npos)
        report_.notes.push_back("segment " + segment_name(number) +
                                " ends with an unfinished batch at position " + std::to_string(next_) +
                                ": nobody was told that it is on record");
}

void Verifier::take(std::string_view record) {
    const auto header = record_header(record);
    if (header.time < last_time_) find_record(next_, "is older than the one before it");
    last_time_ = std::max(last_time_, header.time);
    if (decryption_) {
        const auto outcome = decryption_->judge(record);
        report_.erased_records += outcome == Decryption::Outcome::erased;
        if (outcome == Decryption::Outcome::damaged)
            find_record(next_, "cannot be decrypted: its key is damaged");
    }
    add_leaf(leaf_hash(record), false);
}

void Verifier::take_damaged(std::string_view bytes, const std::string& text) {
    find_record(next_, text);
    const auto stored = stored_.node(node_number(0, next_));
    add_leaf(stored ? *stored : leaf_hash(bytes), true);
}

/// @param is_trusted  the leaf is the stored one, there being no better
void Verifier::add_leaf(const Digest& leaf, bool is_trusted) {
    const auto stored = stored_.node(node_number(0, next_));
    if (!is_trusted && stored && *stored != leaf) differing_.push_back(next_);
    as_stored_.append(stored ? *stored : leaf);
    auto number = node_number(0, next_);
    as_read_.append(leaf, [&](const Digest& node) {
        const auto kept = stored_.node(number++);
        if (kept && *kept != node && differing_.empty() && !is_tree_blamed_ && !is_root_lost_) {
            is_tree_blamed_ = true;
            find(What::tree, next_,
                 "the tree file is wrong at the inner node behind position " + std::to_string(next_));
        }
    });
    ++next_;
    ++report_.records;
    compare_checkpoints();
}

void Verifier::check_end() {
    if (next_signed_ < signed_.size())
        find(What::segment, report_.segments,
             "checkpoint number " + std::to_string(signed_.back().number) + " speaks of " +
                 std::to_string(signed_.back().size) + " records, but those from position " +
                 std::to_string(next_) + " on are missing");
    for (const auto position : differing_) find_record(position, "is not the one that the tree file has");
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
        if (const auto number = segment_number(entry.path()); number && *number >= report_.segments)
            find(What::segment, *number, "segment " + segment_name(*number) + " stands behind a gap");
}

}  // namespace

VerifyReport verify(const std::filesystem::path& folder, const VerifierKey& key,
                    const std::optional<std::filesystem::path>& keys) {
    return Verifier(folder, key, keys).run();
}

}  // namespace chancery::journal
