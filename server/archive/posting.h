// A posting: one record that a term stands for. And the piece of a posting list that runs are made of.
//
// Places are counted from the first record of the run, so that a list is short and two runs join by changing one number.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "archive/words.h"

namespace chancery::archive {

/// Bytes of the index are not what was written. The index is set aside and built again.
struct IndexDamaged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What an owner is to a record. Words have none of them.
namespace role {
inline constexpr std::uint8_t sender = 1, recipient = 2;
inline constexpr std::uint8_t in_history = 4;  // the owner sees it in the own history
}  // namespace role

inline constexpr int role_bits = 3;

struct Posting {
    std::uint32_t place = 0;
    std::uint8_t roles = 0;
};

/// Consecutive postings of one term as they are stored.
struct Piece {
    Term term = 0;
    bool has_roles = false;
    Posting first;
    std::uint32_t last_place = 0;
    std::uint32_t counted = 0;  ///< with roles: how many are in the owner's history
    std::uint32_t before = 0;   ///< with roles: how many of those are in the run's pieces before this one
    std::string_view rest;  ///< varints behind the first: difference of places, shifted by the roles if there are any
};

/// The term of what two owners exchange, on the first one's side. Owners are hashes: mixing them again is enough.
inline Term pair_term(Term owner, Term peer) {
    auto mixed = owner * 0x9E3779B97F4A7C15 + ((peer << 31) | (peer >> 33));
    mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
    mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
    return mixed ^ (mixed >> 32);
}

}  // namespace chancery::archive
