// XEP-0352: what a client need not be told while nobody looks at it.
//
// Operation. Held back are presence and chat states, of each sender only the last, since it makes the ones before it
// out of date; and notifications of published items (XEP-0060), every one. Nothing that waits in the ledger, has a body
// or asks for an answer is ever held. Whoever owns this sends all of it, in order, before the next stanza that matters.
// Limits. 500 stanzas or 256 KiB.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/delivery.h"

namespace chancery {

class HeldBack {
  public:
    /// Keeps the stanza if it can wait; false when it matters now.
    bool take(const Outgoing& stanza);
    /// No more than this is held: it is time to send it.
    bool is_full() const;
    /// All of it, in the order in which it is to be sent; nothing is held afterwards.
    std::vector<Outgoing> release();

  private:
    struct Held {
        std::string replaced_by;  ///< the key of what makes it out of date; empty: nothing does
        Outgoing stanza;
    };
    std::vector<Held> held_;
    std::size_t bytes_ = 0;
};

}  // namespace chancery
