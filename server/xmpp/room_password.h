// The passwords of rooms in what people send: to a room that they enter (XEP-0045 §7.2.6), configure (§10.1.3) or destroy (§10.9), in
// an invitation (§7.8.2, XEP-0249) and in a bookmark (XEP-0402, XEP-0048). The words around them are recorded, the secrets are not.
//
// What has to be handed on later, an invitation that waits, has them in the record sealed under a key of their own. As each that comes
// is sealed, none that is opened is anything but what its author wrote. Values; any thread.
#pragma once
#include <string>
#include <string_view>

#include "base/secret.h"

namespace chancery {

class RoomPasswords {
  public:
    explicit RoomPasswords(const Key& master);

    /// Whether it is worth looking; hardly any stanza is.
    static bool may_be_in(std::string_view stanza) { return stanza.contains("password") || stanza.contains("roomconfig"); }
    /// The stanza with its passwords emptied. One that cannot be read: nothing of it but its name.
    static std::string removed(std::string_view stanza);
    /// The same with something instead of each that only opened() reads.
    std::string sealed(std::string_view stanza) const;
    std::string opened(std::string stanza) const;

  private:
    Key key_;
};

}  // namespace chancery
