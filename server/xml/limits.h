// How large and how intricate an element may be before its stream is closed with policy-violation.
#pragma once
#include <cstddef>

namespace chancery::xml {

/// What one first-level element, or one stream header, may measure. One more than a limit is a fault.
///
/// Together they bound the work: at most `attributes` comparisons for an attribute and `namespaces` for a
/// prefix.
struct Limits {
    /// Bytes as received, from `<` to `>`, markup included. RFC 6120 §13.12 asks for no less than 10 000;
    /// 256 KiB carries an avatar (XEP-0084) and is what the peers accept. Advertised as max-bytes of
    /// XEP-0478.
    std::size_t element_bytes = 262'144;
    /// Elements inside one another, the first one counted. The deepest in use, a label in an archived carbon,
    /// is 9.
    std::size_t depth = 64;
    /// Attributes of one element, namespace declarations counted.
    std::size_t attributes = 64;
    /// Elements in one first-level element: a roster of 900 contacts with a group each.
    std::size_t elements = 2'000;
    /// Bytes of one qualified name.
    std::size_t name_bytes = 1'024;
    /// Namespace declarations in scope at one place, those of the stream header counted.
    std::size_t namespaces = 64;
};

/// For a stream whose peer has not signed in: RFC 6120 §13.12's lower bound, the rest as above.
inline constexpr Limits limits_before_sign_in{.element_bytes = 10'240};

/// For XML that we wrote ourselves and read back: what was admitted once, with all that was added to it
/// since.
inline constexpr Limits limits_of_stored_xml{.element_bytes = 16'777'216,
                                             .depth = 128,
                                             .attributes = 128,
                                             .elements = 200'000,
                                             .name_bytes = 1'024,
                                             .namespaces = 256};

}  // namespace chancery::xml
