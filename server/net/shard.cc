#include "net/shard.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace chancery::net {
namespace {

thread_local Shard* current_shard = nullptr;

constexpr int mail_per_turn = 256;
// Of those written to in the turn, and as many of those left over from earlier ones: who is told something
// while a crowd is told something else does not wait for the crowd.
constexpr int flushes_per_turn = 128;
// A task that a turn's own work made ready runs in the same turn, so many times; after that, in the next.
constexpr int rounds_per_turn = 4;

int checked(int descriptor, const char* what) {
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
    return descriptor;
}

}  // namespace

Shard::Shard(unsigned index)
    : index_(index),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      start_(std::chrono::steady_clock::now()),
      now_(start_) {
    epoll_event wake{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &wake), "epoll_ctl");
}

Shard::~Shard() {
    for (Letter* letter : {opened_, mail_.load()})
        while (letter) delete std::exchange(letter, letter->next);
    close(wake_);
    close(epoll_);
}

Shard& Shard::current() {
    if (current_shard) return *current_shard;
    std::fputs("chancery: bug: a wait for time or bytes on a thread that is no shard\n", stderr);
    std::abort();
}

Instant Shard::after(std::chrono::milliseconds time) const {
    return now_ + std::min<std::chrono::milliseconds>(time, std::chrono::years(1));
}

std::uint64_t Shard::tick_of(Instant time) const {
    return time <= start_ ? 0 : std::chrono::floor<std::chrono::milliseconds>(time - start_).count();
}

void Shard::start_timer(TimerNode& timer, Instant deadline) {
    wheel_.add(timer, tick_of(deadline) + 1);  // a tick begins before what is in it
}

void Shard::post(Job job) {
    auto* letter = new Letter{mail_.load(std::memory_order_relaxed), std::move(job)};
    while (!mail_.compare_exchange_weak(letter->next, letter, std::memory_order_seq_cst)) continue;
    // Either the shard sees the letter before it sleeps, or this sees that it sleeps: both orders are total.
    if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false)) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written =
            write(wake_, &one, sizeof one);  // it cannot block: one at a time
    }
}

void Shard::stop(Job last) {
    post([this, last = std::move(last)]() mutable {
        if (last) last();
        stopping_ = true;
    });
}

void Shard::run() {
    current_shard = this;
    set_current(this);
    while (!stopping_) {
        wait_for_events();
        ++turn_;
        dispatch_events();
        wheel_.advance(tick_of(now_));
        read_mail();
        run_ready();
        flush();
    }
    flush_all();
    set_current(nullptr);
    current_shard = nullptr;
}

void Shard::wait_for_events() {
    const bool busy =
        opened_ || !ready_.empty() || !next_turn_.empty() || !turn_end_.empty() || !unflushed_.empty();
    int timeout = 0;
    if (!busy) {
        asleep_.store(true, std::memory_order_seq_cst);
        if (!mail_.load(std::memory_order_seq_cst)) timeout = milliseconds_to_sleep();
    }
    event_count_ = epoll_wait(epoll_, events_.data(), events_.size(), timeout);
    asleep_.store(false, std::memory_order_relaxed);
    if (event_count_ < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "epoll_wait");
    now_ = std::chrono::steady_clock::now();
}

int Shard::milliseconds_to_sleep() const {
    const auto next = wheel_.next();
    if (next == Wheel::never) return -1;
    const auto now = tick_of(std::chrono::steady_clock::now());
    return next <= now ? 0 : static_cast<int>(std::min<std::uint64_t>(next - now, 1'000'000));
}

void Shard::dispatch_events() {
    for (event_next_ = 0; event_next_ < event_count_;) {
        const auto event = events_[event_next_++];
        if (event.data.ptr) static_cast<Pollable*>(event.data.ptr)->ready(event.events);
    }
    event_count_ = event_next_ = 0;
}

void Shard::read_mail() {
    for (int read = 0; read < mail_per_turn; ++read) {
        if (!opened_) {
            for (Letter* letter = mail_.exchange(nullptr, std::memory_order_acquire); letter;)
                opened_ = std::exchange(letter, std::exchange(letter->next, opened_));
            if (!opened_) return;
        }
        Letter* letter = std::exchange(opened_, opened_->next);
        auto job = std::move(letter->job);
        delete letter;
        job();
    }
}

void Shard::run_ready() {
    const auto run_all = [](List& list) {
        List batch;
        list.move_to(batch);
        while (!batch.empty()) batch.pop_front<Runnable>().run();
    };
    next_turn_.move_to(ready_);
    for (int round = 0; round < rounds_per_turn && (!ready_.empty() || !turn_end_.empty()); ++round) {
        run_all(ready_);
        for (auto& job : std::exchange(turn_end_, {})) job();
    }
}

void Shard::flush() {
    const auto run_some = [](List& list) {
        for (int run = 0; run < flushes_per_turn && !list.empty(); ++run) list.pop_front<Runnable>().run();
    };
    run_some(dirty_);
    run_some(unflushed_);
    dirty_.move_to(unflushed_);
}

void Shard::flush_all() {
    while (!dirty_.empty() || !unflushed_.empty()) flush();
}

void Shard::watch(int fd, std::uint32_t events, Pollable& owner) {
    epoll_event event{.events = events, .data = {.ptr = &owner}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void Shard::rewatch(int fd, std::uint32_t events, Pollable& owner) {
    epoll_event event{.events = events, .data = {.ptr = &owner}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
}

void Shard::unwatch(int fd, Pollable& owner) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);  // ENOENT: it was not watched
    for (int i = event_next_; i < event_count_; ++i)
        if (events_[i].data.ptr == &owner) events_[i].data.ptr = nullptr;
}

}  // namespace chancery::net
