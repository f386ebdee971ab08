#include "load/client.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/bytes.h"

namespace chancery::load {
namespace {

Address checked(const Target& target) {
    auto address = loopback_address(target.address);
    if (!address) throw std::runtime_error(address.error());
    return *address;
}

}  // namespace

World::World(const Target& where) : target(where), address(checked(where)), tls(where.ca) {}

Client::Client(World& world, Handler& handler, std::size_t number, std::string resource)
    : world_(world), handler_(handler), number_(number), resource_(std::move(resource)) {}

Client::~Client() {
    if (socket_ >= 0) ::close(socket_);
}

void Client::open() {
    opened_at_ = Clock::now();
    step_ = Step::connecting;
    tls_.reset();
    splitter_.restart();
    socket_ = socket(world_.address.socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return end(std::strerror(errno));
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* to = reinterpret_cast<const sockaddr*>(&world_.address.socket);
    if (connect(socket_, to, world_.address.size) != 0 && errno != EINPROGRESS)
        return end(std::strerror(errno));
    world_.loop.watch(socket_, *this);
}

void Client::send(std::string_view stanza) {
    if (step_ == Step::closed || step_ == Step::closing) return;
    say_ += stanza;
    if (!marked_) world_.loop.mark(*this);
    marked_ = true;
}

void Client::close() {
    if (step_ != Step::ready) return end("closed before it was signed in");
    send("</stream:stream>");
    step_ = Step::closing;
}

void Client::flush() {
    marked_ = false;
    if (socket_ < 0) return;
    if (tls_) {
        if (tls_->is_established() && !say_.empty()) {
            tls_->encrypt(say_);
            say_.clear();
        }
        write_out(tls_->wire());
        tls_->wire().clear();
    } else {
        write_out(say_);
        say_.clear();
    }
}

void Client::write_out(std::string_view bytes) {
    if (!unsent_.empty()) {
        unsent_ += bytes;
        return;
    }
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            unsent_.assign(bytes);  // an error other than EAGAIN shows at the next read
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Client::on_writable() {
    if (socket_ < 0) return;
    if (step_ == Step::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return end(std::strerror(error));
        if (world_.target.direct_tls) return start_tls();
        step_ = Step::starttls;
        return start_stream();
    }
    if (unsent_.empty()) return;
    const auto rest = std::move(unsent_);
    unsent_.clear();
    write_out(rest);
}

void Client::on_readable() {
    static thread_local std::array<char, 65536> buffer;
    while (socket_ >= 0) {
        const auto size = recv(socket_, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0)
            return end(step_ == Step::closing ? "" : size == 0 ? "connection closed" : std::strerror(errno));
        take({buffer.data(), static_cast<std::size_t>(size)});
    }
}

void Client::take(std::string_view wire) {
    if (!tls_) return split(wire);
    static thread_local std::string plain;
    plain.clear();
    const bool was_established = tls_->is_established();
    const auto state = tls_->feed(wire, plain);
    if (state == Tls::State::failed) return end("TLS: " + tls_->error());
    if (!was_established && tls_->is_established()) {
        step_ = Step::mechanisms;
        start_stream();
    } else if (!tls_->wire().empty() && !marked_) {
        world_.loop.mark(*this);
        marked_ = true;
    }
    if (!plain.empty()) split(plain);
    if (state == Tls::State::closed && socket_ >= 0) end(step_ == Step::closing ? "" : "TLS closed");
}

void Client::split(std::string_view plain) {
    const auto sink = [this](Splitter::Piece piece, std::string_view text) { return on_piece(piece, text); };
    if (!splitter_.feed(plain, sink)) end("a stanza larger than the splitter takes");
}

bool Client::on_piece(Splitter::Piece piece, std::string_view text) {
    if (piece == Splitter::Piece::stream_open) return true;
    if (piece == Splitter::Piece::stream_close) {
        if (step_ != Step::closing) return fail("stream closed");
        if (tls_) tls_->say_goodbye();
        flush();
        return fail("");
    }
    if (step_ == Step::ready || step_ == Step::closing) {
        if (text.starts_with("<stream:error")) return fail(text);
        handler_.stanza(*this, text);
        return socket_ >= 0;
    }
    return negotiate(text);
}

bool Client::negotiate(std::string_view text) {
    if (text.starts_with("<stream:features")) return on_features(text);
    switch (step_) {
        case Step::handshake:
            if (!text.starts_with("<proceed")) return fail(text);
            start_tls();
            return false;
        case Step::challenge: return on_challenge(text);
        case Step::outcome: return on_success(text);
        case Step::binding: return on_bound(text);
        case Step::session:
            if (attribute_of(text, "type") != "result") return fail(text);
            become_ready();
            return socket_ >= 0;
        default: return fail(text);
    }
}

bool Client::on_features(std::string_view features) {
    switch (step_) {
        case Step::starttls:
            if (!holds(features, "urn:ietf:params:xml:ns:xmpp-tls"))
                return fail("the server offers no STARTTLS");
            step_ = Step::handshake;
            send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
            return true;
        case Step::mechanisms: return authenticate(features);
        case Step::bind: {
            const auto at = features.find("<session");
            needs_session_ = at != features.npos && features.substr(at, 80).find("optional") == features.npos;
            step_ = Step::binding;
            send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
                 resource_ + "</resource></bind></iq>");
            return true;
        }
        default: return fail("unexpected stream features");
    }
}

bool Client::authenticate(std::string_view features) {
    const auto user = world_.target.user(number_), password = world_.target.password_of(number_);
    for (const auto& [name, algorithm] :
         {std::pair{"SCRAM-SHA-256", Hash::sha256}, {"SCRAM-SHA-1", Hash::sha1}}) {
        if (!holds(features, std::string(">") + name + "<")) continue;
        scram_ =
            std::make_unique<Scram>(world_.scram, algorithm, user, password, to_base64(random_bytes(18)));
        mechanism_ = name;
        step_ = Step::challenge;
        send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + std::string(name) + "'>" +
             to_base64(scram_->first()) + "</auth>");
        return true;
    }
    if (!holds(features, ">PLAIN<"))
        return fail("the server offers neither SCRAM-SHA-256, SCRAM-SHA-1 nor PLAIN");
    mechanism_ = "PLAIN";
    step_ = Step::outcome;
    send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
         to_base64(std::string(1, '\0') + user + std::string(1, '\0') + password) + "</auth>");
    return true;
}

