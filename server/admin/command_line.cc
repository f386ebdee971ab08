#include "admin/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "admin/terminal.h"

namespace chancery::admin {
namespace {

std::string read_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw AdminError("cannot read " + file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// name,password; one person a line; a first line "name,password" is a heading. A password may contain commas.
json read_people(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw AdminError("cannot read " + file);
    json people = json::array();
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() || (number == 1 && line == "name,password")) continue;
        const auto comma = line.find(',');
        if (comma == std::string::npos) throw AdminError(file + ", line " + std::to_string(number) + ": name,password is expected");
        people.push_back({line.substr(0, comma), line.substr(comma + 1)});
    }
    return people;
}

class Parser {
  public:
    Parser() {
        app_.require_subcommand(1);
        app_.set_help_all_flag("--help-all", "Every command with its options");
        app_.set_version_flag("--version", std::string("chancery ") + CHANCERY_VERSION);
        const char* from_environment = std::getenv("CHANCERY_DATA");
        data_ = from_environment ? from_environment : "var";
        app_.add_option("--data", data_, "The data directory (or CHANCERY_DATA)")->type_name("DIRECTORY")->default_str(data_);
        app_.add_flag("--json", line_.as_json, "Answer in JSON");
        add_server_commands();
        add_user_commands();
        add_archive_commands();
    }

    std::optional<CommandLine> parse(int argc, char** argv, int& exit_code) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            exit_code = complain(error, argc, argv);
            return std::nullopt;
        }
        line_.data = data_;
        for (const auto& text : sets_) {
            const auto equals = text.find('=');
            if (equals == std::string::npos) throw AdminError("--set " + text + ": KEY=VALUE is expected");
            line_.overrides.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
        if (finish_) finish_();
        return line_;
    }

  private:
    /// Help where it was asked for, or where no command was named at all; else what was wrong. 2: nothing was done.
    int complain(const CLI::ParseError& error, int argc, char** argv) {
        constexpr int not_done = 2;
        if (error.get_exit_code() == 0) return app_.exit(error);
        const auto words = app_.remaining(true);
        if (argc <= 1) std::cerr << app_.help();
        else if (!words.empty())
            std::cerr << "chancery: " << words.front() << " is not understood here. chancery --help-all shows every command with its options.\n";
        else
            std::cerr << "chancery: " << error.what() << ". chancery " << (app_.get_subcommands().empty() ? "" : std::string(argv[1]) + " ")
                      << "--help shows what there is.\n";
        return not_done;
    }

    CLI::App* command(CLI::App& parent, const std::string& name, const std::string& help, std::string request) {
        auto* sub = parent.add_subcommand(name, help);
        // --data and --json may stand before or after the command.
        sub->add_option("--data", data_, "The data directory")->type_name("DIRECTORY");
        sub->add_flag("--json", line_.as_json, "Answer in JSON");
        if (!request.empty()) sub->callback([this, request] { line_.request["command"] = request; });
        return sub;
    }
    void text(CLI::App* sub, const std::string& option, const std::string& key, const std::string& help, bool required = false) {
        auto* added = sub->add_option_function<std::string>(option, [this, key](const std::string& value) { line_.request[key] = value; }, help);
        if (required) added->required();
    }
    void number(CLI::App* sub, const std::string& option, const std::string& key, const std::string& help, bool required = false) {
        auto* added = sub->add_option_function<std::uint64_t>(option, [this, key](std::uint64_t value) { line_.request[key] = value; }, help);
        if (required) added->required();
    }
    void flag(CLI::App* sub, const std::string& option, const std::string& key, const std::string& help) {
        sub->add_flag_callback(option, [this, key] { line_.request[key] = true; }, help);
    }

    /// Asks before what cannot be taken back, unless --yes is given.
    void confirmed(CLI::App* sub, std::function<std::string()> warning) {
        sub->add_flag("--yes", is_confirmed_, "Do not ask");
        sub->parse_complete_callback([this, warning = std::move(warning)] {
            finish_ = [this, warning] {
                if (!is_confirmed_) confirm(warning());
            };
        });
    }

