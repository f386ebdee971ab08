// Errors that come back to what the server itself has said: a rule refused it, or nobody took it. Whoever waits for them hears of them
// here; others do not care (the message of the day, for instance).
//
// Concurrency: every thread.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "xmpp/errors.h"

namespace chancery {

class Returns {
  public:
    /// As long as it lives, an error that comes back to the message with this id is kept for who asks.
    class Watch {
      public:
        Watch(Returns& returns, std::string id);
        ~Watch();
        Watch(const Watch&) = delete;
        /// The first that has come back so far.
        std::optional<StanzaError> error() const;

      private:
        Returns& returns_;
        const std::string id_;
    };

    void take(std::string_view id, const StanzaError& error);

  private:
    mutable std::mutex guard_;
    std::map<std::string, std::optional<StanzaError>, std::less<>> watched_;
};

}  // namespace chancery
