// What an administrator's command line has the running server do, by the commands that administrators have in a client (XEP-0050): what is
// done by a feature, which nothing in admin/ sees.
#pragma once
#include <string_view>

#include "core/host.h"

namespace chancery::admin {

/// Completes a command of the server with its first form, in the server's name. @throws AdminError  the server stops
Reply run_in_server(Host& host, std::string_view node, xml::Element form);

}  // namespace chancery::admin
