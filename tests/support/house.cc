#include "support/house.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include "accounts/authenticator.h"
#include "c2s/client.h"
#include "c2s/tcp_stream.h"
#include "features/features.h"
#include "support/journal.h"
#include "xml/parse.h"
#include "xml/stream_scanner.h"

namespace chancery::test {
namespace {

constexpr auto patience = std::chrono::seconds(20);
constexpr std::size_t most_shown = 1'000;  // of a stanza that a failed test shows
constexpr std::string_view stream_header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='post.example' version='1.0'>";

/// As it stands in a client's stream.
xml::Document parse_in_stream(std::string_view xml) {
    auto scope = xml::parse_owned(std::string(stream_header) + std::string(xml) + "</stream:stream>", xml::limits_of_stored_xml);
    if (!scope) throw std::runtime_error("not well-formed: " + std::string(xml));
    return std::move(*scope);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_like(xml::View pattern, xml::View element) {
    if (!element.is({pattern.name(), pattern.ns()})) return false;
    for (std::size_t i = 0; i < pattern.attribute_count(); ++i) {
        const auto wanted = pattern.attribute_at(i);
        const bool same = wanted.ns.empty() ? element.has_attribute(wanted.name) && element.attribute(wanted.name) == wanted.value
                                            : element.attribute(wanted.name, wanted.ns) == wanted.value;
        if (!same) return false;
    }
    const auto text = trimmed(pattern.text());
    if (!text.empty() && text != trimmed(element.text())) return false;
    return std::ranges::all_of(pattern.children(), [&](xml::View child) {
        return std::ranges::any_of(element.children(), [&](xml::View candidate) { return is_like(child, candidate); });
    });
}

std::string key_in(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::filesystem::path written(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
    return file;
}

}  // namespace

struct House::Parts {
    Folder folder;
    Config config;
    Recorder recorder;
    journal::Journal journal;
    Key kek;
    Workers workers{2};
    storage::Database database;
    Accounts accounts;
    Devices devices;
    Ledger ledger;
    archive::Archive archive;
    Lockout lockout{Lockout::Rules()};
    Authenticator authenticator;
    net::CurrentTlsContext tls{nullptr};
    net::Door door{"test", {1'000, 1'000, 1'000, 1'000}};
    net::Shard shard{0};
    std::atomic<std::chrono::seconds::rep> ahead = 0;  // of the system's clock
    Host host;
    std::unique_ptr<c2s::Service> clients;
    std::thread thread;

    explicit Parts(const Settings& settings)
        : config(Config::load(written(folder.path() / "chancery.toml", "domain = \"" + std::string(domain) + "\"\n"), settings)),
          journal({.folder = folder.path() / "journal", .keys = folder.path() / "keys", .origin = config.domain},
                  [this](journal::Pending* first) { recorder.settled(first); }),
          kek(key_in(folder.path() / "keys" / "kek")), database(folder.path() / "state.db"),
          accounts(database, workers, config.domain, derive_key(kek, "accounts"), {.iterations = 1}),
          devices(database, derive_key(kek, "devices"), {}), ledger(folder.path() / "ledger"),
          archive(journal, kek, {.folder = folder.path() / "index", .batch_age = std::chrono::milliseconds(5)}),
          authenticator(accounts, workers, lockout, derive_key(kek, "unknown-accounts")),
          host({.config = config, .database = database, .accounts = accounts, .devices = devices, .recorder = recorder,
                .archive = archive, .ledger = ledger, .workers = workers, .state_key = derive_key(kek, "state"),
                .now = [this] { return system_now() + std::chrono::seconds(ahead.load()); }}) {
        recorder.connect(journal, archive, ledger, kek);
        ledger.streams().open({});
        host.add_home(shard);
        for (const auto* feature : all_features()) install(*feature, host);
        clients = std::make_unique<c2s::Service>(c2s::Service::Parts{host, authenticator, tls, door, {}, {&shard}});
        thread = std::thread([this] { shard.run(); });
    }

    /// In the order of main.cc: what waits is destroyed before what it waits for.
    ~Parts() {
        for (int round = 0; round < 2; ++round) {  // what was still in the mail may have begun something
            call([this] {
                clients->destroy_on(0);
                host.home(0).clear();
            });
            workers.drain();
            database.drain();
        }
        journal.close();
        shard.stop();
        thread.join();
    }

    /// Runs `work()` on the shard and throws here what it throws.
    template <class Work>
    void call(Work work) {
        std::packaged_task<void()> task(std::move(work));
        auto done = task.get_future();
        shard.post([task = std::move(task)]() mutable { task(); });
        done.get();
    }

    /// The password of everybody is their name.
    static Task<> serve(Parts& parts, std::unique_ptr<net::Connection> connection, std::string name) {
        auto account = co_await parts.authenticator.check_password(name, Secret(name), "127.0.0.1");
        if (!account) throw std::runtime_error("nobody is called " + name);
        auto stream = std::make_unique<c2s::TcpStream>(std::move(connection), xml::limits_before_sign_in);
        c2s::Client client(*parts.clients, std::move(stream), {.account = std::move(*account), .sasl2 = nullptr});
        co_await client.run();
    }

    /// A client's end of a stream that is signed in and not yet bound.
    int connect(const std::string& name) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
        ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
        call([this, fd = ends[1], name] {
            auto connection = std::make_unique<net::Connection>(fd, net::Address::parse("127.0.0.1:5222"));
            clients->tasks().spawn(serve(*this, std::move(connection), name));
        });
        return ends[0];
    }
};

struct Person::Line {
    explicit Line(int fd) : fd(fd) {}
    ~Line() { ::close(fd); }

