// What tests of nodes (XEP-0060) share: an office where everybody makes nodes, and the words of its requests.
#pragma once
#include <string>

#include "support/house.h"

namespace chancery::test {

inline constexpr std::string_view nodes_for_all = "pubsub.post.example";

inline std::string in_pubsub(const std::string& content) { return "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" + content + "</pubsub>"; }
inline std::string in_owner(const std::string& content) { return "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" + content + "</pubsub>"; }

inline std::string config(const Fields& fields) { return form("http://jabber.org/protocol/pubsub#node_config", fields); }
inline std::string create(const std::string& node, const Fields& fields = {}) {
    return in_pubsub("<create node='" + node + "'/><configure>" + config(fields) + "</configure>");
}
inline std::string subscribe(const std::string& node, const std::string& jid) {
    return in_pubsub("<subscribe node='" + node + "' jid='" + jid + "'/>");
}
inline std::string entry(const std::string& id) { return "<item id='" + id + "'><entry xmlns='http://www.w3.org/2005/Atom'/></item>"; }
inline std::string publish(const std::string& node, const std::string& items = entry("first")) {
    return in_pubsub("<publish node='" + node + "'>" + items + "</publish>");
}

/// Juliet has made the nodes, Romeo wants something of them.
struct Office {
    House house{{{"pubsub.creators", "everybody"}}};
    Person& juliet = house.sign_in("juliet/balcony");
    Person& romeo = house.sign_in("romeo/orchard");

    /// A node for all, with these settings.
    bool has_node(const std::string& node, const Fields& fields = {}) { return juliet.may(set(create(node, fields), nodes_for_all)); }
    /// A node of Juliet's own.
    bool has_own_node(const std::string& node, const Fields& fields = {}) { return juliet.may(set(create(node, fields))); }
    bool makes(const Person& person, const std::string& node, const std::string& affiliation) {
        return juliet.may(set(in_owner("<affiliations node='" + node + "'><affiliation jid='" + person.bare() + "' affiliation='" + affiliation +
                                       "'/></affiliations>"), nodes_for_all));
    }
    std::string romeo_gets(const std::string& payload) { return romeo.refused(get(payload, nodes_for_all)); }
    std::string romeo_sets(const std::string& payload) { return romeo.refused(set(payload, nodes_for_all)); }
    std::string juliet_gets(const std::string& payload) { return juliet.refused(get(payload, nodes_for_all)); }
    std::string juliet_sets(const std::string& payload) { return juliet.refused(set(payload, nodes_for_all)); }
};

}  // namespace chancery::test
