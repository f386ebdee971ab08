// Files that people share (XEP-0363): the parts that the service, the web and the administration have in common.
//
// Operation. A person asks upload.DOMAIN for a slot (slots.cc), sends the bytes by HTTPS (upload.cc), which are looked at,
// scanned and put on record before anybody can have them, and shares the link; each copy of the message has a link of its
// own (links.h), which opens the file (download.cc).
// Concurrency. Made and started by the main thread; the rest on every shard. Disk and scanner have threads of their own, so that
// a scanner that hangs keeps nobody from signing in.
#pragma once
#include <mutex>
#include <set>
#include <string>

#include "base/executor.h"
#include "core/host.h"
#include "files/keeping.h"
#include "files/links.h"
#include "files/register.h"
#include "files/scanner.h"
#include "files/store.h"
#include "net/http_router.h"

namespace chancery::files {

class Files {
  public:
    /// Adds the service to the host. @throws ConfigError
    Files(Host& host, const Store& store, Register& reg, Keeping& keeping, const Key& master, Jid address);
    /// The service's address; nothing: files are off.
    static std::optional<Jid> address_of(const Config& config);

    void add_routes(net::HttpRouter& router);
    /// When it is known where HTTPS is reached, before the shards run.
    void start(std::uint16_t https_port);
    /// From any thread: whoever waits for the scanner waits no longer.
    void stop() { scanner_.stop(); }
    /// Ends when what was asked of the threads here is done.
    void drain();

    Host& host() { return host_; }
    const Jid& address() const { return address_; }
    const Store& store() const { return store_; }
    Register& reg() { return register_; }
    Keeping& keeping() { return keeping_; }
    Links& links() { return links_; }
    const Scanner& scanner() const { return scanner_; }
    Workers& disk() { return disk_; }
    Workers& scans() { return scans_; }

    /// The upload of one file, as long as this lives: nobody else may begin it meanwhile.
    class Taking {
      public:
        Taking(Files& files, std::string id);
        ~Taking();
        Taking(const Taking&) = delete;
        bool is_first() const { return is_first_; }

      private:
        Files& files_;
        const std::string id_;
        bool is_first_;
    };

    /// What somebody did with a file, or tried to, as it goes on record.
    struct Act {
        Jid who;                       ///< bare
        std::string stanza;
        std::string from_address = {};  ///< network address
        policy::Decision decision = {};
    };
    /// @throws NotRecorded
    Task<> record(Act act);

  private:
    Host& host_;
    const Jid address_;
    const Store& store_;
    Register& register_;
    Keeping& keeping_;
    Links links_;
    Scanner scanner_;
    Workers disk_{2}, scans_{2};
    std::mutex guard_;
    std::set<std::string> taking_;
};

/// An element of the record (docs/files.md) with these attributes; those that are empty are left out.
std::string record_of(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> attributes);

}  // namespace chancery::files
