#include "features/rooms/form.h"

#include "xml/escape.h"
#include "xmpp/namespaces.h"

namespace chancery::rooms {
namespace {

constexpr xml::Tag field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};

}  // namespace

Form::Form(const xml::Element& x) : type_(x.attribute("type")) {
    for (const auto& field : x.children()) {
        if (!field.is(field_tag)) continue;
        auto& values = fields_[std::string(field.attribute("var"))];
        for (const auto& value : field.children())
            if (value.is(value_tag)) values.push_back(value.text());
    }
}

std::optional<std::string> Form::text(std::string_view name) const {
    const auto found = fields_.find(name);
    if (found == fields_.end()) return std::nullopt;
    return found->second.empty() ? std::string() : found->second.front();
}

std::optional<bool> Form::flag(std::string_view name) const {
    const auto value = text(name);
    if (value == "1" || value == "true") return true;
    if (value == "0" || value == "false") return false;
    return std::nullopt;
}

std::vector<std::string> Form::list(std::string_view name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::vector<std::string>() : found->second;
}

FormWriter::FormWriter(std::string_view type, std::string_view form_type) : opening_("<x xmlns='jabber:x:data'") {
    xml::append_attribute(opening_, "type", type);
    opening_ += ">";
    if (!form_type.empty()) text("FORM_TYPE", {}, form_type, "hidden");
}

FormWriter& FormWriter::title(std::string_view text) {
    opening_.append("<title>").append(xml::escape(text)).append("</title>");
    return *this;
}

FormWriter& FormWriter::instructions(std::string_view text) {
    opening_.append("<instructions>").append(xml::escape(text)).append("</instructions>");
    return *this;
}

void FormWriter::open(std::string_view name, std::string_view label, std::string_view kind) {
    fields_ += "<field";
    xml::append_attribute(fields_, "var", name);
    xml::append_attribute(fields_, "type", kind);
    if (!label.empty()) xml::append_attribute(fields_, "label", label);
    fields_ += ">";
}

void FormWriter::value(std::string_view text) { fields_.append("<value>").append(xml::escape(text)).append("</value>"); }

FormWriter& FormWriter::text(std::string_view name, std::string_view label, std::string_view text, std::string_view kind) {
    open(name, label, kind);
    value(text);
    fields_ += "</field>";
    return *this;
}

FormWriter& FormWriter::flag(std::string_view name, std::string_view label, bool flag) {
    return text(name, label, flag ? "1" : "0", "boolean");
}

FormWriter& FormWriter::list(std::string_view name, std::string_view label, std::string_view kind, const std::vector<Option>& options,
                             const std::vector<std::string>& values) {
    open(name, label, kind);
    for (const auto& each : values) value(each);
    for (const auto& option : options) {
        fields_ += "<option";
        xml::append_attribute(fields_, "label", option.label);
        fields_ += ">";
        value(option.value);
        fields_ += "</option>";
    }
    fields_ += "</field>";
    return *this;
}

}  // namespace chancery::rooms
