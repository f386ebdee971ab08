// How we call another server: find it, connect, TLS, prove who we are.
#pragma once
#include <memory>
#include <stdexcept>

#include "s2s/exchange.h"
#include "s2s/service.h"

namespace chancery::s2s {

/// There is no stream. The text is for the log, the administrator and whoever waits.
struct Unreachable : std::runtime_error {
    Unreachable(const std::string& what, bool final) : std::runtime_error(what), is_final(final) {}
    bool is_final;  ///< there is no such server: nothing will be different later
};

struct Call {
    std::unique_ptr<Stream> stream;
    Agreement agreement;
};

/// A stream on which we may send. @throws Unreachable, net::Cancelled
Task<Call> call(Service& service, Pair pair);

/// Asks the authoritative server of `pair.theirs` whether it has given this key to somebody who called us (XEP-0220
/// §2.4). Anything but a clear yes is a no.
Task<bool> is_key_of(Service& service, Pair pair, std::string id, std::string key);

}  // namespace chancery::s2s
