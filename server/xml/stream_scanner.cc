#include "xml/stream_scanner.h"

#include <algorithm>
#include <utility>

#include "xml/chars.h"
#include "xml/xml_declaration.h"

namespace chancery::xml {
namespace {

constexpr Tag stream_tag{"stream", "http://etherx.jabber.org/streams"};
constexpr std::size_t longest_declaration = 256;
constexpr std::size_t longest_footer_space = 64;

// UTF-16 and UTF-32, in either order, with or without a byte order mark, give themselves away: FE, FF and 00
// are no UTF-8, or no XML.
bool looks_like_utf16(std::string_view text) {
    return text.starts_with('\xFE') || text.starts_with('\xFF') || text.starts_with('\0') ||
           text.starts_with(std::string_view("<\0", 2));
}

}  // namespace

void StreamScanner::feed(std::string_view bytes) {
    release();
    if (state_ == State::closed || state_ == State::failed) return;
    if (input_.empty()) {
        kept_ = {};
        input_ = bytes;
        return;
    }
    if (kept_.empty())
        kept_ = input_;
    else
        kept_.erase(0, kept_.size() - input_.size());
    kept_ += bytes;
    input_ = kept_;
}

void StreamScanner::release() {
    consume(delivered_);
    delivered_ = 0;
    if (state_ != State::header && state_ != State::element) document_ = {};
}

void StreamScanner::discard() {
    document_ = {};
    delivered_ = 0;
    input_ = {};
    kept_ = {};
    if (state_ == State::header) state_ = State::prolog;
    if (state_ == State::element) state_ = State::between;
}

void StreamScanner::reset() {
    release();
    document_ = {};
    header_.reset();
    state_ = State::prolog;
    declared_ = false;
}

void StreamScanner::keep() {
    release();
    document_ = {};
    need_more();
}

Event StreamScanner::next() {
    release();
    switch (state_) {
        case State::prolog: return prolog();
        case State::between: return between();
        case State::header:
        case State::element: return scan();
        case State::closed: return need_more();
        case State::failed: return Event::fault;
    }
    std::unreachable();
}

Event StreamScanner::need_more() {
    if (state_ == State::closed) input_ = {};
    if (input_.empty()) {
        kept_ = {};
    } else if (kept_.empty()) {
        kept_ = input_;
    } else {
        kept_.erase(0, kept_.size() - input_.size());
    }
    input_ = kept_;
    return Event::need_more;
}

Event StreamScanner::fail(Fault fault) {
    fault_ = fault;
    state_ = State::failed;
    document_ = {};
    input_ = {};
    kept_ = {};
    return Event::fault;
}

Event StreamScanner::prolog() {
    const auto* const end = input_.data() + input_.size();
    const auto* const start = skip_space(input_.data(), end);
    consume(static_cast<std::size_t>(start - input_.data()));
    if (input_.empty()) return need_more();
    if (looks_like_utf16(input_)) return fail(Fault::unsupported_encoding);
    if (input_[0] != '<') return fail(Fault::not_well_formed);
    if (input_.size() < 2) return need_more();
    if (input_[1] == '?') return declared_ ? fail(Fault::restricted_xml) : declaration();
    if (input_[1] == '!') return fail(Fault::restricted_xml);
    state_ = State::header;
    return begin(Scanner::Extent::start_tag);
}

Event StreamScanner::declaration() {
    constexpr std::string_view open = "<?xml";
    if (!open.starts_with(input_.substr(0, open.size()))) return fail(Fault::restricted_xml);
    if (input_.size() <= open.size()) return need_more();
    if (!is_space(input_[open.size()])) return fail(Fault::restricted_xml);
    const auto end = input_.substr(0, longest_declaration).find("?>");
    if (end == input_.npos)
        return input_.size() < longest_declaration ? need_more() : fail(Fault::not_well_formed);
    if (const auto fault = fault_in_xml_declaration(input_.substr(open.size(), end - open.size())))
        return fail(*fault);
    consume(end + 2);
    declared_ = true;
    return prolog();
}

Event StreamScanner::between() {
    const auto* const end = input_.data() + input_.size();
    const auto* const start = skip_space(input_.data(), end);
    consume(static_cast<std::size_t>(start - input_.data()));
    if (input_.empty()) return need_more();
    if (input_[0] != '<') return fail(Fault::bad_format);
    if (input_.size() < 2) return need_more();
    switch (input_[1]) {
        case '/': return footer();
        case '?': return fail(Fault::restricted_xml);
        case '!': return fail(Fault::restricted_xml);
        default: break;
    }
    state_ = State::element;
    return begin(Scanner::Extent::element);
}

Event StreamScanner::footer() {
    const std::string_view name = header_->name;
    const auto arrived = input_.substr(2, name.size());
    if (!name.starts_with(arrived)) return fail(Fault::not_well_formed);
    if (arrived.size() < name.size()) return need_more();
    const auto rest = input_.substr(2 + name.size(), longest_footer_space);
    const auto* const at = skip_space(rest.data(), rest.data() + rest.size());
    if (at == rest.data() + rest.size())
        return rest.size() < longest_footer_space ? need_more() : fail(Fault::too_large);
    if (*at != '>') return fail(Fault::not_well_formed);
    state_ = State::closed;
    return Event::footer;
}

Event StreamScanner::begin(Scanner::Extent extent) {
    auto tree = take_tree();
    if (header_)
        for (const auto& [prefix, uri] : header_->declarations) tree->inherit(prefix, uri);
    document_ = Document(std::move(tree));
    scanner_.begin(*document_.tree(), limits_, extent);
    return scan();
}

Event StreamScanner::scan() {
    switch (scanner_.run(input_)) {
        case Scanner::Outcome::fault: return fail(scanner_.fault());
        case Scanner::Outcome::more: return need_more();
        case Scanner::Outcome::complete: break;
    }
    delivered_ = scanner_.size();
    if (state_ == State::header) return accept_header();
    state_ = State::between;
    return Event::element;
}

Event StreamScanner::accept_header() {
    const auto& tree = *document_.tree();
    const auto root = document_.root();
    if (root.name() != stream_tag.name) return fail(Fault::bad_format);
    if (root.ns() != stream_tag.ns) return fail(Fault::invalid_namespace);
    auto header = std::make_unique<Header>();
    header->name = tree.text(root.node().name.whole);
    for (auto i = tree.inherited; i < tree.bindings.size(); ++i)
        header->declarations.push_back(
            {std::string(tree.prefix(tree.bindings[i])), std::string(tree.uri(tree.bindings[i]))});
    header_ = std::move(header);
    state_ = State::between;
    return Event::header;
}

}  // namespace chancery::xml
