// Files of the record: which ones a message shares, and the bytes of one for the records officer.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "admin/commands.h"
#include "admin/file_output.h"
#include "base/bytes.h"
#include "base/running_hash.h"
#include "files/links.h"
#include "files/scanner.h"

namespace chancery::admin {
namespace {

constexpr std::size_t portion_bytes = 1 << 20, digest_letters = 2 * sizeof(Digest);
constexpr auto scanner_patience = std::chrono::seconds(2);

json describe(const files::File& file) {
    json described = {{"id", file.slot.id}, {"name", file.slot.name}, {"size", file.slot.size}, {"owner", file.slot.owner.text()},
                      {"asked", to_iso(file.slot.created)}};
    if (file.removal) described["removed"] = {{"at", to_iso(file.removal->at)}, {"how", file.removal->how}};
    if (!file.content) return described;
    described["sha256"] = file.content->sha256;
    described["type"] = file.content->type;
    described["verdict"] = name_of(file.content->verdict);
    if (!file.content->virus.empty()) described["virus"] = file.content->virus;
    return described;
}

/// By its id, or by the SHA-256 of its bytes.
std::vector<files::File> files_named(const Context& context, const std::string& which) {
    if (which.size() != digest_letters) {
        auto file = context.files.find_now(which);
        return file ? std::vector{std::move(*file)} : std::vector<files::File>();
    }
    const auto bytes = from_hex(which);
    Digest digest{};
    if (!bytes || bytes->size() != digest.size()) return {};
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return context.files.find_content_now(context.file_store.name_of(digest));
}

/// The same, at least one; what is still there stands first.
std::vector<files::File> existing_files(const Context& context, const json& request) {
    const auto which = request.at("file").get<std::string>();
    auto found = files_named(context, which);
    if (found.empty()) throw AdminError("There is no file " + which + ". archive show names the files that a message shares.");
    if (!found.front().content) throw AdminError("The file " + which + " was announced and never came.");
    const auto there = std::ranges::find_if(found, [](const files::File& file) { return !file.removal; });
    const auto& file = found.front();
    if (there == found.end())
        throw AdminError("The file " + file.slot.name + " (" + file.slot.id + ") was removed on " + to_iso(file.removal->at) + " " + file.removal->how +
                         ". Its record remains: archive search --all.");
    std::iter_swap(found.begin(), there);
    return found;
}

class Output {
  public:
    explicit Output(const std::string& path)
        : path_(path), fd_(path == "-" ? STDOUT_FILENO : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
        if (fd_ < 0) fail();
    }
    ~Output() {
        if (fd_ != STDOUT_FILENO) ::close(fd_);
    }
    Output(const Output&) = delete;

    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto written = ::write(fd_, bytes.data(), bytes.size());
            if (written < 0 && errno != EINTR) fail();
            if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

  private:
    [[noreturn]] void fail() const {
        throw AdminError("cannot write " + path_ + ": " + std::strerror(errno) +
                         ". This command writes as the server's own user; --out - writes to standard output.");
    }

    const std::string& path_;
    const int fd_;
};

}  // namespace

json files_in(const Context& context, std::string_view stanza) {
    json found = json::array();
    for (const auto& id : files::Links::ids_in(stanza)) {
        const auto file = context.files.find_now(id);
        found.push_back(file ? describe(*file) : json{{"id", id}});
    }
    return found;
}

std::string say_file_act(xml::View act) {
    auto text = std::string(act.name()) + " " + std::string(act.attribute("name"));
    for (const auto* key : {"size", "type", "verdict", "virus", "bytes", "sha256", "id", "content", "how"})
        if (act.has_attribute(key)) text.append(", ").append(key).append(" ").append(act.attribute(key));
    return text;
}

json find_file(Context& context, const json& request) {
    const auto found = existing_files(context, request);
    const auto& file = found.front();
    auto described = describe(file);
    described["content"] = file.content->name;
    described["quarantined"] = file.slot.state == files::State::quarantined;
    json all = json::array();
    for (const auto& each : found) all.push_back(describe(each));
    described["uploads"] = std::move(all);
    return described;
}

/// Whoever uploaded the same bytes has a file of their own: by the SHA-256 all of them go.
json remove_file(Context& context, const json& request) {
    const auto reason = request.at("reason").get<std::string>();
    if (reason.empty()) throw AdminError("Say why, for the record: --reason TEXT");
    json removed = json::array();
    try {
        for (const auto& file : existing_files(context, request)) {
            if (file.removal) continue;
            context.file_retention.remove(file, "by " + context.actor + ": " + reason);
            removed.push_back(describe(file));
        }
    } catch (const NotRecorded& failure) {
        throw AdminError(std::string("Not removed, because the archive cannot record it: ") + failure.what());
    } catch (const journal::FileError& failure) {
        throw AdminError(failure.what());
    }
    return {{"removed", removed}};
}

void write_file(const std::filesystem::path& folder, const Key& key, const json& found, const std::string& out) {
    try {
        const files::Store store(folder, key);
        const auto name = found.at("content").get<std::string>();
        const auto reader = found.at("quarantined").get<bool>() ? store.open_quarantined(name) : store.open(name);
        const Output output(out);
        RunningHash hash;
        for (std::uint64_t at = 0; at < reader.size(); at += portion_bytes) {
            const auto bytes = reader.read(at, portion_bytes);
            hash.add(bytes);
            output.write(bytes);
        }
        if (to_hex(view(hash.finish())) != found.at("sha256").get<std::string>())
            throw AdminError("The bytes on disk are not those that were uploaded.");
    } catch (const files::Damaged& damage) {
        throw AdminError(damage.what());
    } catch (const journal::FileError& failure) {
        throw AdminError(failure.what());
    }
}

json scanner_state(const Config& config) {
    std::string trouble;
    try {
        const files::Scanner scanner(config.files.scanner, scanner_patience);
        if (scanner.is_configured()) scanner.ping();
    } catch (const std::exception& failure) {
        trouble = failure.what();
    }
    return {{"scanner", config.files.scanner}, {"trouble", trouble}};
}

}  // namespace chancery::admin
