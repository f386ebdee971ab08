#include "journal/proof.h"

#include "base/bytes.h"

namespace chancery::journal {
namespace {

/// The texts here are base64, numbers and notes of printable text: quotes, backslashes and line ends are all
/// there is.
std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string list(const std::vector<Digest>& path) {
    std::string out = "[";
    for (const auto& digest : path)
        out.append(out.size() > 1 ? ",\n    " : "\n    ").append(json_text(to_base64(view(digest))));
    return out + "]";
}

}  // namespace

std::string to_json(const InclusionProof& proof) {
    return "{\n  \"proof\": \"chancery-inclusion-1\",\n  \"position\": " + std::to_string(proof.position) +
           ",\n  \"record\": " + json_text(to_base64(proof.record)) + ",\n  \"path\": " + list(proof.path) +
           ",\n  \"checkpoint\": " + json_text(proof.checkpoint.note) + "\n}\n";
}

std::string to_json(const ConsistencyProof& proof) {
    return "{\n  \"proof\": \"chancery-consistency-1\",\n  \"path\": " + list(proof.path) +
           ",\n  \"from\": " + json_text(proof.from.note) + ",\n  \"to\": " + json_text(proof.to.note) +
           "\n}\n";
}

bool verify_proof(const InclusionProof& proof, const VerifierKey& key) {
    const auto checkpoint = open_note(proof.checkpoint.note, key);
    const auto header = intact_record(proof.record);
    return checkpoint && header && header->length == proof.record.size() &&
           header->position == proof.position &&
           verify_inclusion(leaf_hash(proof.record), proof.position, checkpoint->size, proof.path,
                            checkpoint->root);
}

bool verify_proof(const ConsistencyProof& proof, const VerifierKey& key) {
    const auto from = open_note(proof.from.note, key), to = open_note(proof.to.note, key);
    return from && to && verify_consistency(from->size, to->size, proof.path, from->root, to->root);
}

}  // namespace chancery::journal
