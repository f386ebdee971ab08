#include "xml/scanner.h"

#include <algorithm>
#include <cstring>

#include "xml/chars.h"
#include "xml/escape.h"

namespace chancery::xml {
namespace {

constexpr std::string_view cdata_open = "<![CDATA[";
constexpr std::ptrdiff_t longest_reference =
    12;  // &#1114111; with two leading zeros; XML itself sets no limit

}  // namespace

void Scanner::begin(Tree& tree, const Limits& limits, Extent extent) {
    tree_ = &tree;
    limits_ = limits;
    limits_.element_bytes = std::clamp<std::size_t>(limits.element_bytes, 1, 0x7FFF'FFFF);
    at_ = mark_ = 1;
    colon_ = 0;
    open_ = none;
    depth_ = 0;
    extent_ = extent;
    state_ = State::name;
}

Scanner::Outcome Scanner::run(std::string_view bytes) {
    tree_->base = base_ = bytes.data();
    end_ = base_ + std::min(bytes.size(), limits_.element_bytes);
    outcome_ = Outcome::more;
    for (const char* p = base_ + at_; p;) {
        switch (state_) {
            case State::content: p = content(p); break;
            case State::cdata: p = cdata(p); break;
            case State::end_tag: p = end_tag_rest(p); break;
            default: p = start_tag(p); break;
        }
    }
    if (outcome_ == Outcome::more && bytes.size() >= limits_.element_bytes) fail(Fault::too_large);
    return outcome_;
}

const char* Scanner::stop(const char* p) {
    at_ = offset(p);
    return nullptr;
}

const char* Scanner::fail(Fault fault) {
    fault_ = fault;
    outcome_ = Outcome::fault;
    return nullptr;
}

const char* Scanner::content(const char* p) {
    for (;;) {
        p = skip_plain<'<', '&'>(p, end_, ']');
        if (p == end_) return stop(p);
        switch (*p) {
            case '<': return markup(p);
            case '&': p = reference(p); break;
            case ']': p = brackets(p); break;
            default: p = character(p);
        }
        if (!p) return nullptr;
    }
}

const char* Scanner::markup(const char* p) {
    if (end_ - p < 2) return stop(p);
    switch (p[1]) {
        case '/': return end_tag(p);
        case '!': return cdata_or_refusal(p);
        case '?': return fail(Fault::restricted_xml);
        default: break;
    }
    state_ = State::name;
    mark_ = offset(p + 1);
    colon_ = 0;
    return start_tag(p + 1);
}

// XML 1.0 §2.4: ]]> does not appear in content but to end a CDATA section.
const char* Scanner::brackets(const char* p) {
    if (end_ - p >= 2 && p[1] != ']') return p + 1;
    if (end_ - p < 3) return stop(p);
    return p[2] == '>' ? fail(Fault::not_well_formed) : p + 1;
}

const char* Scanner::cdata_or_refusal(const char* p) {
    const auto available = std::min<std::size_t>(cdata_open.size(), static_cast<std::size_t>(end_ - p));
    if (std::memcmp(p, cdata_open.data(), available) != 0) return fail(Fault::restricted_xml);
    if (available < cdata_open.size()) return stop(p);
    tree_->nodes[open_].is_plain = false;
    state_ = State::cdata;
    return p + cdata_open.size();
}

const char* Scanner::cdata(const char* p) {
    for (;;) {
        p = skip_plain<']', ']'>(p, end_, ']');
        if (p == end_) return stop(p);
        if (*p != ']') {
            p = character(p);
            if (!p) return nullptr;
        } else if (end_ - p >= 2 && p[1] != ']') {
            ++p;
        } else if (end_ - p < 3) {
            return stop(p);
        } else if (p[2] == '>') {
            state_ = State::content;
            return p + 3;
        } else {
            ++p;
        }
    }
}

const char* Scanner::end_tag(const char* p) {
    Node& node = tree_->nodes[open_];
    const auto name = tree_->text(node.name.whole);
    const auto available = std::min<std::size_t>(name.size(), static_cast<std::size_t>(end_ - p - 2));
    if (std::memcmp(p + 2, name.data(), available) != 0) return fail(Fault::not_well_formed);
    if (available < name.size()) return stop(p);
    node.content_end = offset(p);
    state_ = State::end_tag;
    return end_tag_rest(p + 2 + name.size());
}

const char* Scanner::end_tag_rest(const char* p) {
    p = skip_space(p, end_);
    if (p == end_) return stop(p);
    return *p == '>' ? close(p + 1) : fail(Fault::not_well_formed);
}

const char* Scanner::close(const char* p) {
    Node& node = tree_->nodes[open_];
    node.end = offset(p);
    node.after = static_cast<std::uint32_t>(tree_->nodes.size());
    state_ = State::content;
    open_ = node.parent;
    --depth_;
    if (open_ != none) return p;
    outcome_ = Outcome::complete;
    return stop(p);
}

const char* Scanner::reference(const char* p) {
    const char* const limit = std::min(end_, p + longest_reference);
    const char* stop_at = p + 1;
    while (stop_at != limit && (is_ascii_name_char(*stop_at) || *stop_at == '#')) ++stop_at;
    if (stop_at == end_ && stop_at - p < longest_reference) return stop(p);
    const bool ended = stop_at != limit && *stop_at == ';';
    const bool is_char = stop_at - p > 1 && p[1] == '#';
    const bool is_name = stop_at - p > 1 && is_name_start(static_cast<unsigned char>(p[1]));
    if (!ended && !(is_name && stop_at == limit)) return fail(Fault::not_well_formed);
    if (!ended || !referenced_char({p + 1, stop_at}))
        return fail(is_name && !is_char ? Fault::restricted_xml : Fault::not_well_formed);
    if (state_ == State::content) tree_->nodes[open_].is_plain = false;
    plain_ = false;
    return stop_at + 1;
}

// White space, or a character that is not ASCII.
const char* Scanner::character(const char* p) {
    if (*p == '\r' && state_ == State::content) tree_->nodes[open_].is_plain = false;
    if (is_space(*p)) return p + 1;
    const auto [code, size] = decode_utf8(p, end_);
    if (size == 0) return stop(p);
    return size > 0 && is_xml_char(code) ? p + size : fail(Fault::not_well_formed);
}

}  // namespace chancery::xml
