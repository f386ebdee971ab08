// Denies files that are too large, too many, of a kind that is not wanted, or not known to be free of viruses.

#include "policy/rules.h"

namespace chancery::policy {
namespace {

std::string mebibytes(std::uint64_t bytes) {
    constexpr std::uint64_t mebibyte = 1 << 20;
    return bytes % mebibyte ? std::to_string(bytes) + " bytes" : std::to_string(bytes / mebibyte) + " MiB";
}

}  // namespace

/// XEP-0363 §6 says which errors.
Decision decide_file(const FileFacts& facts) {
    if (!facts.is_person_here) return {"file-person", {Condition::forbidden, "Only people with an account here upload files."}};
    if (facts.bytes > facts.most_bytes)
        return {"file-size",
                {.condition = Condition::not_acceptable,
                 .text = "The file is too large. A file may have " + mebibytes(facts.most_bytes) + ".",
                 .application = "<file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>" + std::to_string(facts.most_bytes) +
                                "</max-file-size></file-too-large>"}};
    if (facts.bytes_of_day + facts.bytes > facts.most_bytes_of_day)
        return {"file-quota",
                {Condition::resource_constraint, "You may upload " + mebibytes(facts.most_bytes_of_day) + " in 24 hours. Try again later."}};
    if (facts.files_of_day >= facts.most_files_of_day)
        return {"file-quota", {Condition::resource_constraint, "You may upload " + std::to_string(facts.most_files_of_day) + " files in 24 hours. Try again later."}};
    if (facts.is_type_forbidden)
        return {"file-type", {Condition::policy_violation, "Files of this kind (" + std::string(facts.type) + ") may not be sent here."}};
    if (facts.has_no_verdict)
        return {"file-scanned",
                {Condition::resource_constraint, "The file could not be checked for viruses, so it was not accepted. Try again later."}};
    if (!facts.virus.empty())
        return {"file-clean", {Condition::policy_violation, "A virus was found in the file (" + std::string(facts.virus) + "), so it was not accepted."}};
    return Decision::allow();
}

}  // namespace chancery::policy
