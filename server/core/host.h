// What a feature sees of the server. Nothing else in core/ is for features to include.
//
// Operation. At start-up every feature installs its handlers and hooks; after that the Host does not change, and every
// handler runs on the home shard of the person it serves.
// Concurrency. Registration before the shards run. After that every function may be called on every shard.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "accounts/accounts.h"
#include "accounts/devices.h"
#include "archive/archive.h"
#include "base/config.h"
#include "base/task.h"
#include "core/archive_query.h"
#include "core/block_lists.h"
#include "core/file_links.h"
#include "core/home.h"
#include "core/ledger.h"
#include "core/recorder.h"
#include "core/requests.h"
#include "core/returns.h"
#include "core/route.h"
#include "core/stanza_id.h"
#include "core/stanza_in.h"
#include "net/wait.h"
#include "policy/policy.h"
#include "storage/database.h"
#include "xml/element.h"
#include "xmpp/data_form.h"
#include "xmpp/message.h"
#include "xmpp/namespaces.h"

namespace chancery {

/// A request (RFC 6120 §8.2.3) to the server or to an account.
struct Iq {
    Jid from;                 ///< full
    Jid to;                   ///< the sender's bare JID when the stanza had none
    bool is_set = false;
    std::string id;
    xml::Element payload;
    SessionId session = 0;    ///< of the sender
};

class Host;

/// A command of the server (XEP-0050) that asks one form, several, or none, and does one thing.
struct Command {
    /// A form that follows on another, made of what was filled in before it; serialised.
    using Following = Task<Reply> (*)(Host&, const Iq&, const xml::Element& filled_in);

    std::string_view name;                                     ///< for people
    Task<Reply> (*form)(Host&, const Iq&);                     ///< the blank form, serialised; null: nothing is asked
    Task<Reply> (*submit)(Host&, const Iq&, const xml::Element& form);  ///< does it; the note for the person
    bool gives_form = false;                                   ///< submit gives a form with the result instead, serialised
    bool for_administrators = false;
    std::vector<Following> following = {};                     ///< the forms after the first; submit gets the fields of all in one
    /// Does it when a client completes the command with the first of several forms; null: it may not.
    Task<Reply> (*submit_first)(Host&, const Iq&, const xml::Element& form) = nullptr;
};

/// Answers a request. `iq` lives until the task ends.
using IqHandler = Task<Reply> (*)(Host& host, const Iq& iq);

/// Whose requests a handler takes: to the server's domain, to one's own bare JID (or none), to another account's, to an
/// address of this domain that is nobody's.
enum class At : unsigned { server = 1, own = 2, other = 4, nobody = 8 };
constexpr At operator|(At a, At b) { return static_cast<At>(static_cast<unsigned>(a) | static_cast<unsigned>(b)); }
constexpr bool has(At set, At one) { return static_cast<unsigned>(set) & static_cast<unsigned>(one); }

class Host {
  public:
    struct Parts {
        const Config& config;
        storage::Database& database;
        Accounts& accounts;
        Devices& devices;
        Recorder& recorder;
        archive::Archive& archive;
        Ledger& ledger;
        Workers& workers;
        Key state_key;        ///< seals what people wrote in the database
        Clock now;
    };
    explicit Host(Parts parts);
    Host(const Host&) = delete;

