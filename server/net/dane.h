// Whether a certificate is one that TLSA records name (RFC 6698, RFC 7671). That the records can be believed is for the caller.
//
// OpenSSL decides, but after the handshake: who calls us says only then in whose name, and only then records are looked for.
// Concurrency: any thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "net/tls.h"

namespace chancery::net {

/// RFC 6698 §2.1. Whether it can be used is found out by using it.
struct TlsaRecord {
    std::uint8_t usage = 0, selector = 0, matching = 0;
    std::string data;
    bool operator==(const TlsaRecord&) const = default;
};

struct DaneVerdict {
    enum class Kind {
        no_records,      ///< none that can be used: as if there were none (RFC 6698 §4.1)
        mismatch,
        end_entity,      ///< DANE-EE(3): the certificate as it is, whatever it says of names and dates (RFC 7671 §5.1)
        by_authority,    ///< the other usages: it must name the server as well
    } kind = Kind::no_records;
    std::string reason;  ///< of a mismatch
};

/// `context` has the authorities that the usages PKIX-TA(0) and PKIX-EE(1) ask for.
DaneVerdict judge_by_dane(const PeerCertificate& certificate, const std::vector<TlsaRecord>& records, const TlsContext& context);

}  // namespace chancery::net
