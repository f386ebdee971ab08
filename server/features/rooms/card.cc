#include "features/rooms/card.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_card = "vcard-temp";

/// XEP-0153 §3: SHA-1 of the picture's bytes, in hexadecimal; empty when there is no picture.
std::string hash_of_picture(const std::string& card) {
    const auto element = xml::Element::parse(card);
    const auto* photo = element ? element->child({"PHOTO", ns_card}) : nullptr;
    const auto* value = photo ? photo->child({"BINVAL", ns_card}) : nullptr;
    if (!value) return {};
    std::string text = value->text();
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    const auto bytes = from_base64(text);
    return bytes ? to_hex(hash(Hash::sha1, *bytes)) : std::string();
}

}  // namespace

void set_card(Room& room, std::string card) {
    room.card_hash = card.empty() ? std::string() : hash_of_picture(card);
    room.card = std::move(card);
}

std::string presence_of_room(const Room& room) {
    std::string xml = "<presence";
    xml::append_attribute(xml, "from", room.jid().text());
    return xml.append("><x xmlns='vcard-temp:x:update'><photo>").append(room.card_hash).append("</photo></x></presence>");
}

}  // namespace chancery::rooms
