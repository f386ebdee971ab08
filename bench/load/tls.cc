#include "load/tls.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace chancery::load {

struct Bio {
    static Tls& owner(BIO* bio) { return *static_cast<Tls*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* to, int size) {
        auto& in = owner(bio).in_;
        BIO_clear_retry_flags(bio);
        if (in.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const auto taken = in.copy(to, static_cast<std::size_t>(size));
        in.remove_prefix(taken);
        return static_cast<int>(taken);
    }

    static int write(BIO* bio, const char* from, int size) {
        owner(bio).out_.append(from, static_cast<std::size_t>(size));
        return size;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
            BIO_meth_set_read(method, read);
            BIO_meth_set_write(method, write);
            BIO_meth_set_ctrl(method, control);
            return method;
        }();
        return made;
    }
};

TlsContext::TlsContext(const std::string& ca) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    if (ca.empty()) return;
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_file(context_, ca.c_str()) != 1) throw std::runtime_error("cannot read " + ca);
}

Tls::Tls(const TlsContext& context, const std::string& server_name) : ssl_(SSL_new(context.get())) {
    auto* bio = BIO_new(Bio::method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_tlsext_host_name(ssl_, server_name.c_str());
    SSL_set1_host(ssl_, server_name.c_str());
    SSL_set_connect_state(ssl_);
}

Tls::State Tls::judge(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return State::open;
        case SSL_ERROR_ZERO_RETURN: return State::closed;
        default: break;
    }
    const auto code = ERR_get_error();
    error_ = code ? ERR_reason_error_string(code) : "TLS ended";
    ERR_clear_error();
    return State::failed;
}

Tls::State Tls::feed(std::string_view bytes, std::string& plain) {
    in_ = bytes;
    if (!is_established()) {
        if (const int result = SSL_do_handshake(ssl_); result != 1) return judge(result);
    }
    std::array<char, 16384> record;
    for (;;) {
        const int size = SSL_read(ssl_, record.data(), record.size());
        if (size <= 0) return judge(size);
        plain.append(record.data(), static_cast<std::size_t>(size));
    }
}

void Tls::encrypt(std::string_view plain) {
    while (!plain.empty()) {
        const auto part = std::min<std::size_t>(plain.size(), 16384);
        SSL_write(ssl_, plain.data(), static_cast<int>(part));
        plain.remove_prefix(part);
    }
}

}  // namespace chancery::load
