// XEP-0004: Data Forms, as values: what a form says, and how one is written.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xml/element.h"

namespace chancery {

class DataForm {
  public:
    struct Field {
        std::string var, type, label;      ///< type and label may be empty
        std::vector<std::string> values;
        bool required = false;
    };

    /// `type`: form, submit, result or cancel. `form_type`: XEP-0068's FORM_TYPE; empty: none.
    DataForm(std::string_view type, std::string_view form_type);
    /// What an element <x xmlns='jabber:x:data'/> says.
    explicit DataForm(const xml::Element& x);

    DataForm& title(std::string_view text);
    DataForm& instructions(std::string_view text);
    DataForm& add(Field field);
    /// A field of a result or of a submission.
    DataForm& add(std::string_view var, std::string_view value);

    const std::string& type() const { return type_; }
    const std::string& form_type() const { return form_type_; }
    const std::vector<Field>& fields() const { return fields_; }
    /// The values of a field; none when there is no such field.
    const std::vector<std::string>& values(std::string_view var) const;
    /// The values, one a line.
    std::string text(std::string_view var) const;

    xml::Element to_element() const;
    std::string to_xml() const;

  private:
    std::string type_, form_type_, title_, instructions_;
    std::vector<Field> fields_;  // without FORM_TYPE
};

}  // namespace chancery
