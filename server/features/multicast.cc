// XEP-0033: Extended Stanza Addressing: a service that sends one message to many. Each copy goes the road of any message:
// it is judged, recorded and refused for itself, under the name of who wrote it.
//
// Limits. limits.multicast addresses in one message.

#include <algorithm>

#include "features/features.h"
#include "xml/parse.h"

namespace chancery {
namespace {

constexpr std::string_view ns_address = "http://jabber.org/protocol/address", ns_info = "http://jabber.org/protocol/disco#info",
                           ns_items = "http://jabber.org/protocol/disco#items";
constexpr xml::Tag addresses_tag{"addresses", ns_address}, address_tag{"address", ns_address};

bool is_for_delivery(const xml::Element& address) {
    const auto type = address.attribute("type");
    return (type == "to" || type == "cc" || type == "bcc") && address.attribute("delivered") != "true";
}

/// Whom it goes to, each once; or why it goes to nobody.
Result<std::vector<Jid>, StanzaError> recipients(const xml::Element& addresses, std::size_t most) {
    std::vector<Jid> found;
    for (const auto& address : addresses.children()) {
        if (!address.is(address_tag) || !is_for_delivery(address)) continue;
        auto jid = Jid::parse(address.attribute("jid"));
        if (!jid) return refuse(Condition::jid_malformed, "Messages go to valid JIDs only.");  // §9: nor is a URI understood
        if (std::ranges::find(found, *jid) == found.end()) found.push_back(std::move(*jid));
    }
    if (found.empty()) return refuse(Condition::bad_request, "The message names nobody to send it to.");
    if (found.size() > most) return refuse(Condition::not_acceptable, "That are more addresses than one message may have.");
    return found;
}

/// §6: who is written to in the open is marked as delivered; who is written to blindly is shown to nobody.
xml::Element shown_addresses(const xml::Element& addresses) {
    auto shown = addresses;
    shown.remove_children([](const xml::Element& address) { return address.attribute("type") == "bcc"; });
    xml::Element marked(addresses_tag);
    for (auto address : shown.children()) {
        if (address.is(address_tag) && is_for_delivery(address)) address.set("delivered", "true");
        marked.add(std::move(address));
    }
    return marked;
}

class Multicast final : public Service {
  public:
    Multicast(Host& host, Jid domain) : host_(host), domain_(std::move(domain)) {}

    Task<> take_message(SessionId sender, std::shared_ptr<const Message> message) override;
    Task<> take_presence(StanzaIn) override { co_return; }
    Task<> take_iq(StanzaIn iq) override {
        host_.reply(iq, answer(iq));
        co_return;
    }

  private:
    Reply answer(const StanzaIn& iq) const;
    Task<> send(SessionId sender, std::shared_ptr<const Message> original, xml::Element element, std::vector<Jid> to);

    Host& host_;
    const Jid domain_;
};

Task<> Multicast::take_message(SessionId sender, std::shared_ptr<const Message> message) {
    const auto document = xml::parse(message->xml, xml::limits_of_stored_xml, ns::client);
    auto element = document ? xml::Element(document->root()) : xml::Element("message", ns::client);
    const auto* addresses = element.child(addresses_tag);
    // A copy for this service would go round, and a room has its own addresses.
    const auto is_out_of_reach = [this](const Jid& jid) { return host_.service_at(jid) || (!host_.is_local(jid) && !host_.way_to(jid)); };
    std::optional<StanzaError> refused;
    std::vector<Jid> to;
    if (!addresses || message->to != domain_) {
        refused = {Condition::item_not_found, "This address sends on what is addressed by XEP-0033, and nothing else."};
    } else {
        auto found = recipients(*addresses, static_cast<std::size_t>(host_.config().limits.multicast));
        if (found) to = std::move(*found);
        else refused = found.error();
    }
    if (!refused && std::ranges::any_of(to, is_out_of_reach))  // §6: then nobody is sent anything
        refused = {Condition::forbidden, "One of the addresses cannot be written to from here."};
    if (refused) {
        if (message->type != MessageType::error)
            host_.send_error(message->from, "message", message->to, message->id, *refused);
        co_return;
    }
    auto& home = host_.home_of(message->from);
    auto sent = send(sender, message, std::move(element), std::move(to));
    co_await host_.visit(home, std::move(sent));
}

Task<> Multicast::send(SessionId sender, std::shared_ptr<const Message> original, xml::Element element, std::vector<Jid> to) {
    auto addresses = shown_addresses(*element.child(addresses_tag));
    element.remove_children([](const xml::Element& child) { return child.is(addresses_tag); });
    if (!addresses.children().empty()) element.add(std::move(addresses));
    for (const auto& recipient : to) {
        element.set("to", recipient.text());
        const auto text = element.to_string(ns::client);
        const auto document = xml::parse(text, xml::limits_of_stored_xml, ns::client);
        auto copy = document ? host_.take_message(document->root(), original->from) : refuse(Condition::internal_server_error);
        if (!copy) {
            host_.send_error(original->from, "message", recipient, original->id, copy.error());
            continue;
        }
        co_await host_.accept(sender, std::make_shared<const Message>(std::move(*copy)));
    }
}

Reply Multicast::answer(const StanzaIn& iq) const {
    if (iq.type != "get" || iq.to->text() != domain_.text()) return refuse(Condition::service_unavailable);
    if (iq.payload->is({"query", ns_items})) return xml::Element("query", ns_items).to_string(ns::client);
    if (!iq.payload->is({"query", ns_info})) return refuse(Condition::service_unavailable);
    xml::Element query("query", ns_info);
    query.add(xml::Element("identity", ns_info).set("category", "service").set("type", "multicast").set("name", "Many at once"));
    for (const auto feature : {ns_info, ns_items, ns_address}) query.add(xml::Element("feature", ns_info).set("var", feature));
    return query.to_string(ns::client);
}

}  // namespace

const Feature multicast{
    .name = "multicast",
    .spec = "XEP-0033 1.2.1",
    .install = [](Host& host) {
        if (host.config().limits.multicast == 0) return;
        const auto domain = Jid::parse("multicast." + host.domain());
        if (!domain) return;
        host.add_service(*domain, "Many at once", std::make_unique<Multicast>(host, *domain));
    },
};

}  // namespace chancery
