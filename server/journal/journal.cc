#include "journal/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::journal {

/// Two servers must not write one journal. Held by the folder's descriptor, so that it ends with the process.
struct Journal::Lock {
    explicit Lock(const std::filesystem::path& folder)
        : descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        if (descriptor < 0) throw FileError("cannot open", folder, errno);
        if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return;
        ::close(descriptor);
        throw OpenError("The journal in " + folder.string() +
                        " is in use by another server. To mend it: stop that one first");
    }
    ~Lock() { ::close(descriptor); }
    int descriptor;
};

namespace {

void make_private_folder(const std::filesystem::path& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder)) return;
    std::filesystem::create_directories(folder, error);
    if (error) throw FileError("cannot make", folder, error.value());
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    sync_folder(folder.parent_path().empty() ? "." : folder.parent_path());
}

/// The 32 secret bytes in the file; made when the journal is new, and never when there are records that need
/// them.
Key secret_in(const std::filesystem::path& path, bool is_new) {
    if (!std::filesystem::exists(path)) {
        if (!is_new)
            throw OpenError(
                "The key " + path.string() +
                " is missing, and the journal has records. To mend it: restore it from the key backup");
        replace_file(path, Key::random().reveal());
    }
    Secret bytes(read_file(path));
    if (bytes.reveal().size() != Key::size)
        throw OpenError("The key " + path.string() + " must be " + std::to_string(Key::size) +
                        " bytes long. To mend it: restore it from the key backup");
    return Key(bytes.reveal());
}

Checkpoint last_checkpoint(const std::filesystem::path& path, const VerifierKey& key, const Key& seed,
                           const Journal::Options& options, bool is_new) {
    if (!is_new && !std::filesystem::exists(path))
        throw OpenError(
            "The checkpoints " + path.string() +
            " are missing. To mend it: restore them from the backup; then chancery archive verify");
    CheckpointFile file(path, *options.disk);
    if (!file.last().empty()) {
        auto checkpoint = open_note(file.last(), key);
        if (checkpoint) return *checkpoint;
        throw OpenError(
            "The last checkpoint in " + path.string() + " is not signed by " + key.name +
            " with the key in use. It was tampered with, or domain or signing key were exchanged. "
            "To see more: chancery archive verify");
    }
    // The first one says that there was nothing: from then on there is always one.
    Checkpoint first{.origin = options.origin, .size = 0, .root = empty_root(), .time = options.clock()};
    sign(first, seed);
    file.append(first.note);
    sync_folder(options.folder);
    return first;
}

bool has_segments(const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (segment_number(entry.path())) return true;
    return false;
}

}  // namespace

Journal::Journal(Options options, Writer::Settled settled)
    : options_(std::move(options)), catalog_(options_.folder) {
    make_private_folder(options_.folder);
    make_private_folder(options_.keys);
    lock_ = std::make_unique<Lock>(options_.folder);
    const bool is_new = !has_segments(options_.folder);

    const auto kek_path = options_.keys / "kek", seed_path = options_.keys / "journal-signing";
    const auto data_keys_path = options_.keys / "data-keys";
    const auto kek = secret_in(kek_path, is_new), seed = secret_in(seed_path, is_new);
    if (!is_new && !std::filesystem::exists(data_keys_path))
        throw OpenError(
            "The keys " + data_keys_path.string() +
            " are missing, and the journal has records. To mend it: restore them from the key backup");
    verifier_key_ = {.name = options_.origin, .public_key = ed25519_public(seed)};
    const auto public_path = options_.keys / "journal-signing.pub";
    const auto public_text = verifier_key_.to_text() + "\n";
    if (!std::filesystem::exists(public_path) || read_file(public_path) != public_text)
        replace_file(public_path, public_text);
    keys_ = std::make_unique<DataKeys>(data_keys_path, kek, *options_.disk);
    sync_folder(options_.keys);

    const auto checkpoints = options_.folder / "checkpoints";
    const auto last = last_checkpoint(checkpoints, verifier_key_, seed, options_, is_new);
    auto end = recover_segments(catalog_, options_.folder, last.size);
    if (end.journal.empty()) end.journal = random_bytes(16);

    checkpointer_ =
        std::make_unique<Checkpointer>(checkpoints, seed, last, catalog_, options_.clock, *options_.disk,
                                       [this](const std::string& reason) { writer_->report(reason); });
    writer_ = std::make_unique<Writer>(Writer::Setup{.segment_bytes = options_.segment_bytes,
                                                     .tick = options_.tick,
                                                     .clock = options_.clock,
                                                     .disk = *options_.disk,
                                                     .tree_path = options_.folder / "tree",
                                                     .secrets = {kek_path, seed_path}},
                                       catalog_, *keys_, *checkpointer_, end, std::move(settled));
}

Journal::~Journal() {
    close();
    checkpointer_.reset();  // reports to the writer: must end before it
}

void Journal::close() {
    if (writer_) writer_->close();
}

