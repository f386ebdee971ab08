// The scenarios: each drives one kind of work, counts what came back and says what it cost the server.
#pragma once
#include "load/crowd.h"

namespace chancery::load {

struct SignIn {
    std::size_t users = 200, count = 0, concurrency = 10;  // count 0: as many as users
    double rate = 0;                                       // per second; 0: as fast as concurrency allows
    bool cold = false;                                     // leave out the round that fills the SCRAM cache
};
Report run(World& world, const SignIn& options);

struct Idle {
    std::size_t connections = 1000, accounts = 0;  // accounts 0: one for each
    double settle_seconds = 3;
};
Report run(World& world, const Idle& options);

struct Chat {
    std::size_t pairs = 200, window = 1, messages = 0, body = 200;  // messages 0: for `seconds`
    double seconds = 10, warm_up_seconds = 1, drain_seconds = 10;
    std::size_t kill_receivers = 0;  // break these off half-way: lost must then show
};
Report run(World& world, const Chat& options);

struct Presence {
    std::size_t users = 2000, contacts = 50, rounds = 2, at_once = 20;
    bool subscribe = false;  // prepare the rosters by XMPP first
};
Report run(World& world, const Presence& options);

struct Rooms {
    std::size_t rooms = 10, occupants = 50, messages = 1000, window = 1, body = 200;
    std::string service;  // empty: "conference." and the domain
    bool moderators_only = false;  // whose presence is shown: as large rooms need it, where each who enters is told to all others
    double settle_seconds = 0;     // before memory is measured
};
Report run(World& world, const Rooms& options);

struct Archive {
    std::size_t users = 20, page = 50, fill = 200, pages = 20, at_once = 4, body = 200;  // fill 0: as it is
};
Report run(World& world, const Archive& options);

struct Files {
    std::size_t users = 4, files = 5, kib = 10'240;
    std::string service;  // empty: "upload." and the domain
};
Report run(World& world, const Files& options);

inline constexpr std::size_t signing_in_at_once = 20;

}  // namespace chancery::load
