// What domains say of their certificates over HTTPS (RFC 7711), kept no longer than they say.
//
// Concurrency: any thread that may wait: proves() may take some seconds. Limits: `most` domains.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "s2s/https.h"
#include "xmpp/posh_document.h"

namespace chancery::s2s {

class Posh {
  public:
    /// Nothing found wrong with the certificate (in DER) of the domain; else why, for the log.
    Result<void, std::string> proves(const std::string& domain, std::string_view certificate, const HttpsOptions& options);

  private:
    using Clock = std::chrono::steady_clock;
    struct Known {
        Result<PoshDocument, std::string> document;
        Clock::time_point since, until;
    };
    static Known ask(const std::string& domain, const HttpsOptions& options);

    static constexpr std::size_t most = 1'000;
    std::mutex guard_;
    std::map<std::string, Known> known_;
};

}  // namespace chancery::s2s
