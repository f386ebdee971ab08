// How long files are kept, and how they go: on record first, then marked as removed, then the key and the bytes.
//
// Operation. Housekeeping takes a few whose time is over at a time; an administrator takes one at once. Records of files stay.
// Concurrency. Every function on every thread. All of it blocks.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "base/retention_settings.h"
#include "core/housekeeping.h"
#include "files/keeping.h"

namespace chancery::files {

class Retention {
  public:
    Retention(const Config& config, const RetentionSettings& periods, Register& reg, Keeping& keeping, Recorder& recorder)
        : config_(config), periods_(periods), register_(reg), keeping_(keeping), recorder_(recorder) {}

    /// Every removal of a file comes this way: what must stay although its time is over is to be refused here.
    /// `how` ends the sentence "removed on …". @throws NotRecorded, and then the file stays
    void remove(const File& file, std::string how);
    /// Removes files whose time is over, some at a time.
    void remove_due();
    /// Removes what a crash has left (Keeping::sweep).
    void sweep(const std::function<bool()>& is_stopped);

  private:
    void remove_due(State state, std::int64_t days, const std::string& setting);
    void record(const std::string& owner, const std::string& stanza);

    const Config& config_;
    const RetentionSettings periods_;
    Register& register_;
    Keeping& keeping_;
    Recorder& recorder_;
};

/// For housekeeping: once a day, and at the start, what a crash has left; every few seconds what is due.
std::vector<Chore> chores_of(Retention& retention);

}  // namespace chancery::files
