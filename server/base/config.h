// Every setting of the server: typed, with its default. Read from chancery.toml and overridden by --set KEY=VALUE.
// An unknown key, a wrong type or a value out of range stops the start and says where.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace chancery {

struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Config {
    std::string domain;                           ///< the XMPP domain that is served (RFC 7622 domainpart)

    struct {
        std::string starttls = "[::]:5222";       ///< address:port of c2s with STARTTLS (RFC 6120 §5); empty: off
        std::string tls = "[::]:5223";            ///< address:port of c2s with direct TLS (XEP-0368); empty: off
        std::string https = "[::]:8443";          ///< address:port of HTTPS: WebSocket, BOSH; direct TLS by ALPN; empty: off
        std::string component;                    ///< address:port for components (XEP-0114); empty: off
    } listen;

    struct {
        std::string certificate = "keys/server.pem";  ///< chain, PEM; relative to the data directory
        std::string key = "keys/server.key";          ///< PEM
        bool compact = true;                          ///< TLS 1.3 of clients goes on without libssl after the handshake
    } tls;

    struct {
        std::string public_url;                   ///< https://host[:port] under which browsers reach listen.https; empty: as they asked
        std::string origins;                      ///< web sites that may connect too, as https://chat.example.org, by spaces
    } web;

    struct {
        bool scram_sha512 = true;                 ///< SCRAM-SHA-512 beside SCRAM-SHA-256
        bool scram_sha1 = false;                  ///< SCRAM-SHA-1 for clients of before 2016
        bool plain = false;                       ///< PLAIN inside TLS
        std::int64_t iterations = 4'096;          ///< PBKDF2 rounds of new passwords (RFC 7677 §4's lowest; decision 0003)
        std::int64_t token_days = 14;             ///< XEP-0484: how long a token signs a device in; 0: none are given
        bool token_unbound = true;                ///< also tokens that are not bound to the TLS channel, for browsers
    } sasl;

    struct {
        std::string keys = "keys";                ///< directory of the key-encryption and signing keys
        std::int64_t segment_mib = 64;            ///< size at which a journal segment is sealed, MiB
        std::int64_t checkpoint_seconds = 1;      ///< longest time between a record and the checkpoint that covers it
    } journal;

    struct {
        std::int64_t stanza_kib = 256;            ///< largest stanza after authentication, KiB (RFC 6120 §13.12: >= 10)
        std::int64_t devices_per_user = 50;       ///< remembered; the one not seen for longest is forgotten for one more
        std::int64_t sessions_per_user = 20;      ///< bound resources; one more is refused with resource-constraint
        std::int64_t roster_items = 2'000;
        std::int64_t connections = 20'000;        ///< open client connections; one more is refused
        std::int64_t connections_per_address = 10'000;  ///< of one IPv4 address or IPv6 /64; not of 127.0.0.1 and ::1
        std::int64_t signing_in = 2'000;          ///< connections that have not signed in yet
        std::int64_t signing_in_per_address = 500;  ///< as connections_per_address
        std::int64_t idle_seconds = 900;          ///< a client silent for so long is pinged, and dropped after 60 s more
        std::int64_t login_seconds = 60;          ///< from the accepted connection to the bound resource
        std::int64_t resume_seconds = 300;        ///< XEP-0198: how long a lost session waits to be resumed
        std::int64_t unacknowledged = 2'000;      ///< XEP-0198: stanzas kept for a client that does not acknowledge
        std::int64_t unsent_kib = 4'096;          ///< bytes queued to a client that does not read, KiB
        std::int64_t multicast = 100;             ///< XEP-0033: addresses of one message; 0: none is sent on
        std::int64_t offline_messages = 10'000;   ///< per user; more stay in the archive and are not replayed
        std::int64_t pubsub_nodes = 200;          ///< XEP-0060: of one person; and what the service for all has, times ten
        std::int64_t pubsub_items = 2'000;        ///< of one node, and what max_items=max means
        std::int64_t pubsub_kib = 8'192;          ///< what all items of one person, or of one node for all, may take, KiB
    } limits;

    struct {
        std::string name = "rooms";               ///< of the service: NAME.DOMAIN (XEP-0045); empty: no rooms
        std::string creators = "everybody";       ///< who may make rooms: everybody, or administrators
        std::int64_t rooms = 100'000;             ///< that exist at once
        std::int64_t rooms_per_person = 200;      ///< of which somebody is an owner
        std::int64_t occupants = 10'000;          ///< of one room
        std::int64_t affiliations = 20'000;       ///< of one room: members, administrators, owners and the banned
        std::int64_t history = 50;                ///< messages of the past that a room shows at most who enters
    } rooms;

    struct {
        std::int64_t threads = 0;                 ///< shards; 0: one for each processor
        std::string log = "info";                 ///< debug, info, warning or error
    } server;

    struct {
        bool people_search = true;                ///< XEP-0055: everybody may look for people by name and card
        bool end_to_end = false;                  ///< let end-to-end encrypted payloads pass (they defeat the record)
        bool file_streams = false;                ///< let clients send files directly to each other (past the record)
    } policy;

    struct {
        std::string service = "pubsub";           ///< what stands before the domain in the address of nodes for all; empty: off
        std::string creators = "administrators";  ///< who may make nodes there: everybody, administrators or nobody
    } pubsub;

    struct {
        std::string service = "upload";           ///< of the service: NAME.DOMAIN (XEP-0363); empty: no files
        std::int64_t most_mib = 100;              ///< largest file, MiB
        std::int64_t mib_per_day = 2'000;         ///< that one person may upload in 24 hours, MiB
        std::int64_t put_seconds = 300;           ///< until an upload must have begun
        std::int64_t link_hours = 168;            ///< for which a link opens its file; then a history shows a new one
        std::int64_t reserve_mib = 512;           ///< that stay free on the disk, for the journal
        std::vector<std::string> forbidden;       ///< types that are refused, by what the bytes are: text/html, video/*
        std::string scanner;                      ///< clamd's socket: /path or 127.0.0.1:3310; empty: files are not scanned
        std::int64_t scanner_seconds = 60;        ///< for a verdict
    } files;

    /// XEP-0114: the secret of each component, by its domain.
    std::map<std::string, std::string> components;

    struct {
        bool count = false;                       ///< XEP-0357: notifications say how many messages wait; never who wrote or what
    } push;

    struct {
        std::string host;                         ///< XEP-0215: of the STUN and TURN server; empty: none
        std::int64_t port = 3'478;                ///< UDP and TCP; 0: none
        std::int64_t tls_port = 5'349;            ///< TCP inside TLS; 0: none
        std::string secret;                       ///< shared with it, for credentials that end; empty: TURN is not offered
        std::int64_t seconds = 3'600;             ///< for which credentials are good
    } turn;

    struct {                                      ///< XEP-0157: URIs by spaces, shown to everybody
        std::string abuse, admin, feedback, security, support;
    } contact;

    using Override = std::pair<std::string, std::string>;

    /// @throws ConfigError with the file, the key and what is allowed.
    static Config load(const std::filesystem::path& file, const std::vector<Override>& overrides = {});

    /// The text of a new chancery.toml: the domain, and every other setting as a comment with its default.
    static std::string initial_file(const std::string& domain);
};

}  // namespace chancery
