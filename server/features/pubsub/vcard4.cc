#include "features/pubsub/vcard4.h"

#include <algorithm>
#include <array>

namespace chancery::pubsub {
namespace {

constexpr std::string_view ns_temp = "vcard-temp";

/// Properties of one text, and the element of RFC 6351 that has it.
struct Simple {
    std::string_view temp, name, value;
};
constexpr std::array simple{
    Simple{"FN", "fn", "text"},     Simple{"NICKNAME", "nickname", "text"}, Simple{"BDAY", "bday", "date"}, Simple{"TITLE", "title", "text"},
    Simple{"ROLE", "role", "text"}, Simple{"URL", "url", "uri"},            Simple{"DESC", "note", "text"}, Simple{"TZ", "tz", "text"},
};

/// Parts of a property that has several.
struct Part {
    std::string_view temp, name;
};
constexpr std::array name_parts{Part{"FAMILY", "surname"}, Part{"GIVEN", "given"}, Part{"MIDDLE", "additional"}, Part{"PREFIX", "prefix"}, Part{"SUFFIX", "suffix"}};
constexpr std::array address_parts{Part{"POBOX", "pobox"},     Part{"EXTADD", "ext"},    Part{"STREET", "street"}, Part{"LOCALITY", "locality"},
                                   Part{"REGION", "region"},   Part{"PCODE", "code"},    Part{"CTRY", "country"}};
constexpr std::array types{Part{"HOME", "home"}, Part{"WORK", "work"},   Part{"VOICE", "voice"}, Part{"FAX", "fax"},
                           Part{"CELL", "cell"}, Part{"PAGER", "pager"}, Part{"VIDEO", "video"}, Part{"MSG", "text"}};

xml::Element temp(std::string_view name) { return xml::Element(name, ns_temp); }
xml::Element four(std::string_view name) { return xml::Element(name, ns_vcard4); }

std::string text_in(const xml::Element& parent, std::string_view name, std::string_view ns) {
    const auto* child = parent.child({name, ns});
    return child ? child->text() : std::string();
}

/// What a property of vCard 4 says, whatever it says it in.
std::string value_of(const xml::Element& property) {
    for (const auto& child : property.children())
        if (child.name() != "parameters") return child.text();
    return {};
}

std::string without_scheme(std::string text, std::string_view scheme) {
    if (text.starts_with(scheme)) text.erase(0, scheme.size());
    return text;
}

xml::Element property(std::string_view name, std::string_view value, std::string_view text) {
    auto element = four(name);
    return element.add(four(value).add_text(text));
}

/// <parameters/> with the types that stand as elements in the older form; nothing when there are none.
void add_types(xml::Element& to, const xml::Element& from) {
    auto type = four("type");
    for (const auto& [old, name] : types)
        if (from.child({old, ns_temp})) type.add(four("text").add_text(name));
    if (!type.children().empty()) to.add(four("parameters").add(type));
}

void add_old_types(xml::Element& to, const xml::Element& from) {
    const auto* parameters = from.child({"parameters", ns_vcard4});
    const auto* type = parameters ? parameters->child({"type", ns_vcard4}) : nullptr;
    if (!type) return;
    for (const auto& each : type->children())
        for (const auto& [old, name] : types)
            if (each.text() == name) to.add(temp(old));
}

template <class Parts>
void add_parts(xml::Element& to, const xml::Element& from, const Parts& parts) {
    for (const auto& [old, name] : parts)
        if (const auto text = text_in(from, old, ns_temp); !text.empty()) to.add(four(name).add_text(text));
}

template <class Parts>
void add_old_parts(xml::Element& to, const xml::Element& from, const Parts& parts) {
    for (const auto& [old, name] : parts)
        if (const auto text = text_in(from, name, ns_vcard4); !text.empty()) to.add(temp(old).add_text(text));
}

/// One property of the older form, in the newer one.
void convert(xml::Element& card, const xml::Element& old) {
    for (const auto& [name, newer, value] : simple)
        if (old.is({name, ns_temp}) && !old.text().empty()) card.add(property(newer, value, old.text()));
    if (old.is({"N", ns_temp})) {
        auto names = four("n");
        add_parts(names, old, name_parts);
        card.add(names);
    } else if (old.is({"ADR", ns_temp})) {
        auto address = four("adr");
        add_types(address, old);
        add_parts(address, old, address_parts);
        card.add(address);
    } else if (old.is({"TEL", ns_temp}) || old.is({"EMAIL", ns_temp})) {
        const bool is_number = old.name() == "TEL";
        const auto text = text_in(old, is_number ? "NUMBER" : "USERID", ns_temp);
        auto line = four(is_number ? "tel" : "email");
        add_types(line, old);
        if (!text.empty()) card.add(line.add(four("text").add_text(text)));
    } else if (old.is({"ORG", ns_temp})) {
        auto office = four("org");
        for (const auto& part : old.children()) office.add(four("text").add_text(part.text()));
        if (!office.children().empty()) card.add(office);
    } else if (old.is({"JABBERID", ns_temp})) {
        card.add(property("impp", "uri", "xmpp:" + old.text()));
    } else if (old.is({"GEO", ns_temp})) {
        card.add(property("geo", "uri", "geo:" + text_in(old, "LAT", ns_temp) + "," + text_in(old, "LON", ns_temp)));
    }
}

/// The other way.
void convert_back(xml::Element& card, const xml::Element& newer) {
    const auto is = [&](std::string_view name) { return newer.is({name, ns_vcard4}); };
    const auto value = value_of(newer);
    for (const auto& [old, name, kind] : simple)
        if (is(name) && !value.empty()) card.add(temp(old).add_text(value));
    if (is("n")) {
        auto names = temp("N");
        add_old_parts(names, newer, name_parts);
        card.add(names);
    } else if (is("adr")) {
        auto address = temp("ADR");
        add_old_types(address, newer);
        add_old_parts(address, newer, address_parts);
        card.add(address);
    } else if (is("tel") || is("email")) {
        auto line = temp(is("tel") ? "TEL" : "EMAIL");
        add_old_types(line, newer);
        const auto text = without_scheme(without_scheme(value, "tel:"), "mailto:");
        if (!text.empty()) card.add(line.add(temp(is("tel") ? "NUMBER" : "USERID").add_text(text)));
    } else if (is("org")) {
        auto office = temp("ORG");
        for (const auto& part : newer.children())
            if (part.name() == "text") office.add(temp(office.children().empty() ? "ORGNAME" : "ORGUNIT").add_text(part.text()));
        card.add(office);
    } else if (is("impp") && value.starts_with("xmpp:")) {
        card.add(temp("JABBERID").add_text(without_scheme(value, "xmpp:")));
    } else if (is("geo") && value.starts_with("geo:") && value.contains(',')) {
        const auto place = without_scheme(value, "geo:");
        const auto comma = place.find(',');
        auto where = temp("GEO");
        where.add(temp("LAT").add_text(place.substr(0, comma)));
        card.add(where.add(temp("LON").add_text(place.substr(comma + 1))));
    }
}

}  // namespace

xml::Element vcard4_of(const xml::Element& vcard_temp) {
    auto card = four("vcard");
    for (const auto& property : vcard_temp.children()) convert(card, property);
    return card;
}

xml::Element vcard_temp_of(const xml::Element& vcard4) {
    auto card = temp("vCard");
    for (const auto& property : vcard4.children()) convert_back(card, property);
    return card;
}

}  // namespace chancery::pubsub
