// What the administrators of the server do with all rooms, whoever owns them.
#pragma once
#include "features/rooms/service.h"

namespace chancery::rooms {

/// Where the commands of administrators find the rooms.
struct Overseen {
    Rooms& rooms;
};

void add_oversight(Host& host, Rooms& rooms);

}  // namespace chancery::rooms
