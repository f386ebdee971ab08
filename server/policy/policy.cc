#include "policy/policy.h"

#include "policy/rules.h"

namespace chancery::policy {

const std::vector<const Rule*>& all_rules() {
    static const std::vector<const Rule*> rules{
        &not_blocked, &recipient_known, &readable,     &room_known,      &room_entered,
        &room_voice,  &room_subject,    &room_private, &room_invitation, &room_request, &room_pace};
    return rules;
}

Decision decide(const Message& message, const Facts& facts) {
    for (const auto* rule : all_rules())
        if (auto error = rule->judge(message, facts)) return {rule->name, std::move(*error)};
    return Decision::allow();
}

}  // namespace chancery::policy
