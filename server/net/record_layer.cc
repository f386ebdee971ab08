#include "net/record_layer.h"

#include <openssl/ssl.h>

#include <charconv>

#include "base/crypto.h"
#include "base/log.h"

namespace chancery::net {
namespace {

// RFC 8446 §6.
constexpr std::uint8_t fatal = 2;
constexpr std::uint8_t close_notify = 0, unexpected_message = 10, bad_record_mac = 20, record_overflow = 22, illegal_parameter = 47,
                       decode_error = 50, user_canceled = 90;
constexpr std::uint8_t no_alert = 255;  // of our own: there is nobody to tell
// §4 and §4.6.3.
constexpr char key_update = 24;
constexpr char update_not_requested = 0, update_requested = 1;

/// §5.5: AES-GCM is good for 2^24.5 full records under a key.
constexpr std::uint64_t most_records = std::uint64_t(1) << 24;
/// They cost us something and the peer nearly nothing; libssl takes as many.
constexpr std::uint8_t most_empty_records = 32;

std::size_t byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::size_t protected_size(std::string_view record) { return byte(record, 3) << 8 | byte(record, 4); }

}  // namespace

// HandshakeWitness.

void HandshakeWitness::prepare(ssl_ctx_st* context) { SSL_CTX_set_keylog_callback(context, log_key); }

HandshakeWitness::HandshakeWitness(ssl_st* session) : session_(session) {
    SSL_set_app_data(session_, this);
    SSL_set_msg_callback(session_, see_message);
    SSL_set_msg_callback_arg(session_, this);
}

HandshakeWitness::~HandshakeWitness() {
    SSL_set_app_data(session_, nullptr);
    SSL_set_msg_callback(session_, nullptr);
}

/// A line of NSS's key log: what it is, the client's random, the secret.
void HandshakeWitness::log_key(const ssl_st* session, const char* line) {
    if (auto* witness = static_cast<HandshakeWitness*>(SSL_get_app_data(session))) witness->take(line);
}

void HandshakeWitness::take(std::string_view line) {
    const auto label = line.substr(0, line.find(' '));
    const bool is_client = label == "CLIENT_TRAFFIC_SECRET_0", is_server = label == "SERVER_TRAFFIC_SECRET_0";
    if (!is_client && !is_server) return;
    (is_client ? client_ : server_).take(line.substr(line.rfind(' ') + 1));
    if (is_server) sealed_ = 0;  // what follows is sealed under it
}

HandshakeWitness::TrafficSecret::~TrafficSecret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

/// What is not hexadecimal or too long leaves no secret, and take_over() finds none.
void HandshakeWitness::TrafficSecret::take(std::string_view digits) {
    size = 0;
    if (digits.size() % 2 != 0 || digits.size() / 2 > bytes.size()) return;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned char byte = 0;
        const auto read = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
        if (read.ptr != digits.data() + i + 2) return;
        bytes[i / 2] = static_cast<char>(byte);
    }
    size = digits.size() / 2;
}

void HandshakeWitness::see_message(int writes, int, int type, const void*, std::size_t, ssl_st*, void* witness) {
    if (writes && type == SSL3_RT_HEADER) ++static_cast<HandshakeWitness*>(witness)->sealed_;
}

// RecordLayer.

bool RecordLayer::is_possible() {
    try {
        for (const auto suite : {Suite::aes_128_gcm_sha256, Suite::aes_256_gcm_sha384}) {  // ChaCha20 is none of FIPS
            std::string record;
            TrafficKey(suite, std::string(secret_size(suite), 's'), 0).seal(ContentType::application_data, "x", record);
        }
        return true;
    } catch (const CryptoError& failure) {
        log::warning("tls.not_compact", {{"cause", failure.what()}});
        return false;
    }
}

std::unique_ptr<RecordLayer> RecordLayer::take_over(ssl_st* session, const HandshakeWitness& witness) {
    // That nothing was read ahead is shown by SSL_has_pending() as long as the library is not told to read ahead.
    const auto suite = suite_of(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(session)));
    const bool ours = SSL_is_server(session) && SSL_version(session) == TLS1_3_VERSION && suite && SSL_has_pending(session) == 0 &&
                      SSL_SESSION_get_max_fragment_length(SSL_get_session(session)) == TLSEXT_max_fragment_length_DISABLED;
    if (!ours) return nullptr;
    const auto client = witness.client(), server = witness.server();
    if (client.size() != secret_size(*suite) || server.size() != secret_size(*suite)) return nullptr;
    try {
        return std::make_unique<RecordLayer>(*suite, client, server, witness.sealed());
    } catch (const CryptoError& failure) {
        log::warning("tls.not_compact", {{"cause", failure.what()}});
        return nullptr;
    }
}

bool RecordLayer::is_complete(std::string_view input) {
    if (input.size() < TrafficKey::header_size) return false;
    const auto size = protected_size(input);
    const bool may_be_one = input.front() == static_cast<char>(ContentType::application_data) && size > TrafficKey::tag_size &&
                            size <= TrafficKey::largest_ciphertext;
    return !may_be_one || input.size() >= TrafficKey::header_size + size;
}

