// A download: whoever has a link that was signed for somebody who is still here, and has not ended, gets the file; on record
// before the first byte leaves.

#include <algorithm>

#include "files/range.h"
#include "files/sniff.h"
#include "files/web.h"
#include "policy/downloads.h"

namespace chancery::files {
namespace {

constexpr std::size_t portion_bytes = 4 * piece_bytes;

using ReaderPtr = std::shared_ptr<const ContentReader>;  // owned by the download, and by the worker that reads

/// A file, and whom the link was signed for that led to it.
struct Opened {
    File file;
    Pass pass;
};

/// A person who may sign in, a room that exists, and neither one that got the name later; a partner who is reached.
Task<bool> is_still_here(Host& host, Pass pass) {
    const auto& whose = pass.whose;
    if (host.is_local(whose)) co_return host.accounts().is_enabled(whose.local()) && pass.is_of({whose, host.since_of(whose)});
    if (auto* service = host.service_at(whose)) {
        const auto asks = [service, whose](Home&) { return service->since(whose); };
        const auto since = co_await host.ask(whose, asks);
        co_return since && pass.is_of({whose, since});
    }
    co_return host.way_to(whose) != nullptr;
}

/// The file that the link opens. @throws net::HttpError
Task<Opened> open(Files& files, Asked asked) {
    const auto pass = files.links().open(Pass::Kind::get, asked.id, asked.pass);
    if (!pass) throw not_there();
    const auto file = co_await files.reg().find(asked.id);
    if (!file || !file->content) throw not_there();
    co_return Opened{*file, *pass};
}

/// RFC 6266, RFC 8187.
std::string disposition(const std::string& type, const std::string& name) {
    std::string plain;
    for (const char c : name) plain += c > 0x1F && c < 0x7F && c != '"' && c != '\\' && c != '%' ? c : '_';
    return std::string(may_be_shown(type) ? "inline" : "attachment") + "; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encoded(name);
}

net::HttpFields fields_of(const File& file, const std::string& tag) {
    return for_pages({{"Content-Type", std::string(type_to_send(file.content->type))},
                      {"Content-Disposition", disposition(file.content->type, file.slot.name)},
                      {"Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'"},
                      {"Cache-Control", "private, no-cache"},
                      {"Accept-Ranges", "bytes"},
                      {"ETag", tag}});
}

Task<std::string> read(Files& files, ReaderPtr reader, std::uint64_t at, std::size_t length) {
    const auto work = [reader, at, length] { return reader->read(at, length); };
    co_return co_await files.disk().run(work);
}

Task<> send(Files& files, net::HttpExchange& exchange, ReaderPtr reader, Range part, std::string portion) {
    while (true) {
        part.first += portion.size();
        part.length -= portion.size();
        co_await exchange.send(portion);
        if (part.length == 0) co_return;
        portion = co_await read(files, reader, part.first, std::min<std::uint64_t>(part.length, portion_bytes));
    }
}

/// `bytes`: first-last; empty: none are given.
Task<> record(Files& files, const net::HttpExchange& exchange, const Opened& opened, std::string bytes, policy::Decision decision) {
    const auto& file = opened.file;
    Files::Act act{.who = opened.pass.whose,
                   .stanza = record_of("download", {{"id", file.slot.id}, {"name", file.slot.name}, {"size", std::to_string(file.slot.size)},
                                                    {"sha256", file.content->sha256}, {"bytes", bytes}}),
                   .from_address = exchange.peer().host(),
                   .decision = std::move(decision)};
    co_await files.record(std::move(act));
}

/// Whoever is refused although the link is one of ours stands on record too. @throws net::HttpError
Task<> judge(Files& files, const net::HttpExchange& exchange, const Opened& opened) {
    const auto& file = opened.file;
    const policy::DownloadFacts facts{
        .is_removed = file.slot.state == State::removed,
        .is_withheld = file.slot.state != State::kept || file.content->verdict == Verdict::infected,
        .has_ended = opened.pass.until < files.host().now(),
        .is_audience_here = co_await is_still_here(files.host(), opened.pass)};
    const auto decision = policy::decide_download(facts);
    if (!decision.denied()) co_return;
    co_await record(files, exchange, opened, {}, decision);
    throw refusal(decision.error.condition == Condition::gone ? 410 : 403, decision.error.text);
}

/// The part that is wanted, if it is the same file that an earlier part was of (RFC 9110 §13.1.5).
std::optional<Range> wanted_part(const net::HttpRequest& request, const File& file, const std::string& tag) {
    const auto condition = request.fields.find("if-range");
    const bool is_wanted = request.method == "GET" && request.fields.count("range") == 1 && (condition.empty() || condition == tag);
    if (!is_wanted) return std::nullopt;
    const auto range = range_of(request.fields.find("range"), file.slot.size);
    if (range) return *range;
    auto fields = for_pages({});
    fields.add("Content-Range", "bytes */" + std::to_string(file.slot.size));
    throw net::HttpError(416, "The file is not that long.", fields);
}

Task<> give(Files& files, net::HttpExchange& exchange, Opened opened) {
    co_await judge(files, exchange, opened);
    const auto& file = opened.file;
    const auto tag = "\"" + file.content->name.substr(0, 32) + "\"";
    auto fields = fields_of(file, tag);
    const auto& request = exchange.request();
    if (request.fields.lists("if-none-match", tag)) co_return exchange.respond({.status = 304, .fields = std::move(fields), .body = {}});
    const auto wanted = wanted_part(request, file, tag);
    const auto part = wanted.value_or(Range{0, file.slot.size});
    if (wanted)
        fields.add("Content-Range", "bytes " + std::to_string(part.first) + "-" + std::to_string(part.first + part.length - 1) + "/" +
                                        std::to_string(file.slot.size));
    const auto open_content = [&store = files.store(), name = file.content->name]() -> ReaderPtr { return std::make_shared<ContentReader>(store.open(name)); };
    const auto reader = co_await files.disk().run(open_content);
    if (reader->size() != file.slot.size) throw Damaged("the file " + file.content->name + " has another size than it had");
    if (request.is_head()) co_return exchange.begin(200, fields, part.length);
    auto portion = co_await read(files, reader, part.first, std::min<std::uint64_t>(part.length, portion_bytes));
    co_await record(files, exchange, opened, std::to_string(part.first) + "-" + std::to_string(part.first + part.length - 1), {});
    // From here on the download is on record.
    exchange.begin(wanted ? 206 : 200, fields, part.length);
    co_await send(files, exchange, reader, part, std::move(portion));
}

}  // namespace

Task<> give_download(Files& files, net::HttpExchange& exchange) {
    auto opened = co_await open(files, asked_by(exchange.request()));
    exchange.signed_in();
    co_await or_refusal(give(files, exchange, std::move(opened)), "Not given: the archive is not available. Try again later.");
}

}  // namespace chancery::files
