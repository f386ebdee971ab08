// A server that listens on two shards, and a client that is nothing but OpenSSL.
#pragma once
#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "net/connection.h"
#include "net/listener.h"
#include "support/certificate.h"
#include "support/shard_thread.h"

namespace chancery::test {

using namespace std::chrono_literals;
using namespace chancery::net;

/// What the server's side saw of its last connection.
struct Seen {
    TlsInfo info;
    ChannelBindings bindings;
    bool left_library = false;
};

/// Listens on two shards on the same port, so that connections land on either; answers every byte with a
/// byte.
class TwoShards {
  public:
    explicit TwoShards(TlsContext::Options options)
        : current_(TlsContext::server(options)),
          one_(listen(a_, "127.0.0.1:0")),
          two_(listen(b_, address())) {}
    ~TwoShards() {
        end(a_, one_);
        end(b_, two_);
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(one_->port()); }
    CurrentTlsContext& current() { return current_; }
    Seen last() {
        const std::lock_guard lock(guard_);
        return seen_;
    }
    int used_shards() const { return (served_[0] > 0) + (served_[1] > 0); }

  private:
    std::unique_ptr<Listener> listen(ShardThread& home, const std::string& address) {
        return home.call([&] {
            return std::make_unique<Listener>(home.shard, address, true, [this, &home](auto connection) {
                home.group.spawn(serve(*this, std::move(connection)));
            });
        });
    }
    static void end(ShardThread& home, std::unique_ptr<Listener>& listener) {
        home.call([&] {
            listener.reset();
            home.group.clear();
        });
    }
    static Task<> serve(TwoShards& server, std::unique_ptr<Connection> connection) {
        try {
            const auto context = server.current_.get();
            co_await connection->start_tls(context, 10s);
            ++server.served_[connection->shard().index()];
            server.remember(*connection);
            while (true) {
                const auto bytes = co_await connection->read(10s);
                if (bytes.empty()) break;
                connection->write(bytes);
            }
        } catch (const ConnectionLost&) {
        }
        co_await connection->close(1s);
    }
    void remember(Connection& connection) {
        const std::lock_guard lock(guard_);
        seen_ = {connection.tls(), connection.channel_bindings()};
        connection.forget_handshake();
        seen_.left_library = connection.tls().protocol.empty();  // libssl would still say it
    }

    std::mutex guard_;
    Seen seen_;
    std::array<std::atomic<int>, 2> served_{};
    CurrentTlsContext current_;
    ShardThread a_{0}, b_{1};
    std::unique_ptr<Listener> one_, two_;
};

/// A blocking client that is nothing but OpenSSL.
class Client {
  public:
    Client() : context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context_, this);
        SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
            auto* self = static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            SSL_SESSION_free(self->session_);
            self->session_ = session;
            return 1;
        });
    }
    ~Client() {
        hang_up();
        SSL_SESSION_free(session_);
        SSL_CTX_free(context_);
    }
    SSL_CTX* context() { return context_; }
    SSL* ssl() { return ssl_; }
    bool has_ticket() const { return session_ != nullptr; }

    bool dial(const std::string& text) {
        open(text);
        SSL_set_fd(ssl_, fd_);
        return SSL_connect(ssl_) == 1;
    }
    bool echoes() {
        char byte = 0;
        return SSL_write(ssl_, "x", 1) == 1 && SSL_read(ssl_, &byte, 1) == 1 && byte == 'x';
    }
    /// Says `text` right behind its last word of the handshake, the two in pieces of `piece` bytes.
    void dial_and_say(const std::string& address, std::string_view text, std::size_t piece) {
        open(address);
        SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_);
        while (SSL_do_handshake(ssl_) != 1) {
            REQUIRE(SSL_get_error(ssl_, -1) == SSL_ERROR_WANT_READ);
            send(take_written(), 1 << 20);
            char bytes[4096];
            const auto size = recv(fd_, bytes, sizeof bytes, 0);
            REQUIRE(size > 0);
            BIO_write(SSL_get_rbio(ssl_), bytes, static_cast<int>(size));
        }
        REQUIRE(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0);
        send(take_written(), piece);
        SSL_set_fd(ssl_, fd_);
    }
    std::string hear(std::size_t size) {
        std::string text(size, '\0');
        for (std::size_t heard = 0; heard < size;) {
            const int more = SSL_read(ssl_, text.data() + heard, static_cast<int>(size - heard));
            if (more <= 0) return text.substr(0, heard);
            heard += more;
        }
        return text;
    }
    /// Behind libssl's back.
    void send(std::string_view bytes, std::size_t piece = 1 << 20) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
            REQUIRE(::send(fd_, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL) > 0);
    }
    /// RFC 8446 §6.2; below 0: something else.
    int alert_heard() {
        ERR_clear_error();
        char byte = 0;
        if (SSL_read(ssl_, &byte, 1) > 0) return -1;
        return ERR_GET_REASON(ERR_peek_last_error()) - SSL_AD_REASON_OFFSET;
    }
    void hang_up() {
        if (!ssl_) return;
        SSL_shutdown(ssl_);
        SSL_free(std::exchange(ssl_, nullptr));
        ::close(fd_);
    }
    std::string certificate_name() {
        char name[64] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_)), NID_commonName,
                                  name, sizeof name);
        return name;
    }

  private:
    void open(const std::string& text) {
        hang_up();
        const auto address = Address::parse(text);
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::connect(fd_, address.get(), address.size()) == 0);
        ssl_ = SSL_new(context_);
        SSL_set_tlsext_host_name(ssl_, "chancery.test");
        if (session_) SSL_set_session(ssl_, session_);
    }
    std::string take_written() {
        std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
        BIO_read(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }

    SSL_CTX* context_;
    SSL_SESSION* session_ = nullptr;
    SSL* ssl_ = nullptr;
    int fd_ = -1;
};

inline TlsContext::Options options_of(const Certificate& certificate) {
    return {.certificate_chain = certificate.chain(), .private_key = certificate.key(), .compact = compact};
}

}  // namespace chancery::test
