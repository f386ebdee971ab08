// What streams with XEP-0198 had sent and handled, kept so that after a crash a client that asks to resume does not get
// again what it has, nor send again what had arrived.
//
// Operation. Notes are written before the bytes that they speak of, and say nothing about whether those arrived: that
// says the client's count when it comes back. They reach the kernel at once and survive kill -9; they are not synced.
// Concurrency: any thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chancery {

class StreamLog {
  public:
    /// A resumption id and whose it is; 0: a stream that cannot be resumed.
    using Stream = std::uint64_t;
    static Stream name(std::string_view resume_id, std::uint64_t owner);

    /// As it is in the file: little-endian, 24 bytes.
    struct Note {
        enum What : std::uint32_t { sent = 1, handled = 2 };
        Stream stream = 0;
        std::uint32_t number = 0;    ///< sent: the stanza's number in the stream. handled: how many of the client's were
        What what = sent;
        std::uint64_t position = 0;  ///< sent: of the message in the journal
    };

    /// Reads what earlier processes have left in `directory`, which is made when missing.
    explicit StreamLog(std::filesystem::path directory);
    ~StreamLog();
    StreamLog(const StreamLog&) = delete;

    /// Before the first note. Of what was left only messages that still wait are worth keeping beyond this process.
    /// @throws std::system_error
    void open(std::span<const std::uint64_t> waiting);

    /// Notes that cannot be written are logged; the worst that follows is a message that comes twice.
    void write(std::span<const Note> notes);

    /// What a stream of an earlier process comes to when its client counts `received` stanzas.
    struct Past {
        std::uint32_t handled = 0;
        std::vector<std::uint64_t> received;  ///< positions that the client has
    };
    /// Tells it once.
    std::optional<Past> take(Stream stream, std::uint32_t received);

    /// Whether the file is long enough to begin a new one.
    bool is_long() const;
    /// Notes go to a new file, which begins with what earlier processes left. Who has streams writes all about them then.
    void begin_file();
    /// All that counts is in the new file: removes those before.
    void remove_older();

  private:
    struct Left {
        std::uint32_t handled = 0;
        std::vector<std::pair<std::uint32_t, std::uint64_t>> sent;  // number, position
    };
    std::filesystem::path file(std::uint64_t generation) const;
    void read(const std::filesystem::path& file);
    void write_locked(std::span<const Note> notes);

    std::filesystem::path directory_;
    mutable std::mutex guard_;
    std::unordered_map<Stream, Left> left_;
    std::uint64_t generation_ = 0, size_ = 0;
    int fd_ = -1;
};

}  // namespace chancery