bool Client::on_challenge(std::string_view text) {
    if (!text.starts_with("<challenge")) return fail(text);
    const auto challenge = from_base64(text_of(text, "challenge"));
    const auto answer = challenge ? scram_->last(*challenge) : std::nullopt;
    if (!answer) return fail("a SCRAM challenge that makes no sense");
    step_ = Step::outcome;
    send("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(*answer) + "</response>");
    return true;
}

bool Client::on_success(std::string_view text) {
    if (!text.starts_with("<success")) return fail(text);
    if (scram_ && !scram_->is_from_server(from_base64(text_of(text, "success")).value_or("")))
        return fail("the server did not prove that it knows the password");
    scram_.reset();
    step_ = Step::bind;
    start_stream();
    return false;
}

bool Client::on_bound(std::string_view text) {
    if (attribute_of(text, "type") != "result") return fail(text);
    jid_ = text_of(text, "jid");
    if (needs_session_) {
        step_ = Step::session;
        send("<iq type='set' id='sess'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
        return true;
    }
    become_ready();
    return socket_ >= 0;
}

void Client::become_ready() {
    step_ = Step::ready;
    handler_.ready(*this);
}

void Client::start_stream() {
    splitter_.restart();
    send("<?xml version='1.0'?><stream:stream to='" + world_.target.domain +
         "' version='1.0' xml:lang='en' xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams'>");
}

void Client::start_tls() {
    step_ = Step::handshake;
    splitter_.restart();
    tls_ = std::make_unique<Tls>(world_.tls, world_.target.domain);
    take({});  // says hello
}

void Client::end(std::string_view why) {
    if (step_ == Step::closed) return;
    const std::string reason(why);  // may be a view into what is thrown away now
    step_ = Step::closed;
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    scram_.reset();
    say_.clear();
    unsent_.clear();
    handler_.closed(*this, reason);
}

}  // namespace chancery::load
