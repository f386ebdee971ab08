// The devices by which people sign in (the installations that XEP-0388 calls user agents), and the tokens that stand for
// a password there (XEP-0484).
//
// Operation. A device has two places for tokens: the one it uses, and a newer one that it may not have got yet. A token
// is bound to its device and to its mechanism; using the newer one ends the older. Tokens and what a client says of
// itself are sealed at rest, the client's own id is kept as a keyed hash.
// Concurrency. Every thread that runs tasks. All state is in the database. A change of the password and the disabling of
// an account remove its devices in the same transaction (accounts_changes.cc).
// Limits. Options::most_devices for each account; one more takes the place of the one that was not seen for longest.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/task.h"
#include "base/time.h"
#include "storage/database.h"

namespace chancery {

/// What a client says of itself (XEP-0388 §2.4). Nothing of it is proved.
struct UserAgent {
    std::string id;  ///< a UUID, or empty; stays between server and client
    std::string software, device;
};


class Devices {
  public:
    struct Options {
        std::chrono::seconds token_life = std::chrono::days(14);  ///< zero: no tokens are given
        std::chrono::seconds token_rest = std::chrono::days(1);   ///< a token younger than this is not replaced
        std::size_t most_devices = 50;
    };
    struct Token {
        std::string secret;
        Time expiry;
    };
    struct Device {
        std::string id;  ///< the keyed hash, in hex
        std::string software, device;
        Time first_seen, last_seen;
        bool has_password = false;  ///< has shown the password since it was last changed
        bool has_token = false;
    };
    /// How and for what a device signs in.
    struct SignIn {
        UserAgent agent;
        bool by_token = false;
        bool invalidate = false;    ///< XEP-0484 §3.6: no token of this device is good any more
        std::string wanted;         ///< the mechanism for which the client asks for a token; empty: none
    };

    Devices(storage::Database& database, const Key& key, Options options, Clock clock = system_now);

    const Options& options() const { return options_; }
    bool gives_tokens() const { return options_.token_life > std::chrono::seconds::zero(); }

    /// The name under which a user agent is known here; says nothing of its id.
    std::string id_of(std::string_view owner, std::string_view agent_id) const;

    enum class Match { wrong, expired, right };
    struct Checked {
        Match match = Match::wrong;
        std::string answer;  ///< HMAC(token, "Responder" || binding)
        bool is_newer = false;
    };
    /// Whether the proof was made with a token of this device for this mechanism. Takes as long for a device or a person
    /// that does not exist. A `count` must be greater than the last that was shown with the token (XEP-0484 §3.4).
    Task<Checked> check(std::string owner, std::string agent_id, std::string mechanism, std::string hash, std::string binding,
                        std::optional<std::int64_t> count = std::nullopt);
    /// The newer token was used: the older one is good no more.
    Task<> promote(std::string owner, std::string agent_id);

    /// Notes a device that has signed in; a token if it wants one or its own is due for another.
    Task<std::optional<Token>> signed_in(std::string owner, SignIn sign_in);
    /// The devices of a person, those seen last in front.
    Task<std::vector<Device>> list(std::string owner);
    /// Ends the device's tokens, and forgets it unless it has shown the password. Nothing when there is none of this id.
    Task<std::optional<Device>> revoke(std::string owner, std::string id);

    /// Forgets everything about the devices of a person, in the caller's transaction.
    static void forget(storage::Transaction& transaction, std::string_view owner);

  private:
    Task<bool> takes_count(std::string owner, std::string id, bool is_newer, std::int64_t count);
    std::string sealed_agent(std::string_view owner, const UserAgent& agent) const;
    void give(storage::Transaction& transaction, std::string_view owner, std::string_view id, std::string_view mechanism,
              const Token& token) const;
    std::optional<std::string> mechanism_of_token_due(storage::Transaction& transaction, std::string_view owner,
                                                      std::string_view id, Time now) const;

    storage::Database& database_;
    const Key key_;
    const Options options_;
    const Clock clock_;
};

}  // namespace chancery
