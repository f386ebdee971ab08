// Where somebody's device wants to hear that something has come for it (XEP-0357).
#pragma once
#include <cstddef>
#include <string>

#include "core/session.h"
#include "xmpp/jid.h"

namespace chancery {

struct PushTarget {
    Jid service;
    std::string node;
    std::string options;              ///< the publish options, serialised; empty: none
    std::string installation;         ///< of the device that asked (Installation::id), if it has one
    SessionId session = 0;            ///< which asked, while it lives
    std::size_t waiting = 0;          ///< messages since the device was last attentive
    int failures = 0;                 ///< one after the other
    bool sending = false;             ///< an answer is awaited
    bool again = false;               ///< something has come since
};

}  // namespace chancery
