#include "xml/fault.h"

#include <utility>

namespace chancery::xml {

std::string_view condition_of(Fault fault) {
    switch (fault) {
        case Fault::not_well_formed: return "not-well-formed";
        case Fault::restricted_xml: return "restricted-xml";
        case Fault::unsupported_encoding: return "unsupported-encoding";
        case Fault::bad_namespace_prefix: return "bad-namespace-prefix";
        case Fault::invalid_namespace: return "invalid-namespace";
        case Fault::bad_format: return "bad-format";
        case Fault::too_large:
        case Fault::too_complex: return "policy-violation";
    }
    std::unreachable();
}

}  // namespace chancery::xml
