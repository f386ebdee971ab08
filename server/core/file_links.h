// Links to files of this server in what people say: each copy of a message carries links that open for who gets it.
#pragma once
#include <string>
#include <string_view>

#include "base/time.h"
#include "xmpp/jid.h"

namespace chancery {

/// Concurrency. Called on every shard; never waits.
class FileLinks {
  public:
    virtual ~FileLinks() = default;
    /// Signs afresh, for `audience` (a person or a room), what `author` could open when the stanza was sent. The record
    /// keeps the stanza as it was.
    virtual std::string renew(std::string stanza, const Jid& author, Time sent, const Jid& audience) const = 0;
};

/// What every link to a file of this server has, and hardly any other word.
inline constexpr std::string_view file_path = "/files/";

}  // namespace chancery
