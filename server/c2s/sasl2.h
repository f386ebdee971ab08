// XEP-0388: Extensible SASL Profile 1.0.4: signing in with all that is to follow named in advance, so that one answer has
// everything.
//
// Operation. Who signs in is found out where the connection came in; what was asked for besides (XEP-0198 resumption,
// XEP-0386 binding) concerns the person and is done at their home, where <success/> is written (inline.cc).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accounts/account.h"
#include "c2s/sasl.h"

namespace chancery::c2s {

/// XEP-0386: how a resource is to be bound, and what is to be switched on with it.
struct BindRequest {
    std::string tag;
    bool carbons = false;
    std::optional<std::string> management;  ///< XEP-0198 <enable/>: its attribute resume
    bool inactive = false;                  ///< XEP-0352
};

/// XEP-0198 <resume/>, as the client wrote it.
struct ResumeRequest {
    std::string previous, handled;
};

/// What <authenticate/> asks for (XEP-0388 §2.4).
struct SignInRequest {
    std::string mechanism;
    std::optional<std::string> initial;    ///< decoded
    UserAgent agent;
    std::optional<BindRequest> bind;
    std::optional<ResumeRequest> resume;
    std::string wanted_token;              ///< XEP-0484 <request-token/>: the mechanism
    bool by_token = false;                 ///< XEP-0484 <fast/> is there
    std::optional<std::int64_t> count;     ///< XEP-0484 §3.4: of the attempt, against replays
    bool invalidate = false;
    std::vector<std::string> upgrades;     ///< XEP-0480: names of tasks

    /// Or why it cannot be one.
    static Result<SignInRequest, sasl::Failure> read(xml::View authenticate);
};

/// Who has signed in, and what is still to be answered.
struct SignedIn {
    Account account;
    /// After XEP-0388. Nothing after RFC 6120's own profile: then the stream begins anew.
    struct Sasl2 {
        SignInRequest request;
        std::string results;  ///< what <success/> begins with, serialised: data of the mechanism, a token
    };
    std::unique_ptr<Sasl2> sasl2;
};

/// The stream feature.
std::string authentication_feature(const Offered& offered);

/// Answers <authenticate/>, which the stream has just read.
Task<Result<SignedIn, sasl::Failure>> authenticate_by_sasl2(Service& service, XmlStream& stream, const Offered& offered);

/// XEP-0480: the upgrades that the client has asked for and that its account lacks. `data` is the mechanism's, for the
/// first <continue/>; empty when it was told.
Task<Result<void, sasl::Failure>> upgrade(Service& service, XmlStream& stream, const Offered& offered,
                                          const Account& account, const std::vector<std::string>& tasks, std::string& data);
/// "UPGR-SCRAM-SHA-256"
std::string upgrade_task(Hash hash);

}  // namespace chancery::c2s
