// OpenSSL over buffers of ours instead of a socket: many records come out of one recv() and many go into one
// send().
#pragma once
#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace chancery::load {

/// TLS 1.2 or newer, no session resumption (each sign-in is a full handshake, as it is for a client that
/// starts).
class TlsContext {
  public:
    /// @throws std::runtime_error  the file of authorities cannot be read.
    explicit TlsContext(const std::string& ca);
    ~TlsContext() { SSL_CTX_free(context_); }
    TlsContext(const TlsContext&) = delete;
    SSL_CTX* get() const { return context_; }

  private:
    SSL_CTX* context_;
};

/// One TLS session. feed() is given what the socket brought; what is to be sent is appended to `wire()`.
class Tls {
  public:
    Tls(const TlsContext& context, const std::string& server_name);
    ~Tls() { SSL_free(ssl_); }
    Tls(const Tls&) = delete;

    enum class State { open, closed, failed };
    /// Goes on with the handshake, then decrypts into `plain` (appended). `failed` leaves a reason in
    /// error().
    State feed(std::string_view bytes, std::string& plain);
    bool is_established() const { return SSL_is_init_finished(ssl_) == 1; }
    /// Call when established.
    void encrypt(std::string_view plain);
    void say_goodbye() { SSL_shutdown(ssl_); }
    std::string& wire() { return out_; }
    std::string error() const { return error_; }

  private:
    friend struct Bio;
    State judge(int result);

    SSL* ssl_;
    std::string_view in_;
    std::string out_, error_;
};

}  // namespace chancery::load
