#include "features/pubsub/settings.h"

#include <doctest/doctest.h>

namespace chancery::pubsub {
namespace {

Field field(std::string name, std::string value) { return {.name = std::move(name), .values = {std::move(value)}}; }

bool applies(std::string name, std::string value) {
    Settings settings;
    return apply(settings, {field(std::move(name), std::move(value))}, 100).has_value();
}

}  // namespace

TEST_CASE("SettingsAreWhatTheirFormSays") {
    const Settings settings{.title = "News", .access = Access::roster, .groups = {"Office", "Friends & more"},
                            .publish_model = PublishModel::open, .send_last = SendLast::never, .persist = false, .max_items = 7,
                            .notify_retract = false, .notify_config = true};
    const auto form = form_of("submit", config_form, fields_of(settings));
    const auto parsed = xml::Element::parse(form.to_string());
    REQUIRE(parsed);
    const auto fields = fields_of(*parsed, config_form);
    REQUIRE(fields);
    Settings read;
    REQUIRE(apply(read, *fields, 100));
    CHECK(read == settings);
}

TEST_CASE("AFormOfAnotherTypeIsRefused") {
    const auto form = form_of("submit", options_form, {});
    CHECK_FALSE(fields_of(form, config_form));
}

TEST_CASE("OnlyWhatANodeCanBeIsApplied") {
    CHECK(applies("pubsub#max_items", "100"));
    CHECK(applies("pubsub#max_items", "max"));
    CHECK_FALSE(applies("pubsub#max_items", "101"));
    CHECK_FALSE(applies("pubsub#max_items", "0"));
    CHECK_FALSE(applies("pubsub#max_items", "7 or so"));
    CHECK(applies("pubsub#access_model", "authorize"));
    CHECK_FALSE(applies("pubsub#access_model", "everybody"));
    CHECK_FALSE(applies("pubsub#persist_items", "yes"));
    CHECK_FALSE(applies("pubsub#unheard_of", "1"));
    CHECK(applies("pubsub#notification_type", "headline"));
    CHECK_FALSE(applies("pubsub#notification_type", "normal"));
    CHECK(applies("pubsub#purge_offline", "false"));
    CHECK_FALSE(applies("pubsub#purge_offline", "true"));
}

TEST_CASE("XEP-0060 §8.2.5.2, §8.1.2: a setting that cannot be is not-acceptable, an access model with a word of its own") {
    Settings settings;
    const auto wrong = apply(settings, {field("pubsub#max_items", "none")}, 100), model = apply(settings, {field("pubsub#access_model", "all")}, 100);
    REQUIRE_FALSE(wrong);
    REQUIRE_FALSE(model);
    CHECK(name_of(wrong.error().condition) == "not-acceptable");
    CHECK(wrong.error().application.empty());
    CHECK(name_of(model.error().condition) == "not-acceptable");
    CHECK(model.error().application.contains("unsupported-access-model"));
}

}  // namespace chancery::pubsub
