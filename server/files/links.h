// Links to files: https://HOST/files/ID/PASS/NAME. What the pass says decides whether it opens the file or takes one; the name is for
// people and their programs, which call a file by what stands last.
//
// A pass names a person or a room, since when they have their address, and until when it is good; it is sealed (AES-256-GCM under a key for each file), so that
// nobody makes one, nobody changes one, and nobody reads in one whom it is for: a room may hide who its people are. It has
// letters only that XML, URIs and JSON leave alone, so that a link is found again in whatever carries it, and is as long for one
// person as for another, since messages may point at places in their own text (XEP-0372).
// Concurrency. Every function on every thread, once set_host() was called.
#pragma once
#include <chrono>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "core/file_links.h"
#include "xmpp/jid.h"

namespace chancery::files {

struct Pass {
    enum class Kind : char { get = 'g', put = 'p' };
    Jid whose;   ///< bare
    Time until;
    std::optional<Time> since = {};   ///< of whose it is; nothing in passes made before it was said

    /// Whether it is theirs, and not of somebody else who had the address at another time.
    bool is_of(const Holder& holder) const;
};

/// A link of ours in a text, by its looks.
struct FoundLink {
    std::size_t begin = 0, end = 0;  ///< in the text
    std::string_view id, name, pass;
};

class Links final : public FileLinks {
  public:
    Links(const Key& master, std::chrono::seconds life, Clock clock);

    /// Before the shards run: HOST or HOST:PORT of new links.
    void set_host(std::string host) { host_ = std::move(host); }

    /// A name for a new file, which nobody guesses.
    static std::string new_id();
    std::string to_get(std::string_view id, std::string_view name, const Holder& audience) const;
    std::string to_put(std::string_view id, std::string_view name, const Jid& owner, Time until) const;
    /// What a pass says; nothing when it is not one of ours, of this kind and for this file. It may have ended.
    std::optional<Pass> open(Pass::Kind kind, std::string_view id, std::string_view pass) const;

    std::string renew(std::string stanza, const Holder& author, Time sent, const Holder& audience) const override;

    /// The first link at or behind `from`.
    static std::optional<FoundLink> find(std::string_view text, std::size_t from = 0);
    /// Which files a text names, each once.
    static std::vector<std::string> ids_in(std::string_view text);

    /// In place of a link to a file that holds a virus, people read why they do not get it.
    void withhold(const std::string& id);

  private:
    Time end_of_new() const;
    std::string seal(Pass::Kind kind, std::string_view id, const Holder& whose, Time until) const;
    std::string link(Pass::Kind kind, std::string_view id, std::string_view encoded_name, const Holder& whose, Time until) const;
    bool is_withheld(std::string_view id) const;

    const Key key_;
    const std::chrono::seconds life_;
    const Clock clock_;
    std::string host_;
    mutable std::shared_mutex guard_;
    std::set<std::string, std::less<>> withheld_;
};

/// RFC 3986 §2.1: all but unreserved characters.
std::string percent_encoded(std::string_view text);

}  // namespace chancery::files
