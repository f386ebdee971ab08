#include "xml/stream_scanner.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace chancery;
using namespace chancery::xml;

namespace {

constexpr std::string_view header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a' "
    "version='1.0'>";

using Events = std::vector<std::string>;

// All there is to take, in words.
bool drain(StreamScanner& scanner, Events& events) {
    for (;;) {
        const auto root = [&] { return scanner.document().root(); };
        switch (scanner.next()) {
            case Event::need_more: return true;
            case Event::header: events.push_back("header to=" + std::string(root().attribute("to"))); break;
            case Event::element: events.push_back(root().outer_with_namespaces()); break;
            case Event::footer: events.push_back("footer"); break;
            case Event::fault:
                events.push_back("fault " + std::string(condition_of(scanner.fault())));
                return false;
        }
    }
}

Events scan(std::string_view text, std::size_t first_piece, const Limits& limits = {}) {
    StreamScanner scanner(limits);
    Events events;
    const std::string a(text.substr(0, first_piece)), b(text.substr(first_piece));
    scanner.feed(a);
    if (!drain(scanner, events)) return events;
    scanner.feed(b);
    drain(scanner, events);
    return events;
}

Events scan_bytes(std::string_view text) {
    StreamScanner scanner;
    Events events;
    for (const char c : text) {
        const std::string piece(1, c);
        scanner.feed(piece);
        if (!drain(scanner, events)) break;
    }
    return events;
}

std::string in_stream(std::string_view text) { return std::string(header) + std::string(text); }

Events after_header(std::string_view text) {
    auto events = scan(in_stream(text), 0);
    REQUIRE(!events.empty());
    REQUIRE(events.front() == "header to=a");
    events.erase(events.begin());
    return events;
}

}  // namespace

TEST_CASE("AStreamIsTheSameHoweverItIsCut") {
    const std::string texts[] = {
        "<?xml version='1.0' encoding='utf-8'?>\n" +
            in_stream("\n<iq id='1'><q xmlns='u'>&lt;\xC3\xA9\r\n</q></iq> "
                      "<message><![CDATA[]]]]></message></stream:stream>\n"),
        in_stream("<a b='&amp;\xF0\x9F\x98\x80'>]]</a><a></b>"),
        in_stream("<a/><!-- c -->"),
        in_stream("<a>&nbsp;</a>"),
        in_stream("<a/>text"),
        in_stream("<p:a/>"),
        in_stream("<a/></stream:strea>"),
        "<?xml version='1.0' encoding='latin1'?>" + in_stream(""),
    };
    for (const auto& text : texts) {
        CAPTURE(text);
        const auto whole = scan(text, 0);
        CHECK(whole.size() >= 1);
        for (std::size_t i = 1; i <= text.size(); ++i) CHECK(scan(text, i) == whole);
        CHECK(scan_bytes(text) == whole);
    }
}

TEST_CASE("AStreamHasAHeaderElementsAndAFooter") {
    CHECK(
        scan("<?xml version='1.0'?>" + in_stream(" \n<presence/>\n<iq/></stream:stream> ignored"), 0) ==
        Events{"header to=a", "<presence xmlns='jabber:client'/>", "<iq xmlns='jabber:client'/>", "footer"});
}

TEST_CASE("ElementsInheritWhatTheHeaderDeclares") {
    CHECK(after_header("<stream:error><a xmlns='u'/></stream:error>") ==
          Events{
              "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><a xmlns='u'/></stream:error>"});
}

