// Every policy rule, each in a file of its own in rules/. To add one: declare it here, list it in policy.cc.
#pragma once
#include "policy/policy.h"

namespace chancery::policy {

extern const Rule not_blocked;
extern const Rule readable;
extern const Rule recipient_known;

}  // namespace chancery::policy
