// A message on its way to the clients of one user, and a stanza on its way to one of them.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "xmpp/message.h"

namespace chancery {

struct Delivery {
    std::shared_ptr<const Message> message;
    std::string xml;              ///< the recipient's copy, with its stanza-id
    std::uint64_t position = 0;   ///< its record in the journal
    Time time;                    ///< of the record
    bool waits = false;           ///< in the ledger until a client has it
    bool settled = false;         ///< a client has it
};

/// Where a stanza says whom it is for: in itself; or it is one text for many, and 'to' is put in whenever it is written, the
/// client's full address or the person's.
enum class To : std::uint8_t { stands_in_it, client, person };

/// A stanza for a client and, if it is a message that was recorded, which.
struct Outgoing {
    std::shared_ptr<const std::string> xml;
    std::shared_ptr<Delivery> delivery = nullptr;
    To to = To::stands_in_it;
};

}  // namespace chancery
