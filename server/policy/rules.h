// Every policy rule, each in a file of its own in rules/. To add one: declare it here, list it in policy.cc.
#pragma once
#include "policy/policy.h"

namespace chancery::policy {

extern const Rule not_blocked;
extern const Rule readable;
extern const Rule recipient_known;
extern const Rule room_entered;
extern const Rule room_invitation;
extern const Rule room_known;
extern const Rule room_pace;
extern const Rule room_private;
extern const Rule room_request;
extern const Rule room_subject;
extern const Rule room_voice;

}  // namespace chancery::policy
