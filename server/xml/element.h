// An XML element as a value: copied, moved and compared like a string. For replies, and for what is stored.
//
// What only passes through is not made an Element: see View and Restamp.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "xml/document.h"
#include "xml/fault.h"
#include "xml/limits.h"
#include "xml/tag.h"

namespace chancery::xml {

class Element {
  public:
    /// The name must be an NCName: anything else is a bug, and aborts.
    Element(std::string_view name, std::string_view ns);
    explicit Element(Tag tag) : Element(tag.name, tag.ns) {}
    /// A copy of a scanned element. Prefixes are not kept; the namespaces they stood for are.
    explicit Element(View view);

    /// Of one complete element, with limits_of_stored_xml unless others are given.
    [[nodiscard]] static Result<Element, Fault> parse(std::string_view text,
                                                      const Limits& limits = limits_of_stored_xml);

    bool is(Tag tag) const { return name_ == tag.name && ns_ == tag.ns; }
    const std::string& name() const { return name_; }
    const std::string& ns() const { return ns_; }
    /// The character data that is directly in the element, joined.
    const std::string& text() const { return text_; }
    const std::vector<Element>& children() const { return children_; }
    const Element* child(Tag tag) const;

    /// Empty if there is no such attribute. Without a namespace, "xml:lang" is understood too.
    std::string_view attribute(std::string_view name, std::string_view ns = {}) const;
    bool has_attribute(std::string_view name, std::string_view ns = {}) const;

    /// Sets an attribute, "xml:lang" included; the name must be an NCName otherwise. set_in() one of a
    /// namespace.
    Element& set(std::string_view name, std::string_view value);
    Element& set_in(std::string_view ns, std::string_view name, std::string_view value);
    Element& remove_attribute(std::string_view name);

    /// Add to the end of the content; texts, children and raw pieces stay in the order in which they came.
    Element& add(Element child);
    Element& add_text(std::string_view text);
    /// Adds serialised elements, which must be well-formed and declare the namespaces they use. They are
    /// written out as they are, and seen by nothing else here.
    Element& add_raw(std::string raw);

    template <class Predicate>
    void remove_children(Predicate unwanted);

    /// The element as XML. Its own namespace is declared unless it is `outer_ns`, the default at the place it
    /// goes to.
    std::string to_string(std::string_view outer_ns = {}) const;
    void append_to(std::string& out, std::string_view outer_ns = {}) const;

    /// Whether they say the same, attributes in the same order.
    friend bool operator==(const Element& a, const Element& b);

  private:
    struct Attribute {
        std::string name;
        std::string ns;
        std::string value;
        friend bool operator==(const Attribute&, const Attribute&) = default;
    };
    struct Raw {
        std::size_t text_before = 0;
        std::size_t children_before = 0;
        std::string bytes;
        friend bool operator==(const Raw&, const Raw&) = default;
    };

    const Attribute* find(std::string_view name, std::string_view ns) const;
    void append_attributes(std::string& out) const;
    void append_content(std::string& out, std::string_view own_ns) const;

    std::string name_;
    std::string ns_;
    std::string text_;
    std::size_t text_before_ = 0;  ///< how much of the parent's text stands before this
    std::vector<Attribute> attributes_;
    std::vector<Element> children_;
    std::vector<Raw> raws_;
};

template <class Predicate>
void Element::remove_children(Predicate unwanted) {
    std::vector<Element> kept;
    auto raw = raws_.begin();
    for (std::size_t i = 0; i < children_.size(); ++i) {
        for (; raw != raws_.end() && raw->children_before <= i; ++raw) raw->children_before = kept.size();
        if (!unwanted(std::as_const(children_[i]))) kept.push_back(std::move(children_[i]));
    }
    for (; raw != raws_.end(); ++raw) raw->children_before = kept.size();
    children_ = std::move(kept);
}

}  // namespace chancery::xml
