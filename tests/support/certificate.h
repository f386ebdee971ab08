// Throw-away certificates for tests, made by OpenSSL and written to a temporary directory.
#pragma once
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace chancery::test {

/// What a test's servers have as TlsContext::Options::compact.
inline bool compact = true;

/// A test that runs with libssl for the whole life of a connection, and with libssl for the handshake only.
#define TLS_TEST_CASE(name)                                        \
    static void DOCTEST_CAT(in_tls_, __LINE__)();                  \
    TEST_CASE(name) {                                              \
        for (const bool without_library : {false, true}) {         \
            CAPTURE(without_library);                              \
            chancery::test::compact = without_library;             \
            DOCTEST_CAT(in_tls_, __LINE__)();                      \
        }                                                          \
    }                                                              \
    static void DOCTEST_CAT(in_tls_, __LINE__)()

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        char pattern[] = "/tmp/chancery-test-XXXXXX";
        if (!mkdtemp(pattern)) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A self-signed certificate (an authority for itself) and its key, as PEM files.
class Certificate {
  public:
    enum class Algorithm { ecdsa, rsa };

    /// `names`: subjectAltName in OpenSSL's notation, "DNS:example.org".
    Certificate(const std::string& common_name, const std::string& names,
                Algorithm algorithm = Algorithm::ecdsa) {
        EVP_PKEY* key = algorithm == Algorithm::ecdsa ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
        X509* x509 = X509_new();
        X509_set_version(x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
        X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
        X509_set_issuer_name(x509, X509_get_subject_name(x509));
        X509_set_pubkey(x509, key);
        add(x509, NID_basic_constraints, "critical,CA:TRUE");
        add(x509, NID_subject_alt_name, names);
        X509_sign(x509, key, EVP_sha256());
        write(chain(), [&](FILE* file) { PEM_write_X509(file, x509); });
        write(this->key(),
              [&](FILE* file) { PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr); });
        X509_free(x509);
        EVP_PKEY_free(key);
    }

    std::filesystem::path chain() const { return directory_.path() / "chain.pem"; }
    std::filesystem::path key() const { return directory_.path() / "key.pem"; }

  private:
    static void add(X509* x509, int kind, const std::string& value) {
        auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        if (!extension) throw std::runtime_error("extension " + value);
        X509_add_ext(x509, extension, -1);
        X509_EXTENSION_free(extension);
    }
    template <class Write>
    static void write(const std::filesystem::path& path, Write write_to) {
        FILE* file = std::fopen(path.c_str(), "w");
        if (!file) throw std::runtime_error(path);
        write_to(file);
        std::fclose(file);
    }

    TemporaryDirectory directory_;
};

}  // namespace chancery::test
