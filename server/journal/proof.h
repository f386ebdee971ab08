// Proofs for outsiders, as small JSON texts that chancery-verify checks with the public key alone.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "journal/checkpoint.h"
#include "journal/format.h"
#include "journal/merkle.h"

namespace chancery::journal {

/// That a record, byte for byte, stands at its position in the journal that a checkpoint speaks of.
struct InclusionProof {
    Position position = 0;
    std::string record;  // as on disk
    std::vector<Digest> path;
    Checkpoint checkpoint;
};

/// That the journal of the later checkpoint begins with the journal of the earlier one.
struct ConsistencyProof {
    Checkpoint from, to;
    std::vector<Digest> path;
};

/// docs/journal-format.md §6.
std::string to_json(const InclusionProof& proof);
std::string to_json(const ConsistencyProof& proof);

/// Whether the path leads to the checkpoint's root and the key has signed it.
bool verify_proof(const InclusionProof& proof, const VerifierKey& key);
bool verify_proof(const ConsistencyProof& proof, const VerifierKey& key);

}  // namespace chancery::journal
