// Why XML was refused: as many values as a stream can tell its peer apart (RFC 6120 §4.9.3).
#pragma once
#include <string_view>

namespace chancery::xml {

enum class Fault {
    not_well_formed,  ///< violates XML 1.0 (5th edition), Namespaces in XML 1.0 or UTF-8
    restricted_xml,   ///< comment, processing instruction, DTD or an entity of one's own (RFC 6120 §11.1)
    unsupported_encoding,  ///< anything but UTF-8 (RFC 6120 §11.6)
    bad_namespace_prefix,  ///< a prefix that nobody declared (RFC 6120 §4.9.3.2)
    invalid_namespace,     ///< the header is not in the streams namespace (RFC 6120 §4.9.3.10)
    bad_format,   ///< well-formed, and yet no stream: text between stanzas, a root that is not <stream/>
    too_large,    ///< more bytes than Limits::element_bytes
    too_complex,  ///< any other of the Limits
};

/// The stream error condition that tells the peer, e.g. "not-well-formed"; the limits are "policy-violation".
std::string_view condition_of(Fault fault);

}  // namespace chancery::xml
