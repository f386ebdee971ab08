// clamd's INSTREAM (clamd(8)): bytes go to it over a socket, a verdict comes back.
//
// Whatever is not a plain "clean" or "infected" is no verdict, and then nothing is let through: a scanner that is down,
// hangs, answers something else, or takes no files of that size (clamd's StreamMaxLength).
// Concurrency. Every function on every thread. What asks the scanner blocks, at most so long as the limit.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "files/verdict.h"

namespace chancery::files {

/// There is no verdict, and why.
struct ScannerError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Finding {
    Verdict verdict = Verdict::not_scanned;
    std::string virus;     ///< the name that the scanner gave
};

class Scanner {
  public:
    /// `address`: a path, or 127.0.0.1:3310; empty: there is no scanner. @throws std::invalid_argument  it is neither, or
    /// does not lie on this machine: what is scanned goes over the socket as it is
    Scanner(std::string address, std::chrono::seconds limit);
    ~Scanner();
    Scanner(const Scanner&) = delete;

    bool is_configured() const { return !address_.empty(); }
    const std::string& address() const { return address_; }

    /// `next` gives the next bytes, none at the end. @throws ScannerError, and what `next` throws
    Finding scan(const std::function<std::string()>& next) const;
    /// @throws ScannerError  it does not answer
    void ping() const;
    /// Whoever waits for a verdict gets none.
    void stop();

  private:
    class Connection;

    const std::string address_;
    const std::chrono::seconds limit_;
    int stop_ = -1;     // readable from stop() on
};

}  // namespace chancery::files
