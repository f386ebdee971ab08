// An element that was scanned, and handles on what is in it. Nothing is copied: all texts are slices of its
// bytes, but for those that had to be decoded, which the document keeps.
//
// Concurrency: a document and its views belong to one thread at a time, reading included (decoding writes).
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "xml/tag.h"
#include "xml/tree.h"

namespace chancery::xml {

class Children;

/// An attribute that is not a namespace declaration.
struct AttributeView {
    std::string_view name;    ///< local
    std::string_view prefix;  ///< empty if it has none
    std::string_view ns;      ///< empty if it has no prefix
    std::string_view value;   ///< decoded
};

/// A handle on one element of a document, or on none. Copied like a pointer; valid as long as its document.
/// On none, every text is empty and there are no children.
class View {
  public:
    View() = default;
    View(const Tree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

    explicit operator bool() const { return tree_ != nullptr; }
    friend bool operator==(View, View) = default;

    std::string_view name() const { return tree_ ? tree_->text(node().name.local()) : std::string_view(); }
    std::string_view prefix() const { return tree_ ? tree_->text(node().name.prefix()) : std::string_view(); }
    std::string_view ns() const { return tree_ ? tree_->ns(node().ns) : std::string_view(); }
    bool is(Tag tag) const { return name() == tag.name && ns() == tag.ns; }

    /// The value, decoded and with white space normalised (XML 1.0 §3.3.3); empty if there is no such
    /// attribute. The first form finds attributes without a prefix.
    std::string_view attribute(std::string_view name) const;
    std::string_view attribute(std::string_view name, std::string_view ns) const;
    bool has_attribute(std::string_view name) const;
    /// The bytes between the quotes as they came.
    std::string_view raw_attribute(std::string_view name) const;
    std::size_t attribute_count() const { return tree_ ? node().attribute_count : 0; }
    AttributeView attribute_at(std::size_t i) const;

    /// The character data that is directly in the element, decoded and joined.
    std::string_view text() const;

    /// The first child element; the first with this tag; none if there is none.
    View first_child() const;
    View child(Tag tag) const;
    /// The next element with the same parent; none after the last.
    View next() const;
    View parent() const;
    /// All child elements; those with this tag. The texts of the tag must outlive the loop.
    Children children() const;
    Children children(Tag tag) const;

    /// The bytes of the element as they came; the bytes between its tags.
    std::string_view outer() const {
        return tree_ ? tree_->between(node().start, node().end) : std::string_view();
    }
    std::string_view inner() const {
        return tree_ ? tree_->between(node().content, node().content_end) : std::string_view();
    }

    /// The bytes of the element, made fit to stand anywhere: what it uses of the namespaces declared around
    /// it is declared in its start tag.
    std::string outer_with_namespaces() const;

    /// For the code of this folder.
    const Tree* tree() const { return tree_; }
    const Node& node() const { return tree_->nodes[index_]; }
    std::uint32_t index() const { return index_; }

  private:
    const Attribute* find(std::string_view name, std::string_view ns) const;
    std::string_view value_of(const Attribute& attribute) const;

    const Tree* tree_ = nullptr;
    std::uint32_t index_ = 0;
};

/// A range of child elements, for a for loop.
class Children {
  public:
    Children(View first, Tag tag, bool any) : first_(first), tag_(tag), any_(any) {}

    class Iterator {
      public:
        using value_type = View;
        using difference_type = std::ptrdiff_t;
        Iterator() = default;
        Iterator(View at, const Children* range) : at_(at), range_(range) { skip(); }
        View operator*() const { return at_; }
        Iterator& operator++() {
            at_ = at_.next();
            skip();
            return *this;
        }
        Iterator operator++(int) {
            auto old = *this;
            ++*this;
            return old;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }
        bool operator==(std::default_sentinel_t) const { return !at_; }

      private:
        void skip() {
            while (at_ && !range_->any_ && !at_.is(range_->tag_)) at_ = at_.next();
        }
        View at_;
        const Children* range_ = nullptr;
    };

    Iterator begin() const { return {first_, this}; }
    std::default_sentinel_t end() const { return {}; }

  private:
    View first_;
    Tag tag_;
    bool any_;
};

/// One element with all that is in it. Moving it leaves its views valid.
class Document {
  public:
    Document() = default;
    explicit Document(PooledTree tree) : tree_(std::move(tree)) {}

    /// The element itself; none if the document is empty.
    View root() const { return tree_ && !tree_->nodes.empty() ? View(*tree_, 0) : View(); }

    /// For the code of this folder.
    Tree* tree() const { return tree_.get(); }

  private:
    PooledTree tree_;
};

}  // namespace chancery::xml
