// The <body/> of a BOSH request (XEP-0124 1.11.2 §6, XEP-0206 1.4), parsed strictly. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace chancery::c2s {

struct BoshRequest {
    std::uint64_t rid = 0;
    std::string sid;          ///< empty: a new session is wanted
    std::string to, from;     ///< of a new session, or of a new stream in it
    std::string version;      ///< of XMPP
    unsigned wait = 0, hold = 0;
    bool acknowledges = false;  ///< the client uses acknowledgements (§9)
    bool restarts = false, terminates = false;
    unsigned pause = 0;       ///< seconds of silence that are asked for (§10); 0: none
    std::string key, new_key; ///< §15
    std::vector<std::string> payloads;  ///< elements that declare what they use

    bool is_empty() const { return payloads.empty() && !restarts && !terminates && pause == 0; }
};

/// A request; nothing when it is malformed (bad-request).
std::optional<BoshRequest> parse_bosh_request(std::string body);

/// The body of a response.
struct BoshResponse {
    std::string attributes;  ///< serialised, each with a space before it
    std::string content;     ///< elements that declare what they use
    std::string to_xml() const;
};

/// One that ends the session; without a condition: as the client wished (§13, §17.2).
std::string terminate_body(std::string_view condition, std::string content = {}, std::string attributes = {});

}  // namespace chancery::c2s
