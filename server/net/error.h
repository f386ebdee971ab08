// What can go wrong with a peer or a wait. All three end one unit of work; nothing between catches them.
#pragma once
#include <stdexcept>

namespace chancery::net {

/// A limit has passed.
struct Timeout : std::runtime_error {
    Timeout() : std::runtime_error("timeout") {}
};

/// The peer is gone, or what it sent is not TLS, or it does not take what we send. The text is for the log.
struct ConnectionLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Our own side ended the connection (Connection::cancel); the text is the reason given there.
struct Cancelled : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The operating system refused a socket: address in use, no permission, no route.
struct SocketError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A certificate, key or TLS setting cannot be used; the text names the file.
struct TlsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace chancery::net
