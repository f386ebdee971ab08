// Jid: an XMPP address (RFC 7622), always valid and always in its canonical form, so that equal means equal.
//
// A value on any thread: one string and two lengths. The parts are views into it.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chancery {

enum class JidError { malformed, bad_local, bad_domain, bad_resource };

class Jid {
  public:
    /// RFC 7622 §3.1: each part, after preparation, in bytes.
    static constexpr std::size_t part_limit_bytes = 1023;

    /// The address that the text means, prepared part by part: localpart by UsernameCaseMapped without the
    /// characters of RFC 7622 §3.3.1, domainpart by IDNA, resourcepart by OpaqueString.
    static Result<Jid, JidError> parse(std::string_view text);
    /// The same from parts; an empty local or resource means that there is none.
    static std::optional<Jid> of(std::string_view local, std::string_view domain,
                                 std::string_view resource = {});

    std::string_view local() const { return view(0, local_size_); }
    std::string_view domain() const { return view(domain_start(), bare_size_); }
    std::string_view resource() const {
        return is_full() ? view(bare_size_ + 1u, text_.size()) : std::string_view();
    }

    /// local@domain, or domain: what the parts of one person have in common.
    std::string_view bare_text() const { return view(0, bare_size_); }
    const std::string& text() const { return text_; }

    Jid bare() const { return Jid(std::string(bare_text()), local_size_, bare_size_); }
    Result<Jid, JidError> with_resource(std::string_view resource) const;

    bool is_bare() const { return bare_size_ == text_.size(); }
    bool is_full() const { return !is_bare(); }
    /// Whether it is a server or component: no local part, no resource.
    bool is_domain() const { return local_size_ == 0 && is_bare(); }

    bool operator==(const Jid& other) const { return text_ == other.text_; }
    std::strong_ordering operator<=>(const Jid& other) const { return text_ <=> other.text_; }

  private:
    Jid(std::string text, std::size_t local_size, std::size_t bare_size)
        : text_(std::move(text)),
          local_size_(static_cast<std::uint16_t>(local_size)),
          bare_size_(static_cast<std::uint16_t>(bare_size)) {}

    std::size_t domain_start() const { return local_size_ == 0 ? 0 : local_size_ + 1u; }
    std::string_view view(std::size_t from, std::size_t to) const {
        return std::string_view(text_).substr(from, to - from);
    }

    std::string text_;
    std::uint16_t local_size_, bare_size_;
};

}  // namespace chancery

template <>
struct std::hash<chancery::Jid> {
    std::size_t operator()(const chancery::Jid& jid) const noexcept {
        return std::hash<std::string>()(jid.text());
    }
};
