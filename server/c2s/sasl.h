// An exchange of SASL over a stream, in the words of either profile: RFC 6120 §6 and XEP-0388 differ in little more than
// the namespace from the first challenge on.
#pragma once
#include <optional>

#include "accounts/sasl/exchange.h"
#include "c2s/service.h"
#include "c2s/xml_stream.h"

namespace chancery::c2s {

/// What a stream offers to who signs in by it.
struct Offered {
    std::vector<sasl::Mechanism> mechanisms;
    sasl::ChannelBindings bindings;
    std::vector<std::string> token_mechanisms;  ///< XEP-0484
    std::vector<Hash> upgrades;                 ///< XEP-0480
    std::string from;                           ///< of the stream header
};

Offered offer_of(Service& service, XmlStream& stream);
/// The features of a stream that is encrypted and has nobody yet.
std::string sign_in_features(const Offered& offered);

sasl::Context context_of(Service& service, XmlStream& stream, const Offered& offered);

/// What the client says in base64. @returns incorrect-encoding when it is not.
Result<std::string, sasl::Failure> decode(std::string_view text);

/// Leads the exchange to its end; the success is the caller's to tell.
/// @throws StreamError when the client says anything but a response or an abort.
Task<Result<sasl::Success, sasl::Failure>> run_exchange(Service& service, XmlStream& stream, sasl::Exchange& exchange,
                                                        std::optional<std::string> initial, std::string_view profile);

/// RFC 6120 §6.4.2 <auth/>: the account of who has proved to be it, who was told so.
Task<Result<Account, sasl::Failure>> authenticate_by_auth(Service& service, XmlStream& stream, const Offered& offered);

std::string failure_xml(const sasl::Failure& failure, std::string_view profile);

/// RFC 6120 §4.9.3.12, §4.9.3.25: the end of a stream that says something else before its client has signed in.
[[noreturn]] void refuse_element(xml::View element);

std::chrono::milliseconds login_limit(Service& service);

}  // namespace chancery::c2s
