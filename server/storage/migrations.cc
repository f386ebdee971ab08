#include "storage/migrations.h"

#include <array>

namespace chancery::storage {
namespace {

constexpr std::array all{
    Migration{1, "accounts", R"sql(
CREATE TABLE account (
    name            TEXT PRIMARY KEY,
    roles           TEXT NOT NULL,      -- separated by spaces
    disabled_reason TEXT,
    credentials     BLOB NOT NULL,      -- sealed
    created_us      BIGINT NOT NULL,
    last_logon_us   BIGINT
);
)sql"},
    Migration{2, "personal", R"sql(
CREATE TABLE roster_version (
    owner   TEXT PRIMARY KEY,
    version BIGINT NOT NULL
);
CREATE TABLE roster (
    owner   TEXT NOT NULL,
    contact TEXT NOT NULL,
    version BIGINT NOT NULL,
    state   BIGINT NOT NULL,            -- bits: core/roster.cc
    details BLOB,                       -- sealed; null: removed
    PRIMARY KEY (owner, contact)
);
CREATE TABLE block_list (
    owner TEXT NOT NULL,
    peer  TEXT NOT NULL,
    PRIMARY KEY (owner, peer)
);
CREATE TABLE vcard (
    owner TEXT PRIMARY KEY,
    card  BLOB NOT NULL                 -- sealed
);
CREATE TABLE private_storage (
    owner TEXT NOT NULL,
    name  TEXT NOT NULL,                -- {namespace}name
    value BLOB NOT NULL,                -- sealed
    PRIMARY KEY (owner, name)
);
CREATE TABLE last_activity (
    owner   TEXT PRIMARY KEY,
    seen_us BIGINT NOT NULL,
    status  BLOB NOT NULL               -- sealed
);
CREATE TABLE away_message (
    owner TEXT PRIMARY KEY,
    text  BLOB NOT NULL                 -- sealed
);
)sql"},
    Migration{3, "devices", R"sql(
CREATE TABLE device (
    owner         TEXT NOT NULL,        -- name of the account
    id            TEXT NOT NULL,        -- keyed hash of the user agent's id
    agent         BLOB NOT NULL,        -- sealed
    first_seen_us BIGINT NOT NULL,
    last_seen_us  BIGINT NOT NULL,
    has_password  BIGINT NOT NULL,
    PRIMARY KEY (owner, id)
);
CREATE TABLE access_token (
    owner     TEXT NOT NULL,
    device    TEXT NOT NULL,
    place     BIGINT NOT NULL,          -- accounts/devices.cc
    mechanism TEXT NOT NULL,
    token     BLOB NOT NULL,            -- sealed
    expiry_us BIGINT NOT NULL,
    PRIMARY KEY (owner, device, place)
);
)sql"},
    Migration{4, "rooms", R"sql(
CREATE TABLE room (
    jid        TEXT PRIMARY KEY,
    created_us BIGINT NOT NULL,
    settings   BLOB NOT NULL,           -- sealed
    subject    BLOB,                    -- sealed
    card       BLOB,                    -- sealed
    hats       BLOB                     -- sealed
);
CREATE TABLE room_affiliation (
    room    TEXT NOT NULL,
    person  TEXT NOT NULL,              -- a bare address, or a domain
    level   BIGINT NOT NULL,            -- features/rooms/affiliation.h
    details BLOB NOT NULL,              -- sealed: reserved nickname, reason, hats
    PRIMARY KEY (room, person)
);
CREATE TABLE room_retraction (          -- messages that a moderator took back: what is shown instead
    room      TEXT NOT NULL,
    position  BIGINT NOT NULL,
    tombstone BLOB NOT NULL,            -- sealed
    PRIMARY KEY (room, position)
);
)sql"},
    Migration{5, "pubsub", R"sql(
CREATE TABLE pubsub_node (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    owner    TEXT NOT NULL,             -- bare address of the person or the service
    name     TEXT NOT NULL,
    settings BLOB NOT NULL,             -- sealed
    UNIQUE (owner, name)
);
CREATE TABLE pubsub_item (
    node         BIGINT NOT NULL,       -- pubsub_node.number
    id           TEXT NOT NULL,
    place        BIGINT NOT NULL,       -- ascending as published
    publisher    TEXT NOT NULL,
    published_us BIGINT NOT NULL,
    payload      BLOB NOT NULL,         -- sealed
    PRIMARY KEY (node, id)
);
CREATE INDEX pubsub_item_place ON pubsub_item (node, place);
CREATE TABLE pubsub_affiliation (
    node        BIGINT NOT NULL,
    peer        TEXT NOT NULL,
    affiliation TEXT NOT NULL,
    PRIMARY KEY (node, peer)
);
CREATE TABLE pubsub_subscription (
    node BIGINT NOT NULL,
    peer TEXT NOT NULL,
    id   TEXT NOT NULL,
    PRIMARY KEY (node, peer)
);
)sql"},
    Migration{6, "push", R"sql(
CREATE TABLE push_target (
    owner   TEXT NOT NULL,
    service TEXT NOT NULL,
    node    TEXT NOT NULL,
    details BLOB NOT NULL,              -- sealed
    PRIMARY KEY (owner, service, node)
);
)sql"},
    Migration{7, "files", R"sql(
CREATE TABLE file (                     -- what somebody has asked to upload, and has uploaded
    id         TEXT PRIMARY KEY,        -- random, as in its links
    owner      TEXT NOT NULL,           -- bare address
    created_us BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    state      BIGINT NOT NULL,         -- files/register.h
    details    BLOB NOT NULL,           -- sealed: name, declared type
    content    TEXT                     -- file_content.name, once it has come
);
CREATE INDEX file_owner ON file (owner, created_us);
CREATE INDEX file_of_content ON file (content);
CREATE TABLE file_content (             -- what several files may have in common
    name      TEXT PRIMARY KEY,         -- keyed hash of the bytes, as on disk
    size      BIGINT NOT NULL,
    verdict   BIGINT NOT NULL,          -- files/verdict.h
    stored_us BIGINT NOT NULL,
    details   BLOB NOT NULL             -- sealed: SHA-256, type, what was found
);
)sql"},
    Migration{8, "removed accounts", R"sql(
CREATE TABLE removed_account (          -- whose names are not given again
    name       TEXT PRIMARY KEY,
    removed_us BIGINT NOT NULL
);
)sql"},
    Migration{9, "counts of tokens", R"sql(
ALTER TABLE access_token ADD COLUMN count BIGINT;   -- the last that was shown; null: none
)sql"},
    Migration{10, "pending subscriptions", R"sql(
ALTER TABLE pubsub_subscription ADD COLUMN is_pending BIGINT NOT NULL DEFAULT 0;
)sql"},
    Migration{13, "removed files, notices, partners", R"sql(
ALTER TABLE file ADD COLUMN removed_us BIGINT;      -- null: it is there
ALTER TABLE file ADD COLUMN removal BLOB;           -- sealed: under what, or by whom and why
CREATE INDEX file_age ON file (state, created_us);
UPDATE file SET state = 2 WHERE state = 1 AND content IN (SELECT name FROM file_content WHERE verdict = 2);
CREATE TABLE notice (                   -- what people are told when they sign in
    kind   TEXT PRIMARY KEY,            -- motd, welcome
    number BIGINT NOT NULL,             -- ascending: who has seen an earlier one has not seen this one
    text   BLOB NOT NULL                -- sealed
);
CREATE TABLE notice_seen (
    owner  TEXT NOT NULL,
    kind   TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (owner, kind)
);
CREATE TABLE partner_rule (             -- beside the settings federation.domains and federation.blocked
    domain     TEXT PRIMARY KEY,
    is_blocked BIGINT NOT NULL
);
)sql"},
    Migration{14, "groups", R"sql(
CREATE TABLE people_group (
    key        TEXT PRIMARY KEY,        -- the name as it is compared
    name       TEXT NOT NULL,           -- as it was written
    created_us BIGINT NOT NULL
);
CREATE TABLE people_group_member (
    people_group TEXT NOT NULL,         -- people_group.key
    account      TEXT NOT NULL,         -- account.name
    PRIMARY KEY (people_group, account)
);
CREATE INDEX people_group_of_account ON people_group_member (account);
)sql"},
};

}  // namespace

std::span<const Migration> migrations() { return all; }

}  // namespace chancery::storage
