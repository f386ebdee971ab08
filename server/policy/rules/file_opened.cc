// Denies files to links that have ended, or whose person or room is not here any more, and files with a virus or that were removed
// to everybody.

#include "policy/downloads.h"

namespace chancery::policy {

Decision decide_download(const DownloadFacts& facts) {
    if (facts.is_removed) return {"file-removed", {Condition::gone, "This file was removed from the server. What is on record of it remains."}};
    if (facts.is_withheld) return {"file-withheld", {Condition::policy_violation, "This file is withheld: a virus was found in it."}};
    if (facts.has_ended)
        return {"file-link-ended", {Condition::gone, "This link has ended. Open the conversation again: its history shows a new one."}};
    if (!facts.is_audience_here) return {"file-audience", {Condition::forbidden, "Whoever this link was for is not here any more."}};
    return Decision::allow();
}

}  // namespace chancery::policy
