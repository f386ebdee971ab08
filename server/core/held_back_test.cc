#include "core/held_back.h"

#include <doctest/doctest.h>

using namespace chancery;

namespace {

Outgoing stanza(std::string xml) { return {std::make_shared<const std::string>(std::move(xml)), nullptr}; }

bool is_held(std::string xml) { return HeldBack().take(stanza(std::move(xml))); }

std::string presence(std::string_view from, std::string_view rest = {}) {
    return "<presence from='" + std::string(from) + "' to='me@x'>" + std::string(rest) + "</presence>";
}

std::string message(std::string_view children, std::string_view type = "chat") {
    return "<message from='a@x/1' to='me@x/2' type='" + std::string(type) + "'>" + std::string(children) + "</message>";
}

std::string carbon(std::string_view children) {
    return "<message from='me@x' to='me@x/2' type='chat'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
           "<message xmlns='jabber:client' from='me@x/1' to='a@x' type='chat'>" + std::string(children) +
           "</message></forwarded></sent></message>";
}

constexpr std::string_view composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
constexpr std::string_view event = "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'/></event>";

}  // namespace

TEST_CASE("presence, chat states and notifications can wait") {
    CHECK(is_held(presence("a@x/1")));
    CHECK(is_held("<presence from='a@x/1' type='unavailable'></presence>"));
    CHECK(is_held(message(composing)));
    CHECK(is_held(message(std::string(composing) + "<thread>t</thread><stanza-id xmlns='urn:xmpp:sid:0' by='me@x' id='1'/>")));
    CHECK(is_held(carbon(composing)));
    CHECK(is_held(message(event, "headline")));
}

TEST_CASE("what matters cannot wait") {
    for (const auto* type : {"subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error"})
        CHECK_FALSE(is_held("<presence from='a@x' type='" + std::string(type) + "'></presence>"));
    CHECK_FALSE(is_held("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"));
    CHECK_FALSE(is_held(message("<body>hello</body>" + std::string(composing))));
    CHECK_FALSE(is_held(message("<body>hello</body>" + std::string(event))));
    CHECK_FALSE(is_held(carbon("<body>hello</body>")));
    CHECK_FALSE(is_held(message("<received xmlns='urn:xmpp:receipts' id='1'/>")));
    CHECK_FALSE(is_held(message("<subject>a room</subject>", "groupchat")));
    CHECK_FALSE(is_held(message(composing, "error")));
    CHECK_FALSE(is_held(message("<result xmlns='urn:xmpp:mam:2' id='1'/>")));
}

TEST_CASE("a message that waits in the ledger is never held") {
    const Message letter{.from = *Jid::parse("a@x/1"), .to = *Jid::parse("me@x/2"), .id = {}, .type = MessageType::chat,
                         .traits = {.content = true}, .xml = message(event)};
    auto delivery = std::make_shared<Delivery>(Delivery{.message = std::make_shared<const Message>(letter),
                                                        .xml = letter.xml, .waits = true});
    const std::shared_ptr<const std::string> xml(delivery, &delivery->xml);
    CHECK_FALSE(HeldBack().take({xml, delivery}));
}

TEST_CASE("the last of each sender is kept, in order") {
    HeldBack held;
    held.take(stanza("<presence from='a@x/1' to='me@x/2'></presence>"));
    held.take(stanza(presence("a@x/1", "<show>away</show>")));
    held.take(stanza(presence("b@x/1")));
    held.take(stanza(message(composing)));
    held.take(stanza(presence("a@x/1", "<show>dnd</show>")));
    held.take(stanza(message(event, "headline")));
    held.take(stanza(message(event, "headline")));
    const auto released = held.release();
    REQUIRE(released.size() == 5);
    CHECK(*released[0].xml == presence("b@x/1"));
    CHECK(*released[1].xml == message(composing));
    CHECK(*released[2].xml == presence("a@x/1", "<show>dnd</show>"));
    CHECK(*released[3].xml == message(event, "headline"));
    CHECK(held.release().empty());
}

TEST_CASE("it is full at a number of stanzas or of bytes") {
    HeldBack many, large;
    for (int i = 0; i < 499; ++i) many.take(stanza(presence("a@x/" + std::to_string(i))));
    CHECK_FALSE(many.is_full());
    many.take(stanza(presence("a@x/499")));
    CHECK(many.is_full());
    for (int i = 0; i < 20; ++i) large.take(stanza(presence("a@x/1", "<status>" + std::string(15'000, 'x') + "</status>")));
    CHECK_FALSE(large.is_full());
    for (int i = 0; i < 20; ++i) large.take(stanza(presence("a@x/" + std::to_string(i), "<status>" + std::string(15'000, 'x') + "</status>")));
    CHECK(large.is_full());
    large.release();
    CHECK_FALSE(large.is_full());
}
