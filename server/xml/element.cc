#include "xml/element.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "xml/chars.h"
#include "xml/content.h"
#include "xml/escape.h"
#include "xml/namespaces.h"
#include "xml/parse.h"

namespace chancery::xml {
namespace {

// A name that is none would let whoever chose it write markup.
void require_name(std::string_view name) {
    if (is_ncname(name)) return;
    std::fprintf(stderr, "xml: not a name: %.*s\n", static_cast<int>(name.size()), name.data());
    std::abort();
}

constexpr std::string_view xml_prefix = "xml:";

}  // namespace

Element::Element(std::string_view name, std::string_view ns) : name_(name), ns_(ns) { require_name(name); }

Element::Element(View view) : name_(view.name()), ns_(view.ns()) {
    for (std::size_t i = 0; i < view.attribute_count(); ++i) {
        const auto attribute = view.attribute_at(i);
        attributes_.emplace_back(std::string(attribute.name), std::string(attribute.ns),
                                 std::string(attribute.value));
    }
    for_each_part(
        view, [&](std::string_view raw) { append_unescaped(text_, raw, Place::text); },
        [&](View child) { add(Element(child)); });
}

Result<Element, Fault> Element::parse(std::string_view text, const Limits& limits) {
    auto document = xml::parse(text, limits);
    if (!document) return refusal(document.error());
    return Element(document->root());
}

const Element* Element::child(Tag tag) const {
    const auto found = std::ranges::find_if(children_, [&](const Element& child) { return child.is(tag); });
    return found == children_.end() ? nullptr : &*found;
}

const Element::Attribute* Element::find(std::string_view name, std::string_view ns) const {
    if (ns.empty() && name.starts_with(xml_prefix)) return find(name.substr(xml_prefix.size()), ns_xml);
    const auto is = [&](const Attribute& a) { return a.name == name && a.ns == ns; };
    const auto found = std::ranges::find_if(attributes_, is);
    return found == attributes_.end() ? nullptr : &*found;
}

std::string_view Element::attribute(std::string_view name, std::string_view ns) const {
    const auto* const found = find(name, ns);
    return found ? std::string_view(found->value) : std::string_view();
}

bool Element::has_attribute(std::string_view name, std::string_view ns) const {
    return find(name, ns) != nullptr;
}

Element& Element::set(std::string_view name, std::string_view value) {
    if (name.starts_with(xml_prefix)) return set_in(ns_xml, name.substr(xml_prefix.size()), value);
    return set_in({}, name, value);
}

Element& Element::set_in(std::string_view ns, std::string_view name, std::string_view value) {
    if (const auto* const found = find(name, ns)) {
        const_cast<Attribute*>(found)->value = value;
        return *this;
    }
    require_name(name);
    if (ns.empty() && name == "xmlns") std::abort();
    attributes_.emplace_back(std::string(name), std::string(ns), std::string(value));
    return *this;
}

Element& Element::remove_attribute(std::string_view name) {
    if (const auto* const found = find(name, {}))
        attributes_.erase(attributes_.begin() + (found - attributes_.data()));
    return *this;
}

Element& Element::add(Element child) {
    child.text_before_ = text_.size();
    children_.push_back(std::move(child));
    return *this;
}

Element& Element::add_text(std::string_view text) {
    text_ += text;
    return *this;
}

Element& Element::add_raw(std::string raw) {
    raws_.push_back({text_.size(), children_.size(), std::move(raw)});
    return *this;
}

bool operator==(const Element& a, const Element& b) {
    const auto same_place = [](const Element& x, const Element& y) {
        return x.text_before_ == y.text_before_;
    };
    return a.name_ == b.name_ && a.ns_ == b.ns_ && a.text_ == b.text_ && a.attributes_ == b.attributes_ &&
           a.raws_ == b.raws_ && a.children_ == b.children_ &&
           std::ranges::equal(a.children_, b.children_, same_place);
}

std::string Element::to_string(std::string_view outer_ns) const {
    std::string out;
    append_to(out, outer_ns);
    return out;
}

void Element::append_to(std::string& out, std::string_view outer_ns) const {
    const bool is_of_xml = ns_ == ns_xml;  // which cannot be a default namespace
    const std::string_view prefix = is_of_xml ? xml_prefix : "";
    out += '<';
    out += prefix;
    out += name_;
    if (!is_of_xml && ns_ != outer_ns) append_declaration(out, {}, ns_);
    append_attributes(out);
    if (text_.empty() && children_.empty() && raws_.empty()) {
        out += "/>";
        return;
    }
    out += '>';
    append_content(out, is_of_xml ? outer_ns : std::string_view(ns_));
    out += "</";
    out += prefix;
    out += name_;
    out += '>';
}

// An attribute of a namespace gets a prefix of its own, declared beside it.
void Element::append_attributes(std::string& out) const {
    int prefixes = 0;
    for (const auto& [name, ns, value] : attributes_) {
        std::string prefix;
        if (ns == ns_xml) {
            prefix = xml_prefix;
        } else if (!ns.empty()) {
            prefix = "a" + std::to_string(prefixes++);
            append_declaration(out, prefix, ns);
            prefix += ':';
        }
        out += ' ';
        out += prefix;
        out += name;
        out += "='";
        append_escaped(out, value, Place::attribute);
        out += '\'';
    }
}

void Element::append_content(std::string& out, std::string_view own_ns) const {
    std::size_t written = 0;
    const auto write_text = [&](std::size_t until) {
        append_escaped(out, std::string_view(text_).substr(written, until - written));
        written = until;
    };
    auto raw = raws_.begin();
    const auto write_raws = [&](std::size_t children_before) {
        for (; raw != raws_.end() && raw->children_before <= children_before; ++raw) {
            write_text(raw->text_before);
            out += raw->bytes;
        }
    };
    for (std::size_t i = 0; i < children_.size(); ++i) {
        write_raws(i);
        write_text(children_[i].text_before_);
        children_[i].append_to(out, own_ns);
    }
    write_raws(children_.size());
    write_text(text_.size());
}

}  // namespace chancery::xml
