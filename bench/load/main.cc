// bench/load: drives any XMPP server on this machine and says what its work costs. See bench/README.md.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "load/scenarios.h"

namespace {

using namespace chancery::load;
using Scenario = std::function<Report(World&)>;

/// Adds a subcommand whose options are the fields of `options`, which lives as long as the program.
template <class Options>
CLI::App* add(CLI::App& app, Scenario& chosen, Options& options, const char* name, const char* what) {
    auto* command = app.add_subcommand(name, what);
    command->callback(
        [&chosen, &options] { chosen = [&options](World& world) { return run(world, options); }; });
    return command;
}

void add_target(CLI::App& app, Target& target) {
    app.add_option("--server", target.address, "HOST:PORT of the server; this machine only")
        ->capture_default_str();
    app.add_option("--domain", target.domain, "its XMPP domain")->capture_default_str();
    app.add_flag("--direct-tls", target.direct_tls,
                 "the port speaks TLS from the first byte (else STARTTLS)");
    app.add_option("--ca", target.ca, "verify the certificate against this file (else it is not verified)");
    app.add_option("--prefix", target.prefix, "account i is PREFIXi")->capture_default_str();
    app.add_option("--password", target.password, "password of account i; % stands for i")
        ->capture_default_str();
    app.add_option("--pid", target.pids,
                   "process whose CPU and memory count as the server's, with its children; "
                   "repeat it for a database")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--limit", target.limit_seconds, "no phase takes longer, seconds")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 3600.0));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Drives an XMPP server on this machine over TLS and says what its work costs.\n\n"
        "  load --server 127.0.0.1:5222 --domain bench.test --pid 4711 chat --pairs 200 --window 10\n\n"
        "Accounts u0, u1, ... with passwords p0, p1, ... must exist. `load SCENARIO --help` says the rest.");
    app.require_subcommand(1);
    app.fallthrough();
    Target target;
    bool json = false;
    add_target(app, target);
    app.add_flag("--json", json, "one JSON object instead of the table");

    const CLI::Range count(1, 1'000'000);
    Scenario chosen;
    SignIn sign_in;
    auto* command =
        add(app, chosen, sign_in, "sign-in", "TCP, TLS, SCRAM, bind, presence, close; again and again");
    command->add_option("--users", sign_in.users, "accounts, each once at a time")
        ->capture_default_str()
        ->check(count);
    command->add_option("--count", sign_in.count, "sign-ins to measure (default: as many as users)");
    command->add_option("--concurrency", sign_in.concurrency, "under way at once")
        ->capture_default_str()
        ->check(count);
    command->add_option("--rate", sign_in.rate,
                        "start this many per second, however long they take (open loop)");
    command->add_flag("--cold", sign_in.cold,
                      "without the round before that fills the client's password cache");

    Idle idle;
    command = add(app, chosen, idle, "idle", "memory of signed-in connections that say nothing");
    command->add_option("--connections", idle.connections)->capture_default_str()->check(count);
    command->add_option("--users", idle.accounts,
                        "share the connections among so many accounts (default: no sharing)");
    command->add_option("--settle", idle.settle_seconds, "wait before reading memory, seconds")
        ->capture_default_str();

    Chat chat;
    command = add(app, chosen, chat, "chat", "1:1 messages between pairs, both directions");
    command->add_option("--pairs", chat.pairs)->capture_default_str()->check(count);
    command->add_option("--window", chat.window, "outstanding messages per sender")
        ->capture_default_str()
        ->check(count);
    command->add_option("--messages", chat.messages, "measure so many (default: for --seconds)");
    command->add_option("--seconds", chat.seconds, "measure so long")->capture_default_str();
    command->add_option("--body", chat.body, "bytes")->capture_default_str()->check(CLI::Range(40, 60'000));
    command->add_option("--warm-up", chat.warm_up_seconds, "seconds before measuring")->capture_default_str();
    command->add_option("--drain", chat.drain_seconds, "wait at most so long for the last ones")
        ->capture_default_str();
    command->add_option("--kill-receivers", chat.kill_receivers,
                        "break so many clients off half-way: a check that losses are seen");

    Presence presence;
    command = add(app, chosen, presence, "presence", "coming online and changing status, with contacts");
    command->add_option("--users", presence.users)->capture_default_str()->check(CLI::Range(2, 20'000));
    command->add_option("--contacts", presence.contacts, "per user, an even number")->capture_default_str();
    command->add_option("--rounds", presence.rounds, "status changes per user")
        ->capture_default_str()
        ->check(CLI::Range(1, 60'000));
    command->add_option("--at-once", presence.at_once, "changes under way")
        ->capture_default_str()
        ->check(count);
    command->add_flag("--subscribe", presence.subscribe, "make the subscriptions by XMPP first (slow)");

    Rooms rooms;
    command = add(app, chosen, rooms, "rooms", "XEP-0045 rooms: one writes, all get it");
    command->add_option("--rooms", rooms.rooms)->capture_default_str()->check(count);
    command->add_option("--occupants", rooms.occupants, "per room")->capture_default_str()->check(count);
    command->add_option("--messages", rooms.messages, "in all rooms together")
        ->capture_default_str()
        ->check(count);
    command->add_option("--window", rooms.window, "outstanding messages per room")
        ->capture_default_str()
        ->check(count);
    command->add_option("--body", rooms.body, "bytes")->capture_default_str()->check(CLI::Range(40, 60'000));
    command->add_option("--service", rooms.service, "default: conference.DOMAIN");
    command->add_flag("--moderators-only", rooms.moderators_only, "the presence of nobody else is shown (for large rooms)");
    command->add_option("--settle", rooms.settle_seconds, "wait before reading memory, seconds")->capture_default_str();

    Archive archive;
    command = add(app, chosen, archive, "archive", "XEP-0313: page through the archive backwards");
    command->add_option("--users", archive.users)->capture_default_str()->check(count);
    command->add_option("--page", archive.page, "messages per page")->capture_default_str()->check(count);
    command->add_option("--fill", archive.fill, "write so many messages into each archive first")
        ->capture_default_str();
    command->add_option("--pages", archive.pages, "read at most so many per user")
        ->capture_default_str()
        ->check(count);
    command->add_option("--at-once", archive.at_once, "users who page at a time")
        ->capture_default_str()
        ->check(count);
    command->add_option("--body", archive.body, "bytes")
        ->capture_default_str()
        ->check(CLI::Range(40, 60'000));

    Files files;
    command = add(app, chosen, files, "files", "XEP-0363: upload files, then download them");
    command->add_option("--users", files.users, "who do it at a time")->capture_default_str()->check(count);
    command->add_option("--files", files.files, "of each")->capture_default_str()->check(count);
    command->add_option("--kib", files.kib, "of each file")->capture_default_str()->check(CLI::Range(1, 1 << 20));
    command->add_option("--service", files.service, "default: upload.DOMAIN");

    CLI11_PARSE(app, argc, argv);
    try {
        World world(target);
        const auto report = chosen(world);
        std::fputs((json ? report.to_json() : report.to_table()).c_str(), stdout);
        return 0;
    } catch (const Interrupted&) {
        std::fputs("load: interrupted\n", stderr);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "load: %s\n", failure.what());
    }
    return 1;
}
