// Two people who have nothing to do with what is measured: they write to each other, twenty times a second, and how long their
// messages take says whether the rest of the server stands still meanwhile.
#pragma once
#include "load/crowd.h"
#include "load/mark.h"
#include "load/samples.h"

namespace chancery::load {

class Bystanders {
  public:
    Bystanders(Client& one, Client& other) : one_(one), other_(other) {}

    bool are(const Client& client) const { return &client == &one_ || &client == &other_; }
    /// Writes when it is time to; called in every turn of the loop.
    void turn();
    void take(std::string_view stanza);
    /// What took from here on; a message that never came counts as long as it is waited for.
    void start() { times_.clear(); }
    double percentile_ms(double percent);

  private:
    Client& one_;
    Client& other_;
    const std::uint32_t run_ = new_run();
    std::uint32_t written_ = 0;
    bool waiting_ = false;
    Clock::time_point since_;
    Samples times_;
};

}  // namespace chancery::load
