// How the server is, and what to do about what is wrong.

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "admin/certificates.h"
#include "admin/commands.h"

namespace chancery::admin {
namespace {

struct Check {
    std::string_view name;
    bool good;
    std::string says;
    std::string mend = {};
};

Check check_disk(const Context& context) {
    struct statvfs disk {};
    ::statvfs(context.data.c_str(), &disk);
    const auto free_mib = disk.f_bavail * disk.f_frsize / (1 << 20);
    return {"disk", free_mib >= 512, std::to_string(free_mib) + " MiB free", "Make room or move the data directory: without "
            "room no message can be recorded, and so none is accepted."};
}

Check check_permissions(const Context& context) {
    for (const auto& path : {context.data, context.data / context.config.journal.keys}) {
        struct stat info {};
        if (::stat(path.c_str(), &info) != 0 || info.st_mode & 077)
            return {"permissions", false, path.string() + " can be read by others", "chmod 700 " + path.string()};
    }
    return {"permissions", true, "only the server's own user can read data and keys"};
}

Check check_certificate(const Context& context) {
    const auto path = context.data / context.config.tls.certificate;
    const auto end = certificate_end(path);
    if (!end) return {"certificate", false, path.string() + " cannot be read", "Put the certificate chain there, in PEM."};
    const auto left = std::chrono::duration_cast<std::chrono::days>(*end - system_now()).count();
    return {"certificate", left > 14, "good for " + std::to_string(left) + " days", "Renew " + path.string() +
            " and send the server SIGHUP: it takes the new one without a restart."};
}

Check check_clock(const Context& context) {
    const auto last = context.journal.checkpoint().time;
    const bool good = last <= system_now() + std::chrono::seconds(5);
    return {"clock", good, good ? "not behind the journal's last checkpoint" : "behind the journal's last checkpoint",
            "Set the clock (ntp): records must not seem older than those before them."};
}

/// A synchronised write that takes no time at all never reached a disk.
Check check_fsync(const Context& context) {
    const auto path = context.data / "fsync-probe";
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (!file) return {"fsync", false, "cannot write to " + context.data.string(), "Check the file system and its owner."};
    constexpr int rounds = 20;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        std::fputs("chancery\n", file);
        std::fflush(file);
        ::fsync(::fileno(file));
    }
    const auto each = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin) / rounds;
    std::fclose(file);
    std::filesystem::remove(path);
    return {"fsync", each.count() >= 20, std::to_string(each.count()) + " microseconds for a synchronised write",
            "This disk answers before it can have written: switch off its volatile write cache, or put the journal elsewhere."};
}

Check check_limits() {
    const auto files = ::sysconf(_SC_OPEN_MAX);
    return {"limits", files >= 8'192, std::to_string(files) + " files may be open", "Raise LimitNOFILE (ulimit -n): each client needs one."};
}

Check check_journal(const Context& context) {
    const auto status = context.journal.status();
    return {"journal", status.is_writing, status.is_writing ? "writing" : status.reason,
            "Until it is mended every message is refused. It goes on by itself afterwards."};
}

Check check_index(const Context& context) {
    const auto status = context.archive.status();
    return {"index", status.failure.empty(), status.failure.empty() ? "in step" : status.failure,
            "The record itself is not touched. To build the index again: chancery archive rebuild"};
}

/// A partner is a matter for the administrator while something waits for it and the last attempt has failed.
Check check_federation(const Context& context) {
    const auto state = context.live ? context.live().value("federation", json()) : json();
    if (!state.is_object()) return {"federation", true, context.live ? "off" : "not asked: the server does not run"};
    std::string troubles;
    for (const auto& [domain, partner] : state.at("domains").items()) {
        const bool stuck = partner.at("waiting") != 0 && !partner.at("last_error").get_ref<const std::string&>().empty() &&
                           partner.at("streams_out") == 0 && partner.at("streams_in") == 0;
        if (stuck) troubles += (troubles.empty() ? "" : "; ") + domain + ": " + partner.at("waiting").dump() + " waiting, " +
                               partner.at("last_error").get<std::string>();
    }
    return {"federation", troubles.empty(), troubles.empty() ? "nothing waits in vain" : troubles,
            "docs/federation.md says what each of these means and what to ask the partner's administrator."};
}

/// Without a scanner files go unscanned, which is on their record: the administrator's choice, and no fault.
Check check_files(const Context& context) {
    if (context.config.files.service.empty()) return {"files", true, "off"};
    const auto state = scanner_state(context.config);
    const auto scanner = state.at("scanner").get<std::string>(), trouble = state.at("trouble").get<std::string>();
    if (scanner.empty()) return {"files", true, "not scanned for viruses: files.scanner is not set"};
    return {"files", trouble.empty(), trouble.empty() ? "scanned for viruses by " + scanner : trouble,
            "Until it answers no file is accepted. Start clamd, and see that it listens at files.scanner (docs/files.md)."};
}

}  // namespace

json status(Context& context, const json&) {
    const auto journal = context.journal.status();
    const auto index = context.archive.status();
    json result = {{"version", CHANCERY_VERSION},
                   {"versions", {{"chancery", CHANCERY_VERSION}, {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
                                 {"sqlite", sqlite3_libversion()}}},
                   {"domain", context.config.domain},
                   {"running", context.host != nullptr},
                   {"accounts", context.accounts.size()},
                   {"journal", {{"writing", journal.is_writing}, {"reason", journal.reason}, {"position", journal.records},
                                {"segments", journal.segments}, {"bytes", journal.bytes}, {"refused", journal.refused},
                                {"checkpoint", journal.checkpoint.size},
                                {"last_commit_us", journal.last_commit.count()}, {"worst_commit_us", journal.worst_commit.count()}}},
                   {"index", {{"position", index.indexed}, {"ready", index.ready}, {"rebuilding", index.rebuilding},
                              {"failure", index.failure}}},
                   {"files", scanner_state(context.config)}};
    if (context.live) result.update(context.live());
    return result;
}

json doctor(Context& context, const json&) {
    const Check checks[] = {check_journal(context), check_index(context),       check_disk(context),  check_fsync(context),
                            check_clock(context),   check_certificate(context), check_permissions(context), check_limits(),
                            check_federation(context), check_files(context)};
    json list = json::array();
    bool good = true;
    for (const auto& check : checks) {
        good = good && check.good;
        list.push_back({{"name", check.name}, {"good", check.good}, {"says", check.says}, {"mend", check.good ? "" : check.mend}});
    }
    return {{"good", good}, {"checks", list}};
}

}  // namespace chancery::admin
