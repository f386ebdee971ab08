// Links to files of this server in what people say: each copy of a message carries links that open for who gets it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "xmpp/jid.h"

namespace chancery {

/// Somebody under an address. `since`: who had it before, or has it later, is somebody else; without it nothing is known of that.
struct Holder {
    Holder(Jid address, std::optional<Time> from = {}) : jid(std::move(address)), since(from) {}
    Jid jid;
    std::optional<Time> since;
};

/// Concurrency. Called on every shard; never waits.
class FileLinks {
  public:
    virtual ~FileLinks() = default;
    /// Signs afresh, for `audience` (a person or a room), what `author` could open when the stanza was sent. The record
    /// keeps the stanza as it was.
    virtual std::string renew(std::string stanza, const Holder& author, Time sent, const Holder& audience) const = 0;
};

/// What every link to a file of this server has, and hardly any other word.
inline constexpr std::string_view file_path = "/files/";

}  // namespace chancery
