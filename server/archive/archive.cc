#include "archive/archive.h"

#include "archive/history_reader.h"
#include "archive/indexer.h"
#include "archive/searcher.h"
#include "base/crypto.h"
#include "base/log.h"
#include "journal/journal.h"

namespace chancery::archive {
namespace {

constexpr std::string_view format = "chancery index 2";

/// What the index was built from and how: another one is of no use.
std::string identity_of(const journal::Journal& journal, const Key& word_key, const Options& options) {
    std::string languages;
    for (const auto& language : options.languages) languages += language + ' ';
    const auto key = sha256({word_key.reveal()});
    return std::string(view(sha256({format, journal.verifier_key().public_key, view(key), languages})));
}

}  // namespace

class Archive::Parts {
  public:
    Parts(journal::Journal& journal, const Key& key_encryption_key, Options options)
        : journal_(journal), options_(std::move(options)),
          word_key_(derive_key(key_encryption_key, "chancery archive words 1")), owners_(key_encryption_key),
          tail_(journal.durable_end(), options_.tail_limit), readers_(options_.folder / "index.db"),
          sources_{journal_, owners_, tail_, readers_},
          indexer_(journal_, owners_, tail_, readers_,
                   {.folder = options_.folder,
                    .word_key = word_key_,
                    .languages = options_.languages,
                    .identity = identity_of(journal, word_key_, options_),
                    .batch_records = options_.batch_records,
                    .batch_age = options_.batch_age}) {}

    /// Runs a query. What is wrong with the index becomes NotReady, and the index is built anew if it is damaged.
    template <class Query>
    auto ask(Query query) const {
        try {
            return query(sources_);
        } catch (const std::exception& failure) {
            const bool is_damaged = is_damage(failure);
            if (!is_damaged && !dynamic_cast<const storage::StorageError*>(&failure)) throw;
            log::error("archive.query_failed", {{"cause", failure.what()}});
            if (is_damaged) indexer_.distrust();
            throw NotReady("the archive's index cannot be read");
        }
    }

    bool is_ready(const Indexer::State& state) const {
        return readers_.published() && state.indexed >= tail_.covers_from();
    }

    journal::Journal& journal_;
    const Options options_;
    const Key word_key_;
    const Owners owners_;
    Tail tail_;
    mutable Readers readers_;
    const Sources sources_;
    mutable Indexer indexer_;  // last: its thread uses all the others
};

Archive::Archive(journal::Journal& journal, const Key& key_encryption_key, Options options)
    : parts_(std::make_unique<Parts>(journal, key_encryption_key, std::move(options))) {}

Archive::~Archive() = default;

const Owners& Archive::owners() const { return parts_->owners_; }

void Archive::added(std::span<const TailEntry> entries) {
    if (parts_->tail_.add(entries) >= parts_->options_.batch_records) parts_->indexer_.hurry();
}

Result<HistoryPage, HistoryRefusal> Archive::history(const HistoryQuery& query) const {
    return parts_->ask([&](const Sources& sources) { return HistoryReader(sources, query.owner).page(query); });
}

std::optional<HistoryBounds> Archive::bounds(Owner owner) const {
    return parts_->ask([&](const Sources& sources) { return HistoryReader(sources, owner).bounds(); });
}

SearchPage Archive::search(const Search& search) const {
    return parts_->ask([&](const Sources& sources) {
        Words words(parts_->word_key_, parts_->options_.languages);
        return Searcher(sources, search, words).page();
    });
}

std::optional<Match> Archive::show(Position position) const { return read_match(parts_->journal_, position); }

Status Archive::status() const {
    const auto state = parts_->indexer_.state();
    return {.indexed = state.indexed,
            .journal_end = parts_->journal_.durable_end(),
            .ready = parts_->is_ready(state),
            .rebuilding = state.rebuilding,
            .unreadable = state.unreadable,
            .failure = state.failure};
}

bool Archive::wait_until_ready(std::chrono::milliseconds limit) const {
    return parts_->indexer_.wait(limit, [this](const Indexer::State& state) { return parts_->is_ready(state); });
}

void Archive::rebuild() { parts_->indexer_.rebuild(); }

}  // namespace chancery::archive
