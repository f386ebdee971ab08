// Why a SASL exchange failed: the conditions of RFC 6120 §6.5 and a text for people.
#pragma once
#include <string>
#include <string_view>

namespace chancery::sasl {

enum class Condition {
    aborted,
    account_disabled,
    credentials_expired,
    encryption_required,
    incorrect_encoding,
    invalid_authzid,
    invalid_mechanism,
    malformed_request,
    mechanism_too_weak,
    not_authorized,
    temporary_auth_failure,
};

/// The element's name: "not-authorized".
std::string_view name(Condition condition);

struct Failure {
    Condition condition;
    std::string text;  // says nothing that helps to guess
};

}  // namespace chancery::sasl
