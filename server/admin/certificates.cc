#include "admin/certificates.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace chancery::admin {
namespace {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const { free_function(object); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

constexpr long day = 24 * 60 * 60;
constexpr long ca_days = 3650, server_days = 825;  // 825: the longest that Apple's clients accept

void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

File create(const std::filesystem::path& path, mode_t mode) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) throw std::runtime_error("cannot write " + path.string());
    return File(::fdopen(fd, "w"));
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

Certificate blank(EVP_PKEY* key, const std::string& common_name, long days) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    unsigned char serial[16];
    RAND_bytes(serial, sizeof serial);
    serial[0] &= 0x7f;
    const std::unique_ptr<BIGNUM, Free<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * day);
    X509_set_pubkey(certificate.get(), key);
    auto* subject = X509_get_subject_name(certificate.get());
    // RFC 5280: a common name has at most 64 characters; the names that count are in subjectAltName.
    const auto name = common_name.substr(0, 64);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return certificate;
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key) {
    const auto file = create(path, 0600);
    require(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "writing the key");
}

std::string alternative_names(const std::string& domain) {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    std::string names = "DNS:" + domain + ",DNS:*." + domain;  // the services have domains of their own below it
    if (domain != "localhost") names += ",DNS:localhost";
    if (*host && domain != host) names += std::string(",DNS:") + host;
    return names + ",IP:127.0.0.1,IP:::1";
}

}  // namespace

void make_certificates(const std::filesystem::path& directory, const std::string& domain) {
    const PrivateKey ca_key(EVP_EC_gen("P-256")), server_key(EVP_EC_gen("P-256"));
    require(ca_key && server_key, "EC keys");

    const auto ca = blank(ca_key.get(), "Chancery CA of " + domain, ca_days);
    X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "signing the CA");

    const auto server = blank(server_key.get(), domain, server_days);
    X509_set_issuer_name(server.get(), X509_get_subject_name(ca.get()));
    add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(server.get(), ca.get(), NID_subject_key_identifier, "hash");
    add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid");
    add_extension(server.get(), ca.get(), NID_subject_alt_name, alternative_names(domain));
    require(X509_sign(server.get(), ca_key.get(), EVP_sha256()) > 0, "signing the server certificate");

    write_key(directory / "ca.key", ca_key.get());
    write_key(directory / "server.key", server_key.get());
    const auto ca_file = create(directory / "ca.pem", 0644);
    require(PEM_write_X509(ca_file.get(), ca.get()) == 1, "writing the CA");
    const auto chain = create(directory / "server.pem", 0644);
    require(PEM_write_X509(chain.get(), server.get()) == 1 && PEM_write_X509(chain.get(), ca.get()) == 1, "writing the chain");
}

std::optional<CertificateBytes> read_certificate(const std::filesystem::path& path) {
    const File file(std::fopen(path.c_str(), "r"));
    if (!file) return std::nullopt;
    const Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    if (!certificate) return std::nullopt;
    const auto encoded = [](auto* object, auto encode) {
        unsigned char* bytes = nullptr;
        const int size = encode(object, &bytes);
        std::string text(reinterpret_cast<char*>(bytes), size > 0 ? size : 0);
        OPENSSL_free(bytes);
        return text;
    };
    return CertificateBytes{.der = encoded(certificate.get(), i2d_X509), .key = encoded(X509_get_X509_PUBKEY(certificate.get()), i2d_X509_PUBKEY)};
}

std::optional<Time> certificate_end(const std::filesystem::path& path) {
    const File file(std::fopen(path.c_str(), "r"));
    if (!file) return std::nullopt;
    const Certificate certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return std::nullopt;
    return Time(std::chrono::seconds(::timegm(&end)));
}

}  // namespace chancery::admin
