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

// Namespaces in XML 1.0 §3 and §5: xml: and xmlns: are what they are, and a prefix cannot be undeclared.
bool is_lawful(std::string_view prefix, std::string_view uri) {
    return (prefix == "xml") == (uri == ns_xml) && prefix != "xmlns" && uri != ns_xmlns &&
           (prefix.empty() || !uri.empty());
}

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

const char* Scanner::start_tag(const char* p) {
    for (;;) {
        switch (state_) {
            default:
            case State::name:
                if (!(p = qname(p)) || !open(p)) return nullptr;
                state_ = State::gap;
                [[fallthrough]];
            case State::gap:
                if (!(p = gap(p)) || state_ != State::attribute) return p;
                [[fallthrough]];
            case State::attribute:
                if (!(p = qname(p))) return nullptr;
                name_size_ = offset(p) - mark_;
                state_ = State::equals;
                [[fallthrough]];
            case State::equals:
                if (!(p = equals(p))) return nullptr;
                [[fallthrough]];
            case State::quote:
                if (!(p = quote(p))) return nullptr;
                [[fallthrough]];
            case State::value:
                if (!(p = value(p)) || !attribute(p)) return nullptr;
                ++p;
                state_ = State::gap;
        }
    }
}

// Between the name, the attributes and the end of a start tag.
const char* Scanner::gap(const char* p) {
    p = skip_space(p, end_);
    if (p == end_) return stop(p);
    if (*p == '>') return finish_start_tag(p + 1);
    if (*p == '/') {
        if (end_ - p < 2) return stop(p);
        if (p[1] != '>') return fail(Fault::not_well_formed);
        if (extent_ == Extent::start_tag) return fail(Fault::bad_format);
        if (!finish_start_tag(p + 2)) return nullptr;
        tree_->nodes[open_].content_end = offset(p + 2);
        return close(p + 2);
    }
    if (!is_space(p[-1])) return fail(Fault::not_well_formed);
    mark_ = offset(p);
    colon_ = 0;
    state_ = State::attribute;
    return p;
}

const char* Scanner::equals(const char* p) {
    p = skip_space(p, end_);
    if (p == end_) return stop(p);
    if (*p != '=') return fail(Fault::not_well_formed);
    state_ = State::quote;
    return p + 1;
}

const char* Scanner::quote(const char* p) {
    p = skip_space(p, end_);
    if (p == end_) return stop(p);
    if (*p != '\'' && *p != '"') return fail(Fault::not_well_formed);
    quote_ = *p;
    value_at_ = offset(p + 1);
    plain_ = true;
    state_ = State::value;
    return p + 1;
}

// Up to the closing quote.
const char* Scanner::value(const char* p) {
    for (;;) {
        p = skip_plain<'<', '&'>(p, end_, quote_);
        if (p == end_) return stop(p);
        if (*p == quote_) return p;
        if (*p == '<') return fail(Fault::not_well_formed);
        if (is_space(*p)) plain_ = false;
        p = *p == '&' ? reference(p) : character(p);
        if (!p) return nullptr;
    }
}

