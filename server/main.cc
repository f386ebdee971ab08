// The composition root: reads the command line and the configuration, builds the parts bottom-up, and runs them.

#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <barrier>
#include <cstring>
#include <fstream>
#include <iostream>

#include "accounts/authenticator.h"
#include "admin/certificates.h"
#include "admin/command_line.h"
#include "admin/data_directory.h"
#include "admin/file_output.h"
#include "admin/print.h"
#include "admin/socket.h"
#include "base/component_settings.h"
#include "base/signals.h"
#include "c2s/web.h"
#include "components/service.h"
#include "core/housekeeping.h"
#include "features/features.h"
#include "files/files.h"
#include "files/retention.h"
#include "net/http_server.h"
#include "s2s/report.h"

namespace chancery {
namespace {

namespace fs = std::filesystem;

constexpr auto start_limit = std::chrono::seconds(60);   // for a server that is just starting to answer a command
constexpr auto farewell_limit = std::chrono::seconds(3);  // for clients to take their goodbye

/// The parts that the server and the command line share.
struct Office {
    Config config;
    FederationSettings federation;
    std::map<std::string, std::string> component_rights;
    fs::path data;
    admin::DirectoryLock lock;
    fs::path keys;
    Recorder recorder;
    journal::Journal journal;
    Key kek;
    Workers workers{4};
    storage::Database database;
    Accounts accounts;
    Devices devices;
    Ledger ledger;
    archive::Archive archive;
    files::Store file_store;
    files::Register file_register;
    files::Keeping file_keeping{file_store, file_register};
    files::Retention file_retention;

    Office(const fs::path& directory, const std::vector<Config::Override>& overrides, bool making = false)
        : config(Config::load(directory / "chancery.toml", overrides)),
          federation(FederationSettings::load(directory / "chancery.toml", overrides)),
          component_rights(ComponentSettings::load(directory / "chancery.toml", overrides).rights), data(directory), lock(data),
          keys(making ? data / config.journal.keys : admin::existing_keys(data / config.journal.keys)),
          journal({.folder = data / "journal",
                   .keys = keys,
                   .origin = config.domain,
                   .segment_bytes = static_cast<std::size_t>(config.journal.segment_mib) << 20,
                   .tick = std::chrono::seconds(config.journal.checkpoint_seconds)},
                  [this](journal::Pending* first) { recorder.settled(first); }),
          kek(admin::read_key_encryption_key(keys)), database(data / "state.db"),
          accounts(database, workers, config.domain, derive_key(kek, "accounts"),
                   {.hashes = sasl::hashes({.scram_sha512 = config.sasl.scram_sha512, .scram_sha1 = config.sasl.scram_sha1}),
                    .iterations = static_cast<int>(config.sasl.iterations)}),
          devices(database, derive_key(kek, "devices"),
                  {.token_life = std::chrono::days(config.sasl.token_days),
                   .most_devices = static_cast<std::size_t>(config.limits.devices_per_user)}),
          ledger(data / "ledger"), archive(journal, kek, {.folder = data / "index"}),
          file_store(data / "files", kek), file_register(database, kek),
          file_retention(config, RetentionSettings::load(directory / "chancery.toml", overrides), file_register, file_keeping, recorder) {
        file_store.clear_incoming();
        recorder.connect(journal, archive, ledger, kek);
        replay();
    }

    /// What was accepted after the ledger's last snapshot, and whom it waits for (core/ledger.h).
    void replay() {
        const auto visit = [this](const journal::Heading& heading) {
            archive::Owner recipient = archive::nobody;
            if (heading.flags & journal::flag::deliverable) {
                const auto entry = journal.read(heading.location);
                const auto record = entry ? archive::view_record(entry->text) : std::nullopt;
                if (record) recipient = archive.owners().of(archive::bare_part(record->to));
            }
            ledger.add(heading.position, recipient);
            return true;
        };
        if (ledger.next() > journal.durable_end())
            throw std::runtime_error("The ledger is ahead of the journal: the journal was replaced by an older one. To mend it: restore "
                                     "the newest journal, or remove " + (data / "ledger").string() + " and deliver what waits again.");
        journal.scan_headings(ledger.next(), visit);
    }

