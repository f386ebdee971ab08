// A listening socket of one shard. With reuse_port each shard has its own on the same address, and the kernel
// spreads the connections.
//
// Limits. 64 connections are accepted per turn. When descriptors run out the waiting connection is accepted
// and closed (a descriptor is kept in reserve for that), so that the loop does not spin.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "net/connection.h"
#include "net/shard.h"

namespace chancery::net {

class Listener final : Pollable {
  public:
    using Accepted = std::function<void(std::unique_ptr<Connection>)>;

    /// Listens from now on; `accepted` is called on the shard. Made on the shard, or before it runs;
    /// destroyed on the shard, or after it has run.
    /// @param address  numeric, with port (0: any free one). [::] takes IPv4 too.
    /// @throws SocketError
    Listener(Shard& shard, std::string_view address, bool reuse_port, Accepted accepted);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const;
    /// Accepts no more. Connections that were accepted are not touched.
    void close();

  private:
    void ready(std::uint32_t events) override;
    bool accept_one();
    void refuse_one();
    void pause();
    void resume();

    Shard& shard_;
    int fd_ = -1, reserve_ = -1;
    Accepted accepted_;
    Hook<Listener, &Listener::resume, TimerNode> resume_{*this};
};

/// Connects from the current shard. `address` is numeric, with port.
/// @throws SocketError (not an address), ConnectionLost (refused, unreachable), Timeout
Task<std::unique_ptr<Connection>> connect(std::string address, std::chrono::milliseconds limit);

}  // namespace chancery::net
