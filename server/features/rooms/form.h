// Data forms (XEP-0004) as rooms use them: what was filled in, and a form to fill in.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.h"
#include "xml/document.h"

namespace chancery::rooms {

/// What somebody filled in.
class Form {
  public:
    /// Of `<x xmlns='jabber:x:data'/>`.
    explicit Form(const xml::Element& x);

    const std::string& type() const { return type_; }        ///< submit, cancel, …
    /// The FORM_TYPE (XEP-0068); empty when there is none.
    std::string form_type() const { return text("FORM_TYPE").value_or(""); }
    bool has(std::string_view name) const { return fields_.contains(name); }
    /// The first value; nothing when the field is absent. A field without values is an empty text.
    std::optional<std::string> text(std::string_view name) const;
    /// Nothing also when it is neither true nor false (XEP-0004 §3.3).
    std::optional<bool> flag(std::string_view name) const;
    std::vector<std::string> list(std::string_view name) const;
    const std::map<std::string, std::vector<std::string>, std::less<>>& fields() const { return fields_; }

  private:
    std::string type_;
    std::map<std::string, std::vector<std::string>, std::less<>> fields_;
};

struct Option {
    std::string_view value, label;
};

/// Writes a form. Texts are escaped here.
class FormWriter {
  public:
    /// `type`: form, submit or result.
    FormWriter(std::string_view type, std::string_view form_type);
    FormWriter& title(std::string_view text);
    FormWriter& instructions(std::string_view text);
    FormWriter& text(std::string_view name, std::string_view label, std::string_view value, std::string_view kind = "text-single");
    FormWriter& flag(std::string_view name, std::string_view label, bool value);
    FormWriter& list(std::string_view name, std::string_view label, std::string_view kind, const std::vector<Option>& options,
                     const std::vector<std::string>& values);
    std::string xml() const { return opening_ + fields_ + "</x>"; }
    /// The fields alone, to stand in another form.
    const std::string& fields() const { return fields_; }

  private:
    void open(std::string_view name, std::string_view label, std::string_view kind);
    void value(std::string_view text);
    std::string opening_, fields_;
};

}  // namespace chancery::rooms
