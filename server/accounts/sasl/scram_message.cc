#include "accounts/sasl/scram_message.h"

#include <algorithm>

#include "base/bytes.h"

namespace chancery::sasl {
namespace {

/// What stands before the next comma; the rest stays in `text`. Nothing when the text has ended.
std::optional<std::string_view> next_field(std::optional<std::string_view>& text) {
    if (!text) return std::nullopt;
    const auto comma = text->find(',');
    const auto field = text->substr(0, comma);
    if (comma == std::string_view::npos)
        text.reset();
    else
        text->remove_prefix(comma + 1);
    return field;
}

/// The value of the next field, which must be of this attribute and not empty.
std::optional<std::string_view> next_value(std::optional<std::string_view>& text, char attribute) {
    const auto field = next_field(text);
    if (!field || field->size() < 3 || (*field)[0] != attribute || (*field)[1] != '=') return std::nullopt;
    return field->substr(2);
}

bool is_extension(std::string_view field) {
    const bool has_letter = !field.empty() && ((field[0] | 0x20) >= 'a' && (field[0] | 0x20) <= 'z');
    return has_letter && field.size() >= 3 && field[1] == '=' && field[0] != 'm' && !field.contains('\0');
}

/// Whether what is left are optional extensions, which are ignored (RFC 5802 §5.1).
bool are_extensions(std::optional<std::string_view> text) {
    while (const auto field = next_field(text))
        if (!is_extension(*field)) return false;
    return true;
}

// saslname: "=2C" is a comma and "=3D" an equals sign; no other "=" may stand in it.
std::optional<std::string> decode_name(std::string_view encoded) {
    std::string name;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] == '\0') return std::nullopt;
        if (encoded[i] != '=') {
            name += encoded[i];
            continue;
        }
        const auto code = encoded.substr(i + 1, 2);
        if (code != "2C" && code != "3D") return std::nullopt;
        name += code == "2C" ? ',' : '=';
        i += 2;
    }
    return name;
}

bool is_nonce(std::string_view text) {
    constexpr std::size_t limit_bytes = 256;
    return !text.empty() && text.size() <= limit_bytes &&
           std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7E && c != ','; });
}

// cb-name = 1*(ALPHA / DIGIT / "." / "-")
bool is_binding_type(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '.' || c == '-';
    });
}

bool read_flag(std::string_view field, ClientFirst& first) {
    if (field == "n" || field == "y") {
        first.flag = field == "n" ? BindingFlag::none : BindingFlag::not_offered;
        return true;
    }
    if (!field.starts_with("p=") || !is_binding_type(field.substr(2))) return false;
    first.flag = BindingFlag::bound;
    first.binding_type = field.substr(2);
    return true;
}

bool read_authzid(std::string_view field, ClientFirst& first) {
    if (field.empty()) return true;
    const auto name =
        field.starts_with("a=") && field.size() > 2 ? decode_name(field.substr(2)) : std::nullopt;
    if (name) first.authzid = *name;
    return name.has_value();
}

}  // namespace

std::optional<ClientFirst> parse_client_first(std::string_view message) {
    ClientFirst first;
    std::optional<std::string_view> rest = message;
    const auto flag = next_field(rest), authzid = next_field(rest);
    if (!authzid || !rest || !read_flag(*flag, first) || !read_authzid(*authzid, first)) return std::nullopt;
    first.bare = *rest;
    first.gs2_header = message.substr(0, message.size() - first.bare.size());

    const auto encoded = next_value(rest, 'n'), nonce = next_value(rest, 'r');
    const auto name = encoded ? decode_name(*encoded) : std::nullopt;
    if (!name || !nonce || !is_nonce(*nonce) || !are_extensions(rest)) return std::nullopt;
    first.name = *name;
    first.nonce = *nonce;
    return first;
}

std::optional<ClientFinal> parse_client_final(std::string_view message) {
    const auto proof_start = message.rfind(",p=");
    if (proof_start == std::string_view::npos) return std::nullopt;
    std::optional<std::string_view> rest = message.substr(0, proof_start);
    const auto binding_text = next_value(rest, 'c'), nonce = next_value(rest, 'r');
    if (!binding_text || !nonce || !is_nonce(*nonce) || !are_extensions(rest)) return std::nullopt;

    auto binding = from_base64(*binding_text), proof = from_base64(message.substr(proof_start + 3));
    if (!binding || !proof || proof->empty()) return std::nullopt;
    return ClientFinal{std::move(*binding), std::string(*nonce), std::move(*proof),
                       std::string(message.substr(0, proof_start))};
}

std::string write_server_first(std::string_view nonce, std::string_view salt, int iterations,
                               std::string_view list_hash) {
    auto message = "r=" + std::string(nonce) + ",s=" + to_base64(salt) + ",i=" + std::to_string(iterations);
    if (!list_hash.empty()) message += ",h=" + to_base64(list_hash);
    return message;
}

std::string list_hash(Hash hash, const Offer& offer) {
    const auto joined = [](std::vector<std::string> items) {
        std::ranges::sort(items);  // i;octet
        std::string text;
        for (const auto& item : items) text += (text.empty() ? "" : "\x1E") + item;
        return text;
    };
    auto text = joined(offer.mechanisms);
    if (!offer.channel_bindings.empty()) text += "\x1F" + joined(offer.channel_bindings);
    return chancery::hash(hash, text);
}

}  // namespace chancery::sasl
