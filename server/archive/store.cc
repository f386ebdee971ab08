#include "archive/store.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::archive {
namespace {

using storage::BlobView;
using storage::Statement;

constexpr auto schema =
    "CREATE TABLE state (identity BLOB NOT NULL, stamp INTEGER NOT NULL, version INTEGER NOT NULL);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, records INTEGER NOT NULL,"
    " last_time INTEGER NOT NULL, directory BLOB NOT NULL, times BLOB NOT NULL);"
    "CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

template <class... Values>
void run_statement(storage::Connection& connection, std::string_view sql, const Values&... values) {
    Statement statement(connection, sql);
    statement.bind(values...);
    while (statement.step()) {
    }
}

constexpr std::size_t start_size = sizeof(Term) + sizeof(std::uint32_t);

std::string directory_bytes(const std::vector<BlockStart>& blocks) {
    std::string out;
    out.reserve(blocks.size() * start_size);
    for (const auto& start : blocks) put(out, start.term), put(out, start.place);
    return out;
}

std::vector<BlockStart> directory_of(std::string_view bytes) {
    if (bytes.size() % start_size != 0) throw IndexDamaged("a directory of the index is damaged");
    std::vector<BlockStart> blocks;
    blocks.reserve(bytes.size() / start_size);
    for (; !bytes.empty(); bytes.remove_prefix(start_size))
        blocks.push_back({get<Term>(bytes.data()), get<std::uint32_t>(bytes.data() + sizeof(Term))});
    return blocks;
}

constexpr std::size_t mark_size = sizeof(std::uint32_t) + sizeof(std::int64_t);

std::string times_bytes(const std::vector<TimeMark>& times) {
    std::string out;
    out.reserve(times.size() * mark_size);
    for (const auto& mark : times) put(out, mark.place), put(out, mark.time);
    return out;
}

std::vector<TimeMark> times_of(std::string_view bytes) {
    if (bytes.empty() || bytes.size() % mark_size != 0) throw IndexDamaged("the times of the index are damaged");
    std::vector<TimeMark> times;
    times.reserve(bytes.size() / mark_size);
    for (; !bytes.empty(); bytes.remove_prefix(mark_size))
        times.push_back({get<std::uint32_t>(bytes.data()), get<std::int64_t>(bytes.data() + sizeof(std::uint32_t))});
    return times;
}

void read_block_row(storage::Connection& connection, RunId run, std::size_t number, std::string& out) {
    Statement statement(connection, "SELECT bytes FROM block WHERE id = $1");
    statement.bind(Run::block_row(run, number));
    if (!statement.step()) throw IndexDamaged("a block of the index is missing");
    out = statement.column<BlobView>(0).bytes;
    check_block(out);
}

}  // namespace

Store::Store(const std::filesystem::path& file, std::string_view identity)
    : connection_(file, storage::Access::write) {
    connection_.execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000");
    if (!is_ours(identity)) {
        create();
        run_statement(connection_, "INSERT INTO state VALUES ($1, $2, 0)", BlobView{identity},
                      get<std::int64_t>(random_bytes(sizeof(std::int64_t)).data()));
    }
    load();
}

bool Store::is_ours(std::string_view identity) {
    {
        Statement tables(connection_, "SELECT count(*) FROM sqlite_master WHERE name = 'state'");
        tables.bind();
        if (!tables.step() || tables.column<int>(0) == 0) return false;
    }
    Statement state(connection_, "SELECT identity FROM state");
    state.bind();
    return state.step() && state.column<BlobView>(0).bytes == identity;
}

void Store::create() {
    connection_.execute("DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS run; DROP TABLE IF EXISTS block");
    connection_.execute(schema);
}

