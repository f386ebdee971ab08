// What the scanner accepts, expat accepts, and both read the same in it; however the bytes are cut; and what
// we write of it, expat accepts too. The other way round is not asked: the scanner may refuse more than expat
// does.
//
// The first byte of an input chooses the stream header in front of the rest, or that the rest has its own.

#include <expat.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xml/content.h"
#include "xml/element.h"
#include "xml/escape.h"
#include "xml/parse.h"
#include "xml/restamp.h"
#include "xml/stream_scanner.h"

using namespace chancery::xml;

namespace {

constexpr char separator = '\x01';  // no character of XML, so that no namespace can contain it
constexpr std::string_view footer = "</stream:stream>";
constexpr std::string_view headers[] = {
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns:p='urn:p' "
    "xmlns:q='urn:q'>",
    "<stream:stream xmlns='urn:&quot;&#39;' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:p='jabber:client' "
    "xmlns:q='jabber:client'>",
};

// A reading of an element, for comparison.
void write_text(std::string& out, std::string_view text) {
    out += 'T' + std::to_string(text.size()) + ':';
    out += text;
}

void write_start(std::string& out, std::string_view ns, std::string_view name) {
    out += '(';
    write_text(out, ns);
    write_text(out, name);
}

void write_attribute(std::string& out, std::string_view ns, std::string_view name, std::string_view value) {
    out += '@';
    write_text(out, ns);
    write_text(out, name);
    write_text(out, value);
}

void check(bool holds, const char* what, std::string_view a = {}, std::string_view b = {}) {
    if (holds) return;
    std::fprintf(stderr, "%s\n--- a:\n%.*s\n--- b:\n%.*s\n", what, static_cast<int>(a.size()), a.data(),
                 static_cast<int>(b.size()), b.data());
    std::abort();
}

void read(std::string& out, View element) {
    write_start(out, element.ns(), element.name());
    for (std::size_t i = 0; i < element.attribute_count(); ++i) {
        const auto [name, prefix, ns, value] = element.attribute_at(i);
        write_attribute(out, ns, name, value);
        check(element.attribute(name, ns) == value, "an attribute is not found by its name", name);
    }
    std::string text, joined;
    const auto flush = [&] {
        if (!text.empty()) write_text(out, text);
        joined += text;
        text.clear();
    };
    for_each_part(
        element, [&](std::string_view raw) { append_unescaped(text, raw, Place::text); },
        [&](View child) {
            flush();
            read(out, child);
        });
    flush();
    check(element.text() == joined, "text() is not the joined text", element.text(), joined);
    out += ')';
}

std::string read(View element) {
    std::string out;
    read(out, element);
    return out;
}

// The oracle: expat with namespaces, refusing what RFC 6120 §11.1 restricts.
class Expat {
  public:
    Expat() : parser_(XML_ParserCreateNS("UTF-8", separator), XML_ParserFree) {
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), on_start, on_end);
        XML_SetCharacterDataHandler(parser_.get(), on_text);
        XML_SetCommentHandler(parser_.get(), [](void* self, const char*) { refuse(self); });
        XML_SetProcessingInstructionHandler(parser_.get(),
                                            [](void* self, const char*, const char*) { refuse(self); });
        XML_SetStartDoctypeDeclHandler(
            parser_.get(), [](void* self, const char*, const char*, const char*, int) { refuse(self); });
    }

    /// Whether it is one well-formed element, with nothing but white space around it unless `tail_is_free`.
    bool accepts(std::string_view text, bool tail_is_free = false) {
        const auto status = XML_Parse(parser_.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
        return !refused_ && (status == XML_STATUS_OK || (tail_is_free && ended_));
    }
    std::string_view error() const {
        const char* const text = XML_ErrorString(XML_GetErrorCode(parser_.get()));
        return text ? text : "";
    }
    /// The elements at this depth, one after the other; 0 is the root.
    std::string reading(int depth) const { return depth == 0 ? all_ : inside_; }

  private:
    static void refuse(void* self) {
        auto& expat = *static_cast<Expat*>(self);
        if (!expat.ended_) expat.refused_ = true;
    }
    static std::pair<std::string_view, std::string_view> split(std::string_view full) {
        const auto cut = full.find(separator);
        if (cut == full.npos) return {"", full};
        return {full.substr(0, cut), full.substr(cut + 1)};
    }
    static void on_start(void* self, const char* name, const char** attributes) {
        auto& expat = *static_cast<Expat*>(self);
        expat.flush();
        std::string start;
        const auto [ns, local] = split(name);
        write_start(start, ns, local);
        for (; *attributes; attributes += 2) {
            const auto [attribute_ns, attribute] = split(attributes[0]);
            write_attribute(start, attribute_ns, attribute, attributes[1]);
        }
        expat.write(start, expat.depth_++ > 0);
    }
    static void on_end(void* self, const char*) {
        auto& expat = *static_cast<Expat*>(self);
        expat.flush();
        expat.write(")", --expat.depth_ > 0);
        if (expat.depth_ == 0) expat.ended_ = true;
    }
    static void on_text(void* self, const char* text, int size) {
        static_cast<Expat*>(self)->text_.append(text, static_cast<std::size_t>(size));
    }
    void flush() {
        std::string written;
        if (!text_.empty()) write_text(written, text_);
        write(written, depth_ > 1);
        text_.clear();
    }
    void write(std::string_view piece, bool is_inside) {
        all_ += piece;
        if (is_inside) inside_ += piece;
    }

    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
    std::string all_, inside_, text_;
    int depth_ = 0;
    bool ended_ = false, refused_ = false;
};

