#include "features/pubsub/settings.h"

#include <charconv>
#include <optional>
#include <utility>

namespace chancery::pubsub {
namespace {

template <class Value>
using Names = std::vector<std::pair<std::string_view, Value>>;

const Names<Access> accesses{{"open", Access::open}, {"presence", Access::presence}, {"roster", Access::roster}, {"authorize", Access::authorize}, {"whitelist", Access::whitelist}};
const Names<PublishModel> publish_models{{"publishers", PublishModel::publishers}, {"subscribers", PublishModel::subscribers}, {"open", PublishModel::open}};
const Names<SendLast> send_lasts{{"never", SendLast::never}, {"on_sub", SendLast::on_sub}, {"on_sub_and_presence", SendLast::on_sub_and_presence}};

/// What is fixed here and said by clients all the same: the one value that is true.
constexpr std::pair<std::string_view, std::string_view> fixed[] = {
    {"pubsub#node_type", "leaf"},      {"pubsub#notification_type", "headline"}, {"pubsub#notify_sub", "0"},
    {"pubsub#purge_offline", "0"},     {"pubsub#collection", ""},                {"pubsub#item_expire", "max"},
    {"pubsub#presence_based_delivery", "0"}, {"pubsub#tempsub", "0"},            {"pubsub#subscribe", "1"},
    {"pubsub#itemreply", "publisher"},
};

std::unexpected<StanzaError> unfit(const Field& field) {
    auto text = "This server cannot set " + field.name + " to '" + field.value() + "'.";
    if (field.name != "pubsub#access_model") return refuse(Condition::not_acceptable, std::move(text));
    return std::unexpected(detailed(Condition::not_acceptable, "unsupported-access-model", std::move(text)));  // §8.1.2
}

template <class Value>
std::string_view name_in(const Names<Value>& names, Value value) {
    for (const auto& [name, each] : names)
        if (each == value) return name;
    std::unreachable();
}

template <class Value>
bool take(const Names<Value>& names, const Field& field, Value& value) {
    for (const auto& [name, each] : names)
        if (name == field.value()) {
            value = each;
            return true;
        }
    return false;
}

bool take(const Field& field, bool& value) {
    const auto text = field.value();
    if (text != "1" && text != "0" && text != "true" && text != "false") return false;
    value = text == "1" || text == "true";
    return true;
}

bool take_count(const Field& field, std::int64_t most, std::int64_t& value) {
    const auto text = field.value();
    if (text == "max") {
        value = 0;
        return true;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most) return false;
    value = number;
    return true;
}

bool is_fixed(const Field& field) {
    for (const auto& [name, value] : fixed) {
        if (name != field.name) continue;
        auto said = field.value();
        if (said == "false") said = "0";
        if (said == "true") said = "1";
        return said == value || said.empty();
    }
    return false;
}

bool apply_field(Settings& settings, const Field& field, std::int64_t most_items) {
    const auto& name = field.name;
    if (name == "pubsub#title") return settings.title = field.value(), true;
    if (name == "pubsub#description") return settings.description = field.value(), true;
    if (name == "pubsub#type") return settings.type = field.value(), true;
    if (name == "pubsub#access_model") return take(accesses, field, settings.access);
    if (name == "pubsub#roster_groups_allowed") return settings.groups = field.values, true;
    if (name == "pubsub#publish_model") return take(publish_models, field, settings.publish_model);
    if (name == "pubsub#send_last_published_item") return take(send_lasts, field, settings.send_last);
    if (name == "pubsub#persist_items") return take(field, settings.persist);
    if (name == "pubsub#max_items") return take_count(field, most_items, settings.max_items);
    if (name == "pubsub#deliver_notifications") return take(field, settings.deliver_notifications);
    if (name == "pubsub#deliver_payloads") return take(field, settings.deliver_payloads);
    if (name == "pubsub#notify_retract") return take(field, settings.notify_retract);
    if (name == "pubsub#notify_delete") return take(field, settings.notify_delete);
    if (name == "pubsub#notify_config") return take(field, settings.notify_config);
    return is_fixed(field);
}

Field flag(std::string_view name, bool value, std::string label) {
    return {.name = std::string(name), .values = {value ? "1" : "0"}, .type = "boolean", .label = std::move(label)};
}

template <class Value>
Field choice(std::string_view name, const Names<Value>& names, Value value, std::string label) {
    Field field{.name = std::string(name), .values = {std::string(name_in(names, value))}, .type = "list-single", .label = std::move(label)};
    for (const auto& [each, ignored] : names) field.choices.push_back(each);
    return field;
}

Field text(std::string_view name, std::string value, std::string label) {
    return {.name = std::string(name), .values = {std::move(value)}, .type = "text-single", .label = std::move(label)};
}

}  // namespace

Settings personal_defaults() { return {}; }

Settings shared_defaults() { return {.access = Access::open, .send_last = SendLast::on_sub, .max_items = 0, .notify_config = true}; }

std::vector<Field> fields_of(const Settings& settings) {
    return {
        text("pubsub#title", settings.title, "Name"),
        text("pubsub#description", settings.description, "Description"),
        text("pubsub#type", settings.type, "Namespace of what is published"),
        choice("pubsub#access_model", accesses, settings.access, "Who may read"),
        {.name = "pubsub#roster_groups_allowed", .values = settings.groups, .type = "list-multi", .label = "Groups that may read, for the model roster"},
        choice("pubsub#publish_model", publish_models, settings.publish_model, "Who may publish"),
        choice("pubsub#send_last_published_item", send_lasts, settings.send_last, "When the last item is sent"),
        flag("pubsub#persist_items", settings.persist, "Items are kept"),
        text("pubsub#max_items", settings.max_items ? std::to_string(settings.max_items) : "max", "How many are kept"),
        flag("pubsub#deliver_notifications", settings.deliver_notifications, "Subscribers are told"),
        flag("pubsub#deliver_payloads", settings.deliver_payloads, "with the content"),
        flag("pubsub#notify_retract", settings.notify_retract, "Subscribers are told what was taken back"),
        flag("pubsub#notify_delete", settings.notify_delete, "and when the node is deleted"),
        flag("pubsub#notify_config", settings.notify_config, "and when it is set up in another way"),
    };
}

Result<void, StanzaError> apply(Settings& settings, const std::vector<Field>& form, std::int64_t most_items) {
    for (const auto& field : form)
        if (!apply_field(settings, field, most_items)) return unfit(field);
    return {};
}

std::string_view name_of(Access access) { return name_in(accesses, access); }
std::string_view name_of(PublishModel model) { return name_in(publish_models, model); }

StanzaError detailed(Condition condition, std::string_view detail, std::string text, std::string_view feature) {
    std::string application = "<" + std::string(detail) + " xmlns='" + std::string(ns_errors) + "'";
    if (!feature.empty()) application += " feature='" + std::string(feature) + "'";
    return {condition, std::move(text), {}, application + "/>"};
}

}  // namespace chancery::pubsub
