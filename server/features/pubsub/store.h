// Nodes and what is published there, in the database. Settings and payloads are sealed at rest.
//
// Concurrency: every thread. Who changes something of an owner holds their turn (engine.h): what was read before a change is
// still true when it is made.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "features/pubsub/node.h"
#include "storage/database.h"

namespace chancery::pubsub {

/// What an owner has, and how large one of their nodes is.
struct Usage {
    std::size_t nodes = 0, bytes = 0, bytes_of_node = 0;
};

/// Which items of a node (XEP-0060 §6.5 with XEP-0059): in the order of publication, up to a number and a size.
struct Wanted {
    std::vector<std::string> ids = {};             ///< only these
    std::size_t most = 0;                          ///< 0: all
    bool from_end = false;                         ///< the last ones
    std::optional<std::string> after = {}, before = {};
    std::size_t most_bytes = 0;
};

struct Page {
    std::vector<Item> items;
    std::size_t index = 0, count = 0;              ///< of the first; of all
    bool unknown_id = false;                       ///< there is no such item as `after` or `before` names
};

class Store {
  public:
    Store(storage::Database& database, const Key& key) : database_(database), key_(key) {}

    Task<std::optional<Node>> node(Jid owner, std::string name);
    /// All of the owner's, without what is in them.
    Task<std::vector<Node>> nodes(Jid owner);
    /// Those of many owners that have one of these names.
    Task<std::vector<Node>> nodes(std::vector<Jid> owners, std::vector<std::string> names);
    Task<Usage> usage(Jid owner, std::int64_t node, std::vector<std::string> replaced);

    /// Makes the node if it has no number yet, which it then has; else stores its settings and drops the items that it may
    /// not keep any more.
    Task<std::int64_t> save(Node node);
    Task<> remove(std::int64_t node);
    /// Adds the items, in the place of those with the same ids, and drops the oldest beyond `most`.
    Task<> publish(Node node, std::vector<Item> items, std::size_t most);
    Task<> retract(std::int64_t node, std::vector<std::string> ids);
    Task<> purge(std::int64_t node);
    Task<Page> page(Node node, Wanted wanted);
    /// The last item of each of these nodes that has one, in their order.
    Task<std::vector<std::pair<Node, Item>>> last(std::vector<Node> nodes);

    /// `none` removes it.
    Task<> affiliate(std::int64_t node, Jid peer, Affiliation affiliation);
    /// An empty id removes it. A pending one waits for an owner's word.
    Task<> subscribe(std::int64_t node, Jid peer, std::string id, bool is_pending = false);

  private:
    Item open(const Node& node, Item sealed) const;

    storage::Database& database_;
    Key key_;
};

}  // namespace chancery::pubsub
