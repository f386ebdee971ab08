// How a node is set up (XEP-0060 §16.4.4, §16.4.5): its settings as a value, as a form, and as preconditions.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "features/pubsub/form.h"

namespace chancery::pubsub {

inline constexpr std::string_view ns_pubsub = "http://jabber.org/protocol/pubsub";
inline constexpr std::string_view ns_owner = "http://jabber.org/protocol/pubsub#owner";
inline constexpr std::string_view ns_event = "http://jabber.org/protocol/pubsub#event";
inline constexpr std::string_view ns_errors = "http://jabber.org/protocol/pubsub#errors";
inline constexpr std::string_view config_form = "http://jabber.org/protocol/pubsub#node_config";
inline constexpr std::string_view options_form = "http://jabber.org/protocol/pubsub#publish-options";

/// §4.5.
enum class Access { open, presence, roster, authorize, whitelist };
enum class PublishModel { publishers, subscribers, open };
enum class SendLast { never, on_sub, on_sub_and_presence };

struct Settings {
    std::string title, description, type;
    Access access = Access::presence;
    std::vector<std::string> groups;            ///< pubsub#roster_groups_allowed
    PublishModel publish_model = PublishModel::publishers;
    SendLast send_last = SendLast::on_sub_and_presence;
    bool persist = true;
    std::int64_t max_items = 1;                 ///< 0: max, as many as a node may have
    bool deliver_notifications = true, deliver_payloads = true;
    bool notify_retract = true, notify_delete = true, notify_config = false;
    bool operator==(const Settings&) const = default;
};

/// XEP-0163 §4: of a person's nodes.
Settings personal_defaults();
/// Of nodes for all: members come by themselves, and what was said stays.
Settings shared_defaults();

std::vector<Field> fields_of(const Settings& settings);
/// What a form changes. `most_items`: what a node may be set to. Refused with the field's name when it, or its value, is
/// nothing we do: nothing that somebody asked for is silently left undone.
Result<void, StanzaError> apply(Settings& settings, const std::vector<Field>& form, std::int64_t most_items);

std::string_view name_of(Access access);
std::string_view name_of(PublishModel model);

/// `condition` with the detail that XEP-0060 §10 names, for instance "closed-node".
StanzaError detailed(Condition condition, std::string_view detail, std::string text = {}, std::string_view feature = {});

}  // namespace chancery::pubsub
