// Everybody who hears what a room says, by the home they are on: one letter to each home, whatever the number of people.
//
// Operation. The lists are copied when somebody comes or goes, because letters that are still in the mail hold the old ones.
// Concurrency. Belongs to the room's home shard; a letter is read on the shard it is for.
#pragma once
#include <functional>
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
};

class Crowd {
  public:
    explicit Crowd(Host& host) : host_(host), lists_(host.home_count()) {}

    /// `sees_addresses` says which form somebody gets. Adding a device again changes that.
    void add(const Jid& device, bool sees_addresses);
    void remove(const Jid& device);
    /// Asks again who sees addresses.
    void refresh(const std::function<bool(const Jid& device)>& sees_addresses);
    /// To everybody, but to none of `except`.
    void say(Copies copies, std::vector<Jid> except = {}) const;

  private:
    struct Listener {
        std::shared_ptr<const Jid> device;
        bool sees_addresses;
    };
    using List = std::vector<Listener>;

    std::shared_ptr<const List>& list_of(const Jid& device);
    static std::string copy_for(const Listener& listener, const Copies& copies);

    Host& host_;
    std::vector<std::shared_ptr<const List>> lists_;   // by home
    std::shared_ptr<const List> outside_;
};

}  // namespace chancery::rooms
