#include <doctest/doctest.h>

#include "support/commands.h"
#include "support/play.h"

using namespace chancery::test;

namespace {

const std::string list_node = "urn:chancery:rooms:0#list", owner_node = "urn:chancery:rooms:0#owner";
const std::string settings = get(owner(""), Play::room);

struct Watched : Play {
    Person& nurse = house.sign_in_administrator("nurse/kitchen");
    std::string make_owner(const std::string& person, const std::string& of = room) { return command(owner_node, {{"room", of}, {"owner", person}}); }
};

bool lists_hall(const std::string& answer, const std::string& owner) {
    return matches("<iq type='result'><command xmlns='http://jabber.org/protocol/commands' status='completed'><x xmlns='jabber:x:data' type='result'><item>"
                   "<field var='room'><value>hall@rooms.post.example</value></field><field var='occupants'><value>1</value></field>"
                   "<field var='owners'><value>" + owner + "</value></field></item></x></command></iq>", answer);
}

}  // namespace

TEST_CASE("Oversight: an administrator of the server sees who owns the rooms, hidden ones too") {
    Watched watched;
    CHECK(lists_hall(watched.nurse.asks(command(list_node, {{"without_owner", "0"}})), "juliet@post.example"));
    CHECK_FALSE(lists_hall(watched.nurse.asks(command(list_node, {{"without_owner", "1"}})), "juliet@post.example"));
    CHECK(watched.romeo.refused(command(list_node, {{"without_owner", "0"}})) == "auth forbidden");
}

TEST_CASE("Oversight: an administrator of the server gives a room an owner") {
    Watched watched;
    CHECK(watched.romeo.refused(settings) == "auth forbidden");
    CHECK(watched.romeo.refused(watched.make_owner("romeo@post.example")) == "auth forbidden");
    CHECK(watched.nurse.may(watched.make_owner("romeo@post.example/orchard")));
    CHECK(watched.romeo.may(settings));
    CHECK(watched.nurse.may(watched.make_owner("romeo@post.example")));
}

TEST_CASE("Oversight: an owner for a room that is not there is item-not-found, and so is an owner who is not there") {
    Watched watched;
    for (const auto* room : {"nowhere@rooms.post.example", "hall@elsewhere.example", "post.example"})
        CHECK(watched.nurse.refused(watched.make_owner("romeo@post.example", room)) == "cancel item-not-found");
    for (const auto* person : {"nobody@post.example", "romeo@elsewhere.example", "post.example"})
        CHECK(watched.nurse.refused(watched.make_owner(person)) == "cancel item-not-found");
}

TEST_CASE("Oversight: what is no address is jid-malformed") {
    Watched watched;
    CHECK(watched.nurse.refused(watched.make_owner("@")) == "modify jid-malformed");
    CHECK(watched.nurse.refused(watched.make_owner("romeo@post.example", "")) == "modify jid-malformed");
}

TEST_CASE("Oversight: who owns a room is asked before anything is done") {
    Watched watched;
    for (const auto& node : {list_node, owner_node})
        CHECK(matches("<iq type='result'><command xmlns='http://jabber.org/protocol/commands' status='executing'><x xmlns='jabber:x:data' type='form'/></command></iq>",
                      watched.nurse.asks(command(node))));
}
