// Hashed tokens (HT, draft-schmaus-kitten-sasl-ht-09): a token of the server's own in one step, with or without channel
// binding. Only for XEP-0484, where the token belongs to the device that the client names.
#pragma once
#include "accounts/devices.h"
#include "accounts/sasl/exchange.h"

namespace chancery::sasl {

/// The mechanisms that tokens can be for on a connection, those that bind to the channel first. `unbound`: whether to
/// offer the one that does not.
std::vector<std::string> token_mechanisms(const ChannelBindings& bindings, bool unbound);

/// What the mechanism binds to; nothing when it is not one of HT, or not available on this connection.
std::optional<std::string_view> token_binding(std::string_view mechanism, const ChannelBindings& bindings);

class Ht : public Exchange {
  public:
    /// `agent_id`: XEP-0388's id of the user agent. `count`: of the attempt, if it has one. The mechanism must be one that
    /// was offered.
    Ht(std::string mechanism, Context context, Devices& devices, std::string agent_id, std::optional<std::int64_t> count = {})
        : mechanism_(std::move(mechanism)), context_(std::move(context)), devices_(devices), agent_id_(std::move(agent_id)), count_(count) {}

  private:
    Task<Step> receive(std::string message) override;

    const std::string mechanism_;
    Context context_;
    Devices& devices_;
    const std::string agent_id_;
    const std::optional<std::int64_t> count_;
};

}  // namespace chancery::sasl
