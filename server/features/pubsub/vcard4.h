// XEP-0292 0.12.0: a card in the form of vCard 4 (RFC 6351) and in that of vcard-temp (XEP-0054), each made of the other. Pure.
//
// What has a place in both is kept: names, dates, addresses, numbers, work, words. The picture is in neither: it is in nodes of its
// own (avatar.cc).
#pragma once
#include "xml/element.h"

namespace chancery::pubsub {

inline constexpr std::string_view ns_vcard4 = "urn:ietf:params:xml:ns:vcard-4.0", vcard4_node = "urn:xmpp:vcard4";

xml::Element vcard4_of(const xml::Element& vcard_temp);
xml::Element vcard_temp_of(const xml::Element& vcard4);

}  // namespace chancery::pubsub
