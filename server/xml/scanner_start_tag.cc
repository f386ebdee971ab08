// The part of Scanner that reads a start tag: its name, its attributes, and what they say about namespaces.

#include <algorithm>

#include "xml/chars.h"
#include "xml/escape.h"
#include "xml/scanner.h"

namespace chancery::xml {
namespace {

// Namespaces in XML 1.0 §3 and §5: xml: and xmlns: are what they are, and a prefix cannot be undeclared.
bool is_lawful(std::string_view prefix, std::string_view uri) {
    return (prefix == "xml") == (uri == ns_xml) && prefix != "xmlns" && uri != ns_xmlns &&
           (prefix.empty() || !uri.empty());
}

}  // namespace

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
