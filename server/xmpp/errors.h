// The errors of XMPP: one that answers a stanza (RFC 6120 §8.3) and one that ends a stream (§4.9).
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/element.h"
#include "xml/escape.h"

namespace chancery {

/// RFC 6120 §8.3.3, all defined conditions.
enum class Condition {
    bad_request,
    conflict,
    feature_not_implemented,
    forbidden,
    gone,
    internal_server_error,
    item_not_found,
    jid_malformed,
    not_acceptable,
    not_allowed,
    not_authorized,
    policy_violation,
    recipient_unavailable,
    redirect,
    registration_required,
    remote_server_not_found,
    remote_server_timeout,
    resource_constraint,
    service_unavailable,
    subscription_required,
    undefined_condition,
    unexpected_request,
};

/// What a refused stanza is answered with. The type follows from the condition (RFC 6120 §8.3.3) unless it is given.
struct StanzaError {
    Condition condition;
    std::string text;            ///< for a person, in English; may be empty
    std::string_view type = {};  ///< auth, cancel, modify or wait; empty: what the RFC suggests for the condition
    std::string application = {};///< an application-specific condition, serialised (RFC 6120 §8.3.4)

    /// `<error type='…'><condition/><text/></error>` in the default namespace jabber:client.
    std::string to_xml() const;
    friend bool operator==(const StanzaError&, const StanzaError&) = default;
};

std::string_view name_of(Condition condition);

/// What the <error/> of a stanza, serialised, says; undefined-condition when it says nothing we know.
StanzaError error_of(std::string_view stanza);

/// What an IQ handler returns: the payload of the result, serialised (empty for an empty result), or the refusal.
using Reply = Result<std::string, StanzaError>;

[[nodiscard]] inline std::unexpected<StanzaError> refuse(Condition condition, std::string text = {}) {
    return std::unexpected(StanzaError{condition, std::move(text)});
}

/// Thrown to end a stream: what the peer is told before the stream is closed. `condition` is an element name of
/// RFC 6120 §4.9.3.
struct StreamError {
    std::string_view condition;
    std::string text = {};
    std::string application = {};

    /// `<stream:error>…</stream:error>`
    std::string to_xml() const;
};

}  // namespace chancery
