// Signed statements of what the journal held: "a tree of this size had this root". C2SP tlog-checkpoint in a
// C2SP signed note; docs/journal-format.md §5.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/secret.h"
#include "base/time.h"
#include "journal/disk.h"

namespace chancery::journal {

struct Checkpoint {
    std::string origin;      // whose journal: the server's domain
    std::uint64_t size = 0;  // covers the records 0 … size-1
    Digest root{};
    Time time{};       // when it was signed: our extension line "time 2026-11-22T01:02:03.000004Z"
    std::string note;  // the signed text
};

/// The key's name in notes and its public half, in the text form of golang.org/x/mod/sumdb/note:
/// name+keyid+base64(0x01 || public key).
struct VerifierKey {
    std::string name;
    std::string public_key;  // 32 bytes

    std::string id() const;  // 4 bytes: the beginning of SHA-256(name || "\n" || 0x01 || public key)
    std::string to_text() const;
    static std::optional<VerifierKey> parse(std::string_view text);
};

/// Fills in checkpoint.note.
void sign(Checkpoint& checkpoint, const Key& seed);

/// What a well-formed note says, whoever signed it or not.
std::optional<Checkpoint> parse_note(std::string_view note);

/// A note that is well-formed and signed by the key; nothing otherwise. Other signatures on it are passed
/// over.
std::optional<Checkpoint> open_note(std::string_view note, const VerifierKey& key);

/// Takes the first note off a text of notes one after the other; nothing when no whole one is left.
std::optional<std::string_view> take_note(std::string_view& notes);

/// The file of the checkpoints, for appending. One thread.
class CheckpointFile {
  public:
    /// Opens or creates it and reads its end; an unfinished last note (a crash) is cut off. @throws FileError
    CheckpointFile(const std::filesystem::path& path, Disk& disk);

    /// The last note in it as it was opened; empty when there is none.
    const std::string& last() const { return last_; }

    /// Durable when this returns. @throws FileError; then the file must be opened anew.
    void append(const std::string& note);
    const std::filesystem::path& path() const { return file_.path(); }
    /// @throws FileError when it was removed, replaced or shortened
    void check_in_place() const { file_.check_in_place(end_); }

  private:
    File file_;
    std::uint64_t end_ = 0;
    std::string last_;
};

}  // namespace chancery::journal
