#include "xmpp/data_form.h"

#include <algorithm>

#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr xml::Tag form_tag{"x", ns::data_forms}, field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};
constexpr std::string_view form_type_var = "FORM_TYPE";

xml::Element element_of(const DataForm::Field& field) {
    xml::Element element(field_tag);
    element.set("var", field.var);
    if (!field.type.empty()) element.set("type", field.type);
    if (!field.label.empty()) element.set("label", field.label);
    if (field.required) element.add(xml::Element("required", ns::data_forms));
    for (const auto& value : field.values) element.add(xml::Element(value_tag).add_text(value));
    return element;
}

}  // namespace

DataForm::DataForm(std::string_view type, std::string_view form_type) : type_(type), form_type_(form_type) {}

DataForm::DataForm(const xml::Element& x) : type_(x.attribute("type")) {
    for (const auto& child : x.children()) {
        if (!child.is(field_tag)) continue;
        Field field{.var = std::string(child.attribute("var")), .type = std::string(child.attribute("type")), .label = {}, .values = {}};
        for (const auto& value : child.children())
            if (value.is(value_tag)) field.values.push_back(value.text());
        if (field.var != form_type_var) fields_.push_back(std::move(field));
        else if (!field.values.empty()) form_type_ = field.values.front();
    }
}

DataForm& DataForm::title(std::string_view text) {
    title_ = text;
    return *this;
}

DataForm& DataForm::instructions(std::string_view text) {
    instructions_ = text;
    return *this;
}

DataForm& DataForm::add(Field field) {
    fields_.push_back(std::move(field));
    return *this;
}

DataForm& DataForm::add(std::string_view var, std::string_view value) {
    return add(Field{.var = std::string(var), .type = {}, .label = {}, .values = {std::string(value)}});
}

const std::vector<std::string>& DataForm::values(std::string_view var) const {
    static const std::vector<std::string> none;
    const auto found = std::ranges::find(fields_, var, &Field::var);
    return found == fields_.end() ? none : found->values;
}

std::string DataForm::text(std::string_view var) const {
    std::string text;
    for (const auto& value : values(var)) text.append(&value == values(var).data() ? "" : "\n").append(value);
    return text;
}

xml::Element DataForm::to_element() const {
    xml::Element x(form_tag);
    x.set("type", type_);
    if (!title_.empty()) x.add(xml::Element("title", ns::data_forms).add_text(title_));
    if (!instructions_.empty()) x.add(xml::Element("instructions", ns::data_forms).add_text(instructions_));
    if (!form_type_.empty()) x.add(element_of({.var = std::string(form_type_var), .type = "hidden", .label = {}, .values = {form_type_}}));
    for (const auto& field : fields_) x.add(element_of(field));
    return x;
}

std::string DataForm::to_xml() const { return to_element().to_string(ns::client); }

}  // namespace chancery
