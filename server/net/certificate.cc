#include "net/certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace chancery::net {

bool certificate_is_for(const TlsContext& context, std::string host) {
    auto* certificate = SSL_CTX_get0_certificate(context.native());
    if (!certificate || host.empty()) return false;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1 ||
           X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

}  // namespace chancery::net