    void add_server_commands() {
        auto* serve = command(app_, "serve", "Run the server", "");
        serve->add_option("--set", sets_, "Override a setting: KEY=VALUE")->allow_extra_args(false);
        serve->callback([this] { line_.action = CommandLine::Action::serve; });
        auto* init = command(app_, "init", "Make a data directory with settings, keys and an empty journal", "");
        init->add_option("--domain", line_.domain, "The domain to serve, as in alice@DOMAIN")->required();
        init->callback([this] { line_.action = CommandLine::Action::init; });
        auto* federation = app_.add_subcommand("federation", "Other servers");
        federation->require_subcommand(1);
        auto* publish = command(*federation, "publish", "What to publish in DNS and on your web site, so that partners know your certificate", "federation publish");
        text(publish, "--host", "host", "The host that partners shall call (the domain itself)");
        command(app_, "status", "Whether the server is ready, and where everything stands", "status");
        command(app_, "doctor", "Check certificate, disk, clock, permissions and limits, and say how to mend", "doctor");
        auto* send = command(app_, "send", "Send a message to people or rooms in the server's name; the text comes from --text or standard input", "send");
        send->add_option_function<std::vector<std::string>>("--to", [this](const std::vector<std::string>& names) { line_.request["to"] = names; }, "Names of people, addresses of rooms");
        flag(send, "--everybody", "everybody", "Everybody with an account");
        text(send, "--text", "body", "The text");
        send->parse_complete_callback([this] {
            finish_ = [this] {
                if (!line_.request.contains("body")) line_.request["body"] = read_text();
            };
        });
    }

    void add_user_commands() {
        auto* user = app_.add_subcommand("user", "Accounts");
        user->require_subcommand(1);
        for (const auto& [name, help] : {std::pair("add", "Add an account"), std::pair("password", "Set a password; ends running sessions")}) {
            auto* sub = command(*user, name, help, std::string("user ") + name);
            text(sub, "NAME", "name", "The part before the @, or the whole address", true);
            sub->add_flag("--password-stdin", password_stdin_, "Read the password from the first line of standard input (the default)");
            sub->parse_complete_callback([this] { finish_ = [this] { line_.request["password"] = read_password(); }; });
            if (std::string_view(name) == "add") flag(sub, "--administrator", "administrator", "Give the role administrator");
        }
        auto* import = command(*user, "import", "Add many accounts from a file of lines name,password", "user import");
        import->add_option("FILE", file_, "The file")->required();
        import->parse_complete_callback([this] { finish_ = [this] { line_.request["people"] = read_people(file_); }; });
        command(*user, "list", "List accounts", "user list");
        auto* disable = command(*user, "disable", "Bar an account; ends running sessions", "user disable");
        text(disable, "NAME", "name", "The account", true);
        text(disable, "--reason", "reason", "Why, for the record");
        text(command(*user, "enable", "Let a disabled account sign in again", "user enable"), "NAME", "name", "The account", true);
        auto* remove = command(*user, "remove", "Remove an account for good, with contacts, nodes and devices; ends running sessions", "user remove");
        text(remove, "NAME", "name", "The account", true);
        confirmed(remove, [this] { return "The account " + line_.request["name"].get<std::string>() + " is removed for good; what is on record remains. To bar somebody for a time, disable them."; });
        text(command(*user, "release", "Let the name of a removed account be given again", "user release"), "NAME", "name", "The name", true);
    }