TEST_CASE("AHeaderThatIsNoneIsRefused") {
    const std::pair<std::string, std::string_view> bad[] = {
        {"<stream/>", "bad-format"},
        {"<stream xmlns='u'>", "invalid-namespace"},
        {"<a xmlns='http://etherx.jabber.org/streams'>", "bad-format"},
        {"<stream:stream>", "bad-namespace-prefix"},
        {"hello", "not-well-formed"},
        {"\xEF\xBB\xBF" + std::string(header), "not-well-formed"},
        {"\xFE\xFF", "unsupported-encoding"},
        {std::string("<\0s\0", 4), "unsupported-encoding"},
        {"<!DOCTYPE a>", "restricted-xml"},
        {"<!-- -->", "restricted-xml"},
        {"<?xsl a?>", "restricted-xml"},
        {"<?xml-stylesheet a?>", "restricted-xml"},
        {"<?xml version='1.0'?><?xml version='1.0'?>", "restricted-xml"},
        {"<?xml?>", "restricted-xml"},
        {"<?xml ?>", "not-well-formed"},
        {"<?xml version='1.1'?>", "not-well-formed"},
        {"<?xml encoding='UTF-8'?>", "not-well-formed"},
        {"<?xml version='1.0' standalone='x'?>", "not-well-formed"},
        {"<?xml version='1.0'encoding='UTF-8'?>", "not-well-formed"},
        {"<?xml version='1.0' encoding='UTF-16'?>", "unsupported-encoding"},
        {"<?xml version='1.0' " + std::string(300, ' '), "not-well-formed"},
        {std::string(header.substr(0, 60)) + std::string(300'000, ' '), "policy-violation"},
    };
    for (const auto& [text, condition] : bad) {
        CAPTURE(text);
        CHECK(scan(text, 0) == Events{"fault " + std::string(condition)});
    }
}

TEST_CASE("BetweenElementsThereIsOnlyWhiteSpace") {
    CHECK(after_header("<a xmlns=''/>x") == Events{"<a xmlns=''/>", "fault bad-format"});
    CHECK(after_header("&amp;") == Events{"fault bad-format"});
    CHECK(after_header("<![CDATA[ ]]>") == Events{"fault restricted-xml"});
    CHECK(after_header("<?p?>") == Events{"fault restricted-xml"});
    CHECK(after_header("</stream:stream" + std::string(80, ' ')) == Events{"fault policy-violation"});
    CHECK(after_header("</stream:streams>") == Events{"fault not-well-formed"});
}

TEST_CASE("AFaultStaysUntilReset") {
    StreamScanner scanner;
    scanner.feed("x");
    CHECK(scanner.next() == Event::fault);
    scanner.feed(header);
    CHECK(scanner.next() == Event::fault);
    scanner.reset();
    scanner.feed(header);
    CHECK(scanner.next() == Event::header);
}

TEST_CASE("ARestartKeepsWhatHasArrivedUnlessItIsDiscarded") {
    StreamScanner scanner;
    const auto text = in_stream("<auth/>\n" + std::string(header) + "<iq/>");
    Events events;
    scanner.feed(text);
    CHECK(scanner.next() == Event::header);
    CHECK(scanner.next() == Event::element);
    SUBCASE("kept") {
        scanner.reset();
        CHECK(scanner.buffered() == header.size() + 6);
        drain(scanner, events);
        CHECK(events == Events{"header to=a", "<iq xmlns='jabber:client'/>"});
    }
    SUBCASE("discarded") {
        scanner.discard();
        scanner.reset();
        CHECK(scanner.buffered() == 0);
        CHECK(scanner.next() == Event::need_more);
        scanner.feed(header);
        CHECK(scanner.next() == Event::header);
    }
}

TEST_CASE("LimitsCanBeRaisedInAStream") {
    StreamScanner scanner(limits_before_sign_in);
    const auto large = "<a xmlns=''>" + std::string(20'000, 'x') + "</a>";
    Events events;
    scanner.feed(header);
    drain(scanner, events);
    SUBCASE("before") {
        scanner.feed(large);
        CHECK_FALSE(drain(scanner, events));
        CHECK(events.back() == "fault policy-violation");
    }
    SUBCASE("after") {
        scanner.set_limits({});
        scanner.feed(large);
        CHECK(drain(scanner, events));
        CHECK(events.back() == large);
    }
}

TEST_CASE("AnElementThatEndsAtTheLimitIsTaken") {
    const std::string element = "<a>0123456789</a>";
    for (std::size_t limit = element.size() - 3; limit < element.size() + 3; ++limit) {
        StreamScanner scanner;
        scanner.feed(header);
        CHECK(scanner.next() == Event::header);
        CHECK(scanner.next() == Event::need_more);
        scanner.set_limits({.element_bytes = limit});
        scanner.feed(element);
        CHECK(scanner.next() == (limit < element.size() ? Event::fault : Event::element));
    }
}

TEST_CASE("BytesMayComeBeforeThoseThatWereFedAreUsedUp") {
    StreamScanner scanner;
    Events events;
    std::string text = in_stream("<a xmlns=''/><b xmlns=''/>");
    scanner.feed(text);
    CHECK(scanner.next() == Event::header);
    CHECK(scanner.next() == Event::element);
    scanner.feed("<c xmlns=''/>");
    text.assign(text.size(), '!');
    drain(scanner, events);
    CHECK(events == Events{"<b xmlns=''/>", "<c xmlns=''/>"});
}

TEST_CASE("AKeptElementLeavesNothingBehind") {
    StreamScanner scanner;
    scanner.feed(header);
    CHECK(scanner.next() == Event::header);
    for (int i = 0; i < 3; ++i) {  // next() is not called until it needs more
        scanner.feed("<a");
        CHECK(scanner.next() == Event::need_more);
        scanner.feed("bc/>");
        CHECK(scanner.next() == Event::element);
        CHECK(scanner.document().root().outer() == "<abc/>");
    }
    scanner.feed("<d");
    CHECK(scanner.next() == Event::need_more);
    CHECK(scanner.buffered() == 2);
}

// Quadratic scanning of these would take minutes.
TEST_CASE("ALargeElementInSingleBytesIsScannedOnce") {
    const std::string long_value = "<a b='" + std::string(250'000, 'x') + "'/>";
    const std::string long_text = "<a>" + std::string(250'000, 'x') + "</a>";
    const std::string long_space = "<a" + std::string(250'000, ' ') + "/>";
    const std::string long_end = "<a></a" + std::string(250'000, ' ') + ">";
    const std::string long_cdata = "<a><![CDATA[" + std::string(250'000, ']') + "]]></a>";
    for (const auto* const text : {&long_value, &long_text, &long_space, &long_end, &long_cdata}) {
        const auto start = std::chrono::steady_clock::now();
        StreamScanner scanner;
        scanner.feed(header);
        CHECK(scanner.next() == Event::header);
        CHECK(scanner.next() == Event::need_more);
        Event last = Event::need_more;
        for (const char& c : *text) {
            scanner.feed({&c, 1});
            last = scanner.next();
        }
        CHECK(last == Event::element);
        CHECK(scanner.document().root().outer() == *text);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    }
}
