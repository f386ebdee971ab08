// Reads the whole journal and says of every record whether it is the one that was written and signed.
//
// Reads only; may run beside the server. verify/ has the same in independent code, for whoever does not trust
// us.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "journal/checkpoint.h"

namespace chancery::journal {

struct Finding {
    enum class What { record, segment_header, segment_footer, segment, tree, checkpoint };
    What what;
    std::uint64_t
        number;  // the record's position, the segment's number, the checkpoint's line of succession from 0
    std::string text;  // for people; names the place
};

struct VerifyReport {
    std::uint64_t records = 0, segments = 0, checkpoints = 0;
    std::uint64_t signed_records = 0;  // covered by the last good checkpoint
    std::uint64_t erased_records = 0;  // cannot be read by lawful erasure (only counted with the keys)
    std::vector<Finding> findings;     // empty: everything is as it was written
    std::vector<std::string> notes;    // what is unusual and no damage

    bool is_good() const { return findings.empty(); }
};

/// @param folder  the journal's folder
/// @param key     the public key that the checkpoints must be signed with
/// @param keys    the folder of the secret keys: then every record is decrypted too
/// @throws FileError when a file cannot be read
VerifyReport verify(const std::filesystem::path& folder, const VerifierKey& key,
                    const std::optional<std::filesystem::path>& keys = std::nullopt);

}  // namespace chancery::journal
