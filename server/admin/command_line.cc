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
        add_group_commands();
        add_room_commands();
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
    void texts(CLI::App* sub, const std::string& option, const std::string& key, const std::string& help, bool required = false) {
        auto* added = sub->add_option_function<std::vector<std::string>>(option, [this, key](const std::vector<std::string>& values) { line_.request[key] = values; }, help);
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
        auto* send = command(app_, "send", "Send a message to people, groups or rooms in the server's name; the text comes from --text or standard input", "send");
        texts(send, "--to", "to", "Names of people, addresses of rooms");
        texts(send, "--group", "groups", "Names of groups: each member once");
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
        text(command(*user, "list", "List accounts", "user list"), "--group", "group", "Only the members of this group");
        auto* disable = command(*user, "disable", "Bar an account; ends running sessions", "user disable");
        text(disable, "NAME", "name", "The account", true);
        text(disable, "--reason", "reason", "Why, for the record");
        text(command(*user, "enable", "Let a disabled account sign in again", "user enable"), "NAME", "name", "The account", true);
        auto* remove = command(*user, "remove", "Remove an account for good, with contacts, nodes and devices; ends running sessions", "user remove");
        text(remove, "NAME", "name", "The account", true);
        confirmed(remove, [this] { return "The account " + line_.request["name"].get<std::string>() + " is removed for good; what is on record remains. To bar somebody for a time, disable them."; });
        text(command(*user, "release", "Let the name of a removed account be given again", "user release"), "NAME", "name", "The name", true);
    }

    void add_group_commands() {
        auto* group = app_.add_subcommand("group", "Groups of accounts");
        group->require_subcommand(1);
        text(command(*group, "add", "Add a group, if there is none of that name", "group add"), "NAME", "name", "Its name, of any words", true);
        auto* remove = command(*group, "remove", "Remove a group; its members keep their accounts", "group remove");
        text(remove, "NAME", "name", "The group", true);
        confirmed(remove, [this] { return "The group " + line_.request["name"].get<std::string>() + " is removed; who was in it is then on record only."; });
        command(*group, "list", "List groups", "group list");
        text(command(*group, "show", "Show who is in a group", "group show"), "NAME", "name", "The group", true);
        auto* member = group->add_subcommand("member", "Who is in a group");
        member->require_subcommand(1);
        for (const auto& [name, help] : {std::pair("add", "Put people into a group"), std::pair("remove", "Take people out of a group")}) {
            auto* sub = command(*member, name, help, std::string("group member ") + name);
            text(sub, "GROUP", "name", "The group", true);
            texts(sub, "NAME", "members", "The accounts", true);
        }
    }

    void add_room_commands() {
        auto* room = app_.add_subcommand("room", "Rooms");
        room->require_subcommand(1);
        auto* list = command(*room, "list", "List rooms with their owners and how many people are there", "room list");
        flag(list, "--without-owner", "without_owner", "Only rooms that nobody owns");
        auto* owner = command(*room, "owner", "Make somebody an owner of a room", "room owner");
        text(owner, "ROOM", "room", "The address of the room", true);
        text(owner, "NAME", "name", "The account", true);
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

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code) {
    Parser parser;
    return parser.parse(argc, argv, exit_code);
}

}  // namespace chancery::admin
