#include "files/files.h"

#include "files/slots.h"
#include "files/web.h"

namespace chancery::files {
namespace {

constexpr std::string_view ns_record = "urn:chancery:files:0";

Scanner scanner_of(const Config& config) {
    try {
        return {config.files.scanner, std::chrono::seconds(config.files.scanner_seconds)};
    } catch (const std::exception& wrong) {
        throw ConfigError(std::string("setting files.scanner: ") + wrong.what());
    }
}

/// Under which HTTPS is reached from outside.
std::string public_host(const Config& config, std::uint16_t port) {
    constexpr std::string_view scheme = "https://";
    constexpr std::uint16_t https_port = 443;
    std::string_view url = config.web.public_url;
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
    while (url.ends_with('/')) url.remove_suffix(1);
    if (!url.empty()) return std::string(url);
    return config.domain + (port == https_port ? "" : ":" + std::to_string(port));
}

}  // namespace

std::optional<Jid> Files::address_of(const Config& config) {
    if (config.files.service.empty() || config.listen.https.empty()) return std::nullopt;
    const auto address = Jid::of({}, config.files.service + "." + config.domain);
    if (!address) throw ConfigError("setting files.service: " + config.files.service + " cannot stand before a domain");
    return address;
}

Files::Files(Host& host, const Store& store, Register& reg, Keeping& keeping, const Key& master, Jid address)
    : host_(host), address_(std::move(address)), store_(store), register_(reg), keeping_(keeping),
      links_(master, std::chrono::hours(host.config().files.link_hours), [&host] { return host.now(); }), scanner_(scanner_of(host.config())) {
    host.use_file_links(links_);
    host.add_service(address_, "Files", std::make_unique<Slots>(*this));
}

void Files::add_routes(net::HttpRouter& router) {
    const std::string path(file_path);
    const auto most = static_cast<std::size_t>(host_.config().files.most_mib) << 20;
    router.add({.path = path, .methods = {"PUT"}, .most_body_bytes = most, .handler = [this](auto& exchange) { return take_upload(*this, exchange); }});
    router.add({.path = path, .methods = {"GET"}, .most_body_bytes = 0, .handler = [this](auto& exchange) { return give_download(*this, exchange); }});
    router.add({.path = path, .methods = {"OPTIONS"}, .most_body_bytes = 0, .handler = allow_pages});
}

void Files::start(std::uint16_t https_port) {
    links_.set_host(public_host(host_.config(), https_port));
    for (const auto& id : register_.infected_now()) links_.withhold(id);
    if (!scanner_.is_configured()) log::warning("files.not_scanned", {{"mend", "set files.scanner to clamd's socket"}});
}

void Files::drain() {
    disk_.drain();
    scans_.drain();
}

Files::Taking::Taking(Files& files, std::string id) : files_(files), id_(std::move(id)) {
    const std::lock_guard lock(files_.guard_);
    is_first_ = files_.taking_.insert(id_).second;
}

Files::Taking::~Taking() {
    if (!is_first_) return;
    const std::lock_guard lock(files_.guard_);
    files_.taking_.erase(id_);
}

std::string record_of(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> attributes) {
    xml::Element element(name, ns_record);
    for (const auto& [key, value] : attributes)
        if (!value.empty()) element.set(key, value);
    return element.to_string(ns::client);
}

Task<> Files::record(Act act) {
    const bool denied = act.decision.denied();
    const Recorder::Draft draft{.kind = journal::Kind::file,
                                .flags = denied ? journal::flag::refused : std::uint16_t{0},
                                .record = {.from = act.who.text(), .to = address_.text(), .rule = act.decision.rule,
                                           .reason = act.decision.error.text, .address = act.from_address, .stanza = act.stanza}};
    co_await host_.recorder().record(draft);
}

}  // namespace chancery::files