void Journal::seal(Pending& pending, Kind kind, std::uint16_t flags, const ConversationId& conversation,
                   std::string_view text) {
    if (text.size() > largest_plaintext) {
        std::fputs("journal: a record above the limit was to be sealed\n", stderr);
        std::abort();
    }
    // Random nonces (SP 800-38D §8.2.2), drawn many at a time: one at a time costs more than the encryption.
    thread_local std::string nonces;
    if (nonces.size() < nonce_size) nonces = random_bytes(128 * nonce_size);

    const auto key = keys_->current(conversation, options_.clock());
    RecordHeader header{.length = static_cast<std::uint32_t>(smallest_record + text.size()),
                        .kind = static_cast<std::uint16_t>(kind),
                        .flags = flags,
                        .key_slot = key->slot};
    nonces.copy(header.nonce, nonce_size, nonces.size() - nonce_size);
    nonces.resize(nonces.size() - nonce_size);
    auto& record = pending.record_;
    record.resize(header.length);
    std::memcpy(record.data(), &header, sizeof header);
    key->key.seal({header.nonce, nonce_size}, {record.data() + associated_offset, associated_size}, text,
                  record.data() + sizeof header);
}

Result<Entry, ReadError> Journal::open_record(const RawRecord& raw) const {
    DataKeys::DataKeyPtr key;
    return open_record(raw, key);
}

Result<Entry, ReadError> Journal::open_record(const RawRecord& raw, DataKeys::DataKeyPtr& key) const {
    if (!raw.intact) return refusal(ReadError::damaged);
    const auto header = raw.header();
    if (!key || key->slot != header.key_slot) {
        auto found = keys_->find(header.key_slot);
        if (!found) return refusal(found.error() == KeyError::erased ? ReadError::erased : ReadError::damaged);
        key = std::move(*found);
    }
    auto text =
        key->key.open({header.nonce, nonce_size}, raw.bytes.substr(associated_offset, associated_size),
                      raw.bytes.substr(sizeof header));
    if (!text) return refusal(ReadError::damaged);
    return Entry{.position = raw.position,
                 .time = from_micros(header.time),
                 .kind = Kind(header.kind),
                 .flags = header.flags,
                 .key_slot = header.key_slot,
                 .location = raw.location,
                 .text = std::move(*text)};
}

std::optional<Location> Journal::locate(Position position) const {
    if (position >= durable_end()) return std::nullopt;
    return catalog_.locate(position);
}

Result<Entry, ReadError> Journal::read(Position position) const {
    const auto location = locate(position);
    if (!location) return refusal(ReadError::no_such);
    auto entry = read(*location);
    if (entry && entry->position != position) return refusal(ReadError::damaged);
    return entry;
}

Result<Entry, ReadError> Journal::read(Location location) const {
    constexpr std::size_t most_records = 2'048;  // bytes; read at once, the rest of a larger one afterwards
    const auto segment = catalog_.segment(location.segment);
    if (!segment || location.offset < sizeof(SegmentHeader) || location.offset >= segment->records_end)
        return refusal(ReadError::no_such);
    const auto file = catalog_.file(location.segment);
    const std::size_t left = segment->records_end - location.offset;
    std::array<char, most_records> head;
    std::string_view bytes(head.data(), file->read_at(location.offset, head.data(), std::min(left, head.size())));
    if (bytes.size() < smallest_record) return refusal(ReadError::damaged);
    const auto length = record_header(bytes).length;
    std::string whole;
    if (length > bytes.size() && length <= left) bytes = whole = file->read_at(location.offset, length);
    const auto header = intact_record(bytes);
    if (!header) return refusal(ReadError::damaged);
    return open_record({.position = header->position,
                        .location = location,
                        .intact = true,
                        .bytes = bytes.substr(0, header->length)});
}

Position Journal::scan_headings(Position from, const std::function<bool(const Heading&)>& visit) const {
    RecordReader reader(catalog_, from);
    while (const auto raw = reader.next(durable_end())) {
        if (!raw->intact) continue;
        const auto header = raw->header();
        const bool go_on = visit({.position = raw->position,
                                  .time = from_micros(header.time),
                                  .kind = Kind(header.kind),
                                  .flags = header.flags,
                                  .key_slot = header.key_slot,
                                  .location = raw->location});
        if (!go_on) break;
    }
    return reader.position();
}

Checkpoint Journal::sign_checkpoint(std::chrono::milliseconds limit) {
    const auto size = durable_end();
    writer_->nudge();
    checkpointer_->wait_for(size, limit);
    return checkpointer_->last();
}

std::optional<InclusionProof> Journal::prove_inclusion(Position position) const {
    auto checkpoint = checkpointer_->last();
    if (position >= checkpoint.size) return std::nullopt;
    RecordReader reader(catalog_, position);
    const auto raw = reader.next(position + 1);
    if (!raw || !raw->intact) return std::nullopt;
    return InclusionProof{.position = position,
                          .record = std::string(raw->bytes),
                          .path = inclusion_path(writer_->tree()->nodes(), position, checkpoint.size),
                          .checkpoint = std::move(checkpoint)};
}

std::optional<ConsistencyProof> Journal::prove_consistency(const Checkpoint& from,
                                                           const Checkpoint& to) const {
    if (from.size > to.size || to.size > checkpointer_->covered()) return std::nullopt;
    return ConsistencyProof{
        .from = from, .to = to, .path = consistency_path(writer_->tree()->nodes(), from.size, to.size)};
}

std::optional<Result<Entry, ReadError>> Cursor::next() {
    const auto raw = reader_.next(journal_.durable_end());
    if (!raw) return std::nullopt;
    return journal_.open_record(*raw);
}

}  // namespace chancery::journal
