// What becomes of presence and requests that have no way to go.
#pragma once
#include <string_view>

#include "xmpp/errors.h"

namespace chancery {

class Host;

/// Who asks is told (RFC 6120 §8.3.3), and a service of ours of everything: a room lets go of whom it cannot reach (XEP-0045
/// §14.1). The presence of people is lost, as to somebody who is not there.
void return_undeliverable(Host& host, std::string_view xml, const StanzaError& why);

}  // namespace chancery
