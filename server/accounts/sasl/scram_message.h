// The texts of SCRAM (RFC 5802 §7), parsed strictly and written. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "accounts/sasl/exchange.h"

namespace chancery::sasl {

/// What a client says of channel binding in its GS2 header (RFC 5802 §6).
enum class BindingFlag {
    none,         // n: it cannot
    not_offered,  // y: it can, and believes that the server cannot
    bound,        // p=type
};

struct ClientFirst {
    BindingFlag flag = BindingFlag::none;
    std::string binding_type;
    std::string authzid;  // decoded
    std::string name;     // decoded, not prepared
    std::string nonce;
    std::string gs2_header;
    std::string bare;  // client-first-message-bare
};

struct ClientFinal {
    std::string binding;  // decoded: GS2 header and binding data
    std::string nonce;
    std::string proof;          // decoded
    std::string without_proof;  // client-final-message-without-proof
};

/// Nothing when the text is not by the grammar, or has the mandatory extension "m", which nobody has defined.
std::optional<ClientFirst> parse_client_first(std::string_view message);
std::optional<ClientFinal> parse_client_final(std::string_view message);

/// server-first-message; `list_hash` (XEP-0474 "h", raw) is left out when it is empty.
std::string write_server_first(std::string_view nonce, std::string_view salt, int iterations,
                               std::string_view list_hash);

/// XEP-0474 0.5.0 "Server Sends Downgrade Protection Hash": what the server offered, hashed, so that a client
/// notices when somebody took something away.
std::string list_hash(Hash hash, const Offer& offer);

}  // namespace chancery::sasl