RecordLayer::Opened RecordLayer::open(std::string_view input, std::span<char> out) {
    if (input.size() < TrafficKey::header_size) return {Event::incomplete};
    // The version in the header is to be ignored (§5.1, §5.2). A change_cipher_spec is not: the handshake is over (§5).
    if (input.front() != static_cast<char>(ContentType::application_data)) return fail(unexpected_message, "a record in the plain");
    const auto size = protected_size(input);
    if (size > TrafficKey::largest_ciphertext) return fail(record_overflow, "a record too long");
    if (size <= TrafficKey::tag_size) return fail(decode_error, "a record too short");
    const auto record = input.substr(0, TrafficKey::header_size + size);
    if (record.size() < TrafficKey::header_size + size) return {Event::incomplete};
    if (out.size() < size - TrafficKey::tag_size) return {Event::no_room};

    const auto opened = opening_.open(record, out.data());
    if (!opened) return fail(bad_record_mac, "a record that was not sealed by the peer");
    const std::string_view inner(out.data(), *opened);
    const auto end = inner.find_last_not_of('\0');  // §5.4: what follows the type is padding
    if (end == inner.npos) return fail(unexpected_message, "a record without type");
    if (end > TrafficKey::largest_plaintext) return fail(record_overflow, "a record with too much in it");
    return take(static_cast<ContentType>(inner[end]), inner.substr(0, end), record.size());
}

RecordLayer::Opened RecordLayer::take(ContentType type, std::string_view content, std::size_t consumed) {
    if (type == ContentType::application_data && !content.empty() && message_size_ == 0) {
        empty_records_ = 0;
        return {Event::data, consumed, content.size()};
    }
    if (++empty_records_ > most_empty_records) return fail(unexpected_message, "too many records that say nothing");
    if (type == ContentType::handshake) return take_handshake(content, consumed);
    // §5.1: records of other types do not stand between the parts of a message.
    if (message_size_ > 0) return fail(unexpected_message, "half a message");
    if (type == ContentType::alert) return take_alert(content, consumed);
    if (type != ContentType::application_data) return fail(unexpected_message, "a record of an unexpected type");
    return {Event::none, consumed};
}

RecordLayer::Opened RecordLayer::take_alert(std::string_view content, std::size_t consumed) {
    if (content.empty()) return fail(unexpected_message, "an alert without anything in it");  // §5.4
    if (content.size() != 2) return fail(decode_error, "an alert of another length");
    const auto description = static_cast<std::uint8_t>(content[1]);
    if (description == close_notify) return {Event::closed, consumed};
    if (description == user_canceled) return {Event::none, consumed};  // §6.1: close_notify follows
    return fail(no_alert, "the peer's alert " + std::to_string(description));
}

/// Clients have one message to send after the handshake, for we never ask them for a certificate (§4.6).
RecordLayer::Opened RecordLayer::take_handshake(std::string_view content, std::size_t consumed) {
    // §5.1: nothing stands behind it in its record, for that would be under another key.
    if (content.empty() || message_size_ + content.size() > message_.size()) return fail(unexpected_message, "a handshake message");
    content.copy(message_.data() + message_size_, content.size());
    message_size_ += content.size();
    if (message_[0] != key_update) return fail(unexpected_message, "a handshake message");
    if (message_size_ < message_.size()) return {Event::none, consumed};
    message_size_ = 0;
    if (std::string_view(message_.data() + 1, 3) != std::string_view("\0\0\1", 3)) return fail(decode_error, "a key update of another length");
    if (message_[4] != update_requested && message_[4] != update_not_requested) return fail(illegal_parameter, "a key update that says something else");
    opening_.update();
    // Asked for ten times before we say something, it is owed once.
    if (message_[4] == update_requested) owes_update_ = true;
    return {Event::none, consumed};
}

RecordLayer::Opened RecordLayer::fail(std::uint8_t alert, std::string why) {
    alert_ = alert;
    failure_ = std::move(why);
    return {Event::failed};
}

void RecordLayer::seal(std::string_view data, std::string& out) {
    if (owes_update_ || sealing_.sequence() >= most_records) update_sealing(out);
    sealing_.seal(ContentType::application_data, data, out);
}

void RecordLayer::update_sealing(std::string& out) {
    const char message[] = {key_update, 0, 0, 1, update_not_requested};
    sealing_.seal(ContentType::handshake, {message, sizeof message}, out);
    sealing_.update();
    owes_update_ = false;
}

void RecordLayer::seal_close_notify(std::string& out) {
    const char alert[] = {1, close_notify};  // the level means nothing any more, §6
    sealing_.seal(ContentType::alert, {alert, sizeof alert}, out);
}

void RecordLayer::seal_failure(std::string& out) {
    if (failure_.empty() || alert_ == no_alert) return;
    const char alert[] = {fatal, static_cast<char>(alert_)};
    sealing_.seal(ContentType::alert, {alert, sizeof alert}, out);
}

}  // namespace chancery::net
