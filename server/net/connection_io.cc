// How bytes go from the socket through the shard's shared buffers to the reader, and back.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "net/connection.h"

namespace chancery::net {
namespace {

/// A connection's share of a turn: a record counts once, and once more for each KiB in it. What more it
/// brings waits for the next turn, or thousands of requests sent at once would keep everybody else on the
/// shard waiting.
constexpr unsigned share_of_turn = 64;
constexpr std::size_t counts_once = 1'024;
/// Sealed at once: larger than what a socket's buffer usually takes, small enough to be kept when it does
/// not.
constexpr std::size_t sealed_at_once = 64 * 1024;
constexpr std::size_t worth_compacting = 64 * 1024;

}  // namespace

// Input.

std::string_view Connection::available() const {
    if (!kept_.empty()) return std::string_view(kept_).substr(kept_begin_);
    const auto& buffers = shard_->buffers();
    if (buffers.receiver != this) return {};
    return {buffers.received.data() + buffers.received_begin, buffers.received_end - buffers.received_begin};
}

void Connection::consume(std::size_t size) {
    auto& buffers = shard_->buffers();
    if (kept_.empty()) {
        buffers.received_begin += size;
        if (buffers.received_begin == buffers.received_end) buffers.receiver = nullptr;
        return;
    }
    kept_begin_ += size;
    if (kept_begin_ < kept_.size()) return;
    buffers.give_back(std::exchange(kept_, {}));
    kept_begin_ = 0;
}

void Connection::keep_received() {
    auto& buffers = shard_->buffers();
    if (buffers.receiver != this) return;
    // Half a record may have to be kept for as long as the peer likes.
    auto kept = !records_ || RecordLayer::is_complete(available()) ? buffers.borrow() : std::string();
    kept.assign(available());
    kept_ = std::move(kept);
    buffers.receiver = nullptr;
}

bool Connection::has_input() const {
    if (readable_) return true;
    if (records_) return RecordLayer::is_complete(available());  // half a record is nothing to go on with
    return !available().empty() || (established_ && SSL_pending(ssl_) > 0);
}

bool Connection::receive() {
    auto& buffers = shard_->buffers();
    if (buffers.receiver) buffers.receiver->keep_received();
    ssize_t size = 0;
    do size = recv(fd_, buffers.received.data(), buffers.received.size(), 0);
    while (size < 0 && errno == EINTR);
    if (size > 0) {
        buffers.receiver = this;
        buffers.received_begin = 0;
        buffers.received_end = size;
        // A short read has emptied the kernel's buffer: no second call to be told so. What comes later is
        // reported, but the end that was reported already is not reported again.
        if (buffers.received_end < buffers.received.size() && !hung_up_) readable_ = false;
        return true;
    }
    readable_ = false;
    if (size == 0)
        ended_ = true;
    else if (errno != EAGAIN)
        lose(std::strerror(errno));
    return false;
}

Connection::Outcome Connection::attempt_bytes(std::string_view& bytes) {
    if (std::exchange(turn_, shard_->turn()) != shard_->turn()) read_in_turn_ = 0;
    const auto size = records_ ? read_records() : established_ ? read_session() : read_plain();
    bytes = {shard_->buffers().plain.data(), size};
    if (size > 0) return Outcome::success;
    if (state_ == State::lost) return Outcome::failure;
    if (finished_) return Outcome::success;
    if (has_input()) shard_->run_next_turn(settle_);
    return Outcome::nothing_yet;
}

std::size_t Connection::read_plain() {
    if (available().empty() && (!readable_ || read_in_turn_ >= share_of_turn || !receive())) {
        finished_ = ended_;
        return 0;
    }
    used_ = true;
    auto& plain = shard_->buffers().plain;
    const auto size = available().copy(plain.data(), plain.size());
    read_in_turn_ += 1 + size / counts_once;
    consume(size);
    return size;
}

std::size_t Connection::read_session() {
    auto& plain = shard_->buffers().plain;
    std::size_t filled = 0;
    while (filled < plain.size() && read_in_turn_ < share_of_turn && has_input()) {
        ++read_in_turn_;
        ERR_clear_error();
        std::size_t size = 0;
        if (SSL_read_ex(ssl_, plain.data() + filled, plain.size() - filled, &size)) {
            filled += size;
            read_in_turn_ += size / counts_once;
            continue;
        }
        const int error = SSL_get_error(ssl_, 0);
        if (error == SSL_ERROR_WANT_READ) continue;  // half a record, or one that was not data
        if (error == SSL_ERROR_ZERO_RETURN)
            finished_ = true;
        else
            lose_by_tls("read");
        break;
    }
    return filled;
}

std::size_t Connection::read_records() {
    auto& plain = shard_->buffers().plain;
    std::size_t filled = 0;
    while (!finished_ && read_in_turn_ < share_of_turn) {
        RecordLayer::Opened opened{RecordLayer::Event::incomplete};
        if (!try_records([&] { opened = records_->open(available(), std::span(plain).subspan(filled)); })) break;
        using enum RecordLayer::Event;
        if (opened.event == no_room) break;
        if (opened.event == incomplete) {
            if (readable_ && receive_more()) continue;
            finished_ = ended_;
            break;
        }
        if (opened.event == failed) {
            lose_by_record();
            break;
        }
        consume(opened.consumed);
        filled += opened.size;
        read_in_turn_ += 1 + opened.size / counts_once;
        finished_ = opened.event == closed;
    }
    return filled;
}

/// Receives behind the part of a record that is there.
bool Connection::receive_more() {
    keep_received();
    if (kept_.empty()) return receive();
    auto kept = std::exchange(kept_, {});
    kept.erase(0, std::exchange(kept_begin_, 0));
    const bool received = receive();
    kept.append(available());
    consume_all();
    kept_ = std::move(kept);
    return received;
}

void Connection::discard_input() {
    constexpr int most_receives = 8;
    for (int i = 0; i < most_receives; ++i) {
        consume_all();
        if (!readable_ || !receive()) return;
    }
    consume_all();
}

void Connection::consume_all() {
    if (const auto size = available().size()) consume(size);
}

// Output.

void Connection::write(std::string_view bytes) {
    if ((state_ != State::open && state_ != State::cancelled) || output_broken_ || bytes.empty()) return;
    if (unsent() + bytes.size() > unsent_limit_) return lose("slow consumer");
    used_ = true;
    if (written_.empty()) written_ = shard_->buffers().borrow();
    written_.append(bytes);
    if (writable_ && !flush_.is_linked()) shard_->flush_at_turn_end(flush_);
}

std::size_t Connection::unsent() const {
    return written_.size() - written_sent_ + sealed_.size() - sealed_sent_;
}

std::string_view Connection::pending() const {
    return encrypted() ? std::string_view(sealed_).substr(sealed_sent_)
                : std::string_view(written_).substr(written_sent_);
}

void Connection::mark_sent(std::string& queue, std::size_t& sent, std::size_t size) {
    sent += size;
    if (sent == queue.size()) {
        shard_->buffers().give_back(std::exchange(queue, {}));
        sent = 0;
    } else if (sent > worth_compacting && sent > queue.size() / 2) {
        queue.erase(0, sent);
        sent = 0;
    }
}

void Connection::encrypt(std::size_t most_sealed) {
    while (written_sent_ < written_.size() && sealed_.size() - sealed_sent_ < most_sealed) {
        const auto part = std::string_view(written_).substr(written_sent_, TrafficKey::largest_plaintext);
        if (records_) {
            if (sealed_.empty()) sealed_ = shard_->buffers().borrow();
            if (!try_records([&] { records_->seal(part, sealed_); })) return;
            mark_sent(written_, written_sent_, part.size());
            continue;
        }
        ERR_clear_error();
        std::size_t size = 0;
        if (!SSL_write_ex(ssl_, part.data(), part.size(), &size)) return lose_by_tls("write");
        mark_sent(written_, written_sent_, size);
    }
}

bool Connection::send_pending() {
    const auto bytes = pending();
    const auto size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) return true;
    if (size < 0 && errno != EAGAIN) {
        // What the peer sent before it went may still be in the kernel: the reader finds the end by itself.
        output_broken_ = true;
        if (reason_.empty()) reason_ = std::strerror(errno);
        drop_output();
        return false;
    }
    if (size > 0) encrypted() ? mark_sent(sealed_, sealed_sent_, size) : mark_sent(written_, written_sent_, size);
    writable_ = size == static_cast<ssize_t>(bytes.size());
    return writable_;
}

void Connection::flush() {
    while (writable_ && !output_broken_) {
        if (established_) encrypt(sealed_at_once);
        if (pending().empty() || !send_pending()) break;
    }
    if (drainer_ && (unsent() == 0 || output_broken_)) shard_->run_soon(settle_);
}

void Connection::drop_output() {
    written_ = {};
    sealed_ = {};
    written_sent_ = sealed_sent_ = 0;
}

}  // namespace chancery::net
