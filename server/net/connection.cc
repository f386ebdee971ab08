// The life of a connection and its waits; bytes are in connection_io.cc, TLS in connection_tls.cc.
#include "net/connection.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "net/wait.h"

namespace chancery::net {
namespace {

constexpr std::uint32_t watched_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

void expect_nobody(const void* reader, const void* drainer, const char* what) {
    if (!reader && !drainer) return;
    std::fprintf(stderr, "chancery: bug: somebody waits for a connection that is %s\n", what);
    std::abort();
}

}  // namespace

Connection::Connection(int fd, const Address& peer) : shard_(&Shard::current()), fd_(fd), peer_(peer) {
    shard_->watch(fd_, watched_events, *this);
}

Connection::~Connection() {
    expect_nobody(reader_, drainer_, "destroyed");
    release();
}

void Connection::release() {
    if (fd_ >= 0) {
        shard_->unwatch(fd_, *this);
        ::close(std::exchange(fd_, -1));
    }
    if (shard_->buffers().receiver == this) shard_->buffers().receiver = nullptr;
    if (ssl_) SSL_free(std::exchange(ssl_, nullptr));
    records_.reset();
    facts_.reset();
    established_ = readable_ = writable_ = false;
    drop_output();
    kept_.clear();
    if (state_ == State::open || state_ == State::closing) reason_ = "closed";
    if (state_ != State::cancelled) state_ = State::closed;
    for (Link* link :
         {static_cast<Link*>(&settle_), static_cast<Link*>(&flush_), static_cast<Link*>(&timer_)})
        link->unlink();
}

// Waiting.

Connection::ReadAwaiter Connection::read(std::chrono::milliseconds limit) {
    return ReadAwaiter(*this, limit);
}

Connection::DrainAwaiter Connection::drained(std::chrono::milliseconds limit) {
    return DrainAwaiter(*this, Goal::drained, limit);
}

Connection::DrainAwaiter Connection::input(Instant deadline) {
    return DrainAwaiter(*this, Goal::input, left_until(deadline));
}

std::chrono::milliseconds Connection::left_until(Instant deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - shard_->now());
    return std::max(left, std::chrono::milliseconds::zero());
}

bool Connection::Wait::await_ready() {
    outcome_ = connection_.attempt(*this);
    return outcome_ != Outcome::nothing_yet;
}

void Connection::Wait::await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    connection_.wait(*this);
}

Connection::Wait::~Wait() {
    auto*& place = connection_.place_of(goal_);
    if (place == this) place = nullptr;
}

void Connection::Wait::check() const {
    if (outcome_ == Outcome::success) return;
    if (outcome_ == Outcome::timeout) throw Timeout();
    if (connection_.state_ == State::cancelled) throw Cancelled(connection_.reason_);
    throw ConnectionLost(connection_.reason_);
}

void Connection::wait(Wait& wait) {
    auto*& place = place_of(wait.goal_);
    expect_nobody(place, nullptr, "waited for already");
    place = &wait;
    wait.deadline_ = shard_->after(wait.limit_);
    // The timer is left where it is when the wait ends, and looks at the wait of that moment when it runs: a
    // busy connection does not touch the wheel.
    if (timer_.is_linked() && timer_at_ <= wait.deadline_) return;
    timer_at_ = wait.deadline_;
    shard_->start_timer(timer_, timer_at_);
}

void Connection::resume(Wait& wait, Outcome outcome) {
    wait.outcome_ = outcome;
    place_of(wait.goal_) = nullptr;
    wait.waiter_.resume();  // may destroy the connection
}

Connection::Outcome Connection::attempt(Wait& wait) {
    if (state_ != State::open && state_ != State::closing) return Outcome::failure;
    switch (wait.goal_) {
        case Goal::bytes: return attempt_bytes(wait.bytes_);
        case Goal::input: return has_input() || ended_ ? Outcome::success : Outcome::nothing_yet;
        case Goal::drained:
            if (output_broken_) return Outcome::failure;
            return unsent() == 0 ? Outcome::success : Outcome::nothing_yet;
    }
    std::abort();
}

void Connection::settle() {
    if (drainer_) {
        if (const auto outcome = attempt(*drainer_); outcome != Outcome::nothing_yet) {
            if (reader_) shard_->run_soon(settle_);
            return resume(*drainer_, outcome);
        }
    }
    if (reader_) {
        if (const auto outcome = attempt(*reader_); outcome != Outcome::nothing_yet)
            resume(*reader_, outcome);
    }
}

void Connection::time_out() {
    Wait* first = reader_;
    if (!first || (drainer_ && drainer_->deadline_ < first->deadline_)) first = drainer_;
    if (!first) return;
    const bool expired = first->deadline_ <= shard_->now();
    Wait* next = !expired ? first : first == reader_ ? drainer_ : reader_;
    if (next) {
        timer_at_ = next->deadline_;
        shard_->start_timer(timer_, timer_at_);
    }
    if (expired) resume(*first, Outcome::timeout);
}

void Connection::ready(std::uint32_t events) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = !ended_;
    if (events & EPOLLOUT) {
        writable_ = true;
        if (unsent() > 0) shard_->flush_at_turn_end(flush_);
    }
    settle();
}

// Ending.

void Connection::cancel(std::string reason) {
    if (state_ != State::open) return;
    state_ = State::cancelled;
    reason_ = std::move(reason);
    if (reader_ || drainer_) shard_->run_soon(settle_);
}

void Connection::lose(std::string reason) {
    output_broken_ = true;
    drop_output();
    if (state_ != State::open && state_ != State::closing) return;
    state_ = State::lost;
    reason_ = std::move(reason);
    if (reader_ || drainer_) shard_->run_soon(settle_);
}

Task<> Connection::close(std::chrono::milliseconds linger) {
    expect_nobody(reader_, drainer_, "closed");
    const auto deadline = shard_->after(linger);
    if (state_ == State::cancelled) state_ = State::open;
    if (state_ == State::open) {
        state_ = State::closing;
        try {
            say_goodbye();
            co_await drained(linger);
            ::shutdown(fd_, SHUT_WR);
            while (!ended_) {
                // Closing with unread input would reset the connection, and the peer lose our last words.
                co_await input(deadline);
                discard_input();
                co_await sleep(std::chrono::milliseconds(has_input() ? 1 : 0));
                if (shard_->now() >= deadline) break;
            }
        } catch (const Timeout&) {
        } catch (const ConnectionLost&) {
        }
    }
    release();
}

// Changing shards.

void Connection::leave_shard() {
    expect_nobody(reader_, drainer_, "moved");
    keep_received();
    settle_.unlink();
    flush_.unlink();
    timer_.unlink();
    if (fd_ >= 0) shard_->unwatch(fd_, *this);
}

void Connection::join_shard(Shard& shard) {
    shard_ = &shard;
    turn_ = 0;
    if (fd_ < 0) return;
    shard_->watch(fd_, watched_events, *this);  // reports at once what is ready
    if (unsent() > 0) shard_->flush_at_turn_end(flush_);
}

Task<> Connection::move_to(Shard& target) {
    leave_shard();
    co_await hop(target);
    join_shard(target);
}

void Connection::hand_over(std::unique_ptr<Connection> connection, Shard& target,
                           std::move_only_function<void(std::unique_ptr<Connection>)> then) {
    connection->leave_shard();
    connection->shard_ = &target;
    target.post([connection = std::move(connection), &target, then = std::move(then)]() mutable {
        connection->join_shard(target);
        then(std::move(connection));
    });
}

}  // namespace chancery::net
