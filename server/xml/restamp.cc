#include "xml/restamp.h"

#include <algorithm>
#include <cstdlib>

#include "xml/content.h"
#include "xml/escape.h"
#include "xml/namespaces.h"

namespace chancery::xml {
namespace {

// Appends content after a child that was dropped. Where the texts on both sides of it would say something
// else together than apart, CR LF or ]]>, the first character is written as a reference.
void append_content(std::string& out, std::string_view raw) {
    const char before = out.back();
    const bool joins = !raw.empty() && ((before == '\r' && raw[0] == '\n') ||
                                        (before == ']' && (raw[0] == ']' || raw[0] == '>')));
    if (joins) {
        out += raw[0] == '\n' ? "&#xA;" : raw[0] == ']' ? "&#x5D;" : "&gt;";
        raw.remove_prefix(1);
    }
    out += raw;
}

}  // namespace

const Restamp::Change* Restamp::change_of(std::string_view name) const {
    for (std::size_t i = 0; i < change_count_; ++i)
        if (changes_[i].name == name) return &changes_[i];
    return nullptr;
}

void Restamp::change(Change wanted) {
    if (const auto* known = change_of(wanted.name)) {
        changes_[static_cast<std::size_t>(known - changes_.data())] = wanted;
        return;
    }
    if (change_count_ == most_changes) std::abort();
    changes_[change_count_++] = wanted;
}

Restamp& Restamp::set(std::string_view name, std::string_view value) {
    change({name, value});
    return *this;
}

Restamp& Restamp::remove(std::string_view name) {
    change({name, std::nullopt});
    return *this;
}

Restamp& Restamp::append(std::string_view raw) {
    if (appended_count_ == most_changes) std::abort();
    appended_[appended_count_++] = raw;
    return *this;
}

Restamp& Restamp::qualify(std::string_view ns) {
    qualify_ = ns;
    return *this;
}

std::string Restamp::to_string() const {
    constexpr std::size_t some_escapes = 64;
    std::size_t size = root_.outer().size() + root_.ns().size() + root_.name().size() + some_escapes;
    for (std::size_t i = 0; i < change_count_; ++i)
        size += changes_[i].name.size() + changes_[i].value.value_or("").size() + 4;
    for (std::size_t i = 0; i < appended_count_; ++i) size += appended_[i].size();

    std::string out;
    out.reserve(size);
    write_start(out);
    write_content(out);
    return out;
}

void Restamp::write_start(std::string& out) const {
    const auto& tree = *root_.tree();
    const auto& node = root_.node();
    out += '<';
    out += tree.text(node.name.whole);
    write_namespaces(out);

    std::array<bool, most_changes> done{};
    for (auto i = node.first_attribute; i < node.first_attribute + node.attribute_count; ++i) {
        const auto& attribute = tree.attributes[i];
        const auto* const change = change_of(tree.text(attribute.name.whole));
        if (!change) {
            out += ' ';
            out += tree.between(attribute.name.whole.at, attribute.value.at + attribute.value.size + 1);
            continue;
        }
        done[static_cast<std::size_t>(change - changes_.data())] = true;
        if (change->value) append_attribute(out, change->name, *change->value);
    }
    for (std::size_t i = 0; i < change_count_; ++i)
        if (!done[i] && changes_[i].value) append_attribute(out, changes_[i].name, *changes_[i].value);
}

void Restamp::write_namespaces(std::string& out) const {
    const auto& tree = *root_.tree();
    const auto& node = root_.node();
    const bool has_prefix = node.name.prefix_size != 0;
    const auto own = tree.ns(tree.find({}, node.scope));
    const auto wanted = has_prefix ? own : qualify_.value_or(own);
    if (wanted != outer_ns_ && (!has_prefix || uses_own_default(root_))) append_declaration(out, {}, wanted);
    for (auto i = node.first_binding; i < node.first_binding + node.binding_count; ++i) {
        if (tree.prefix(tree.bindings[i]).empty()) continue;
        out += ' ';
        out += tree.text(tree.bindings[i].source);
    }
    append_outer_prefixes(out, root_);
}

void Restamp::write_content(std::string& out) const {
    const auto& tree = *root_.tree();
    const auto& node = root_.node();
    if (node.content == node.content_end && appended_count_ == 0) {
        out += "/>";
        return;
    }
    out += '>';
    auto at = node.content;
    auto dropped = dropped_;
    std::ranges::sort(dropped);
    for (const auto index : dropped) {
        const auto& child = tree.nodes[index];
        if (child.start < at) continue;  // dropped twice
        append_content(out, tree.between(at, child.start));
        at = child.end;
    }
    append_content(out, tree.between(at, node.content_end));
    for (std::size_t i = 0; i < appended_count_; ++i) out += appended_[i];
    out += "</";
    out += tree.text(node.name.whole);
    out += '>';
}

}  // namespace chancery::xml
