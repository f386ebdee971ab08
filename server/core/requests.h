// Requests that the server itself makes (RFC 6120 §8.2.3) and their answers.
//
// Operation. A request's id names the home whose shard has asked, so that the answer, which arrives at any, finds it.
// Concurrency. One for each home, on its thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/wait.h"
#include "xml/element.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"

namespace chancery {

/// The payload of a result, if it has one, or why there is no result.
using Answer = Result<std::optional<xml::Element>, StanzaError>;

class Requests {
  public:
    explicit Requests(std::size_t home) : home_(home) {}

    /// A request that is open as long as this lives.
    class Open {
      public:
        Open(Requests& requests, Jid asked);
        ~Open();
        Open(const Open&) = delete;
        const std::string& id() const { return id_; }
        /// Ends when the answer is there.
        Task<> answered();
        std::optional<Answer> answer;

      private:
        friend Requests;
        Requests& requests_;
        Jid asked_;
        std::string id_;
        net::Event done_;
    };

    /// Takes the answer if it comes from who was asked.
    void take(const std::string& id, const Jid& from, Answer answer);
    /// Which home has asked; nothing when the id is none of ours.
    static std::optional<std::size_t> home_of(std::string_view id);

  private:
    std::size_t home_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::string, Open*> open_;
};

}  // namespace chancery
