// How much one person may ask of a room or of the service in a time: whoever is ahead of it by too much waits.
//
// Everything costs what it makes of work for others. A person's debt goes down as time goes by; who has none is forgotten.
// Concurrency. That of its owner.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "core/host.h"

namespace chancery::rooms {

class Pace {
  public:
    using Cost = std::chrono::microseconds;   ///< after which the work may be asked for again

    explicit Pace(Cost most_ahead) : most_ahead_(most_ahead) {}

    /// Takes it on, or says how long the person has to wait first.
    std::optional<std::chrono::seconds> wait(const Jid& person, Cost cost, Time now);

  private:
    void forget_past(Time now);

    Cost most_ahead_;
    std::unordered_map<std::string, Time, BareHash, std::equal_to<>> until_;   // by bare address: when all is paid off
    std::size_t looked_through_ = 0;
};

}  // namespace chancery::rooms
