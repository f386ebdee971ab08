#include "net/dane.h"

#include <doctest/doctest.h>
#include <openssl/x509.h>

#include "base/hash.h"
#include "support/certificate.h"

using namespace chancery;
using namespace chancery::net;
using Kind = DaneVerdict::Kind;

namespace {

std::string der_of(const test::Certificate& certificate) {
    FILE* file = std::fopen(certificate.chain().c_str(), "r");
    X509* x509 = PEM_read_X509(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(x509, &bytes);
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    X509_free(x509);
    return der;
}

struct Shown {
    test::Certificate certificate{"a.example", "DNS:a.example"}, stranger{"b.example", "DNS:b.example"};
    std::string der = der_of(certificate);
    PeerCertificate peer{.der = der};

    /// `authority`: whom we trust.
    Kind judge(std::vector<TlsaRecord> records, const test::Certificate& authority) const {
        return judge_by_dane(peer, records, *TlsContext::client({.ca = authority.chain()})).kind;
    }
    Kind judge(std::vector<TlsaRecord> records) const { return judge(std::move(records), stranger); }
    std::string digest() const {
        const auto bytes = sha256({der});
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

}  // namespace

TEST_CASE("ACertificateThatARecordNamesIsGoodAsItIs") {
    const Shown shown;
    CHECK(shown.judge({{3, 0, 0, shown.der}}) == Kind::end_entity);
    CHECK(shown.judge({{3, 0, 1, shown.digest()}}) == Kind::end_entity);
    CHECK(shown.judge({{3, 0, 1, std::string(32, 'x')}}) == Kind::mismatch);
    CHECK(shown.judge({{3, 0, 1, std::string(32, 'x')}, {3, 0, 1, shown.digest()}}) == Kind::end_entity);
}

TEST_CASE("UsagesThatAskForAnAuthorityAskForOneThatIsTrusted") {
    const Shown shown;
    CHECK(shown.judge({{1, 0, 1, shown.digest()}}) == Kind::mismatch);
    CHECK(shown.judge({{1, 0, 1, shown.digest()}}, shown.certificate) == Kind::by_authority);
    CHECK(shown.judge({{0, 0, 1, shown.digest()}}) == Kind::mismatch);
    CHECK(shown.judge({{0, 0, 1, shown.digest()}}, shown.certificate) == Kind::mismatch);  // that names an authority above it
}

TEST_CASE("RecordsThatCannotBeUsedAreAsNone") {
    const Shown shown;
    CHECK(shown.judge({}) == Kind::no_records);
    CHECK(shown.judge({{4, 0, 1, shown.digest()}, {3, 2, 1, shown.digest()}, {3, 0, 3, shown.digest()}}) == Kind::no_records);
    CHECK(shown.judge({{3, 0, 1, "short"}, {3, 0, 1, ""}, {3, 0, 0, ""}, {3, 0, 0, "no certificate"}, {2, 0, 0, "no certificate"}}) == Kind::no_records);
    CHECK(shown.judge({{3, 0, 1, "short"}, {3, 0, 1, std::string(32, 'x')}}) == Kind::mismatch);
}

TEST_CASE("AnUnreadableCertificateMatchesNothing") {
    Shown shown;
    shown.peer.der = "no certificate";
    shown.peer.chain = {"", "nor this"};
    CHECK(shown.judge({{3, 0, 1, shown.digest()}}) == Kind::mismatch);
}
