// The service behind every node, a person's (XEP-0163) and those for all (XEP-0060): who is served when, what is put on
// record, and who is told.
//
// Operation. Everything about an owner's nodes happens on the owner's home. A change holds the owner's turn from the first
// look to the last notification, so that everybody hears of changes in the order in which they were made.
// Concurrency. One object for all homes; what belongs to a home only its thread touches.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/host.h"
#include "features/pubsub/store.h"

namespace chancery::pubsub {

class Engine {
  public:
    explicit Engine(Host& host);

    Store& store() { return store_; }

    /// As long as it lives nobody else changes the owner's nodes.
    struct Turn {
        std::shared_ptr<AsyncMutex> mutex;
        AsyncMutex::Guard guard;
    };
    Task<Turn> turn(Jid owner);

    /// What somebody is to the owner; nothing to a service.
    Task<Standing> standing(Jid owner, Jid who);

    /// Whether the items have room at the node, which is new if it has no number.
    Task<Result<void, StanzaError>> fits(Node node, std::vector<Item> items);
    /// Stores the items, makes the node if it is new, and tells those who are to know. The publication is on record.
    Task<> put(Node node, std::vector<Item> items);
    /// Takes back what is on record as taken back.
    Task<> take_back(Node node, std::vector<std::string> ids, bool is_told);
    /// Deletes the node, or what is in it.
    Task<> take_away(Node node);
    Task<> empty(Node node);

    /// What else is to be done when items of the node come (with payload) or go. The owner's turn is held.
    struct Change {
        const Node& node;
        const std::vector<Item>& published;
        const std::vector<std::string>& retracted;
    };
    using Follower = Task<> (*)(Host&, Engine&, Change);
    void follow(std::string_view node, Follower follower) { followers_.emplace(node, follower); }

    bool is_personal(const Jid& owner) const { return !owner.local().empty(); }
    /// How a new node is set up when nothing else is asked for: one that is known to be private is (XEP-0223).
    Settings defaults(const Jid& owner, std::string_view node) const;
    void keep_private(std::string_view node, std::int64_t max_items);
    std::int64_t most_items() const { return host_.config().limits.pubsub_items; }

  private:
    Task<> followed(Node node, std::vector<Item> published, std::vector<std::string> retracted);
    Task<std::vector<std::string>> ids_of(Node node);

    Host& host_;
    Store store_;
    std::vector<std::unordered_map<Jid, std::weak_ptr<AsyncMutex>>> turns_;  // of each home
    std::unordered_map<std::string, Follower> followers_;
    std::unordered_map<std::string, Settings> private_;
};

/// What stands in <event/>. Links to files in it are made anew for whoever hears of it, as far as the publisher could open them.
struct Event {
    std::string content;
    std::optional<Jid> publisher = {};  ///< of the items in it
    Time published = {};
};
/// Tells everybody who is to know of it.
Task<> notify(Host& host, Node node, Event event);
/// The same to one subscriber, if nothing else has to be asked.
void notify_one(Host& host, const Node& node, const Jid& subscriber, const std::string& content, const Item* dated = nullptr);
/// Sends a client the last items of those nodes that it wants and may read (XEP-0163 §4.3.4). On the home of its person.
Task<> send_last_items(Host& host, std::vector<Jid> owners, Jid client, Caps::Known known);

/// <items/> of an event with these items, for their payloads where the node is set so.
std::string items_event(const Node& node, const std::vector<Item>& items);
std::optional<Jid> publisher_of(const Item& item);
/// An item as it goes to `audience`: with links to files that open for them.
std::string with_links(Host& host, std::string xml, const Item& item, const Jid& audience);
/// <item/>; without payload where asked. A shared node says who published.
std::string item_xml(const Node& node, const Item& item, bool with_payload);

}  // namespace chancery::pubsub
