// XEP-0433 0.1.0: Extended Channel Search, as values: what is asked for, what matches, and a page of it.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.h"
#include "xmpp/errors.h"

namespace chancery::rooms {

inline constexpr std::string_view ns_search = "urn:xmpp:channel-search:0:search";

/// A public room.
struct Channel {
    std::string address, name, description, language;
    std::size_t users = 0;
    bool is_open = true;              ///< needs neither membership nor a password
    bool is_anonymous = true;         ///< only moderators see real addresses
};

struct Search {
    std::vector<std::string> terms;   ///< folded; every one is found. None: everything is
    bool in_name = true, in_description = true, in_address = true;
    bool is_of_rooms = true;          ///< false: only kinds of channels that are not here are asked for
    std::size_t least_users = 0;
    bool by_users = true;             ///< most users first; else by address
    std::string after, before;        ///< XEP-0059, of an earlier page; empty: none
    bool from_end = false;
    std::size_t max = 0;

    /// The form in <search/>, which must be there.
    static Result<Search, StanzaError> parse(const xml::Element& search);
    bool finds(const Channel& channel) const;
    /// <result/> with the page of those that match that is asked for.
    std::string page(std::vector<Channel> found) const;
};

/// <search/> with the blank form.
std::string search_form();
/// §4.2.2.4.
std::unexpected<StanzaError> search_later(std::chrono::seconds wait);

}  // namespace chancery::rooms
