// Commands (XEP-0050) as tests say them.
#pragma once
#include <string>

#include "support/house.h"

namespace chancery::test {

/// A request to run a command with its form filled in; without fields, without a form. `attributes`: beside the node.
inline std::string command(const std::string& node, const Fields& fields = {}, const std::string& attributes = {},
                           std::string_view to = House::domain) {
    const auto content = fields.empty() ? std::string() : form("", fields);
    return set("<command xmlns='http://jabber.org/protocol/commands' node='" + node + "' " + attributes + ">" + content + "</command>", to);
}

/// The attribute with which a command goes on that has answered so.
inline std::string session_in(const std::string& answer) {
    constexpr std::string_view name = "sessionid=";
    const auto begin = answer.find(name);
    return answer.substr(begin, answer.find('\'', begin + name.size() + 1) + 1 - begin);
}

}  // namespace chancery::test