std::string in_stream(std::string_view header, std::string_view element) {
    return std::string(header) + std::string(element) + std::string(footer);
}

void check_same(std::string_view context, std::string_view text, const std::string& reading,
                const char* what) {
    Expat expat;
    const auto whole = context.empty() ? std::string(text) : in_stream(context, text);
    check(expat.accepts(whole), what, whole, expat.error());
    const auto other = expat.reading(context.empty() ? 0 : 1);
    check(other == reading, what, reading, other);
}

// The reading of an element as Restamp was told to change it.
std::string expected_restamp(View root, std::string_view appended) {
    std::string out;
    write_start(out, root.ns(), root.name());
    bool done = false;
    for (std::size_t i = 0; i < root.attribute_count(); ++i) {
        const auto [name, prefix, ns, value] = root.attribute_at(i);
        if (prefix.empty() && name == "id") continue;
        const bool is_from = prefix.empty() && name == "from";
        write_attribute(out, ns, name, is_from ? "a&'b" : value);
        done = done || is_from;
    }
    if (!done) write_attribute(out, "", "from", "a&'b");
    std::string text;
    const auto flush = [&] {
        if (!text.empty()) write_text(out, text);
        text.clear();
    };
    for_each_part(
        root, [&](std::string_view raw) { append_unescaped(text, raw, Place::text); },
        [&](View child) {
            if (child.name() == "x") return;
            flush();
            read(out, child);
        });
    flush();
    out += appended;
    return out + ')';
}

void check_written(View root) {
    const auto reading = read(root);
    check_same({}, root.outer_with_namespaces(), reading, "outer_with_namespaces() reads differently");
    for (View child : root.children())
        check_same(headers[2], child.outer_with_namespaces(), read(child),
                   "a child taken out reads differently");

    const Element element(root);
    const auto written = element.to_string();
    const auto again = Element::parse(written);
    check(again.has_value(), "an Element cannot be read back", written);
    check(*again == element, "an Element reads differently", written, again->to_string());
    check(Expat().accepts(written), "expat refuses an Element", written);

    std::string end_reading;
    write_start(end_reading, "urn:end", "end");
    end_reading += ')';
    for (const auto header : headers) {
        const auto stream_ns = header == headers[0] ? "jabber:client" : header == headers[2] ? "urn:\"'" : "";
        Restamp restamp(root, stream_ns);
        restamp.set("from", "a&'b").remove("id").append("<end xmlns='urn:end'/>");
        restamp.drop([](View child) { return child.name() == "x"; });
        check_same(header, restamp.to_string(), expected_restamp(root, end_reading),
                   "a restamp reads differently");
    }
    check_same({}, Restamp(root).to_string(), reading, "an unchanged restamp reads differently");
}

