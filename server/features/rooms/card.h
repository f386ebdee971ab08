// The room's own card (XEP-0054) and the hash of its picture (XEP-0153), by which clients know that there is one.
#pragma once
#include <string>

#include "features/rooms/room.h"

namespace chancery::rooms {

/// Sets the card and the hash of the picture in it. Empty: there is none.
void set_card(Room& room, std::string card);
/// The room's presence, which tells the hash; without 'to'.
std::string presence_of_room(const Room& room);

}  // namespace chancery::rooms