    // Registration, by features.
    void on_get(At at, xml::Tag payload, IqHandler handler) { gets_[payload.name][payload.ns] = {at, handler}; }
    void on_set(At at, xml::Tag payload, IqHandler handler) { sets_[payload.name][payload.ns] = {at, handler}; }
    /// Who answers requests of the namespace to the server or to accounts, in place of us (XEP-0355).
    void delegate(std::string ns, IqHandler handler) { delegated_.emplace(std::move(ns), handler); }
    void advertise(At at, std::string_view feature);
    /// An element of the stream features after authentication, serialised.
    void offer(std::string stream_feature) { offers_ += stream_feature; }
    /// A session became available for the first time, or unavailable again; it ended.
    using SessionHook = void (*)(Host&, Session&);
    void on_available(SessionHook hook) { available_hooks_.push_back(hook); }
    void on_closed(SessionHook hook) { closed_hooks_.push_back(hook); }
    /// A session's presence to everybody is another one than before.
    void on_presence(SessionHook hook) { presence_hooks_.push_back(hook); }
    /// With the words that the presence carried.
    using UnavailableHook = void (*)(Host&, Session&, std::string_view status);
    void on_unavailable(UnavailableHook hook) { unavailable_hooks_.push_back(hook); }
    /// XEP-0030 items of a node of the server, as the asking person may see them.
    struct Item {
        std::string node, name;
        std::string jid = {};    ///< empty: the server
    };
    using ItemList = std::vector<Item> (*)(Host&, const Jid& asking);
    /// XEP-0030 of accounts that are services (XEP-0163): what is asked about one of their nodes, and what items they have.
    void describe_nodes(IqHandler info, IqHandler items) { node_info_ = info, node_items_ = items; }
    /// What a client of `person`, or one whose presence they get from outside, can do is known, or has become something
    /// else (core/caps.h). On the home of the person.
    using CapabilitiesHook = void (*)(Host&, const Jid& person, const Jid& client);
    void on_capabilities(CapabilitiesHook hook) { capabilities_hooks_.push_back(hook); }
    /// The contact has become subscribed to the presence of the person. On the home of the person.
    using GrantedHook = void (*)(Host&, const Jid& person, const Jid& contact);
    void on_granted(GrantedHook hook) { granted_hooks_.push_back(hook); }
    /// What a person's available presence, serialised, is to say beyond what the client wrote. On the home of the person.
    using PresenceStamp = Task<std::string> (*)(Host&, Jid client, std::string presence);
    void stamp_presence(PresenceStamp stamp) { presence_stamps_.push_back(stamp); }
    /// What a feature keeps as long as the server runs: one of each type, made at start-up.
    template <class State>
    void keep(std::shared_ptr<State> state) { kept_.insert_or_assign(std::type_index(typeid(State)), std::move(state)); }
    template <class State>
    State& kept() { return *static_cast<State*>(kept_.at(std::type_index(typeid(State))).get()); }
    void add_command(std::string_view node, Command command) { commands_.emplace(node, command); }
    const std::map<std::string_view, Command>& commands() const { return commands_; }
    void list_items(std::string_view node, ItemList list) { item_lists_[node] = list; }
    /// XEP-0128: a form of what the server says of itself. Before disco is installed.
    void add_server_form(DataForm form) { server_forms_.push_back(std::move(form)); }
    const std::vector<DataForm>& server_forms() const { return server_forms_; }
    /// A recorded message reached the home of the person it is for; on that home.
    using MessageHook = void (*)(Host&, User&, const Delivery&);
    void on_delivered(MessageHook hook) { delivered_hooks_.push_back(hook); }

    /// Before the shards run. The service has every address of its domain, and stands in the server's disco#items.
    void add_service(const Jid& domain, std::string_view name, std::unique_ptr<Service> service);
    /// What else stands in the server's disco#items.
    void list_service(const Jid& domain, std::string_view name) { service_list_.push_back({.node = {}, .name = std::string(name), .jid = domain.text()}); }
    /// Before the shards run. They outlive the shards.
    void use_file_links(const FileLinks& links) { file_links_ = &links; }
    /// A recorded stanza as it goes to `audience`: with links to files that open for them. `since`: of a room, when it was made.
    std::string with_links(std::string stanza, const Jid& author, Time sent, const Jid& audience, std::optional<Time> since = {}) const {
        if (!file_links_ || !stanza.contains(file_path)) return stanza;
        return file_links_->renew(std::move(stanza), {author, since_of(author)}, sent, {audience, since ? since : since_of(audience)});
    }
    /// Before the shards run. Ways are tried in order; each outlives the shards.
    void add_way(Outside& way);

    // Services.
    const Config& config() const { return parts_.config; }
    const std::string& domain() const { return parts_.config.domain; }
    const Jid& domain_jid() const { return domain_jid_; }
    storage::Database& database() { return parts_.database; }
    Accounts& accounts() { return parts_.accounts; }
    Devices& devices() { return parts_.devices; }
    archive::Archive& archive() { return parts_.archive; }
    Recorder& recorder() { return parts_.recorder; }
    Ledger& ledger() { return parts_.ledger; }
    Workers& workers() { return parts_.workers; }
    RosterStore& rosters() { return rosters_; }
    BlockLists& block_lists() { return block_lists_; }
    const Key& state_key() const { return parts_.state_key; }
    const StanzaIds& stanza_ids() const { return stanza_ids_; }
    /// <stanza-id/> of the record, as the archive of `by` (a bare address) gives it.
    std::string stanza_id_of(const Jid& by, std::uint64_t position) const;
    Time now() const { return parts_.now(); }
    Time started() const { return started_; }

    bool is_local(const Jid& jid) const { return jid.domain() == parts_.config.domain; }
    /// The server's domain or one of its services'.
    bool is_ours(std::string_view domain) const { return domain == parts_.config.domain || services_.contains(domain); }
    Service* service_at(const Jid& jid) const;
    /// The way to an address that is not ours, if there is one.
    Outside* way_to(const Jid& jid) const;
    /// Somebody whom presence can be sent to: a person here, or outside where a way leads.
    bool is_reached(const Jid& jid) const { return is_account(jid) || way_to(jid); }
    /// When the account that a local address is was made.
    std::optional<Time> since_of(const Jid& person) const;
    /// A local account, disabled or not.
    bool is_account(const Jid& jid) const { return is_local(jid) && !jid.local().empty() && accounts_is_user(jid.local()); }