    /// Reads what there is, or waits for it. False at the end of the stream and when nothing comes for long.
    bool read(std::chrono::steady_clock::time_point deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return false;
        const auto size = ::recv(fd, bytes, sizeof bytes, 0);
        if (size <= 0) return false;
        scanner.feed({bytes, static_cast<std::size_t>(size)});
        for (auto event = scanner.next(); event != xml::Event::need_more; event = scanner.next()) {
            if (event == xml::Event::fault) throw std::runtime_error("the server wrote what is not XML");
            if (event == xml::Event::footer) break;
            if (event == xml::Event::element) arrived.push_back(scanner.document().root().outer_with_namespaces());
        }
        return true;
    }

    /// The first stanza that `wanted` accepts, taken out; nothing when `hopeless` accepts another, or none comes.
    template <class Wanted, class Hopeless>
    std::string wait(Wanted wanted, Hopeless hopeless) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::size_t seen = 0;
        while (true) {
            for (; seen < arrived.size(); ++seen) {
                const auto document = parse_in_stream(arrived[seen]);
                const auto stanza = document.root().first_child();
                if (wanted(stanza)) {
                    auto found = std::move(arrived[seen]);
                    arrived.erase(arrived.begin() + static_cast<std::ptrdiff_t>(seen));
                    return found;
                }
                if (hopeless(stanza)) return {};
            }
            if (!read(deadline)) return {};
        }
    }

    std::string all() const {
        std::string text;
        for (const auto& stanza : arrived) text += "\n    " + stanza.substr(0, most_shown);
        return text.empty() ? " nothing" : text;
    }

