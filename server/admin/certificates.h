// The keys and certificates that a new server starts with: a certificate authority of its own and a server certificate.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace chancery::admin {

/// Writes ca.pem, ca.key, server.pem (with the CA's certificate after it) and server.key into `directory`; keys with mode
/// 0600. ECDSA P-256; the server's certificate names the domain, localhost, the host's name and the loopback addresses.
/// @throws std::runtime_error
void make_certificates(const std::filesystem::path& directory, const std::string& domain);

/// When the first certificate of the file ends; nothing when it cannot be read.
std::optional<Time> certificate_end(const std::filesystem::path& file);

struct CertificateBytes {
    std::string der;
    std::string key;  ///< its public key: the SubjectPublicKeyInfo, as DER
};
/// Of the first certificate in a PEM file. Nothing when it cannot be read.
std::optional<CertificateBytes> read_certificate(const std::filesystem::path& path);

}  // namespace chancery::admin
