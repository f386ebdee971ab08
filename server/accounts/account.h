// Account: the proof that somebody has signed in. Nobody but the Authenticator can make one.
#pragma once
#include <string>
#include <vector>

#include "xmpp/jid.h"

namespace chancery {

class Account {
  public:
    /// Bare.
    const Jid& jid() const { return jid_; }
    std::string_view name() const { return jid_.local(); }
    /// The roles at the moment of signing in; a decision taken later asks Accounts::has_role.
    const std::vector<std::string>& roles() const { return roles_; }

  private:
    friend class Authenticator;
    Account(Jid jid, std::vector<std::string> roles) : jid_(std::move(jid)), roles_(std::move(roles)) {}

    Jid jid_;
    std::vector<std::string> roles_;
};

}  // namespace chancery
