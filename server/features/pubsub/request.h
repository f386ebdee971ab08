// One request to nodes (XEP-0060 §5 to §8) on its way: what its handlers need, and its place on the record.
#pragma once
#include <optional>
#include <string>

#include "features/pubsub/engine.h"

namespace chancery::pubsub {

class Request {
  public:
    Request(Host& host, const Iq& iq) : host_(host), iq_(iq), owner_(iq.to.bare()) {}

    Host& host() { return host_; }
    Engine& engine() { return host_.kept<Engine>(); }
    Store& store() { return engine().store(); }
    const Iq& iq() const { return iq_; }
    const Jid& owner() const { return owner_; }
    const Jid& from() const { return iq_.from; }
    /// Whether one's own nodes are meant.
    bool is_own() const { return iq_.from.bare_text() == owner_.text(); }

    /// The node, if there is one that this person may know of (§6.5.9.11 and others: item-not-found).
    Task<Result<Node, StanzaError>> node(std::string name);
    /// The same, and they are its owner (forbidden).
    Task<Result<Node, StanzaError>> owned_node(std::string name);
    Task<Result<void, StanzaError>> may_read(Node node);

    /// Nothing is changed before: the request is on record when this ends, as done. @throws NotRecorded
    Task<> allow();
    /// The same as refused, unless it is there already.
    Task<> refused(StanzaError error);
    /// Names the rule of policy that refuses it.
    void set_rule(std::string_view rule) { rule_ = rule; }

  private:
    Host& host_;
    const Iq& iq_;
    Jid owner_;
    std::string_view rule_ = "nodes";
    bool on_record_ = false;
};

using Handler = Task<Reply> (*)(Request&, const xml::Element&);

// publishing.cc
Task<Reply> publish(Request& request, const xml::Element& element);
Task<Reply> retract(Request& request, const xml::Element& element);
Task<Reply> get_items(Request& request, const xml::Element& element);
// nodes.cc
Task<Reply> create(Request& request, const xml::Element& element);
Task<Reply> get_settings(Request& request, const xml::Element& element);
Task<Reply> get_defaults(Request& request, const xml::Element& element);
Task<Reply> set_settings(Request& request, const xml::Element& element);
Task<Reply> remove(Request& request, const xml::Element& element);
Task<Reply> purge(Request& request, const xml::Element& element);
// people.cc
Task<Reply> subscribe(Request& request, const xml::Element& element);
Task<Reply> unsubscribe(Request& request, const xml::Element& element);
Task<Reply> own_subscriptions(Request& request, const xml::Element& element);
Task<Reply> own_affiliations(Request& request, const xml::Element& element);
Task<Reply> get_subscriptions(Request& request, const xml::Element& element);
Task<Reply> set_subscriptions(Request& request, const xml::Element& element);
Task<Reply> get_affiliations(Request& request, const xml::Element& element);
Task<Reply> set_affiliations(Request& request, const xml::Element& element);

// approval.cc
/// §8.6: asks every owner whether the address may subscribe.
Task<> ask_owners(Host& host, Node node, Jid subscriber, std::string id);
/// What somebody who is asked decides, by a message with the form filled in.
struct Approval {
    std::string node, id;
    Jid subscriber;
    bool is_allowed = false;
};
std::optional<Approval> approval_in(const std::string& message);
/// Holds the owner's turn. Refused: nothing is changed.
Task<Result<void, StanzaError>> decide(Host& host, Jid owner, Jid from, Approval approval);
/// Makes it a subscription with this id, or none when that is empty, and tells the address so (§8.8.4).
Task<> set_subscription(Host& host, Node node, Jid who, std::string id);
/// §6.1.7, when the node is set so.
Task<> send_last(Host& host, Node node, Jid subscriber);

/// Answers a request to a person's nodes or to a service's, at whichever home it is asked. A change is on record before it
/// is made, and a refused one too.
Task<Reply> answer(Host& host, const Iq& iq);
/// XEP-0030 of one node, and of all.
Task<Reply> describe_node(Host& host, const Iq& iq);
Task<Reply> list_nodes(Host& host, const Iq& iq);

/// The name in the attribute node; refused when there is none (nodeid-required).
Result<std::string, StanzaError> node_name(const xml::Element& element);

/// The features of XEP-0060 §10 that persons' nodes and shared ones have.
extern const std::vector<std::string_view> features_of_all_nodes;

}  // namespace chancery::pubsub
