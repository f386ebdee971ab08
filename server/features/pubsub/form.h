// XEP-0004: what a submitted form says, and how one is shown, as far as nodes need it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.h"
#include "xmpp/errors.h"
#include "xmpp/namespaces.h"

namespace chancery::pubsub {

struct Field {
    std::string name;
    std::vector<std::string> values;
    std::string type = {}, label = {};              ///< when it is shown
    std::vector<std::string_view> choices = {};

    std::string value() const { return values.empty() ? std::string() : values.front(); }
};

/// The fields but FORM_TYPE. Refused when that is another one than expected.
Result<std::vector<Field>, StanzaError> fields_of(const xml::Element& form, std::string_view form_type);

/// A form of a type (form, submit or result), FORM_TYPE first.
xml::Element form_of(std::string_view type, std::string_view form_type, const std::vector<Field>& fields);

}  // namespace chancery::pubsub
