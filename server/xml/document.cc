#include "xml/document.h"

#include "xml/content.h"
#include "xml/escape.h"
#include "xml/namespaces.h"

namespace chancery::xml {
namespace {

// Decoding fills the arena of the tree, which no view can tell.
std::string_view keep(const Tree& tree, std::string_view text) {
    return const_cast<Tree&>(tree).arena.keep(text);
}

}  // namespace

const Attribute* View::find(std::string_view name, std::string_view ns) const {
    if (!tree_) return nullptr;
    const auto* const first = tree_->attributes.data() + node().first_attribute;
    for (const auto* a = first; a != first + node().attribute_count; ++a) {
        if (tree_->text(a->name.local()) != name) continue;
        if (a->name.prefix_size ? tree_->ns(a->ns) == ns && !ns.empty() : ns.empty()) return a;
    }
    return nullptr;
}

std::string_view View::value_of(const Attribute& attribute) const {
    const auto raw = tree_->text(attribute.value);
    if (attribute.is_plain) return raw;
    std::string decoded;
    append_unescaped(decoded, raw, Place::attribute);
    return keep(*tree_, decoded);
}

std::string_view View::attribute(std::string_view name) const { return attribute(name, {}); }

std::string_view View::attribute(std::string_view name, std::string_view ns) const {
    const auto* const found = find(name, ns);
    return found ? value_of(*found) : std::string_view();
}

std::string_view View::raw_attribute(std::string_view name) const {
    const auto* const found = find(name, {});
    return found ? tree_->text(found->value) : std::string_view();
}

bool View::has_attribute(std::string_view name) const { return find(name, {}) != nullptr; }

AttributeView View::attribute_at(std::size_t i) const {
    const auto& attribute = tree_->attributes[node().first_attribute + i];
    return {.name = tree_->text(attribute.name.local()),
            .prefix = tree_->text(attribute.name.prefix()),
            .ns = tree_->ns(attribute.ns),
            .value = value_of(attribute)};
}

std::string_view View::text() const {
    if (!tree_) return {};
    if (node().is_plain && node().after == index_ + 1) return inner();
    std::string joined;
    for_each_part(
        *this, [&](std::string_view raw) { append_unescaped(joined, raw, Place::text); }, [](View) {});
    return joined.empty() ? std::string_view() : keep(*tree_, joined);
}

View View::first_child() const {
    if (!tree_ || node().after <= index_ + 1) return {};
    return {*tree_, index_ + 1};
}

View View::next() const {
    if (!tree_ || node().parent == none) return {};
    const auto next = node().after;
    return next < tree_->nodes[node().parent].after ? View(*tree_, next) : View();
}

View View::parent() const { return tree_ && node().parent != none ? View(*tree_, node().parent) : View(); }

View View::child(Tag tag) const {
    for (View child = first_child(); child; child = child.next())
        if (child.is(tag)) return child;
    return {};
}

Children View::children() const { return {first_child(), {}, true}; }
Children View::children(Tag tag) const { return {first_child(), tag, false}; }

std::string View::outer_with_namespaces() const {
    std::string out;
    if (!tree_) return out;
    const auto whole = outer();
    const auto name_end = 1 + node().name.whole.size;
    out.reserve(whole.size() + 64);
    out += whole.substr(0, name_end);
    if (uses_outer_default(*this)) append_declaration(out, {}, outer_default(*this));
    append_outer_prefixes(out, *this);
    out += whole.substr(name_end);
    return out;
}

}  // namespace chancery::xml