    void add_archive_commands() {
        auto* archive = app_.add_subcommand("archive", "The record");
        archive->require_subcommand(1);
        auto* search = command(*archive, "search", "Find records; all conditions must hold", "archive search");
        text(search, "--from", "from", "Sender: name or address");
        text(search, "--to", "to", "Recipient: name or address");
        text(search, "--room", "room", "Room");
        text(search, "--since", "since", "From this date or time on (UTC)");
        text(search, "--until", "until", "Up to this date or time (UTC)");
        text(search, "--words", "words", "Words in any inflection; \"in quotation marks\" literally");
        number(search, "--limit", "limit", "At most so many records (1000)");
        number(search, "--after", "after", "Go on after this position");
        flag(search, "--all", "all", "Presence, requests and administration too");
        number(command(*archive, "show", "Show one record whole", "archive show"), "POSITION", "position", "Its position", true);
        command(*archive, "verify", "Prove that every record is as it was written", "archive verify")
            ->add_option("--proof", file_, "Check this proof instead (needs no keys but the public one)");
        command(*archive, "checkpoint", "Sign and show a checkpoint of the record as it stands", "archive checkpoint");
        auto* prove = command(*archive, "prove", "A proof that a record is in the journal, for chancery-verify", "archive prove");
        number(prove, "POSITION", "position", "The record's position");
        prove->add_option("--since", checkpoint_, "Instead: that the journal still begins as this checkpoint file says");
        prove->parse_complete_callback([this] {
            if (!checkpoint_.empty()) finish_ = [this] { line_.request["checkpoint"] = read_file(checkpoint_); };
        });
        auto* file = command(*archive, "file", "A file that somebody has uploaded, also one that holds a virus", "archive file");
        text(file, "WHICH", "file", "Its id, as in its link and in archive show, or its SHA-256", true);
        text(file, "--out", "out", "Where to write it; -: standard output", true);
        auto* files = app_.add_subcommand("file", "Files that people have uploaded");
        auto* remove = command(*files, "remove", "Remove a file for good; what is on record of it remains", "file remove");
        text(remove, "WHICH", "file", "Its id, as in its link and in archive show; or its SHA-256: whoever has uploaded it", true);
        text(remove, "--reason", "reason", "Why, for the record", true);
        confirmed(remove, [this] { return "The file " + line_.request["file"].get<std::string>() + " is removed for good. Nobody can open it afterwards."; });
        command(*archive, "rebuild", "Build the index again from the journal", "archive rebuild");
        archive->get_subcommand("verify")->parse_complete_callback([this] {
            if (!file_.empty()) line_.request["proof"] = file_;
        });
    }

    CLI::App app_{"Chancery: instant messaging on the record", "chancery"};
    CommandLine line_;
    std::string data_, file_, checkpoint_;
    bool is_confirmed_ = false;
    bool password_stdin_ = false;  // it is read from there anyway: there is no option that shows a password
    std::vector<std::string> sets_;
    std::function<void()> finish_;
};

