// The keys that records are encrypted under: one for each conversation and month, wrapped with the
// key-encryption key.
//
// Destroying one is lawful erasure: what was said in that conversation in that month can never be read again,
// while the journal stays whole and every proof stays valid.
//
// Operation: a fixed-size slot per key in one file; the slot's number stands in the record. A new key is used
// at once and written by make_durable(), which the journal's thread calls before it writes records under it.
// Concurrency: everything from any thread; one short lock.
// Limits: keeps the numbers of the current month's keys (about 60 bytes each) and up to 16,384 unwrapped
// keys.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/gcm_key.h"
#include "base/result.h"
#include "base/time.h"
#include "journal/disk.h"

namespace chancery::journal {

/// A keyed hash of the conversation's parties, made by the caller: the key file names nobody.
struct ConversationId {
    std::array<char, 16> bytes{};
    bool operator==(const ConversationId&) const = default;
};

enum class KeyError { erased, damaged };

/// What one slot says without its key.
struct KeySlot {
    std::uint32_t slot;
    ConversationId conversation;
    std::chrono::year_month month;
};

class DataKeys {
  public:
    struct DataKey {
        std::uint32_t slot;
        GcmKey key;
        DataKey(std::uint32_t number, const Key& secret) : slot(number), key(secret) {}
    };
    // Shared by this table and by whoever is sealing or reading with it at the moment it is destroyed or
    // forgotten.
    using DataKeyPtr = std::shared_ptr<DataKey>;

    /// Opens or creates the file. @throws FileError
    DataKeys(const std::filesystem::path& path, const Key& key_encryption_key, Disk& disk);

    /// The key for the conversation at this time; makes one if there is none.
    DataKeyPtr current(const ConversationId& conversation, Time time);
    /// The key in a slot. @throws FileError when the file cannot be read
    Result<DataKeyPtr, KeyError> find(std::uint32_t slot);

    /// Beyond this point every key that current() has returned is on disk. @throws FileError; call reopen()
    /// after it.
    void make_durable();
    /// After a failure: opens the file anew. @throws FileError
    void reopen();
    /// @throws FileError when the file was removed or shortened under the server
    void check_in_place();

    /// Overwrites the slot with zeros and synchronises. Beyond this point nobody can read what was sealed
    /// under it, provided that backups of the key file expire. @throws FileError: then it may or may not be
    /// gone; call again.
    void destroy(std::uint32_t slot);

    /// Every key that is neither erased nor damaged, oldest first. @throws FileError
    std::vector<KeySlot> list();

  private:
    struct Hash {
        std::size_t operator()(const ConversationId& id) const {
            std::size_t hash;
            std::memcpy(&hash, id.bytes.data(), sizeof hash);
            return hash;
        }
    };

    void learn_current_month();
    DataKeyPtr make(const ConversationId& conversation);
    DataKeyPtr remember(DataKeyPtr key);
    DataKeyPtr recall(std::uint32_t slot);
    Result<DataKeyPtr, KeyError> load(std::uint32_t slot);

    const Key key_encryption_key_;
    Disk& disk_;
    std::mutex guard_;
    std::mutex writing_;  // taken before guard_; held while the file is written, so that sealing does not
                          // wait for it
    File file_;
    std::uint32_t next_ = 0;
    std::uint32_t month_ = 0;  // of current_
    std::unordered_map<ConversationId, std::uint32_t, Hash> current_;
    std::unordered_map<std::uint32_t, DataKeyPtr> young_,
        old_;  // unwrapped; the least recently used half goes first
    std::map<std::uint32_t, std::string> unwritten_;
};

/// Whether a slot's bytes are a key wrapped with this key-encryption key; for verification.
Result<Key, KeyError> unwrap_slot(std::string_view bytes, std::uint32_t slot, const Key& key_encryption_key);
inline constexpr std::size_t slot_size = 96;

}  // namespace chancery::journal
