// One TCP connection: plain until start_tls, then TLS, with buffers only while bytes are on their way.
//
// Operation. One coroutine reads; anyone on the shard writes. What is written in a turn of the loop goes out
// at its end, in as few TLS records as possible and one send(). Who does not call read() reads nothing: the
// kernel's buffer fills and TCP holds the peer back. Concurrency. Owned and used on one shard's thread;
// move_to() changes which. One read() and one drained() may wait at a time. Everything that waits must be
// destroyed before the connection; neither needs to have ended. Limits. 64 TLS records or KiB a connection and
// turn, then others have theirs; unsent bytes as set; a peer that takes no more costs set_unsent_limit()
// bytes and is then lost. Destroying without close() drops what is unsent.
#pragma once
#include <openssl/types.h>

#include <chrono>
#include <coroutine>
#include <memory>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/task.h"
#include "net/address.h"
#include "net/error.h"
#include "net/record_layer.h"
#include "net/shard.h"
#include "net/tls.h"

namespace chancery::net {

class Connection final : Pollable {
    enum class Goal { bytes, input, drained };
    enum class Outcome { nothing_yet, success, timeout, failure };

  public:
    class ReadAwaiter;
    class DrainAwaiter;

    /// Takes the descriptor of a connected, non-blocking socket. On the shard that is to own it.
    Connection(int fd, const Address& peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Secures the connection as the server. For direct TLS it is the first thing done; for STARTTLS it
    /// follows the write() of the go-ahead, and `left_over` is how many bytes the caller has read beyond the
    /// request. Whatever a client sent before it can have seen the go-ahead was put there by somebody else
    /// (CVE-2011-0411): such bytes, left over or still in the kernel, are refused.
    /// @throws ConnectionLost (injection, no TLS, no common parameters), Timeout, Cancelled
    Task<> start_tls(std::shared_ptr<TlsContext> context, std::chrono::milliseconds limit,
                     std::size_t left_over = 0);
    /// The same as the client, which expects `server_name` in the certificate.
    Task<> start_tls_client(std::shared_ptr<TlsContext> context, std::string server_name,
                            std::chrono::milliseconds limit, std::size_t left_over = 0);

    /// `co_await c.read(limit)`: the next bytes (decrypted), a std::string_view that is valid until the next
    /// suspension or read(). Empty when the peer has ended its side. Throws Timeout when nothing came within
    /// the limit (reading may go on), ConnectionLost, or Cancelled. Allocates nothing.
    ReadAwaiter read(std::chrono::milliseconds limit);

    /// Queues; never waits; goes out at the end of the turn. Without effect when the connection is lost or
    /// closed.
    void write(std::string_view bytes);

    /// Bytes that were written and that the kernel has not taken.
    std::size_t unsent() const;
    /// What was unsent has been dropped: the connection is lost, or its output is. unsent() is 0 then.
    bool has_dropped_output() const { return output_broken_ || state_ == State::lost; }
    /// Above this the connection is lost ("slow consumer"). 8 MiB unless set.
    void set_unsent_limit(std::size_t bytes) { unsent_limit_ = bytes; }
    /// `co_await c.drained(limit)`: waits until nothing is unsent. Throws as read() does.
    DrainAwaiter drained(std::chrono::milliseconds limit);

    /// Sends what is unsent, close_notify and FIN, and waits for the peer's FIN: at most `linger` altogether.
    /// Then the socket is closed. Throws nothing, also not after cancel() or a loss. Nobody may be reading or
    /// draining.
    Task<> close(std::chrono::milliseconds linger);

    /// Makes the pending and every later read() and drained() throw Cancelled{reason}. What is written may
    /// still go out with close().
    void cancel(std::string reason);

    /// Continues on the target's thread, connection and calling task. Nobody may be reading or draining.
    /// What hop() says about the task's group holds here; hand_over() has no such condition.
    Task<> move_to(Shard& target);
    /// Gives the connection to another shard and calls `then` with it there. Nobody may be reading or
    /// draining.
    static void hand_over(std::unique_ptr<Connection> connection, Shard& target,
                          std::move_only_function<void(std::unique_ptr<Connection>)> then);

    bool encrypted() const { return ssl_ || records_; }
    /// What was negotiated; nothing unless encrypted, or once it is forgotten. Gathered anew each time: keep what is needed often.
    TlsInfo tls() const { return facts_ ? facts_->info : describe(ssl_); }
    ChannelBindings channel_bindings() const { return facts_ ? facts_->bindings : net::channel_bindings(ssl_); }
    /// tls() and channel_bindings() are not needed any more: of a session that libssl has been let go of they take half a KiB.
    void forget_handshake() { facts_.reset(); }

    std::string peer_address() const { return peer_.to_string(); }
    const Address& peer() const { return peer_; }
    Shard& shard() const { return *shard_; }

    /// What read() and drained() return, and what the connection itself waits with.
    class Wait {
      public:
        Wait(const Wait&) = delete;
        bool await_ready();
        void await_suspend(std::coroutine_handle<> waiter);

      protected:
        Wait(Connection& connection, Goal goal, std::chrono::milliseconds limit)
            : connection_(connection), goal_(goal), limit_(limit) {}
        ~Wait();
        void check() const;  // throws what stands in outcome_

        friend class Connection;
        Connection& connection_;
        const Goal goal_;
        Outcome outcome_ = Outcome::nothing_yet;
        const std::chrono::milliseconds limit_;
        Instant deadline_;
        std::string_view bytes_;
        std::coroutine_handle<> waiter_;
    };

    class ReadAwaiter final : public Wait {
      public:
        std::string_view await_resume() const {
            check();
            return bytes_;
        }

      private:
        friend class Connection;
        ReadAwaiter(Connection& connection, std::chrono::milliseconds limit)
            : Wait(connection, Goal::bytes, limit) {}
    };

    class DrainAwaiter final : public Wait {
      public:
        void await_resume() const { check(); }

      private:
        friend class Connection;
        DrainAwaiter(Connection& connection, Goal goal, std::chrono::milliseconds limit)
            : Wait(connection, goal, limit) {}
    };

  private:
    enum class State : std::uint8_t { open, cancelled, closing, lost, closed };

    // Events of the loop.
    void ready(std::uint32_t events) override;
    void settle();
    void time_out();
    void flush();

    // Waiting.
    Wait*& place_of(Goal goal) { return goal == Goal::drained ? drainer_ : reader_; }
    void wait(Wait& wait);
    void resume(Wait& wait, Outcome outcome);
    Outcome attempt(Wait& wait);
    Outcome attempt_bytes(std::string_view& bytes);
    std::size_t read_plain();
    std::size_t read_session();
    std::size_t read_records();
    DrainAwaiter input(Instant deadline);
    std::chrono::milliseconds left_until(Instant deadline) const;

    // Input.
    std::string_view available() const;
    void consume(std::size_t size);
    void keep_received();
    bool has_input() const;
    bool receive();
    bool receive_more();
    void discard_input();
    void consume_all();

    // Output.
    std::string_view pending() const;
    void mark_sent(std::string& queue, std::size_t& sent, std::size_t size);
    void encrypt(std::size_t most_sealed);
    bool send_pending();
    void drop_output();

    // Life.
    Task<> handshake(std::chrono::milliseconds limit, std::size_t left_over, const std::string* server_name,
                     std::shared_ptr<TlsContext> context);
    void refuse_injection(std::size_t left_over);
    void start_session(std::shared_ptr<TlsContext> context, const std::string* server_name);
    void leave_library(std::unique_ptr<RecordLayer> records);
    bool try_records(auto work);
    [[noreturn]] void fail_handshake();
    void lose_by_tls(const char* what);
    void lose_by_record();
    void flush_alert();
    void say_goodbye();
    void lose(std::string reason);
    void leave_shard();
    void join_shard(Shard& shard);
    void release();

    friend struct SocketBio;

    /// What is kept of a session that libssl has been let go of.
    struct HandshakeFacts {
        TlsInfo info;
        ChannelBindings bindings;
    };

    Shard* shard_;
    ssl_st* ssl_ = nullptr;                 // the session in libssl; or
    std::unique_ptr<RecordLayer> records_;  // what goes on after its handshake
    std::unique_ptr<HandshakeFacts> facts_;
    std::shared_ptr<TlsContext>
        context_;  // shared with the owner of the listener: its callbacks serve this session
    int fd_;
    State state_ = State::open;
    bool readable_ = false;     // the kernel may have input: cleared by a short read
    bool writable_ = true;      // the kernel may take output: cleared by a short send
    bool hung_up_ = false;      // epoll said so: read to the end whatever a short read says
    bool ended_ = false;        // the socket's end was read
    bool finished_ = false;     // the end of what the peer says was read: close_notify, or the socket's end
    bool established_ = false;  // the handshake is done
    bool output_broken_ = false;
    bool used_ = false;     // something was read or written in the plain
    unsigned read_in_turn_ = 0;  // of its share of turn_
    std::uint64_t turn_ = 0;
    Wait* reader_ = nullptr;
    Wait* drainer_ = nullptr;
    Instant timer_at_;
    std::size_t unsent_limit_ = 8 * 1024 * 1024;
    std::size_t kept_begin_ = 0, written_sent_ = 0, sealed_sent_ = 0;
    std::string kept_;     // received, not yet read, taken away from the shared buffer
    std::string written_;  // as written; what is before written_sent_ is sealed or sent
    std::string sealed_;   // TLS records for the socket
    std::string reason_;   // why cancelled or lost
    Address peer_;
    Hook<Connection, &Connection::settle> settle_{*this};
    Hook<Connection, &Connection::flush> flush_{*this};
    Hook<Connection, &Connection::time_out, TimerNode> timer_{*this};
};

/// False when OpenSSL has failed, which is nobody's fault and costs this connection only.
bool Connection::try_records(auto work) {
    try {
        work();
        return true;
    } catch (const CryptoError& failure) {
        lose(failure.what());
        return false;
    }
}

}  // namespace chancery::net
