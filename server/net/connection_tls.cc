// The TLS side of a connection: the session's BIO, the handshake, the end.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>

#include "base/log.h"
#include "net/connection.h"

namespace chancery::net {
namespace {

/// Records that OpenSSL writes on its own (answers to key updates) while the peer takes nothing.
constexpr std::size_t most_sealed = 256 * 1024;

std::string last_tls_error(const ssl_st* ssl) {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return reason ? reason : "the peer ended the connection";
}

}  // namespace

/// OpenSSL's view of the connection: reads from the shard's shared buffer, writes to the connection's queue.
struct SocketBio {
    static const BIO_METHOD* method() {
        static const BIO_METHOD* const method = [] {
            auto* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "chancery connection");
            if (!made) throw std::bad_alloc();
            BIO_meth_set_read_ex(made, read);
            BIO_meth_set_write_ex(made, write);
            BIO_meth_set_ctrl(made, control);
            return made;
        }();
        return method;
    }

    static int read(BIO* bio, char* out, std::size_t size, std::size_t* got) {
        auto& connection = *static_cast<Connection*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        *got = 0;
        auto bytes = connection.available();
        if (bytes.empty() && connection.readable_ && connection.receive()) bytes = connection.available();
        if (bytes.empty()) {
            if (!connection.ended_ && connection.state_ != Connection::State::lost) BIO_set_retry_read(bio);
            return 0;
        }
        *got = bytes.copy(out, size);
        connection.consume(*got);
        return 1;
    }

    static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
        auto& connection = *static_cast<Connection*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        *written = 0;
        if (connection.output_broken_ || connection.sealed_.size() > most_sealed + connection.unsent_limit_)
            return 0;
        if (connection.sealed_.empty()) connection.sealed_ = connection.shard_->buffers().borrow();
        connection.sealed_.append(bytes, size);
        if (!connection.flush_.is_linked()) connection.shard_->flush_at_turn_end(connection.flush_);
        *written = size;
        return 1;
    }

    static long control(BIO* bio, int command, long, void*) {
        if (command == BIO_CTRL_EOF) return static_cast<Connection*>(BIO_get_data(bio))->ended_;
        return command == BIO_CTRL_FLUSH;
    }
};

Task<> Connection::start_tls(std::shared_ptr<TlsContext> context, std::chrono::milliseconds limit,
                             std::size_t left_over) {
    const std::string* as_server = nullptr;
    co_await handshake(limit, left_over, as_server, std::move(context));
}

Task<> Connection::start_tls_client(std::shared_ptr<TlsContext> context, std::string server_name,
                                    std::chrono::milliseconds limit, std::size_t left_over) {
    const auto* as_client_of = &server_name;
    co_await handshake(limit, left_over, as_client_of, std::move(context));
}

Task<> Connection::handshake(std::chrono::milliseconds limit, std::size_t left_over,
                             const std::string* server_name, std::shared_ptr<TlsContext> context) {
    const auto deadline = shard_->after(limit);
    if (used_) {
        refuse_injection(left_over);
        co_await drained(limit);
    }
    start_session(std::move(context), server_name);
    std::optional<HandshakeWitness> witness;
    if (context_->is_compact()) witness.emplace(ssl_);
    while (!established_) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_);
        if (result == 1)
            established_ = true;
        else if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ)
            co_await input(deadline);
        else
            fail_handshake();
    }
    std::unique_ptr<RecordLayer> records;
    if (witness) records = RecordLayer::take_over(ssl_, *witness);
    witness.reset();
    if (records) co_return leave_library(std::move(records));
    // RELEASE_BUFFERS frees them after data only: a peer that says nothing more would keep 16 KB.
    SSL_free_buffers(ssl_);
    forget_key_shares(ssl_);
}

void Connection::leave_library(std::unique_ptr<RecordLayer> records) {
    facts_ = std::make_unique<HandshakeFacts>(describe(ssl_), net::channel_bindings(ssl_));
    SSL_free(std::exchange(ssl_, nullptr));
    context_.reset();
    records_ = std::move(records);  // never beside the session: both would seal under one key
}

void Connection::refuse_injection(std::size_t left_over) {
    char byte = 0;
    if (left_over == 0 && available().empty() && recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) return;
    log::debug("tls.injection", {{"peer", peer_address()}});
    lose("bytes before TLS was agreed");
    throw ConnectionLost(reason_);
}

void Connection::start_session(std::shared_ptr<TlsContext> context, const std::string* server_name) {
    context_ = std::move(context);
    ssl_ = SSL_new(context_->native());
    BIO* bio = ssl_ ? BIO_new(SocketBio::method()) : nullptr;
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    if (!server_name) return SSL_set_accept_state(ssl_);
    SSL_set_connect_state(ssl_);
    SSL_set_tlsext_host_name(ssl_, server_name->c_str());
    if (!context_->leaves_verdict()) SSL_set1_host(ssl_, server_name->c_str());
}

void Connection::fail_handshake() {
    auto cause = last_tls_error(ssl_);
    flush_alert();
    log::debug("tls.refused", {{"peer", peer_address()}, {"cause", cause}});
    lose("TLS handshake: " + cause);
    throw ConnectionLost(reason_);
}

void Connection::lose_by_tls(const char* what) {
    auto cause = last_tls_error(ssl_);
    flush_alert();
    lose(std::string("TLS ") + what + ": " + cause);
}

void Connection::lose_by_record() {
    try_records([this] { records_->seal_failure(sealed_); });
    flush_alert();
    lose("TLS read: " + records_->failure());
}

void Connection::flush_alert() {
    while (writable_ && !output_broken_ && !pending().empty() && send_pending()) continue;
}

void Connection::say_goodbye() {
    if (established_) {
        encrypt(std::numeric_limits<std::size_t>::max());
        if (records_) try_records([this] { records_->seal_close_notify(sealed_); });
        ERR_clear_error();
        if (ssl_) SSL_shutdown(ssl_);
        ERR_clear_error();
    }
    flush();
}

}  // namespace chancery::net
