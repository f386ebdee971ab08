// What is left of a TLS 1.3 session when its handshake is done: sealing and opening records, key updates, alerts, the end
// (RFC 8446 §4.6.3, §5, §6). libssl makes the handshake and is then let go, with its 13 KiB for each connection.
//
// Values in and out, no I/O: the connection gives it what came from the socket and sends what it appends. A session whose
// rules are not these stays with libssl: see take_over(). decisions/0009 says why, and how this is tested.
#pragma once
#include <openssl/types.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/traffic_key.h"

namespace chancery::net {

/// Listens to one handshake of libssl for what the record layer goes on with. Must live as long as the handshake.
class HandshakeWitness {
  public:
    /// What every session under the context needs before it can have a witness.
    static void prepare(ssl_ctx_st* context);

    explicit HandshakeWitness(ssl_st* session);
    ~HandshakeWitness();
    HandshakeWitness(const HandshakeWitness&) = delete;
    HandshakeWitness& operator=(const HandshakeWitness&) = delete;

    std::string_view client() const { return client_.text(); }
    std::string_view server() const { return server_.text(); }
    /// Records that libssl has sealed under server(): session tickets.
    std::uint64_t sealed() const { return sealed_; }

  private:
    /// Without memory that somebody has to wipe, or that there may be none of: libssl calls us.
    struct TrafficSecret {
        ~TrafficSecret();
        void take(std::string_view digits);
        std::string_view text() const { return {bytes.data(), size}; }
        std::array<char, 48> bytes{};
        std::size_t size = 0;
    };

    void take(std::string_view line);
    static void log_key(const ssl_st* session, const char* line);
    static void see_message(int writes, int version, int type, const void* bytes, std::size_t size, ssl_st* session, void* witness);

    ssl_st* const session_;
    TrafficSecret client_, server_;
    std::uint64_t sealed_ = 0;
};

/// The records of one connection, in both directions.
class RecordLayer {
  public:
    /// Whether OpenSSL has what it needs.
    static bool is_possible();
    /// From a server's session whose handshake is done and that has read nothing since. Null where it must stay with libssl:
    /// TLS 1.2, a cipher suite or a length of fragments (RFC 6066 §4) of its own, or a key that cannot be derived.
    static std::unique_ptr<RecordLayer> take_over(ssl_st* session, const HandshakeWitness& witness);

    /// A server's: it opens with the first key and seals with the second.
    RecordLayer(Suite suite, std::string_view client_secret, std::string_view server_secret, std::uint64_t sealed)
        : opening_(suite, client_secret, 0), sealing_(suite, server_secret, sealed) {}

    enum class Event : std::uint8_t {
        incomplete,  // no whole record there
        no_room,     // there is one, and it may not fit
        data,        // `size` bytes were written to `out`
        none,        // a record that says nothing to anybody but us
        closed,      // close_notify: nothing that follows counts
        failed,      // failure() says why; the alert for the peer is to be sent, then the connection is lost
    };
    struct Opened {
        Event event;
        std::size_t consumed = 0, size = 0;
    };

    /// Opens the record that `input` begins with.
    Opened open(std::string_view input, std::span<char> out);
    /// Whether open() has something to say about it.
    static bool is_complete(std::string_view input);

    /// Appends the record of `data`, at most TrafficKey::largest_plaintext bytes; before it, when it is due, a change of keys.
    void seal(std::string_view data, std::string& out);
    void seal_close_notify(std::string& out);
    /// The alert for failure(), unless the failure was the peer's alert.
    void seal_failure(std::string& out);

    const std::string& failure() const { return failure_; }

  private:
    Opened fail(std::uint8_t alert, std::string why);
    Opened take(ContentType type, std::string_view content, std::size_t consumed);
    Opened take_alert(std::string_view content, std::size_t consumed);
    Opened take_handshake(std::string_view content, std::size_t consumed);
    void update_sealing(std::string& out);

    TrafficKey opening_, sealing_;
    std::string failure_;
    std::uint8_t alert_ = 0;            // for the peer, with failure_
    std::uint8_t empty_records_ = 0;    // in a row
    std::uint8_t message_size_ = 0;     // of message_
    std::array<char, 5> message_;       // a KeyUpdate, of which not all has come
    bool owes_update_ = false;          // asked for by the peer, due before the next data
};

}  // namespace chancery::net
