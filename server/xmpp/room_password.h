// The password that a presence shows to a room (XEP-0045 §7.2.6): the words beside it are recorded, the secret is not.
#pragma once
#include <string>

namespace chancery {

/// The presence without any <password/> of its <x xmlns='http://jabber.org/protocol/muc'/>. One that cannot be read: nothing of it
/// but its name.
std::string without_room_password(const std::string& presence);

}  // namespace chancery
