// The contents of files, in DATA/files: each once, whoever has uploaded it, under a name that tells nothing.
//
// Operation. Bytes come into incoming/ under a random name; when they are whole and on stable storage they are moved to
// content/, under a keyed hash of their SHA-256, or to quarantine/. What a crash leaves in incoming/ goes at the next start.
// Concurrency. Every function on every thread. All of it blocks: for workers, but for the destructor of Incoming.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "files/content.h"

namespace chancery::files {

class Store {
  public:
    /// Where what has come lies.
    enum class Shelf { content, quarantine };

    /// Makes the folders where they are missing. @throws journal::FileError
    Store(std::filesystem::path folder, const Key& master);

    /// Bytes on their way in; they go with this unless they are placed.
    class Incoming {
      public:
        Incoming(std::filesystem::path path, std::uint64_t size, const Key& key) : writer(std::move(path), size, key) {}
        ~Incoming();
        Incoming(const Incoming&) = delete;
        ContentWriter writer;
        bool is_placed = false;
    };

    /// What a crash has left. Before anything comes in.
    void clear_incoming();
    std::unique_ptr<Incoming> begin(std::uint64_t size) const;
    /// The same bytes again, for the scanner.
    ContentReader read(const Incoming& incoming) const;

    /// The name under which bytes with this SHA-256 are kept.
    std::string name_of(const Digest& digest) const;
    /// Beyond this point the content is there, also after a power cut. @throws journal::FileError
    void place(Incoming& incoming, const std::string& name) const;
    /// The same, where no link leads.
    void quarantine(Incoming& incoming, const std::string& name) const;
    /// Its key first (content.h). What is not there is destroyed already. @throws journal::FileError
    void destroy(Shelf shelf, const std::string& name) const;
    /// Every name on the shelf, in no order, until `visit` says no.
    void each(Shelf shelf, const std::function<bool(const std::string&)>& visit) const;

    /// @throws journal::FileError, Damaged
    ContentReader open(const std::string& name) const;
    ContentReader open_quarantined(const std::string& name) const;

    std::uint64_t free_bytes() const;

  private:
    std::filesystem::path place_of(Shelf shelf, const std::string& name) const;
    void move(Incoming& incoming, const std::filesystem::path& to) const;

    const std::filesystem::path folder_;
    const Key wrapping_key_, name_key_;
};

}  // namespace chancery::files