std::string counted(std::size_t number, const std::string& one) {
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

/// The files that a message shares.
void print_files(const json& record) {
    for (const auto& file : record.value("files", json::array())) {
        std::cout << "    file " << file.at("id").get<std::string>();
        if (!file.contains("name")) std::cout << "  (there is no such file)";
        else std::cout << "  " << file["name"].get<std::string>() << ", " << counted(file["size"].get<std::size_t>(), "byte");
        if (file.contains("sha256")) std::cout << ", " << file["verdict"].get<std::string>() << "\n         SHA-256 " << file["sha256"].get<std::string>();
        else if (file.contains("name")) std::cout << ", never came";
        if (file.contains("removed"))
            std::cout << "\n         removed on " << file["removed"]["at"].get<std::string>() << " " << file["removed"]["how"].get<std::string>();
        std::cout << "\n";
    }
}

void print_record(const json& record) {
    std::cout << record.at("position") << "  " << record.at("time").get<std::string>() << "  ";
    if (record.value("erased", false)) {
        std::cout << "(erased: its key was destroyed)\n";
        return;
    }
    const auto kind = record.value("kind", "message");
    if (kind != "message") std::cout << kind << "  ";
    if (record.contains("actor")) std::cout << record["actor"].get<std::string>();
    else std::cout << record.value("from", "?") << " -> " << record.value("to", "-");
    if (record.value("refused", false)) std::cout << "  REFUSED by " << record.value("rule", "?");
    std::cout << "\n    ";
    if (record.contains("body")) std::cout << record["body"].get<std::string>();
    else if (record.contains("subject")) std::cout << "(subject) " << record["subject"].get<std::string>();
    else if (record.contains("holds")) std::cout << "(no text: " << record["holds"].get<std::string>() << ")";
    else std::cout << record.value("stanza", "");
    std::cout << "\n";
    print_files(record);
}

/// Some records are no more than their stanza: it is not printed twice.
void print_whole_record(const json& record) {
    print_record(record);
    const bool is_stanza_printed = !record.contains("body") && !record.contains("holds");
    if (!is_stanza_printed) std::cout << "    " << record.value("stanza", "") << "\n";
}

void print_verification(const json& report) {
    const auto count = [&](const char* key) { return report.at(key).get<std::size_t>(); };
    std::cout << (report.at("good").get<bool>() ? "Good: every record is as it was written.\n" : "DAMAGED: not every record is as it was written.\n")
              << "  " << counted(count("records"), "record") << " in " << counted(count("segments"), "segment") << ", " << count("signed")
              << " of them under a signed checkpoint (" << counted(count("checkpoints"), "checkpoint") << ")\n";
    if (report.at("erased") != 0) std::cout << "  " << count("erased") << " cannot be read any more: their keys were destroyed\n";
    for (const auto& finding : report.at("findings")) std::cout << "  - " << finding.get<std::string>() << "\n";
    for (const auto& note : report.at("notes")) std::cout << "  (" << note.get<std::string>() << ")\n";
}

void print_user(const json& user) {
    std::cout << user.at("name").get<std::string>();
    for (const auto& role : user.at("roles")) std::cout << "  " << role.get<std::string>();
    if (user.at("disabled").get<bool>()) std::cout << "  disabled: " << user.value("reason", "");
    std::cout << (user.contains("last_logon") ? "  last signed in " + user["last_logon"].get<std::string>() : "  never signed in") << "\n";
}

/// What was done, in a sentence.
std::string sentence(const std::string& command, const json& result) {
    if (command == "user add") return "Added " + result["added"].get<std::string>() + ".";
    if (command == "user password") return "Changed the password of " + result["changed"].get<std::string>() + ".";
    if (command == "user disable") return "Disabled " + result["disabled"].get<std::string>() + "; every session is ended.";
    if (command == "user remove")
        return "Removed " + result["removed"].get<std::string>() + "; every session is ended. The name stays theirs until: chancery user release " +
               result["removed"].get<std::string>();
    if (command == "user release") return "The name " + result["released"].get<std::string>() + " may be given again.";
    if (command == "user enable") return result["enabled"].get<std::string>() + " may sign in again.";
    if (command == "send") return "Sent " + counted(result["sent"].get<std::size_t>(), "message") + ".";
    if (command == "archive file")
        return "Wrote " + result["name"].get<std::string>() + ": " + counted(result["size"].get<std::size_t>(), "byte") + ", " +
               result["verdict"].get<std::string>() + ", SHA-256 " + result["sha256"].get<std::string>() + ".";
    if (command == "file remove") return "Removed " + counted(result["removed"].size(), "file") + ". The record of what was removed remains.";
    if (command == "archive rebuild") return "The index is being built again. Until that is done, histories and searches have to wait.";
    return result.dump();
}

void print_partners(const json& partners) {
    for (const auto& [domain, partner] : partners.items()) {
        const auto proven = [&](const char* key) {
            const auto proof = partner.at(key).get<std::string>();
            return proof.empty() ? proof : " (" + proof + ")";
        };
        std::cout << "  partner   " << domain << ": " << counted(partner.at("streams_out").get<std::size_t>(), "stream") << " out" << proven("proof_out") << ", "
                  << partner.at("streams_in") << " in" << proven("proof_in") << "; " << partner.at("waiting") << " waiting, " << partner.at("sent") << " sent, "
                  << partner.at("received") << " received";
        if (partner.at("returned") != 0) std::cout << ", " << partner.at("returned") << " returned";
        if (partner.at("suspicious").get<bool>()) std::cout << "; slowed down: most of what it sends fails";
        const auto error = partner.at("last_error").get<std::string>();
        if (!error.empty()) std::cout << "; last trouble " << partner.at("last_error_at").get<std::string>() << ": " << error;
        std::cout << "\n";
    }
}

void print_status(const json& status) {
    const auto& journal = status.at("journal");
    std::cout << "Chancery " << status.at("version").get<std::string>() << " for " << status.at("domain").get<std::string>()
              << (status.at("running").get<bool>() ? " is running" : " is not running");
    if (status.contains("pid")) std::cout << " (pid " << status.at("pid") << ")";
    std::cout << "\n";
    if (status.contains("ports"))
        std::cout << "  clients   STARTTLS on port " << status.at("ports").at("starttls") << ", direct TLS on port "
                  << status.at("ports").at("tls") << "; " << status.at("sessions") << " signed in\n";
    std::cout << "  accounts  " << status.at("accounts") << "\n  journal   " << counted(journal.at("position").get<std::size_t>(), "record") << ", "
              << (journal.at("writing").get<bool>() ? "writing" : "NOT WRITING: " + journal.at("reason").get<std::string>()) << "\n"
              << "  index     " << status.at("index").at("position") << " of them indexed\n";
    const auto& files = status.at("files");
    std::cout << "  files     "
              << (files.at("scanner") == "" ? "not scanned for viruses" : "scanned for viruses by " + files.at("scanner").get<std::string>())
              << (files.at("trouble") == "" ? "" : ", which FAILS, so that none is accepted: " + files.at("trouble").get<std::string>()) << "\n";
    if (status.contains("federation") && status.at("federation").is_object()) print_partners(status.at("federation").at("domains"));
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code) {
    Parser parser;
    return parser.parse(argc, argv, exit_code);
}

int print(const CommandLine& line, const json& result) {
    const auto& command = line.request.at("command").get_ref<const std::string&>();
    int code = 0;
    if (result.contains("good") && !result["good"].get<bool>()) code = 1;
    if (command == "status" && (!result["running"].get<bool>() || !result["journal"]["writing"].get<bool>())) code = 1;
    if (command == "user import" && !result["refused"].empty()) code = 1;
    if (line.as_json) {
        std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
        return code;
    }
    if (command == "archive search") {
        for (const auto& record : result["records"]) print_record(record);
        std::cout << counted(result["records"].size(), "record") << (result["complete"].get<bool>() ? "" : "; there are more: --after " + result["after"].dump()) << "\n";
    } else if (command == "archive show") {
        print_whole_record(result["record"]);
    } else if (command == "archive verify" && result.contains("records")) {
        print_verification(result);
    } else if (command == "archive checkpoint") {
        std::cout << result["note"].get<std::string>();
    } else if (command == "archive prove") {
        std::cout << result["proof"].get<std::string>() << "\n";
    } else if (command == "federation publish") {
        std::cout << "In DNS; the TLSA records count where the zone is signed (DNSSEC):\n";
        for (const auto& record : result["records"]) std::cout << "  " << record.get<std::string>() << "\n";
        std::cout << "At " << result["url"].get<std::string>() << ":\n  " << result["document"].dump() << "\n";
    } else if (command == "status") {
        print_status(result);
    } else if (command == "doctor") {
        for (const auto& check : result["checks"]) {
            std::cout << (check["good"].get<bool>() ? "ok    " : "WRONG ") << check["name"].get<std::string>() << ": " << check["says"].get<std::string>() << "\n";
            if (!check["good"].get<bool>()) std::cout << "      " << check["mend"].get<std::string>() << "\n";
        }
    } else if (command == "user list") {
        for (const auto& user : result["users"]) print_user(user);
    } else if (command == "user import") {
        std::cout << counted(result["created"].get<std::size_t>(), "account") << " added\n";
        for (const auto& refused : result["refused"])
            std::cout << "  not added: " << refused["name"].get<std::string>() << " (" << refused["reason"].get<std::string>() << ")\n";
    } else {
        std::cout << sentence(command, result) << "\n";
    }
    return code;
}

}  // namespace chancery::admin
