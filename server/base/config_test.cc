#include "base/federation_settings.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <fstream>

using namespace chancery;

namespace {

std::filesystem::path file_with(const std::string& text) {
    const auto path = std::filesystem::temp_directory_path() / ("chancery-config-test-" + std::to_string(::getpid()));
    std::ofstream(path) << text;
    return path;
}

}  // namespace

TEST_CASE("ANewFileLoadsAndHasTheDefaults") {
    const auto config = Config::load(file_with(Config::initial_file("chancery.example")));
    CHECK(config.domain == "chancery.example");
    CHECK(config.listen.starttls == "[::]:5222");
    CHECK_FALSE(config.sasl.plain);
}

TEST_CASE("AnOverrideBeatsTheFile") {
    const auto file = file_with("domain = 'a.example'\n[listen]\nstarttls = '127.0.0.1:1'\n");
    CHECK(Config::load(file).listen.starttls == "127.0.0.1:1");
    CHECK(Config::load(file, {{"listen.starttls", "127.0.0.1:2"}}).listen.starttls == "127.0.0.1:2");
}

TEST_CASE("AMistakeStopsTheStartAndIsNamed") {
    for (auto text : {"domain = 'a'\n[listen]\nplain = 'x'\n", "domain = 'a'\n[sasl]\nplain = 1\n", "[sasl]\nplain = true\n",
                      "domain = 'a'\n[limits]\nstanza_kib = 1\n", "domain = 'a'\nnonsense = 1\n", "domain ="})
        CHECK_THROWS_AS(Config::load(file_with(text)), ConfigError);
    CHECK_THROWS_WITH(Config::load(file_with("domain = 'a'\n"), {{"sasl.iterations", "x"}}),
                      "setting sasl.iterations: a whole number is expected");
}

TEST_CASE("ListsAndTablesComeFromTheFileAndFromTheCommandLine") {
    const auto file = file_with("domain = 'a'\n[federation]\ndomains = ['b.example', 'c.example']\nrates = { 'b.example' = 7 }\n"
                                "[federation.hosts]\n'b.example' = '127.0.0.1:1'\n");
    auto config = FederationSettings::load(file);
    CHECK(config.domains == std::vector<std::string>{"b.example", "c.example"});
    CHECK(config.rates.at("b.example") == "7");
    CHECK(config.hosts.at("b.example") == "127.0.0.1:1");
    config = FederationSettings::load(file, {{"federation.domains", "x.example,y.example"}, {"federation.hosts.x.example", "tls:127.0.0.1:2"}});
    CHECK(config.domains == std::vector<std::string>{"x.example", "y.example"});
    CHECK(config.hosts.at("x.example") == "tls:127.0.0.1:2");
    CHECK_THROWS_AS(FederationSettings::load(file_with("domain = 'a'\n[federation]\ndomains = 'b'\n")), ConfigError);
    CHECK_THROWS_AS(FederationSettings::load(file_with("domain = 'a'\n[federation]\nhosts = 'b'\n")), ConfigError);
}
