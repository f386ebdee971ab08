// May this link open that file? Apart from policy.h, which every part of the server reads.
#pragma once
#include "policy/policy.h"

namespace chancery::policy {

/// What is known of a download whose link was signed by us.
struct DownloadFacts {
    bool is_removed = false;            ///< its time was over, or an administrator removed it
    bool is_withheld = false;           ///< a virus was found in the file, before or since
    bool has_ended = false;             ///< the link's time is over
    bool is_audience_here = true;       ///< whom the link is for: an account that may sign in, a room that exists, a partner
};
Decision decide_download(const DownloadFacts& facts);

}  // namespace chancery::policy
