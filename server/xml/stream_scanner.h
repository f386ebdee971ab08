// The XML of one stream, from its header to its footer (RFC 6120 §4, §11), as its bytes arrive.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xml/document.h"
#include "xml/fault.h"
#include "xml/limits.h"
#include "xml/scanner.h"

namespace chancery::xml {

enum class Event {
    need_more,  ///< nothing is complete: feed()
    header,     ///< the stream's start tag; document() has it without content
    element,    ///< a first-level element; document() has it
    footer,     ///< the stream's end tag; whatever comes after it is ignored
    fault,      ///< fault() says why; nothing but reset() leads on from here
};

/// Operation: feed(bytes), then next() until it says need_more; and again. An element that lies wholly in the
/// bytes that were fed is scanned where it lies. What is left of a partial one is copied into a buffer, and
/// scanned on from there when more arrives. White space between elements (keepalives) is skipped without an
/// event; a byte order mark is text before the root, and so not well-formed (RFC 6120 §11.6).
///
/// Concurrency: belongs to one thread at a time.
///
/// Limits: besides the partial element and what the header declares, an idle scanner owns no memory.
class StreamScanner {
  public:
    explicit StreamScanner(const Limits& limits = {}) : limits_(limits) {}
    StreamScanner(const StreamScanner&) = delete;
    StreamScanner& operator=(const StreamScanner&) = delete;

    /// From the next element on.
    void set_limits(const Limits& limits) { limits_ = limits; }

    /// Expects a new header, after TLS or SASL. Bytes that have arrived after the last event are kept and
    /// belong to the new stream, but for white space; call discard() to drop them (after <starttls/>: RFC
    /// 6120 §5.4.3.3).
    void reset();
    std::size_t buffered() const { return input_.size(); }
    void discard();

    /// Gives more bytes. They must stay where they are until next() has returned need_more, or discard() was
    /// called.
    void feed(std::string_view bytes);

    Event next();

    /// Copies what was fed and not yet used, so that the fed bytes may go before next() says need_more: for a reader
    /// that has to wait between two elements. document() is gone after it.
    void keep();

    /// Of the last event, header or element. Valid until the next call of next(), feed(), reset() or
    /// discard().
    const Document& document() const { return document_; }
    /// After Event::fault.
    Fault fault() const { return fault_; }

  private:
    enum class State : unsigned char { prolog, header, between, element, closed, failed };

    // What the header declares, for the elements to inherit, and its name, for the footer.
    struct Header {
        struct Declaration {
            std::string prefix;
            std::string uri;
        };
        std::string name;
        std::vector<Declaration> declarations;
    };

    Event prolog();
    Event declaration();
    Event between();
    Event footer();
    Event begin(Scanner::Extent extent);
    Event scan();
    Event accept_header();
    Event need_more();
    Event fail(Fault fault);
    void consume(std::size_t bytes) { input_.remove_prefix(bytes); }
    void release();

    Limits limits_;
    State state_ = State::prolog;
    Fault fault_ = Fault::not_well_formed;
    bool declared_ = false;   ///< the XML declaration has been read
    std::string_view input_;  ///< what has arrived and is not used up: the end of `kept_`, or where it was
                              ///< fed if that is empty
    std::string kept_;
    std::size_t delivered_ = 0;  ///< bytes of the element that document() shows, at the start of input_
    std::unique_ptr<const Header> header_;
    Document document_;
    Scanner scanner_;
};

}  // namespace chancery::xml
