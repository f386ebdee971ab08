// XEP-0355 0.5, as the administrator says it: requests of a namespace, made to the server or to its people, are answered by a
// component. Client mode, and asking for attributes, are not there.
#pragma once
#include <map>
#include <string>

#include "components/rights.h"
#include "core/host.h"

namespace chancery::components {

using AllRights = std::map<std::string, Rights, std::less<>>;   // by domain

/// Reads the setting [component.rights]. @throws ConfigError
AllRights rights_in(const Config& config, const std::map<std::string, std::string>& setting);

/// Before the features are installed: what is delegated is what the server offers too.
void install_delegations(Host& host, const AllRights& rights);

}  // namespace chancery::components
