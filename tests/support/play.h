// What tests of rooms (XEP-0045) share: a room of Juliet's, and the words of its requests.
#pragma once
#include <string>

#include "support/house.h"

namespace chancery::test {

inline std::string admin(const std::string& items) { return "<query xmlns='http://jabber.org/protocol/muc#admin'>" + items + "</query>"; }
inline std::string owner(const std::string& content) { return "<query xmlns='http://jabber.org/protocol/muc#owner'>" + content + "</query>"; }
inline std::string room_config(const Fields& fields) { return owner(form("http://jabber.org/protocol/muc#roomconfig", fields)); }

struct Play {
    inline static const std::string room = "hall@rooms.post.example";

    /// Juliet has made the room and is in it.
    explicit Play(const Fields& config = {}, const House::Settings& settings = {}) : house(settings) {
        enters(juliet, "juliet");
        juliet.may(set(room_config(config), room));
    }

    static std::string request_to_enter(const std::string& nick, const std::string& password = {}, const std::string& into = room) {
        const auto secret = password.empty() ? std::string() : "<password>" + password + "</password>";
        return "<presence to='" + into + "/" + nick + "'><x xmlns='http://jabber.org/protocol/muc'>" + secret + "</x></presence>";
    }
    /// Until it has heard the room's subject, which comes last.
    static void enters(Person& person, const std::string& nick, const std::string& password = {}) {
        person.says(request_to_enter(nick, password));
        person.heard("<presence from='" + room + "/" + nick + "'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>");
        person.heard("<message type='groupchat'><subject/></message>");
    }
    static std::string refused(Person& person, const std::string& nick, const std::string& password = {}) {
        return person.refused(request_to_enter(nick, password));
    }
    static bool reserves(Person& person, const std::string& nick) {
        const auto wish = form("http://jabber.org/protocol/muc#register", {{"muc#register_roomnick", nick}});
        return person.may(set("<query xmlns='jabber:iq:register'>" + wish + "</query>", room));
    }
    /// By Juliet, who owns the room.
    bool makes(const Person& person, const std::string& affiliation) {
        return juliet.may(set(admin("<item jid='" + person.bare() + "' affiliation='" + affiliation + "'/>"), room));
    }
    bool gives(const std::string& nick, const std::string& role) {
        return juliet.may(set(admin("<item nick='" + nick + "' role='" + role + "'/>"), room));
    }

    House house;
    Person& juliet = house.sign_in("juliet/balcony");
    Person& romeo = house.sign_in("romeo/orchard");
};

}  // namespace chancery::test