    // Homes.
    void add_home(net::Shard& shard);
    std::size_t home_index(const Jid& jid) const;
    Home& home_of(const Jid& jid) { return *homes_[home_index(jid)]; }
    Home& home(std::size_t index) { return *homes_[index]; }
    std::size_t home_count() const { return homes_.size(); }
    std::size_t session_count() const;
    /// Runs `job(home)` at the home of the address: now when this is its thread, else soon, in order.
    template <class Work>
    void at_home(const Jid& jid, Work work);

    // The three roads.
    /// message_path.cc, the first thing to read. `sender` 0: the server itself.
    Task<> accept(SessionId sender, std::shared_ptr<const Message> message);
    /// iq_path.cc
    Task<> handle_iq(SessionId sender, StanzaIn stanza);
    /// presence_path.cc
    Task<> handle_presence(SessionId sender, StanzaIn stanza);
    /// The same of somebody at another server, or of a component.
    Task<> handle_presence_from_outside(StanzaIn stanza);

    /// How a message stands on record: itself, unless a service shows it in another form.
    struct RecordedAs {
        std::string to;                  ///< who gets it
        std::string stanza;
        bool in_sender_history = false, in_recipient_history = false;
        bool waits = false;              ///< in the ledger, for `to`, until it is settled
    };
    /// The first two steps of the road: when this ends the message is on record. Nothing: as a refusal, which its
    /// sender has been told. @throws NotRecorded
    Task<std::optional<Recorder::Receipt>> judge_and_record(std::shared_ptr<const Message> message, policy::Facts facts,
                                                            RecordedAs as);
    /// What policy may know of any message. A service adds what it knows.
    policy::Facts facts_about(const Message& message) const;

    /// A message as a client wrote it, stamped; or why it cannot be one.
    Result<Message, StanzaError> take_message(xml::View stanza, const Jid& from) const;
    /// Accepts it, tells the client when it could not be recorded, and calls `handled` when it is dealt with.
    Task<> accept_from_client(SessionId sender, Message message, std::function<void()> handled);

    // routing.cc
    /// Presence with its 'to': to a service, to a person here who has not blocked its sender, or out.
    Task<> pass_directed(StanzaIn stanza);
    /// Sends a stanza that needs no record, with its 'from', to one session, if it is still there, or out.
    void send_to(const Jid& to, std::string xml);
    /// The same for presence: to one session, to every available one of a person, or out.
    void send_presence(const Jid& to, std::shared_ptr<const std::string> xml);
    /// Answers a request that a service or a handler took.
    void reply(const StanzaIn& request, const Reply& reply);
    /// What answers a request made to the server or to an account; nobody is sent anything.
    Task<Reply> answer(const Iq& iq);
    /// The answer to a request of ours, made by request().
    void take_answer(const StanzaIn& stanza);
    /// Before a person's account is removed. @throws NotRecorded
    Task<> forget_at_services(Jid person, Jid administrator);
    /// On that home, before its clients are told that the server stops.
    void stop_services(Home& home);
    /// Asks somebody (RFC 6120 §8.2.3), `from` being the server or a person's bare address; the answer or why there is none.
    Task<Answer> request(Jid from, Jid to, bool is_set, std::string payload);
    /// A message that waits was handed over: it waits no longer.
    void settle(const std::shared_ptr<Delivery>& delivery);
    /// What comes back to messages of the server's own.
    Returns& returns() { return returns_; }
    /// A message of the server's own to a person here, on the road of any message.
    void announce(const Jid& person, std::string_view subject, std::string_view body);
    /// Whether somebody may do what administrators do.
    bool is_administrator(const Jid& jid) const { return is_local(jid) && parts_.accounts.has_role(jid.local(), "administrator"); }
    /// Sends the error that answers a stanza; the caller has made sure that it was no error itself.
    void send_error(const Jid& to, std::string_view kind, const Jid& from, std::string_view id, const StanzaError& error);

    /// archive_query.cc: a page of somebody's or some room's history (XEP-0313 §4), sent to who asks, and its <fin/>.
    Task<Reply> query_archive(ArchiveQuery query);

    /// Does `work` at that home and comes back, also when it throws.
    Task<> visit(Home& there, Task<> work);
    /// Whether the watcher has a subscription to the presence of `target`. On the watcher's home.
    Task<bool> may_see(Jid watcher, Jid target);
    /// `co_await host.ask(jid, question)`: what `question(home)` says at the home of the address.
    template <class Question>
    Task<std::invoke_result_t<Question&, Home&>> ask(Jid jid, Question question) { return ask_home(home_of(jid), std::move(question)); }
    template <class Question>
    Task<std::invoke_result_t<Question&, Home&>> ask_home(Home& home, Question question);