// A qualified name that began at mark_, up to the first character that is not of it.
const char* Scanner::qname(const char* p) {
    const char* const start = base_ + mark_;
    const char* const limit = std::min(end_, start + limits_.name_bytes + 1);
    for (;;) {
        while (p < limit && is_ascii_name_char(*p)) ++p;
        if (p >= limit) break;
        if (*p == ':') {
            if (colon_) return fail(Fault::not_well_formed);
            colon_ = offset(p++);
        } else if (static_cast<signed char>(*p) < 0) {
            const auto [code, size] = decode_utf8(p, end_);
            if (size == 0) return stop(p);
            if (size < 0 || !is_name_char(code)) return fail(Fault::not_well_formed);
            p += size;
        } else {
            break;
        }
    }
    if (p > start + limits_.name_bytes) return fail(Fault::too_complex);
    if (p == end_) return stop(p);
    const auto starts_part = [&](const char* at) {
        return is_ascii_letter(*at) || is_name_start(decode_utf8(at, end_).code);
    };
    const bool valid = p != start && starts_part(start) && (!colon_ || starts_part(base_ + colon_ + 1));
    return valid ? p : fail(Fault::not_well_formed);
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

QName Scanner::marked() const { return {{mark_, name_size_}, colon_ ? colon_ - mark_ : 0}; }

// The name of an element is complete.
bool Scanner::open(const char* p) {
    auto& nodes = tree_->nodes;
    if (++depth_ > limits_.depth || nodes.size() >= limits_.elements) return fail(Fault::too_complex);
    name_size_ = offset(p) - mark_;
    const auto outer_scope = open_ == none ? tree_->inherited - 1 : nodes[open_].scope;
    Node& node = nodes.emplace_back();  // filled in where it lies: a copy of it would cost more than the rest
    node.name = marked();
    node.start = mark_ - 1;
    node.parent = open_;
    node.first_attribute = static_cast<std::uint32_t>(tree_->attributes.size());
    node.first_binding = static_cast<std::uint32_t>(tree_->bindings.size());
    node.scope = outer_scope;
    open_ = static_cast<std::uint32_t>(nodes.size()) - 1;
    return true;
}

// An attribute is complete but for its closing quote, which is at p.
bool Scanner::attribute(const char* p) {
    Node& node = tree_->nodes[open_];
    if (node.attribute_count + node.binding_count >= limits_.attributes) return fail(Fault::too_complex);
    const QName name = marked();
    const Slice value{value_at_, offset(p) - value_at_};
    const auto whole = tree_->text(name.whole);
    if (whole == "xmlns" || tree_->text(name.prefix()) == "xmlns") return bind(name, value);
    for (auto i = node.first_attribute; i < tree_->attributes.size(); ++i)
        if (tree_->text(tree_->attributes[i].name.whole) == whole) return fail(Fault::not_well_formed);
    auto& added = tree_->attributes.emplace_back();
    added.name = name;
    added.value = value;
    added.is_plain = plain_;
    ++node.attribute_count;
    return true;
}

// A namespace declaration is complete: xmlns, or xmlns: and what it has for local name.
bool Scanner::bind(const QName& name, Slice value) {
    Node& node = tree_->nodes[open_];
    const auto depth = tree_->bindings[node.scope].depth + 1;
    if (depth > limits_.namespaces) return fail(Fault::too_complex);
    Binding& binding = tree_->bindings.emplace_back();
    binding.source = {name.whole.at, value.at + value.size + 1 - name.whole.at};
    binding.outer = node.scope;
    binding.depth = depth;
    binding.uri = value;
    if (name.prefix_size) {
        binding.prefix = name.local();
    } else {
        binding.prefix_base = "";
    }
    if (!plain_) {
        std::string decoded;
        append_unescaped(decoded, tree_->text(value), Place::attribute);
        const auto kept = tree_->arena.keep(decoded);
        binding.uri_base = kept.data();
        binding.uri = {0, static_cast<std::uint32_t>(kept.size())};
    }
    if (!is_lawful(tree_->prefix(binding), tree_->uri(binding))) return fail(Fault::not_well_formed);
    const auto last = static_cast<std::uint32_t>(tree_->bindings.size()) - 1;
    for (auto i = node.first_binding; i < last; ++i)
        if (tree_->prefix(tree_->bindings[i]) == tree_->prefix(binding)) return fail(Fault::not_well_formed);
    node.scope = last;
    ++node.binding_count;
    return true;
}

// The start tag is complete, and what it declares is known.
const char* Scanner::finish_start_tag(const char* p) {
    Node& node = tree_->nodes[open_];
    if (!resolve(node)) return nullptr;
    node.content = offset(p);
    state_ = State::content;
    if (extent_ == Extent::element) return p;
    node.content_end = node.end = offset(p);
    node.after = 1;
    outcome_ = Outcome::complete;
    return stop(p);
}

bool Scanner::resolve(Node& node) {
    auto& nodes = tree_->nodes;
    const bool as_parent = !node.name.prefix_size && !node.binding_count && node.parent != none &&
                           !nodes[node.parent].name.prefix_size;
    node.ns = as_parent ? nodes[node.parent].ns : namespace_of(node.name, node.scope);
    if (node.name.prefix_size && node.ns == none) return fail(Fault::bad_namespace_prefix);
    int prefixed = 0;
    for (auto i = node.first_attribute; i < node.first_attribute + node.attribute_count; ++i) {
        auto& attribute = tree_->attributes[i];
        if (!attribute.name.prefix_size) continue;
        attribute.ns = namespace_of(attribute.name, node.scope);
        if (attribute.ns == none) return fail(Fault::bad_namespace_prefix);
        ++prefixed;
    }
    return prefixed < 2 || expanded_names_differ(node);
}

std::uint32_t Scanner::namespace_of(const QName& name, std::uint32_t scope) {
    const auto binding = tree_->find(tree_->text(name.prefix()), scope);
    if (name.prefix_size && binding != 0 && binding < tree_->inherited) tree_->uses_inherited_prefix = true;
    return binding;
}

// Namespaces in XML 1.0 §6.3.
bool Scanner::expanded_names_differ(const Node& node) {
    const auto* const first = tree_->attributes.data() + node.first_attribute;
    const auto* const last = first + node.attribute_count;
    const auto same = [&](const Attribute& a, const Attribute& b) {
        return a.name.prefix_size && b.name.prefix_size &&
               tree_->text(a.name.local()) == tree_->text(b.name.local()) &&
               tree_->ns(a.ns) == tree_->ns(b.ns);
    };
    for (const auto* a = first; a != last; ++a)
        for (const auto* b = a + 1; b != last; ++b)
            if (same(*a, *b)) return fail(Fault::not_well_formed);
    return true;
}

}  // namespace chancery::xml
