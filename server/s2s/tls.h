// The TLS contexts of federation: one certificate shows who we are, whether we call or are called.
//
// Concurrency: any thread. reload() replaces them for new streams.
#pragma once
#include <filesystem>
#include <memory>
#include <mutex>

#include "net/tls.h"

namespace chancery::s2s {

class Tls {
  public:
    struct Files {
        std::filesystem::path certificate, key;
        std::filesystem::path authorities;  ///< empty: none but the system's
        bool system_authorities = true;
    };

    /// @throws net::TlsError
    explicit Tls(Files files);
    /// Reads the files again. @throws net::TlsError  and what was stays in force.
    void reload();

    std::shared_ptr<net::TlsContext> server() const;
    /// Chain and name are for the caller to judge (identity.h).
    std::shared_ptr<net::TlsContext> client(bool direct) const;

  private:
    struct Contexts {
        std::shared_ptr<net::TlsContext> server, client, direct_client;
    };
    Contexts load() const;

    const Files files_;
    mutable std::mutex guard_;
    Contexts contexts_;
};

}  // namespace chancery::s2s