    const std::set<std::string, std::less<>>& features(At at) const;
    const std::vector<Item>& services() const { return service_list_; }
    IqHandler node_info() const { return node_info_; }
    IqHandler node_items() const { return node_items_; }
    std::vector<Item> items(const Jid& asking, std::string_view node);
    const std::string& offers() const { return offers_; }
    void run_available_hooks(Session& session) { for (auto hook : available_hooks_) hook(*this, session); }
    void run_presence_hooks(Session& session) { for (auto hook : presence_hooks_) hook(*this, session); }
    void run_capabilities_hooks(const Jid& person, const Jid& client) { for (auto h : capabilities_hooks_) h(*this, person, client); }
    void run_granted_hooks(const Jid& person, const Jid& contact) { for (auto h : granted_hooks_) h(*this, person, contact); }
    void run_closed_hooks(Session& session) { for (auto hook : closed_hooks_) hook(*this, session); }
    void run_unavailable_hooks(Session& s, std::string_view status) { for (auto h : unavailable_hooks_) h(*this, s, status); }
    void run_delivered_hooks(User& user, const Delivery& d) { for (auto hook : delivered_hooks_) hook(*this, user, d); }
    SessionId next_session_id() { return ++last_session_id_; }

    std::atomic<std::uint64_t> messages_accepted = 0, messages_refused = 0;

  private:
    struct Handler {
        At at;
        IqHandler answer;
    };
    using Handlers = std::map<std::string_view, std::map<std::string_view, Handler>>;

    bool accounts_is_user(std::string_view name) const { return parts_.accounts.is_user(name); }
    void deliver(std::shared_ptr<Delivery> delivery);
    Task<> relay_iq(StanzaIn stanza);
    Task<Subscription> subscription_of(Jid owner, Jid contact);
    Task<> at_service(Service& service, StanzaIn stanza);
    Task<> handle_probe(Jid from, Jid to);
    Task<> add_stamps(Jid client, std::string& presence);

    Parts parts_;
    Jid domain_jid_;
    Time started_;
    StanzaIds stanza_ids_;
    RosterStore rosters_;
    BlockLists block_lists_;
    Returns returns_;
    Handlers gets_, sets_;
    std::map<std::string, IqHandler, std::less<>> delegated_;  // by namespace
    std::set<std::string, std::less<>> server_features_, account_features_;
    std::string offers_;
    std::vector<SessionHook> available_hooks_, closed_hooks_, presence_hooks_;
    std::vector<UnavailableHook> unavailable_hooks_;
    std::map<std::string_view, ItemList> item_lists_;
    std::map<std::string_view, Command> commands_;
    std::vector<DataForm> server_forms_;
    std::vector<MessageHook> delivered_hooks_;
    IqHandler node_info_ = nullptr, node_items_ = nullptr;
    std::vector<CapabilitiesHook> capabilities_hooks_;
    std::vector<GrantedHook> granted_hooks_;
    std::vector<PresenceStamp> presence_stamps_;
    std::unordered_map<std::type_index, std::shared_ptr<void>> kept_;
    std::map<std::string, std::unique_ptr<Service>, std::less<>> services_;  // by domain
    std::vector<Item> service_list_;
    std::vector<Outside*> ways_;
    const FileLinks* file_links_ = nullptr;
    std::vector<std::unique_ptr<Home>> homes_;
    std::atomic<SessionId> last_session_id_ = 0;
};

template <class Work>
void Host::at_home(const Jid& jid, Work work) {
    auto& home = home_of(jid);
    if (&home.shard() == &Executor::current()) work(home);
    else home.shard().post([&home, work = std::move(work)]() mutable { work(home); });
}

template <class Question>
Task<std::invoke_result_t<Question&, Home&>> Host::ask_home(Home& home, Question question) {
    auto& origin = net::Shard::current();
    if (&home.shard() == &origin) co_return question(home);
    co_await net::hop(home.shard());
    std::optional<std::invoke_result_t<Question&, Home&>> answer;
    std::exception_ptr failure;
    try {
        answer.emplace(question(home));
    } catch (...) {
        failure = std::current_exception();  // thrown again where it was asked
    }
    co_await net::hop(origin);
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*answer);
}

/// A unit of protocol that can be added and deleted on its own. features.cc has the list of all.
struct Feature {
    std::string_view name;
    std::string_view spec;                        ///< the document it implements, with version
    std::vector<std::string_view> disco = {};     ///< what XEP-0030 advertises for the server
    std::vector<std::string_view> account_disco = {};  ///< and for an account
    void (*install)(Host&) = [](Host&) {};        ///< called once at start-up, before the first connection
};

}  // namespace chancery