void Store::load() {
    {
        Statement state(connection_, "SELECT stamp, version FROM state");
        state.bind();
        if (!state.step()) throw IndexDamaged("the index has no state");
        index_.stamp = state.column<std::uint64_t>(0);
        index_.version = state.column<std::uint64_t>(1);
    }
    Statement rows(connection_, "SELECT id, first, records, last_time, directory, times FROM run ORDER BY first");
    rows.bind();
    while (rows.step()) {
        Run run{.id = rows.column<RunId>(0),
                .first = rows.column<Position>(1),
                .records = rows.column<std::uint32_t>(2),
                .blocks = directory_of(rows.column<BlobView>(4).bytes),
                .times = times_of(rows.column<BlobView>(5).bytes),
                .last_time = rows.column<std::int64_t>(3)};
        if (run.first != index_.end() || run.records == 0) throw IndexDamaged("the runs of the index do not follow each other");
        next_run_ = std::max(next_run_, run.id + 1);
        index_.runs.push_back(std::make_shared<const Run>(std::move(run)));
    }
    // A merge that did not end left blocks that no run has; they are behind those of all runs, or between them.
    Statement last(connection_, "SELECT max(id) FROM block");
    last.bind();
    if (!last.step()) return;
    const auto newest = last.column<std::optional<std::uint64_t>>(0).value_or(0) >> 24;
    for (; next_run_ <= newest; ++next_run_) remove_blocks(next_run_);
}

void Store::begin() { connection_.execute("BEGIN IMMEDIATE"); }

void Store::pause() {
    connection_.execute("COMMIT");
    begin();
}

void Store::write_block(RunId run, std::size_t number, std::string_view block) {
    run_statement(connection_, "INSERT INTO block VALUES ($1, $2)", Run::block_row(run, number), BlobView{block});
}

void Store::remove_blocks(RunId run) {
    run_statement(connection_, "DELETE FROM block WHERE id >= $1 AND id < $2", Run::block_row(run, 0),
                  Run::block_row(run + 1, 0));
}

void Store::commit(Run run, std::size_t replaced) {
    auto next = index_;
    ++next.version;
    for (auto number = replaced; number < index_.runs.size(); ++number) {
        remove_blocks(index_.runs[number]->id);
        run_statement(connection_, "DELETE FROM run WHERE id = $1", index_.runs[number]->id);
    }
    next.runs.resize(replaced);
    const auto directory = directory_bytes(run.blocks), times = times_bytes(run.times);
    run_statement(connection_, "INSERT INTO run VALUES ($1, $2, $3, $4, $5, $6)", run.id, run.first, run.records,
                  run.last_time, BlobView{directory}, BlobView{times});
    run_statement(connection_, "UPDATE state SET version = $1", next.version);
    next.runs.push_back(std::make_shared<const Run>(std::move(run)));
    connection_.execute("COMMIT");
    index_ = std::move(next);
}

std::string Store::read_block(RunId run, std::size_t number) {
    std::string block;
    read_block_row(connection_, run, number, block);
    return block;
}

StoreReader::StoreReader(const std::filesystem::path& file) : connection_(file, storage::Access::read) {
    connection_.execute("PRAGMA cache_size = -4096");
}

bool StoreReader::begin(const Index& index) {
    run_statement(connection_, "BEGIN");
    Statement state(connection_, "SELECT stamp, version FROM state");
    state.bind();
    if (!state.step()) return false;
    stamp_ = state.column<std::uint64_t>(0);
    return stamp_ == index.stamp && state.column<std::uint64_t>(1) == index.version;
}

void StoreReader::end() noexcept {
    if (connection_.in_transaction()) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

const std::string& StoreReader::block(RunId run, std::size_t number) {
    return cache_.block(run, number, [&](std::string& out) { read_block_row(connection_, run, number, out); });
}

bool is_damage(const std::exception& failure) {
    const std::string_view cause = failure.what();  // SQLite's texts for SQLITE_NOTADB and SQLITE_CORRUPT
    return dynamic_cast<const IndexDamaged*>(&failure) || cause.find("is not a database") != cause.npos ||
           cause.find("is malformed") != cause.npos;
}

void remove_store(const std::filesystem::path& file) {
    for (const auto* suffix : {"-wal", "-shm", ""}) std::filesystem::remove(file.string() + suffix);
}

void set_aside(const std::filesystem::path& file, const std::filesystem::path& new_name) {
    std::filesystem::remove(file.string() + "-wal");
    std::filesystem::remove(file.string() + "-shm");
    if (std::filesystem::exists(file)) std::filesystem::rename(file, new_name);
}

}  // namespace chancery::archive
