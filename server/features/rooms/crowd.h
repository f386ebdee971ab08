// Everybody who hears what a room says, by the home they are on: one letter to each home, whatever the number of people.
//
// Operation. Each home has a list of its own, of sessions and not of addresses. Letters change it and read it in the order in which
// the room sent them, so that coming and going cost the same in a room of ten and of ten thousand.
// Concurrency. Belongs to the room's home shard; each list is touched on the shard of its home.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/host.h"

namespace chancery::rooms {

using Text = std::shared_ptr<const std::string>;

/// What is said, without 'to'. In a semi-anonymous room presence has two forms: who moderates sees real addresses.
struct Copies {
    Text plain;
    Text with_addresses = {};   ///< none: the same for everybody

    const Text& of(bool sees_addresses) const { return sees_addresses && with_addresses ? with_addresses : plain; }
};

class Crowd {
  public:
    explicit Crowd(Host& host) : host_(host), lists_(host.home_count()) {}

    /// `sees_addresses` says which form somebody gets. Adding a device again changes that.
    void add(const Jid& device, bool sees_addresses);
    void remove(const Jid& device);
    /// To everybody, but to none of `except`.
    void say(const Copies& copies, const std::vector<Jid>& except = {}) const;

  private:
    class Listeners;

    template <class Work>
    void at_list(std::size_t home, Work work) const;

    Host& host_;
    std::vector<std::shared_ptr<Listeners>> lists_;   // by home; none: nobody has come yet. Shared with the letters on their way
    std::map<Jid, bool> outside_;                     // devices elsewhere, and whether they see addresses
};

}  // namespace chancery::rooms
