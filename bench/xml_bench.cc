// What a message costs in xml/: scanning it off a stream, and rewriting it for its recipient.

#include <benchmark/benchmark.h>

#include <string>

#include "xml/element.h"
#include "xml/parse.h"
#include "xml/restamp.h"
#include "xml/stream_scanner.h"

namespace {

using namespace chancery::xml;

constexpr std::string_view header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a' "
    "version='1.0'>";

// 379 bytes, as research/core.md §2 measured with.
const std::string message =
    "<message type='chat' to='juliet@capulet.example/balcony' id='b1c2d3e4-0001'>"
    "<body>Wherefore art thou Romeo? Deny thy father and refuse thy name, or if thou wilt not, be but "
    "sworn.</body>"
    "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>"
    "<origin-id xmlns='urn:xmpp:sid:0' id='b1c2d3e4-0001'/>"
    "<active xmlns='http://jabber.org/protocol/chatstates'/></message>";

void scan(benchmark::State& state) {
    StreamScanner scanner;
    scanner.feed(header);
    (void)scanner.next();
    (void)scanner.next();
    for (auto _ : state) {
        scanner.feed(message);
        benchmark::DoNotOptimize(scanner.next());
        benchmark::DoNotOptimize(scanner.next());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * message.size()));
}
BENCHMARK(scan);

void restamp(benchmark::State& state) {
    const auto document = parse(message, {}, "jabber:client");
    for (auto _ : state) {
        Restamp restamp(document->root(), "jabber:client");
        restamp.set("from", "romeo@montague.example/orchard")
            .append("<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>");
        benchmark::DoNotOptimize(restamp.to_string());
    }
}
BENCHMARK(restamp);

void restamp_dropping(benchmark::State& state) {
    const auto document = parse(message, {}, "jabber:client");
    constexpr Tag origin{"origin-id", "urn:xmpp:sid:0"};
    for (auto _ : state) {
        Restamp restamp(document->root(), "jabber:client");
        restamp.set("from", "romeo@montague.example/orchard").drop([&](View child) {
            return child.is(origin);
        });
        benchmark::DoNotOptimize(restamp.to_string());
    }
}
BENCHMARK(restamp_dropping);

void read_body(benchmark::State& state) {
    const auto document = parse(message, {}, "jabber:client");
    for (auto _ : state) {
        benchmark::DoNotOptimize(document->root().child({"body", "jabber:client"}).text());
        benchmark::DoNotOptimize(document->root().attribute("to"));
    }
}
BENCHMARK(read_body);

void element_round_trip(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(Element::parse(message)->to_string());
}
BENCHMARK(element_round_trip);

}  // namespace

BENCHMARK_MAIN();
