#include "xmpp/capabilities.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr std::string_view caps_ns = "http://jabber.org/protocol/caps", info_ns = "http://jabber.org/protocol/disco#info";
constexpr xml::Tag field_tag{"field", ns::data_forms}, value_tag{"value", ns::data_forms};

std::optional<Hash> hash_named(std::string_view name) {
    if (name == "sha-1") return Hash::sha1;
    if (name == "sha-256") return Hash::sha256;
    if (name == "sha-512") return Hash::sha512;
    return std::nullopt;
}

/// Each followed by '<', in order. Nothing when one stands there twice.
std::optional<std::string> each_once(std::vector<std::string> parts) {
    std::ranges::sort(parts);
    if (std::ranges::adjacent_find(parts) != parts.end()) return std::nullopt;
    std::string text;
    for (const auto& part : parts) text += part + "<";
    return text;
}

std::vector<std::string> values_of(const xml::Element& field) {
    std::vector<std::string> values;
    for (const auto& child : field.children())
        if (child.is(value_tag)) values.push_back(child.text());
    return values;
}

/// XEP-0128: one form, beginning with its FORM_TYPE; empty for a form that does not count; nothing for one whose type is not
/// one single value.
std::optional<std::string> form_text(const xml::Element& form) {
    std::string type;
    std::vector<std::string> fields;
    for (const auto& field : form.children()) {
        if (!field.is(field_tag)) continue;
        auto values = values_of(field);
        std::ranges::sort(values);
        if (field.attribute("var") == "FORM_TYPE") {
            if (field.attribute("type") != "hidden") return std::string();
            if (values.empty() || values.front() != values.back()) return std::nullopt;
            type = values.front();
            continue;
        }
        std::string text(field.attribute("var"));
        text += "<";
        for (const auto& value : values) text += value + "<";
        fields.push_back(std::move(text));
    }
    if (type.empty()) return std::string();
    std::ranges::sort(fields);
    std::string text = type + "<";
    for (const auto& field : fields) text += field;
    return text;
}

}  // namespace

std::optional<AnnouncedCapabilities> capabilities_of(xml::View presence) {
    const auto announced = presence.child({"c", caps_ns});
    if (!announced || !announced.has_attribute("ver") || !announced.has_attribute("node")) return std::nullopt;
    return AnnouncedCapabilities{.hash = std::string(announced.attribute("hash")),
                                 .node = std::string(announced.attribute("node")),
                                 .version = std::string(announced.attribute("ver"))};
}

std::vector<std::string> features_of(const xml::Element& query) {
    std::vector<std::string> features;
    for (const auto& child : query.children())
        if (child.is({"feature", info_ns})) features.emplace_back(child.attribute("var"));
    std::ranges::sort(features);
    return features;
}

std::optional<std::string> capabilities_text(const xml::Element& query) {
    std::vector<std::string> identities, forms;
    for (const auto& child : query.children()) {
        if (child.is({"identity", info_ns})) {
            std::string text;
            text.append(child.attribute("category")).append("/").append(child.attribute("type")).append("/");
            text.append(child.attribute("xml:lang")).append("/").append(child.attribute("name"));
            identities.push_back(std::move(text));
        } else if (child.is({"x", ns::data_forms})) {
            auto form = form_text(child);
            if (!form) return std::nullopt;
            if (!form->empty()) forms.push_back(std::move(*form));
        }
    }
    const auto type_of = [](const std::string& form) { return form.substr(0, form.find('<')); };
    std::ranges::sort(forms, {}, type_of);
    if (std::ranges::adjacent_find(forms, {}, type_of) != forms.end()) return std::nullopt;
    const auto who = each_once(std::move(identities)), what = each_once(features_of(query));
    if (!who || !what) return std::nullopt;
    std::string text = *who + *what;
    for (const auto& form : forms) text += form;
    return text;
}

bool is_as_announced(const AnnouncedCapabilities& announced, const xml::Element& query) {
    const auto algorithm = hash_named(announced.hash);
    const auto text = capabilities_text(query);
    return algorithm && text && to_base64(hash(*algorithm, *text)) == announced.version;
}

}  // namespace chancery