    admin::Context context(std::string actor) {
        return {.config = config, .data = data, .accounts = accounts, .recorder = recorder, .journal = journal,
                .archive = archive, .files = file_register, .file_store = file_store, .file_retention = file_retention, .actor = std::move(actor)};
    }
};

net::Door::Limits door_limits(const Config& config) {
    const auto& limits = config.limits;
    return {limits.connections, limits.connections_per_address, limits.signing_in, limits.signing_in_per_address};
}

/// Runs the shards until a signal asks to stop.
class Server {
  public:
    explicit Server(Office& office)
        : office_(office), lockout_(Lockout::Rules()),
          authenticator_(office.accounts, office.workers, lockout_, derive_key(office.kek, "unknown-accounts")),
          tls_(load_tls({"xmpp-client"}, nullptr)), https_tls_(load_tls({"http/1.1", "xmpp-client"}, nullptr)), door_("c2s", door_limits(office.config)),
          host_({.config = office.config, .database = office.database, .accounts = office.accounts, .devices = office.devices, .recorder = office.recorder,
                 .archive = office.archive, .ledger = office.ledger, .workers = office.workers,
                 .state_key = derive_key(office.kek, "state"), .now = system_now}) {
        const auto wanted = static_cast<unsigned>(office.config.server.threads);
        const auto count = wanted ? wanted : std::max(1u, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < count; ++i) shards_.push_back(std::make_unique<net::Shard>(i));
        for (auto& shard : shards_) host_.add_home(*shard);
        auto rights = components::rights_in(office.config, office.component_rights);
        components::install_delegations(host_, rights);
        for (const auto* feature : all_features()) install(*feature, host_);
        std::vector<net::Shard*> shards;
        for (auto& shard : shards_) shards.push_back(shard.get());
        components_ = std::make_unique<components::Service>(host_, tls_, shards, std::move(rights));
        host_.add_way(*components_);
        make_federation(shards);
        if (const auto address = files::Files::address_of(office.config))
            files_ = std::make_unique<files::Files>(host_, office.file_store, office.file_register, office.file_keeping, office.kek, *address);
        const auto all_waiting = office.ledger.waiting();
        std::vector<std::uint64_t> positions;
        for (const auto& waiting : all_waiting) positions.push_back(waiting.position);
        office.ledger.streams().open(positions);
        for (const auto& waiting : federation_ ? federation_->take_back(all_waiting) : all_waiting)
            for (std::size_t i = 0; i < host_.home_count(); ++i) host_.home(i).add_waiting(waiting.recipient, waiting.position);

        clients_ = std::make_unique<c2s::Service>(c2s::Service::Parts{host_, authenticator_, tls_, door_, offered_mechanisms(), shards});
        web_ = std::make_unique<c2s::Web>(*clients_);
        web_->add_routes(router_);
        if (files_) files_->add_routes(router_);
        if (federation_) federation_->add_routes(router_);
        const auto take = [this](net::TakenOver taken) { clients_->take(std::move(taken)); };
        https_ = std::make_unique<net::HttpServer>(net::HttpServer::Parts{office.config.listen.https, https_tls_, door_, router_, shards,
                                                                          "xmpp-client", take});
    }

    /// The signal that has ended it.
    int run(int signals) {
        clients_->start();
        https_->start();
        if (files_) files_->start(https_->port());
        components_->start();
        if (federation_) federation_->start();
        for (auto& shard : shards_) threads_.emplace_back([&shard] { shard->run(); });
        const int ended_by = serve_until_stopped(signals);
        log::info("server.stopping");
        stop();
        return ended_by;
    }

