// Denies nodes that announce keys for end-to-end encryption: who finds them there writes what nobody could ever read.

#include "policy/rules.h"

namespace chancery::policy {
namespace {

/// XEP-0384 (all versions), XEP-0373.
constexpr std::string_view prefixes[] = {"eu.siacs.conversations.axolotl", "urn:xmpp:omemo:", "urn:xmpp:openpgp:"};

bool announces_keys(std::string_view node) {
    for (const auto prefix : prefixes)
        if (node.starts_with(prefix)) return true;
    return false;
}

}  // namespace

Decision decide_publication(std::string_view node, const Facts& facts) {
    if (facts.end_to_end_allowed || !announces_keys(node)) return Decision::allow();
    return {"no-hidden-keys",
            {Condition::policy_violation,
             "End-to-end encryption is not allowed here because it would keep messages from the record, so its keys "
             "cannot be published. The connection itself is encrypted."}};
}

}  // namespace chancery::policy
