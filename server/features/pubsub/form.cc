#include "features/pubsub/form.h"

namespace chancery::pubsub {
namespace {

constexpr xml::Tag form_tag{"x", ns::data_forms}, field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};

xml::Element with_value(std::string_view name, std::string_view value) {
    xml::Element element(name, ns::data_forms);
    element.add_text(value);
    return element;
}

}  // namespace

Result<std::vector<Field>, StanzaError> fields_of(const xml::Element& form, std::string_view form_type) {
    std::vector<Field> fields;
    for (const auto& child : form.children()) {
        if (!child.is(field_tag)) continue;
        Field field{.name = std::string(child.attribute("var")), .values = {}};
        for (const auto& value : child.children())
            if (value.is(value_tag)) field.values.push_back(value.text());
        if (field.name != "FORM_TYPE") fields.push_back(std::move(field));
        else if (field.value() != form_type) return refuse(Condition::bad_request, "The form is of another type than " + std::string(form_type) + ".");
    }
    return fields;
}

xml::Element form_of(std::string_view type, std::string_view form_type, const std::vector<Field>& fields) {
    xml::Element form(form_tag);
    form.set("type", type);
    xml::Element kind(field_tag);
    kind.set("var", "FORM_TYPE").set("type", "hidden");
    form.add(kind.add(with_value("value", form_type)));
    for (const auto& field : fields) {
        xml::Element shown(field_tag);
        shown.set("var", field.name);
        if (type == "form" || !field.type.empty()) shown.set("type", field.type);
        if (type == "form" && !field.label.empty()) shown.set("label", field.label);
        for (const auto& value : field.values) shown.add(with_value("value", value));
        if (type == "form")
            for (const auto choice : field.choices) {
                xml::Element option("option", ns::data_forms);
                shown.add(option.add(with_value("value", choice)));
            }
        form.add(std::move(shown));
    }
    return form;
}

}  // namespace chancery::pubsub
