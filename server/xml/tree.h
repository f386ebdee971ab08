// One element as it was scanned: a flat array of slices into its bytes. The inside of Document.
//
// Surprising: places are offsets from `base`, because the bytes of an element that arrives in pieces move.
// Trees are kept in a pool of their thread, so that an idle stream owns none and a busy one allocates none.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xml/arena.h"

namespace chancery::xml {

inline constexpr std::uint32_t none = 0xFFFF'FFFF;
inline constexpr std::string_view ns_xml = "http://www.w3.org/XML/1998/namespace";
inline constexpr std::string_view ns_xmlns = "http://www.w3.org/2000/xmlns/";

struct Slice {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

struct QName {
    Slice whole;
    std::uint32_t prefix_size = 0;
    Slice prefix() const { return {whole.at, prefix_size}; }
    Slice local() const {
        const std::uint32_t skipped = prefix_size ? prefix_size + 1 : 0;
        return {whole.at + skipped, whole.size - skipped};
    }
};

/// An element. Its children are the nodes that follow it, up to `after`, which have it as parent.
struct Node {
    QName name;
    std::uint32_t start = 0;        ///< the < of its start tag
    std::uint32_t content = 0;      ///< after the > of its start tag
    std::uint32_t content_end = 0;  ///< the < of its end tag; `content` if it is an empty-element tag
    std::uint32_t end = 0;          ///< after its last >
    std::uint32_t parent = none;
    std::uint32_t after = 0;  ///< the first node that is not in it
    std::uint32_t ns = none;  ///< the binding that gives its namespace
    std::uint32_t first_attribute = 0, attribute_count = 0;
    std::uint32_t first_binding = 0, binding_count = 0;
    std::uint32_t scope = none;  ///< the innermost binding in force in it
    bool is_plain = true;        ///< its own text can be taken as it stands
};

struct Attribute {
    QName name;
    Slice value;  ///< between the quotes
    std::uint32_t ns = none;
    bool is_plain = true;
};

/// A namespace declaration. The texts are in the element's own bytes where the base is null.
struct Binding {
    const char* prefix_base = nullptr;
    const char* uri_base = nullptr;
    Slice prefix;
    Slice uri;
    Slice source;  ///< the declaration as it was written, up to its closing quote; empty if inherited
    std::uint32_t outer = none;  ///< the binding that was in force before it
    std::uint32_t depth = 0;     ///< how many are in force with it
};

struct Tree {
    const char* base = nullptr;
    std::string owned;  ///< what base points to, for parse_owned
    std::vector<Node> nodes;
    std::vector<Attribute> attributes;
    std::vector<Binding> bindings;  ///< the first is xml:, then those of the stream header
    std::uint32_t inherited = 0;    ///< how many bindings come from outside the element
    bool uses_inherited_prefix = false;
    Arena arena;

    std::string_view text(Slice slice) const { return {base + slice.at, slice.size}; }
    std::string_view between(std::uint32_t from, std::uint32_t to) const { return {base + from, to - from}; }
    std::string_view prefix(const Binding& b) const {
        return {(b.prefix_base ? b.prefix_base : base) + b.prefix.at, b.prefix.size};
    }
    std::string_view uri(const Binding& b) const {
        return {(b.uri_base ? b.uri_base : base) + b.uri.at, b.uri.size};
    }
    std::string_view ns(std::uint32_t binding) const {
        return binding == none ? std::string_view() : uri(bindings[binding]);
    }

    /// The binding of the prefix that is in force where `scope` is; none if there is none.
    std::uint32_t find(std::string_view prefix, std::uint32_t scope) const;

    /// Adds a declaration from outside the element; the texts must outlive the tree.
    void inherit(std::string_view prefix, std::string_view uri);

    /// Empties it, but for the binding of xml:.
    void reset();
};

struct ReturnTree {
    void operator()(Tree* tree) const;
};
using PooledTree = std::unique_ptr<Tree, ReturnTree>;

/// An empty tree from this thread's pool. It may be given back on another thread.
PooledTree take_tree();

}  // namespace chancery::xml
