// An upload: received into an encrypted file, looked at, scanned, put on record, and only then there for anybody.
//
// Operation. The order of the lines of keep() is the guarantee. What is refused or breaks off leaves no bytes behind, but
// for what holds a virus: that is kept where no link leads.
// Limits. A file is never whole in memory: `portion_bytes` of it.

#include <algorithm>

#include "base/bytes.h"
#include "files/sniff.h"
#include "files/web.h"

namespace chancery::files {
namespace {

constexpr std::size_t portion_bytes = 4 * piece_bytes;

using IncomingPtr = std::shared_ptr<Store::Incoming>;  // owned by the upload, and by the worker that works on it

/// What has come.
struct Received {
    IncomingPtr incoming;
    Digest digest;
    std::string beginning;
};

std::string_view essence(std::string_view type) { return type.substr(0, type.find_first_of("; ")); }

/// XEP-0363 §7: exactly what was announced.
void check_head(const net::HttpRequest& request, const Slot& slot) {
    if (!request.content_length) throw refusal(411, "Say how long the file is.");
    if (*request.content_length != slot.size)
        throw refusal(*request.content_length > slot.size ? 413 : 400,
                      "The file has another size than was said when its place was asked for.");
    const auto type = request.fields.find("content-type");
    if (!type.empty() && !slot.declared_type.empty() && !net::equals_without_case(essence(type), essence(slot.declared_type)))
        throw refusal(415, "The file has another type than was said when its place was asked for.");
    if (request.fields.has("content-range") || request.fields.has("content-encoding")) throw refusal(400, "A file is sent whole, as it is.");
}

/// The slot that the request is for. @throws net::HttpError
Task<Slot> slot_of(Files& files, Asked asked) {
    const auto pass = files.links().open(Pass::Kind::put, asked.id, asked.pass);
    if (!pass) throw not_there();
    const auto file = co_await files.reg().find(asked.id);
    if (!file || file->slot.owner != pass->whose) throw not_there();
    if (file->slot.state != State::awaited) throw refusal(409, "This file has come already.");
    if (pass->until < files.host().now()) throw refusal(403, "This place was asked for too long ago. Ask for another one.");
    if (!files.host().accounts().is_enabled(pass->whose.local())) throw refusal(403, "This account may not upload files any more.");
    co_return file->slot;
}

Task<> check_room(Files& files, std::uint64_t size) {
    const auto look = [&store = files.store()] { return store.free_bytes(); };
    const auto reserve = static_cast<std::uint64_t>(files.host().config().files.reserve_mib) << 20;
    const auto free = co_await files.disk().run(look);
    if (free < reserve + size) {
        log::error("files.no_room", {{"free_mib", free >> 20}, {"mend", "make room, or lower files.reserve_mib"}});
        throw refusal(507, "The server has no room for the file. Its administrator has been told. Try again later.");
    }
}

Task<> add(Files& files, IncomingPtr incoming, std::string bytes) {
    auto work = [incoming, bytes = std::move(bytes)] { incoming->writer.add(bytes); };
    co_await files.disk().run(std::move(work));
}

Task<Received> receive(Files& files, net::HttpExchange& exchange, std::uint64_t size) {
    const auto begin = [&store = files.store(), size]() -> IncomingPtr { return store.begin(size); };
    Received received{.incoming = co_await files.disk().run(begin)};
    std::string portion;
    while (true) {
        const auto bytes = co_await exchange.read();
        portion += bytes;
        if (portion.size() < portion_bytes && !bytes.empty()) continue;
        if (received.beginning.size() < sniffed_bytes) received.beginning += portion.substr(0, sniffed_bytes - received.beginning.size());
        if (!portion.empty()) co_await add(files, received.incoming, std::exchange(portion, {}));
        if (bytes.empty()) break;
    }
    const auto finish = [incoming = received.incoming] { return incoming->writer.finish(); };
    received.digest = co_await files.disk().run(finish);
    co_return received;
}

/// What the scanner says; without one: not scanned. @throws ScannerError
Task<Finding> scan(Files& files, IncomingPtr incoming) {
    if (!files.scanner().is_configured()) co_return Finding();
    const auto asked = std::chrono::steady_clock::now();
    const auto patience = std::chrono::seconds(files.host().config().files.scanner_seconds);
    const auto work = [&scanner = files.scanner(), &store = files.store(), incoming, asked, patience] {
        // Behind others that had to wait as long: the scanner hangs.
        if (std::chrono::steady_clock::now() - asked > patience) throw ScannerError("the virus scanner has too much to do");
        const auto reader = store.read(*incoming);
        std::uint64_t at = 0;
        return scanner.scan([&] {
            auto bytes = reader.read(at, portion_bytes);
            at += bytes.size();
            return bytes;
        });
    };
    co_return co_await files.scans().run(work);
}

bool is_forbidden(const Config& config, std::string_view type) {
    return std::ranges::any_of(config.files.forbidden, [&](const std::string& pattern) { return is_like(type, pattern); });
}

/// What policy has to know of bytes that have come.
Task<policy::FileFacts> look_at(Files& files, const Received& received, Content& content) {
    policy::FileFacts facts{.bytes = content.size, .most_bytes = content.size, .most_bytes_of_day = content.size, .most_files_of_day = 1,
                            .type = content.type, .is_type_forbidden = is_forbidden(files.host().config(), content.type)};
    if (facts.is_type_forbidden) co_return facts;
    try {
        const auto finding = co_await scan(files, received.incoming);
        content.verdict = finding.verdict;
        content.virus = finding.virus;
        if (finding.verdict == Verdict::infected) facts.virus = content.virus.empty() ? std::string_view("unnamed") : std::string_view(content.virus);
    } catch (const ScannerError& failure) {
        log::error("files.scanner", {{"cause", failure.what()}});
        facts.has_no_verdict = true;
    }
    co_return facts;
}

int status_of(std::string_view rule) {
    if (rule == "file-type") return 415;
    return rule == "file-scanned" ? 503 : 403;
}

/// Where no link leads, for the records officer; links that are under way say why.
Task<> quarantine(Files& files, Received received, Slot slot, Content content) {
    const auto move = [&keeping = files.keeping(), incoming = received.incoming, id = slot.id, content] { return keeping.quarantine(*incoming, id, content); };
    for (const auto& id : co_await files.disk().run(move)) files.links().withhold(id);
    files.host().announce(slot.owner, "A file was withheld",
                          "A virus (" + content.virus + ") was found in the file " + slot.name +
                              " that was uploaded in your name. Nobody can open it. The attempt is on record; speak to your administrator.");
}

Task<> keep(Files& files, net::HttpExchange& exchange, Received received, Slot slot) {
    Content content{.name = files.store().name_of(received.digest), .size = slot.size, .sha256 = to_hex(view(received.digest)),
                    .type = std::string(sniff(received.beginning))};
    const auto facts = co_await look_at(files, received, content);
    const auto decision = policy::decide_file(facts);
    const auto verdict = facts.is_type_forbidden || facts.has_no_verdict ? std::string_view() : name_of(content.verdict);
    Files::Act act{.who = slot.owner,
                   .stanza = record_of("upload", {{"id", slot.id}, {"name", slot.name}, {"size", std::to_string(slot.size)},
                                                  {"sha256", content.sha256}, {"declared-type", slot.declared_type}, {"type", content.type},
                                                  {"verdict", verdict}, {"virus", content.virus}}),
                   .from_address = exchange.peer().host(),
                   .decision = decision};
    co_await files.record(std::move(act));
    // From here on the upload is on record.
    if (content.verdict == Verdict::infected) co_await quarantine(files, received, slot, content);
    if (decision.denied()) throw refusal(status_of(decision.rule), decision.error.text);
    const auto place = [&keeping = files.keeping(), incoming = received.incoming, id = slot.id, content] { keeping.keep(*incoming, id, content); };
    co_await files.disk().run(place);
    // From here on it can be fetched.
}

Task<> take(Files& files, net::HttpExchange& exchange, Slot slot) {
    co_await check_room(files, slot.size);
    auto received = co_await receive(files, exchange, slot.size);
    co_await keep(files, exchange, std::move(received), std::move(slot));
}

}  // namespace

Task<> take_upload(Files& files, net::HttpExchange& exchange) {
    const auto asked = asked_by(exchange.request());
    const Files::Taking taking(files, asked.id);
    auto slot = co_await slot_of(files, asked);
    if (!taking.is_first()) throw refusal(409, "This file is on its way already.");
    exchange.signed_in();
    check_head(exchange.request(), slot);
    co_await or_refusal(take(files, exchange, std::move(slot)), "Not accepted: the archive is not available. Try again later.");
    exchange.respond({.status = 201, .fields = for_pages({{"Content-Type", "text/plain; charset=utf-8"}}), .body = {}});
}

}  // namespace chancery::files