struct Trace {
    std::vector<std::string> events;
    bool has_footer = false;
    bool has_fault = false;
};

// Takes all events there are.
void drain(StreamScanner& scanner, Trace& trace) {
    for (;;) {
        switch (scanner.next()) {
            case Event::need_more: return;
            case Event::header: trace.events.push_back("header " + read(scanner.document().root())); break;
            case Event::element: trace.events.push_back("element " + read(scanner.document().root())); break;
            case Event::footer:
                trace.events.push_back("footer");
                trace.has_footer = true;
                break;
            case Event::fault:
                trace.events.push_back("fault " + std::to_string(static_cast<int>(scanner.fault())));
                trace.has_fault = true;
                return;
        }
    }
}

Trace scan_cut(const Limits& limits, std::string_view text, std::uint32_t seed) {
    StreamScanner scanner(limits);
    Trace trace;
    while (!text.empty() && !trace.has_fault) {
        seed = seed * 1'664'525 + 1'013'904'223;
        const auto size = std::min<std::size_t>(text.size(), 1 + (seed >> 24) % (seed & 0x800 ? 64 : 3));
        const std::string piece(text.substr(0, size));  // of its own, so that reading beyond it is seen
        scanner.feed(piece);
        drain(scanner, trace);
        text.remove_prefix(size);
    }
    return trace;
}

void check_cuts(const Limits& limits, std::string_view text) {
    StreamScanner scanner(limits);
    Trace whole;
    scanner.feed(text);
    drain(scanner, whole);
    for (const std::uint32_t seed : {1U, 2U, static_cast<std::uint32_t>(text.size() * 2'654'435'761U)}) {
        const auto cut = scan_cut(limits, text, seed);
        check(cut.events.size() == whole.events.size(), "cutting gives more or fewer events", text);
        for (std::size_t i = 0; i < cut.events.size(); ++i)
            check(cut.events[i] == whole.events[i], "cutting gives another event", whole.events[i],
                  cut.events[i]);
    }
    if (!whole.has_footer) return;
    Expat expat;
    const auto start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    check(expat.accepts(text.substr(start), true), "expat refuses a stream", text, expat.error());
}

void check_stream(std::string_view header, std::string_view text) {
    StreamScanner scanner;
    scanner.feed(header);
    check(scanner.next() == Event::header, "no header");
    check(scanner.next() == Event::need_more, "more than a header");
    scanner.feed(text);
    for (auto event = scanner.next(); event == Event::element; event = scanner.next()) {
        const auto root = scanner.document().root();
        check_same(header, root.outer(), read(root), "expat reads it differently");
        check_written(root);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Limits narrow{
        .element_bytes = 200, .depth = 5, .attributes = 5, .elements = 9, .name_bytes = 9, .namespaces = 6};
    const auto chosen = data[0] % (std::size(headers) + 1);
    if (chosen == std::size(headers)) {
        check_cuts({}, text);
        check_cuts(narrow, text);
        return 0;
    }
    const auto stream = in_stream(headers[chosen], text);
    check_cuts({}, stream);
    check_cuts(narrow, stream);
    check_stream(headers[chosen], text);
    if (const auto document = parse(text)) {
        const auto trimmed = text.substr(text.find('<'));
        check_same({}, trimmed, read(document->root()), "expat reads it differently");
        check_written(document->root());
    }
    return 0;
}
