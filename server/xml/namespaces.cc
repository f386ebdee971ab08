#include "xml/namespaces.h"

#include <algorithm>
#include <vector>

#include "xml/escape.h"

namespace chancery::xml {
namespace {

// Whether an element without prefix in `element` takes its namespace from `binding`, which may be none.
bool is_default_of_some(View element, std::uint32_t binding) {
    const auto& nodes = element.tree()->nodes;
    const auto takes = [&](const Node& node) { return !node.name.prefix_size && node.ns == binding; };
    return std::any_of(nodes.begin() + element.index(), nodes.begin() + element.node().after, takes);
}

std::uint32_t outer_scope(View element) {
    const auto& tree = *element.tree();
    return element.node().parent == none ? tree.inherited - 1 : tree.nodes[element.node().parent].scope;
}

}  // namespace

void append_declaration(std::string& out, std::string_view prefix, std::string_view uri) {
    out += prefix.empty() ? " xmlns" : " xmlns:";
    out += prefix;
    out += "='";
    append_escaped(out, uri, Place::attribute);
    out += '\'';
}

std::string_view inner_default(View element) {
    const auto& tree = *element.tree();
    return tree.ns(tree.find({}, element.node().scope));
}

std::string_view outer_default(View element) {
    const auto& tree = *element.tree();
    return tree.ns(tree.find({}, outer_scope(element)));
}

bool uses_outer_default(View element) {
    return is_default_of_some(element, element.tree()->find({}, outer_scope(element)));
}

bool uses_own_default(View element) {
    return is_default_of_some(element, element.tree()->find({}, element.node().scope));
}

void append_outer_prefixes(std::string& out, View element) {
    const auto& tree = *element.tree();
    if (element.node().parent == none && !tree.uses_inherited_prefix) return;
    std::vector<std::uint32_t> declared;
    const auto declare = [&](const QName& name, std::uint32_t binding) {
        if (!name.prefix_size || binding == 0 || binding >= element.node().first_binding) return;
        if (std::ranges::find(declared, binding) != declared.end()) return;
        declared.push_back(binding);
        append_declaration(out, tree.prefix(tree.bindings[binding]), tree.uri(tree.bindings[binding]));
    };
    for (auto n = element.index(); n < element.node().after; ++n) {
        const Node& node = tree.nodes[n];
        declare(node.name, node.ns);
        for (auto a = node.first_attribute; a < node.first_attribute + node.attribute_count; ++a)
            declare(tree.attributes[a].name, tree.attributes[a].ns);
    }
}

}  // namespace chancery::xml