  private:
    /// Nobody asks the shards for anything any more when this returns.
    int serve_until_stopped(int signals) {
        admin::Socket socket(office_.data / "chancery.sock", [this](const admin::json& request, const std::string& actor) {
            auto context = office_.context(actor);
            context.host = &host_;
            context.live = [this] { return live(); };
            return admin::answer(context, request);
        });
        const Housekeeper state(chores_of(host_)), files(files::chores_of(office_.file_retention));
        log::info("server.ready", {{"domain", office_.config.domain}, {"starttls", clients_->starttls_port()},
                                   {"tls", clients_->tls_port()}, {"https", https_->port()}, {"pid", ::getpid()}});
        return wait_for_stop(signals);
    }

    /// Without a partner there is no way out and no door for other servers.
    void make_federation(const std::vector<net::Shard*>& shards) {
        const auto& settings = office_.federation;
        if (settings.domains.empty()) return;
        const auto& tls = office_.config.tls;
        federation_tls_ = std::make_unique<s2s::Tls>(s2s::Tls::Files{
            .certificate = office_.data / tls.certificate,
            .key = office_.data / tls.key,
            .authorities = settings.authorities.empty() ? fs::path() : office_.data / settings.authorities,
            .system_authorities = settings.system_authorities});
        federation_ = std::make_unique<s2s::Service>(
            s2s::Service::Parts{host_, settings, *federation_tls_, derive_key(office_.kek, "federation"), shards});
        host_.add_way(*federation_);
    }

    /// A client picks the strongest mechanism of those it is offered, without saying for whom: while somebody has no keys
    /// for SCRAM-SHA-512, offering it would shut them out.
    sasl::Policy offered_mechanisms() const {
        const auto& sasl = office_.config.sasl;
        const auto without = sasl.scram_sha512 ? office_.accounts.without(Hash::sha512) : 0;
        if (without > 0) log::warning("sasl.scram_sha512_not_offered", {{"accounts_without_keys", without}});
        return {.scram_sha512 = sasl.scram_sha512 && without == 0, .scram_sha1 = sasl.scram_sha1, .plain = sasl.plain};
    }

    std::shared_ptr<net::TlsContext> load_tls(std::vector<std::string> protocols, std::shared_ptr<net::TicketKeys> tickets) const {
        const auto& tls = office_.config.tls;
        return net::TlsContext::server({.certificate_chain = office_.data / tls.certificate,
                                        .private_key = office_.data / tls.key,
                                        .compact = tls.compact,
                                        .alpn = std::move(protocols),
                                        .ticket_keys = std::move(tickets)});
    }

    /// The signal that has ended it.
    int wait_for_stop(int signals) {
        signalfd_siginfo info{};
        while (::read(signals, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo != SIGHUP) return static_cast<int>(info.ssi_signo);
            try {
                tls_.replace(load_tls({"xmpp-client"}, tls_.get()->ticket_keys()));
                https_tls_.replace(load_tls({"http/1.1", "xmpp-client"}, https_tls_.get()->ticket_keys()));
                if (federation_tls_) federation_tls_->reload();
                log::info("tls.reloaded");
            } catch (const net::TlsError& error) {
                log::error("tls.not_reloaded", {{"cause", error.what()}});
            }
        }
        return SIGTERM;
    }

    admin::json live() const {
        return {{"pid", ::getpid()},
                {"ports", {{"starttls", clients_->starttls_port()}, {"tls", clients_->tls_port()}, {"https", https_->port()}, {"component", components_->port()}}},
                {"connections", door_.connections()},
                {"sessions", host_.session_count()},
                {"federation", federation_ ? s2s::report(*federation_) : admin::json()},
                {"messages", {{"accepted", host_.messages_accepted.load()}, {"refused", host_.messages_refused.load()}}},
                {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(system_now() - host_.started()).count()}};
    }

