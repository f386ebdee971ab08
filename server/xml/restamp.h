// A stanza rewritten for its recipient by splicing: the root's start tag is written anew, the payload is
// passed on as it came. Every message takes this road once per recipient.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/document.h"

namespace chancery::xml {

/// Says what to change; to_string() does it, with one allocation as a rule. The document, and every text
/// given here, must outlive it. The root keeps its name and prefix.
///
/// Limits: at most `most_changes` attributes and as many appended pieces; one more is a bug and aborts.
class Restamp {
  public:
    static constexpr std::size_t most_changes = 12;

    /// @param outer_ns  the default namespace of the place where the result will stand: that of the
    /// recipient's stream,
    ///                  nothing for a WebSocket frame or a file. The root declares its own only if it
    ///                  differs.
    explicit Restamp(View root, std::string_view outer_ns = {}) : root_(root), outer_ns_(outer_ns) {}

    /// Sets an attribute of the root. The name is as written ("from", "xml:lang"), the value is escaped here.
    Restamp& set(std::string_view name, std::string_view value);
    Restamp& remove(std::string_view name);

    /// Leaves out the root's child elements for which `unwanted(View)` holds.
    template <class Predicate>
    Restamp& drop(Predicate unwanted) {
        for (View child : root_.children())
            if (unwanted(child)) dropped_.push_back(child.index());
        return *this;
    }

    /// Adds serialised elements before the end tag. They must be well-formed and declare what they use;
    /// without a declaration they are in the root's default namespace.
    Restamp& append(std::string_view raw);

    /// Puts the root, and what shares its default namespace, in another one: jabber:server to jabber:client
    /// (RFC 6120 §4.8.3). Without effect on a root with a prefix.
    Restamp& qualify(std::string_view ns);

    std::string to_string() const;

  private:
    struct Change {
        std::string_view name;
        std::optional<std::string_view> value;
    };

    const Change* change_of(std::string_view name) const;
    void change(Change wanted);
    void write_start(std::string& out) const;
    void write_namespaces(std::string& out) const;
    void write_content(std::string& out) const;

    View root_;
    std::string_view outer_ns_;
    std::optional<std::string_view> qualify_;
    std::array<Change, most_changes> changes_;
    std::array<std::string_view, most_changes> appended_;
    std::size_t change_count_ = 0;
    std::size_t appended_count_ = 0;
    std::vector<std::uint32_t> dropped_;
};

}  // namespace chancery::xml
