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

std::string certificate_of(const TlsContext& context) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(SSL_CTX_get0_certificate(context.native()), &bytes);
    std::string der(reinterpret_cast<char*>(bytes), size > 0 ? size : 0);
    OPENSSL_free(bytes);
    return der;
}

}  // namespace chancery::net
