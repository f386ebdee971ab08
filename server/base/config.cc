#include "base/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <sstream>
#include <variant>

#include "base/component_settings.h"
#include "base/federation_settings.h"
#include "base/retention_settings.h"

namespace chancery {
namespace {

using List = std::vector<std::string>;
using Table = std::map<std::string, std::string>;

struct Bounds {
    std::int64_t lowest, highest;
};

/// A setting: its key, where its value goes, and what a stranger must know about it.
struct Setting {
    std::string_view key;
    std::variant<std::string*, bool*, std::int64_t*, List*, Table*> value;
    std::string_view help;
    Bounds bounds = {0, 0};
};

std::vector<Setting> settings_of(Config& c, FederationSettings& f, ComponentSettings& p, RetentionSettings& r) {
    return {
        {"listen.starttls", &c.listen.starttls, "clients with STARTTLS; empty: off"},
        {"listen.tls", &c.listen.tls, "clients with direct TLS; empty: off"},
        {"listen.https", &c.listen.https, "browsers (WebSocket, BOSH) and, by ALPN, clients with direct TLS; empty: off"},
        {"listen.component", &c.listen.component, "components; empty: off. TLS, but for a loopback address"},
        {"listen.s2s", &f.listen, "other servers with STARTTLS, as \"[::]:5269\"; empty: off"},
        {"listen.s2s_tls", &f.listen_tls, "other servers with direct TLS, as \"[::]:5270\"; empty: off"},
        {"web.public_url", &c.web.public_url, "https://HOST[:PORT] under which browsers reach listen.https; empty: as they asked"},
        {"web.origins", &c.web.origins, "other web sites whose pages may connect: https://A https://B"},
        {"tls.certificate", &c.tls.certificate, "PEM chain, relative to this directory"},
        {"tls.key", &c.tls.key, "PEM"},
        {"tls.compact", &c.tls.compact, "after the handshake only keys are kept for a client; false: OpenSSL's session, 13 KiB"},
        {"sasl.scram_sha512", &c.sasl.scram_sha512, "SCRAM-SHA-512 beside SCRAM-SHA-256"},
        {"sasl.scram_sha1", &c.sasl.scram_sha1, "SCRAM-SHA-1, for old clients"},
        {"sasl.plain", &c.sasl.plain, "PLAIN inside TLS, for old clients"},
        {"sasl.iterations", &c.sasl.iterations, "PBKDF2 rounds of new passwords", {4'096, 10'000'000}},
        {"sasl.token_days", &c.sasl.token_days, "a device's token signs it in for so long; 0: no tokens", {0, 365}},
        {"sasl.token_unbound", &c.sasl.token_unbound, "tokens that are not bound to the TLS channel too, for browsers"},
        {"journal.keys", &c.journal.keys, "directory of the keys, relative to this directory or absolute"},
        {"journal.segment_mib", &c.journal.segment_mib, "MiB per segment", {1, 4'095}},
        {"journal.checkpoint_seconds", &c.journal.checkpoint_seconds, "between signed checkpoints", {1, 3'600}},
        {"limits.stanza_kib", &c.limits.stanza_kib, "largest stanza, KiB", {10, 16'384}},
        {"limits.devices_per_user", &c.limits.devices_per_user, "devices remembered", {1, 1'000}},
        {"limits.sessions_per_user", &c.limits.sessions_per_user, "resources bound at once", {1, 1'000}},
        {"limits.roster_items", &c.limits.roster_items, "contacts in one roster", {1, 100'000}},
        {"limits.connections", &c.limits.connections, "client connections", {1, 1'000'000}},
        {"limits.connections_per_address", &c.limits.connections_per_address, "of them from one address", {1, 1'000'000}},
        {"limits.signing_in", &c.limits.signing_in, "connections that have not signed in yet", {1, 1'000'000}},
        {"limits.signing_in_per_address", &c.limits.signing_in_per_address, "of them from one address", {1, 1'000'000}},
        {"limits.idle_seconds", &c.limits.idle_seconds, "silence after which a client is pinged", {10, 86'400}},
        {"limits.login_seconds", &c.limits.login_seconds, "to sign in", {1, 3'600}},
        {"limits.resume_seconds", &c.limits.resume_seconds, "a lost session waits to be resumed", {0, 86'400}},
        {"limits.unacknowledged", &c.limits.unacknowledged, "stanzas kept for resumption", {10, 1'000'000}},
        {"limits.unsent_kib", &c.limits.unsent_kib, "queued to a client that does not read, KiB", {64, 1'048'576}},
        {"limits.multicast", &c.limits.multicast, "addresses of one message to many; 0: off", {0, 10'000}},
        {"limits.offline_messages", &c.limits.offline_messages, "replayed per user", {0, 1'000'000}},
        {"limits.pubsub_nodes", &c.limits.pubsub_nodes, "nodes of one person; of pubsub.service ten times as many", {1, 100'000}},
        {"limits.pubsub_items", &c.limits.pubsub_items, "items of one node", {1, 100'000}},
        {"limits.pubsub_kib", &c.limits.pubsub_kib, "all items of one person, or of one node of pubsub.service, KiB", {64, 1'048'576}},
        {"rooms.name", &c.rooms.name, "rooms are at NAME.DOMAIN; empty: no rooms"},
        {"rooms.creators", &c.rooms.creators, "who may make rooms: everybody or administrators"},
        {"rooms.rooms", &c.rooms.rooms, "rooms at once", {1, 10'000'000}},
        {"rooms.rooms_per_person", &c.rooms.rooms_per_person, "of which somebody is an owner", {1, 1'000'000}},
        {"rooms.occupants", &c.rooms.occupants, "people and devices in one room", {2, 1'000'000}},
        {"rooms.affiliations", &c.rooms.affiliations, "members, administrators, owners and banned of one room", {1, 1'000'000}},
        {"rooms.history", &c.rooms.history, "messages of the past shown to who enters, at most", {0, 1'000}},
        {"component.rights", &p.rights, "\"pubsub.example\" = \"roster=get message=outgoing\", what a component may do in others' names"},
        {"federation.domains", &f.domains, "partners; \"*\": every domain; none: no federation"},
        {"federation.blocked", &f.blocked, "not these, nor what is below them"},
        {"federation.dialback", &f.dialback, "partners without a good certificate, known by DNS alone"},
        {"federation.hosts", &f.hosts, "\"partner.example\" = \"192.0.2.1:5269\" or \"tls:192.0.2.1:5270\", instead of DNS"},
        {"federation.authorities", &f.authorities, "PEM, relative to this directory: who may sign partners' certificates"},
        {"federation.system_authorities", &f.system_authorities, "the system's authorities may as well"},
        {"federation.resolver", &f.resolver, "DNS server as \"127.0.0.1:53\"; empty: the system's"},
        {"federation.dane", &f.dane, "TLSA records say which certificates partners have; only with a resolver that validates DNSSEC"},
        {"federation.posh", &f.posh, "a partner's web site may say which certificates it has, where no authority vouches for them"},
        {"federation.posh_document", &f.posh_document, "listen.https says which certificate this server has, at /.well-known/posh/xmpp-server.json"},
        {"federation.posh_hosts", &f.posh_hosts, "\"partner.example\" = \"192.0.2.1:443\": its web site, instead of DNS, and in a private network too"},
        {"federation.stanzas_per_second", &f.stanzas_per_second, "of one domain", {1, 100'000}},
        {"federation.rates", &f.rates, "\"partner.example\" = 500, where it is another"},
        {"federation.targets_per_minute", &f.targets_per_minute, "addresses one domain may write to", {1, 1'000'000}},
        {"federation.targets", &f.targets, "\"partner.example\" = 5000, where it is another"},
        {"federation.failure_percent", &f.failure_percent, "of a domain's stanzas; above it has one a second", {1, 100}},
        {"federation.failures", &f.failures, "\"partner.example\" = 80, where it is another"},
        {"federation.queue_messages", &f.queue_messages, "waiting for one domain", {10, 1'000'000}},
        {"federation.queue_mib", &f.queue_mib, "the same in MiB", {1, 16'384}},
        {"federation.wait_seconds", &f.wait_seconds, "then a message that cannot be sent is returned", {1, 2'592'000}},
        {"federation.retry_seconds", &f.retry_seconds, "longest pause between two attempts", {1, 86'400}},
        {"federation.idle_seconds", &f.idle_seconds, "a stream without stanzas is closed", {1, 86'400}},
        {"federation.streams", &f.streams, "that other servers have opened", {1, 1'000'000}},
        {"server.threads", &c.server.threads, "0: one for each processor", {0, 256}},
        {"server.log", &c.server.log, "debug, info, warning or error"},
        {"push.count", &c.push.count, "push notifications say how many messages wait; never who wrote or what"},
        {"turn.host", &c.turn.host, "STUN and TURN server for calls; empty: none"},
        {"turn.port", &c.turn.port, "of it, UDP and TCP; 0: none", {0, 65'535}},
        {"turn.tls_port", &c.turn.tls_port, "of it, TLS; 0: none", {0, 65'535}},
        {"turn.secret", &c.turn.secret, "shared with it (coturn: static-auth-secret); empty: STUN only"},
        {"turn.seconds", &c.turn.seconds, "for which its credentials are good", {60, 86'400}},
        {"contact.abuse", &c.contact.abuse, "URIs by spaces: mailto:abuse@example.org"},
        {"contact.admin", &c.contact.admin, "URIs by spaces"},
        {"contact.feedback", &c.contact.feedback, "URIs by spaces"},
        {"contact.security", &c.contact.security, "URIs by spaces"},
        {"contact.support", &c.contact.support, "URIs by spaces"},
        {"policy.people_search", &c.policy.people_search, "everybody may look for people by name and card"},
        {"policy.end_to_end", &c.policy.end_to_end, "let end-to-end encrypted payloads pass; they defeat the record"},
        {"policy.file_streams", &c.policy.file_streams, "let clients send files directly, past the record"},
        {"files.service", &c.files.service, "files are uploaded to NAME.DOMAIN, over listen.https; empty: no files"},
        {"files.most_mib", &c.files.most_mib, "largest file, MiB", {1, 65'536}},
        {"files.mib_per_day", &c.files.mib_per_day, "of one person in 24 hours, MiB", {1, 16'777'216}},
        {"files.put_seconds", &c.files.put_seconds, "until an upload must have begun", {10, 86'400}},
        {"files.link_hours", &c.files.link_hours, "a link opens its file for so long; then a history shows a new one", {1, 87'600}},
        {"files.reserve_mib", &c.files.reserve_mib, "of the disk that stay free for the journal, MiB", {0, 16'777'216}},
        {"files.forbidden", &c.files.forbidden, "types that are refused, by what the bytes are: \"text/html\", \"video/*\""},
        {"files.scanner", &c.files.scanner, "clamd: its socket's path, or 127.0.0.1:3310; empty: files are not scanned for viruses"},
        {"files.scanner_seconds", &c.files.scanner_seconds, "for its verdict", {1, 3'600}},
        {"files.keep_days", &r.keep_days, "an upload is kept so long, and at least files.link_hours; 0: for ever", {0, 36'500}},
        {"files.quarantine_days", &r.quarantine_days, "the same for what holds a virus", {0, 36'500}},
        {"pubsub.service", &c.pubsub.service, "nodes for all are at this name before the domain; empty: none"},
        {"pubsub.creators", &c.pubsub.creators, "who may make them: everybody, administrators or nobody"},
    };
}

std::string text_of(const Setting& setting) {
    if (auto* text = std::get_if<std::string*>(&setting.value)) return '"' + **text + '"';
    if (auto* flag = std::get_if<bool*>(&setting.value)) return **flag ? "true" : "false";
    if (std::holds_alternative<List*>(setting.value)) return "[]";
    if (std::holds_alternative<Table*>(setting.value)) return "{}";
    return std::to_string(*std::get<std::int64_t*>(setting.value));
}

[[noreturn]] void fail(std::string_view key, const std::string& what) {
    throw ConfigError("setting " + std::string(key) + ": " + what);
}

void check_bounds(const Setting& setting, std::int64_t number) {
    if (number < setting.bounds.lowest || number > setting.bounds.highest)
        fail(setting.key, std::to_string(number) + " is not between " + std::to_string(setting.bounds.lowest) + " and " +
                              std::to_string(setting.bounds.highest));
}

void assign_list(const Setting& setting, List& list, const toml::node& node) {
    const auto* array = node.as_array();
    if (!array) fail(setting.key, "a list of texts is expected");
    list.clear();
    for (const auto& each : *array) {
        if (!each.is_string()) fail(setting.key, "a list of texts is expected");
        list.push_back(each.as_string()->get());
    }
}

void assign_table(const Setting& setting, Table& table, const toml::node& node) {
    const auto* entries = node.as_table();
    if (!entries) fail(setting.key, "a table is expected");
    for (const auto& [key, value] : *entries) {
        if (value.is_string()) table[std::string(key.str())] = value.as_string()->get();
        else if (value.is_integer()) table[std::string(key.str())] = std::to_string(value.as_integer()->get());
        else fail(setting.key, "texts or whole numbers are expected");
    }
}

/// As on the command line: a,b,c.
List words_of(std::string_view value) {
    List words;
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        if (comma > 0) words.emplace_back(value.substr(0, comma));
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return words;
}

void assign(const Setting& setting, const toml::node& node) {
    if (auto* list = std::get_if<List*>(&setting.value)) return assign_list(setting, **list, node);
    if (auto* table = std::get_if<Table*>(&setting.value)) return assign_table(setting, **table, node);
    if (auto* text = std::get_if<std::string*>(&setting.value)) {
        if (!node.is_string()) fail(setting.key, "a text in quotes is expected");
        **text = node.as_string()->get();
    } else if (auto* flag = std::get_if<bool*>(&setting.value)) {
        if (!node.is_boolean()) fail(setting.key, "true or false is expected");
        **flag = node.as_boolean()->get();
    } else {
        if (!node.is_integer()) fail(setting.key, "a whole number is expected");
        check_bounds(setting, node.as_integer()->get());
        *std::get<std::int64_t*>(setting.value) = node.as_integer()->get();
    }
}

void assign(const Setting& setting, const std::string& value) {
    if (auto* text = std::get_if<std::string*>(&setting.value)) {
        **text = value;
    } else if (auto* flag = std::get_if<bool*>(&setting.value)) {
        if (value != "true" && value != "false") fail(setting.key, "true or false is expected");
        **flag = value == "true";
    } else if (auto* list = std::get_if<List*>(&setting.value)) {
        **list = words_of(value);
    } else if (std::holds_alternative<Table*>(setting.value)) {
        fail(setting.key, "an entry is set as " + std::string(setting.key) + ".NAME=VALUE");
    } else {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size()) fail(setting.key, "a whole number is expected");
        check_bounds(setting, number);
        *std::get<std::int64_t*>(setting.value) = number;
    }
}

/// KEY.NAME=VALUE on the command line, where KEY is a table. False: it is not one.
bool assign_entry(const std::vector<Setting>& settings, std::string_view key, const std::string& value) {
    for (const auto& setting : settings) {
        auto* table = std::get_if<Table*>(&setting.value);
        if (!table || !key.starts_with(std::string(setting.key) + ".")) continue;
        (**table)[std::string(key.substr(setting.key.size() + 1))] = value;
        return true;
    }
    return false;
}

const Setting& find(const std::vector<Setting>& settings, std::string_view key) {
    for (const auto& setting : settings)
        if (setting.key == key) return setting;
    const auto section = key.substr(0, key.find('.') + 1);  // empty: it has none
    std::string known;
    for (const auto& setting : settings)
        if (!section.empty() && setting.key.starts_with(section)) known.append("\n  ").append(setting.key);
    if (!known.empty()) throw ConfigError("unknown setting " + std::string(key) + "; the settings there are:" + known);
    std::set<std::string_view> sections;
    for (const auto& setting : settings) sections.insert(setting.key.substr(0, setting.key.find('.')));
    for (const auto each : sections) known.append(" ").append(each);
    throw ConfigError("unknown setting " + std::string(key) + "; there is domain, and there are the sections" + known);
}

void read_file(Config& config, const std::vector<Setting>& settings, const std::filesystem::path& file) {
    toml::table root;
    try {
        root = toml::parse_file(file.string());
    } catch (const toml::parse_error& error) {
        std::ostringstream text;
        text << file.string() << ": line " << error.source().begin.line << ": " << error.description();
        throw ConfigError(text.str());
    }
    for (const auto& [name, node] : root) {
        if (name == "domain" && node.is_string()) {
            config.domain = node.as_string()->get();
            continue;
        }
        if (name == "components" && node.is_table()) {
            for (const auto& [domain, secret] : *node.as_table()) {
                if (!secret.is_string()) fail("components." + std::string(domain.str()), "a text in quotes is expected");
                config.components[std::string(domain.str())] = secret.as_string()->get();
            }
            continue;
        }
        if (!node.is_table()) throw ConfigError(file.string() + ": unknown setting " + std::string(name.str()));
        for (const auto& [key, value] : *node.as_table())
            assign(find(settings, std::string(name.str()) + "." + std::string(key.str())), value);
    }
}

struct Settings {
    Config config;
    FederationSettings federation;
    ComponentSettings components;
    RetentionSettings retention;
};

Settings load_all(const std::filesystem::path& file, const std::vector<Config::Override>& overrides) {
    Settings all;
    auto& config = all.config;
    const auto settings = settings_of(config, all.federation, all.components, all.retention);
    read_file(config, settings, file);
    for (const auto& [key, value] : overrides) {
        if (key == "domain") config.domain = value;
        else if (key.starts_with("components.")) config.components[key.substr(key.find('.') + 1)] = value;
        else if (!assign_entry(settings, key, value)) assign(find(settings, key), value);
    }
    if (config.domain.empty()) throw ConfigError(file.string() + ": the setting domain is missing");
    return all;
}

}  // namespace

Config Config::load(const std::filesystem::path& file, const std::vector<Override>& overrides) {
    return load_all(file, overrides).config;
}

FederationSettings FederationSettings::load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides) {
    return load_all(file, overrides).federation;
}

ComponentSettings ComponentSettings::load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides) {
    return load_all(file, overrides).components;
}

RetentionSettings RetentionSettings::load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides) {
    return load_all(file, overrides).retention;
}

std::string Config::initial_file(const std::string& domain) {
    Config defaults;
    FederationSettings federation;
    ComponentSettings components;
    RetentionSettings retention;
    std::string text = "# Chancery. Remove a # to change a setting; what is not set here has the value shown.\n\ndomain = \"" +
                       domain + "\"\n";
    std::string section;
    for (const auto& setting : settings_of(defaults, federation, components, retention)) {
        const auto dot = setting.key.find('.');
        if (setting.key.substr(0, dot) != section) {
            section = setting.key.substr(0, dot);
            text += "\n[" + section + "]\n";
        }
        text += "# " + std::string(setting.key.substr(dot + 1)) + " = " + text_of(setting) + "  # " +
                std::string(setting.help) + "\n";
    }
    return text;
}

}  // namespace chancery
