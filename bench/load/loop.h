// One epoll loop in one thread: the events of a turn are read by all connections first, then what they have
// to say is sent, one send() per connection, so that the generator stays cheaper than the server it drives.
#pragma once
#include <csignal>
#include <vector>

#include "load/samples.h"

namespace chancery::load {

class Client;

class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;

    /// Waits at most `limit` for events, handles them, sends what is due.
    void turn(std::chrono::milliseconds limit);
    /// Turns until `done()` or the time is up; whether it was done. Throws Interrupted on SIGINT or SIGTERM.
    template <class Done>
    bool run_until(Clock::time_point end, Done&& done) {
        while (!done()) {
            if (Clock::now() >= end) return false;
            turn(std::chrono::milliseconds(5));
        }
        return true;
    }
    void run_for(Clock::duration time) {
        run_until(Clock::now() + time, [] { return false; });
    }

    void watch(int socket, Client& client);
    /// The client has something to send at the end of this turn.
    void mark(Client& client) { due_.push_back(&client); }

  private:
    int epoll_;
    std::vector<Client*> due_, sending_;
};

struct Interrupted {};

}  // namespace chancery::load