    int fd;
    int last_id = 0;
    xml::StreamScanner scanner;
    std::deque<std::string> arrived;
    char bytes[65'536];
};

Person::Person(House& house, std::string full_jid) : house_(house), jid_(std::move(full_jid)) {
    line_ = std::make_unique<Line>(house.parts_->connect(jid_.substr(0, jid_.find('@'))));
    says(stream_header);
    const auto resource = jid_.substr(jid_.find('/') + 1);
    asks("<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + xml::escape(resource) + "</resource></bind></iq>");
    line_->arrived.clear();  // the stream's features
}

Person::~Person() = default;

void Person::says(std::string_view xml) {
    while (!xml.empty()) {
        const auto size = ::send(line_->fd, xml.data(), xml.size(), MSG_NOSIGNAL);
        if (size <= 0) throw std::runtime_error(jid_ + " cannot say anything any more");
        xml.remove_prefix(static_cast<std::size_t>(size));
    }
}

std::string Person::next_id() { return "ask-" + std::to_string(++line_->last_id); }

std::string Person::asks(std::string_view stanza) {
    const auto document = parse_in_stream(stanza);
    const auto root = document.root().first_child();
    const std::string kind(root.name());
    std::string id(root.attribute("id")), text(stanza);
    if (id.empty()) {
        id = next_id();
        text.insert(text.find(kind) + kind.size(), " id='" + id + "'");
    }
    says(text);
    const auto is_answer = [&](xml::View heard) {
        const auto type = heard.attribute("type");
        const bool answers = type == "error" || (kind == "iq" && type == "result");
        return heard.name() == kind && heard.attribute("id") == id && answers;
    };
    auto answer = line_->wait(is_answer, [](xml::View) { return false; });
    if (answer.empty()) FAIL_CHECK(jid_ << " asked\n    " << text.substr(0, most_shown) << "\nand heard" << line_->all());
    return answer;
}

std::string Person::refused(std::string_view stanza) { return refusal_in(asks(stanza)); }

bool Person::may(std::string_view iq) { return matches("<iq type='result'/>", asks(iq)); }

std::string Person::heard(std::string_view pattern) {
    const auto document = parse_in_stream(pattern);
    const auto wanted = document.root().first_child();
    const auto answers_differently = [&](xml::View heard) {
        const auto type = heard.attribute("type");
        return wanted.name() == "iq" && wanted.has_attribute("id") && heard.is({"iq", wanted.ns()}) &&
               heard.attribute("id") == wanted.attribute("id") && (type == "result" || type == "error");
    };
    auto found = line_->wait([&](xml::View heard) { return is_like(wanted, heard); }, answers_differently);
    if (found.empty()) FAIL_CHECK(jid_ << " did not hear\n    " << pattern << "\nbut" << line_->all());
    return found;
}

bool Person::hears(std::string_view pattern) { return !heard(pattern).empty(); }

void Person::fence() { asks("<iq type='get' to='post.example'><ping xmlns='urn:xmpp:ping'/></iq>"); }

bool Person::hears_nothing(std::string_view pattern, const std::vector<Person*>& others) {
    for (auto* other : others) other->fence();
    fence();
    for (const auto& stanza : line_->arrived) {
        if (!matches(pattern, stanza)) continue;
        FAIL_CHECK(jid_ << " heard\n    " << stanza);
        return false;
    }
    return true;
}

Person& Person::is_here(std::string_view extra) {
    says("<presence>" + std::string(extra) + "</presence>");
    heard("<presence from='" + jid_ + "'/>");
    return *this;
}

void Person::leaves() {
    says("</stream:stream>");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (line_->read(deadline)) continue;
}

House::House(const Settings& settings) {
    log::set_level(log::Level::error);  // what a new house does is no news
    parts_ = std::make_unique<Parts>(settings);
}

House::~House() = default;

void House::has(std::string_view name, const std::vector<std::string>& roles) {
    const std::string known(name);
    if (!parts_->accounts.is_user(known) && !parts_->accounts.create_now({known, Secret(known), roles}))
        throw std::runtime_error("cannot make the account " + known);
}

Person& House::sign_in(std::string_view name_and_resource, const std::vector<std::string>& roles) {
    const auto slash = name_and_resource.find('/');
    const auto name = name_and_resource.substr(0, slash);
    has(name, roles);
    const auto jid = std::string(name) + "@" + std::string(domain) + std::string(name_and_resource.substr(slash));
    return *people_.emplace_back(std::make_unique<Person>(*this, jid));
}

void House::become_friends(Person& one, Person& other) {
    for (auto* person : {&one, &other}) {
        person->asks(get("<query xmlns='jabber:iq:roster'/>"));  // who has asked for it is told what changes
        person->is_here();
    }
    for (auto [asking, asked] : {std::pair(&one, &other), std::pair(&other, &one)}) {
        asking->says("<presence type='subscribe' to='" + asked->bare() + "'/>");
        asked->heard("<presence type='subscribe' from='" + asking->bare() + "'/>");
        asked->says("<presence type='subscribed' to='" + asking->bare() + "'/>");
    }
    for (auto [person, friend_] : {std::pair(&one, &other), std::pair(&other, &one)}) {
        person->heard("<iq type='set'><query xmlns='jabber:iq:roster'><item jid='" + friend_->bare() + "' subscription='both'/></query></iq>");
        person->heard("<presence from='" + friend_->jid() + "'/>");
    }
}

void House::later(std::chrono::seconds time) { parts_->ahead += time.count(); }

void House::at_home(const std::function<void(Host&)>& work) {
    parts_->call([&] { work(parts_->host); });
}

bool matches(std::string_view pattern, std::string_view xml) {
    const auto wanted = parse_in_stream(pattern), element = parse_in_stream(xml);
    return is_like(wanted.root().first_child(), element.root().first_child());
}

namespace {

std::string request(std::string_view type, std::string_view payload, std::string_view to) {
    std::string xml = "<iq type='" + std::string(type) + "'";
    if (!to.empty()) xml::append_attribute(xml, "to", to);
    return xml.append(">").append(payload).append("</iq>");
}

}  // namespace

std::string get(std::string_view payload, std::string_view to) { return request("get", payload, to); }
std::string set(std::string_view payload, std::string_view to) { return request("set", payload, to); }

std::string form(std::string_view form_type, const Fields& fields) {
    std::string xml = "<x xmlns='jabber:x:data' type='submit'>";
    if (!form_type.empty()) xml.append("<field var='FORM_TYPE' type='hidden'><value>").append(form_type).append("</value></field>");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto& [name, value] = fields[i];
        const bool goes_on = i > 0 && fields[i - 1].first == name, ends = i + 1 == fields.size() || fields[i + 1].first != name;
        if (!goes_on) xml += "<field var='" + xml::escape(name, xml::Place::attribute) + "'>";
        xml += "<value>" + xml::escape(value) + "</value>";
        if (ends) xml += "</field>";
    }
    return xml + "</x>";
}

std::string refusal_in(std::string_view stanza) {
    const auto document = parse_in_stream(stanza);
    const auto error = document.root().first_child().child({"error", "jabber:client"});
    if (!error) return std::string(stanza);
    std::string words(error.attribute("type")), beyond;
    for (auto child : error.children()) {
        if (child.name() == "text") continue;
        const bool is_defined = child.ns() == "urn:ietf:params:xml:ns:xmpp-stanzas";
        auto& place = is_defined ? words : beyond;
        place.append(" ").append(child.name());
        if (child.has_attribute("feature")) place.append("(").append(child.attribute("feature")).append(")");
    }
    return words + beyond;
}

}  // namespace chancery::test