    /// One shard after the other while all the others stand still: a task may be on a visit to another shard.
    void destroy_work() {
        std::barrier<> together(static_cast<std::ptrdiff_t>(shards_.size()));
        on_every_shard(host_, [&](std::size_t own) {
            for (std::size_t i = 0; i < shards_.size(); ++i) {
                together.arrive_and_wait();
                if (i != own) continue;
                https_->destroy_on(own);
                clients_->destroy_on(own);
                components_->destroy_on(own);
                if (federation_) federation_->destroy_on(own);
                host_.home(own).clear();
            }
            together.arrive_and_wait();
        });
    }

    void stop() {
        for (int round = 0; round < 2; ++round)  // the second lets arrive what services said to people of other shards
            on_every_shard(host_, [&](std::size_t i) {
                if (round == 0) host_.stop_services(host_.home(i));
            });
        on_every_shard(host_, [this](std::size_t i) {
            clients_->stop_on(i);
            components_->stop_on(i);
            if (federation_) federation_->stop_on(i);
        });
        const auto deadline = std::chrono::steady_clock::now() + farewell_limit;
        std::atomic<bool> busy = true;
        while (busy && std::chrono::steady_clock::now() < deadline) {
            busy = false;
            on_every_shard(host_, [&](std::size_t i) {
                if (!clients_->is_empty_on(i) || (federation_ && !federation_->is_empty_on(i))) busy = true;
            });
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        on_every_shard(host_, [this](std::size_t i) { https_->stop_on(i); });
        save_logons(host_);
        if (files_) files_->stop();
        for (int round = 0; round < 2; ++round) {  // what was still in the mail may have begun something
            destroy_work();
            // What was asked of other threads ends while there is somebody to tell.
            office_.workers.drain();
            if (files_) files_->drain();
            if (federation_) federation_->drain();
            office_.database.drain();
        }
        office_.journal.close();
        for (auto& shard : shards_) shard->stop();
        threads_.clear();
        save_ledger(host_);
    }

    Office& office_;
    Lockout lockout_;
    Authenticator authenticator_;
    net::CurrentTlsContext tls_, https_tls_;
    net::Door door_;
    std::vector<std::unique_ptr<net::Shard>> shards_;
    Host host_;
    std::unique_ptr<s2s::Tls> federation_tls_;
    std::unique_ptr<s2s::Service> federation_;
    std::unique_ptr<files::Files> files_;
    std::unique_ptr<c2s::Service> clients_;
    std::unique_ptr<c2s::Web> web_;
    net::HttpRouter router_;
    std::unique_ptr<net::HttpServer> https_;
    std::unique_ptr<components::Service> components_;
    std::vector<std::jthread> threads_;
};

/// Signals to stop, to restart and to read certificates anew arrive by this descriptor, on every thread; SIGPIPE and SIGXFSZ become errors of the call.
int take_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGTERM, SIGINT, SIGHUP, restart_signal}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return ::signalfd(-1, &set, SFD_CLOEXEC);
}

/// As many open files as the system lets us have: each client needs one.
void raise_file_limit() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

/// Until it is stopped. True: it is to run anew.
bool serve(const admin::CommandLine& line) {
    const int signals = take_signals();
    raise_file_limit();
    Office office(line.data, line.overrides);
    if (office.config.server.log == "debug") log::set_level(log::Level::debug);
    if (office.config.server.log == "warning") log::set_level(log::Level::warning);
    if (office.config.server.log == "error") log::set_level(log::Level::error);
    Server server(office);
    return server.run(signals) == restart_signal;
}

int init(const admin::CommandLine& line) {
    const auto file = line.data / "chancery.toml";
    if (fs::exists(file)) throw std::runtime_error(line.data.string() + " is a data directory already.");
    const auto domain = Jid::parse(line.domain);
    if (!domain || !domain->is_domain()) throw std::runtime_error(line.domain + " is not a valid domain.");
    const auto keys = line.data / Config().journal.keys;
    fs::create_directories(keys);
    for (const auto& directory : {line.data, keys}) ::chmod(directory.c_str(), 0700);
    admin::make_certificates(keys, domain->text());
    std::ofstream(file) << Config::initial_file(domain->text());
    log::set_level(log::Level::warning);
    Office office(line.data, {}, true);  // makes journal, keys and database
    if (line.as_json) std::cout << admin::json{{"data", fs::absolute(line.data)}, {"domain", domain->text()}} << "\n";
    else
        std::cout << "Made " << line.data.string() << " for " << domain->text() << ".\n"
                  << "  settings     " << file.string() << "\n"
                  << "  keys         " << keys.string() << "  (back them up apart from the data: without kek nothing can be read)\n"
                  << "  certificate  " << (keys / "server.pem").string() << ", signed by " << (keys / "ca.pem").string() << "\n"
                  << "Next: chancery --data " << line.data.string() << " user add NAME, then chancery serve --data " << line.data.string() << "\n";
    return 0;
}

/// Proofs are checked by the program for outsiders, which stands beside this one and needs the public key alone.
int check_proof(const admin::CommandLine& line) {
    const auto program = fs::read_symlink("/proc/self/exe").parent_path() / "chancery-verify";
    const auto key = (line.data / "keys" / "journal-signing.pub").string(), proof = line.request.at("proof").get<std::string>();
    ::execl(program.c_str(), program.c_str(), "--public-key", key.c_str(), proof.c_str(), nullptr);
    throw std::runtime_error(program.string() + ": " + std::strerror(errno));
}

/// What the command has found and put on record is written by this process: the bytes do not go through the socket.
int show(const admin::CommandLine& line, const admin::json& result) {
    if (line.request["command"] != "archive file") return admin::print(line, result);
    const auto out = line.request.at("out").get<std::string>();
    const auto config = Config::load(line.data / "chancery.toml");
    admin::write_file(line.data / "files", admin::read_key_encryption_key(line.data / config.journal.keys), result, out);
    return out == "-" ? 0 : admin::print(line, result);
}

int request(const admin::CommandLine& line) {
    if (line.request["command"] == "archive verify" && line.request.contains("proof")) return check_proof(line);
    if (!fs::exists(line.data / "chancery.toml"))
        throw admin::AdminError(line.data.string() + " is no data directory. Make one: chancery init --data " + line.data.string() + " --domain NAME");
    const auto socket = line.data / "chancery.sock";
    const bool only_asks = line.request["command"] == "status";
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    do {
        if (const auto result = admin::ask(socket, line.request)) return show(line, *result);
        if (only_asks) throw admin::AdminError("No server answers on " + line.data.string() + ". Start it: chancery serve --data " + line.data.string());
        if (!admin::DirectoryLock::is_taken(line.data)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } while (std::chrono::steady_clock::now() < deadline);
    log::set_level(log::Level::warning);
    Office office(line.data, {});
    auto context = office.context("command line, uid " + std::to_string(::getuid()));
    office.archive.wait_until_ready(std::chrono::minutes(10));
    return show(line, admin::run(context, line.request));
}

/// In this very process, so that whoever watches over it notices nothing.
int run_anew(const fs::path& program, char** argv) {
    ::execv(program.c_str(), argv);
    throw std::runtime_error("cannot run " + program.string() + " anew: " + std::strerror(errno));
}

int run(int argc, char** argv) {
    int exit_code = 0;
    const auto line = admin::parse_command_line(argc, argv, exit_code);
    if (!line) return exit_code;
    admin::become_owner(line->data);
    const auto program = fs::read_symlink("/proc/self/exe");  // which an upgrade may replace meanwhile
    switch (line->action) {
        case admin::CommandLine::Action::serve: return serve(*line) ? run_anew(program, argv) : 0;
        case admin::CommandLine::Action::init: return init(*line);
        case admin::CommandLine::Action::request: return request(*line);
    }
    std::unreachable();
}

}  // namespace
}  // namespace chancery

int main(int argc, char** argv) {
    try {
        return chancery::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "chancery: " << error.what() << "\n";
        return 2;
    }
}
