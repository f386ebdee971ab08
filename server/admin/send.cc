// An administrator's message to people, to groups, to rooms or to everybody, on the road of any message. Whoever is meant twice gets it once.

#include <chrono>
#include <future>
#include <set>

#include "admin/commands.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"
#include "core/host.h"

namespace chancery::admin {
namespace {

constexpr auto patience = std::chrono::seconds(60);  // for all of it

/// What became of one message.
struct Outcome {
    enum class Kind { sent, refused, failed };
    Kind kind = Kind::sent;
    std::string reason = {};
};

/// Nothing but the record can fail: a refusal by a rule is on record too.
Task<> accept(Host& host, std::shared_ptr<const Message> message, std::promise<Outcome> told) {
    const Returns::Watch watch(host.returns(), message->id);
    Outcome outcome;
    try {
        co_await host.accept(0, message);
        if (const auto error = watch.error()) outcome = {Outcome::Kind::refused, error->text.empty() ? std::string(name_of(error->condition)) : error->text};
    } catch (const NotRecorded&) {
        outcome = {Outcome::Kind::failed, "The archive is not available. See: chancery status"};
    } catch (const std::exception& failure) {
        log::error("admin.not_sent", {{"to", message->to.text()}, {"cause", failure.what()}});
        outcome = {Outcome::Kind::failed, "The server could not do that now. Its log says why."};
    }
    told.set_value(std::move(outcome));
}

Outcome outcome_of(std::future<Outcome>& told, std::chrono::steady_clock::time_point deadline) {
    if (told.wait_until(deadline) != std::future_status::ready)
        return {Outcome::Kind::failed, "There was no answer in a minute, and it may still be sent: chancery archive search shows whether it was."};
    try {
        return told.get();
    } catch (const std::future_error&) {
        return {Outcome::Kind::failed, "The server stopped."};
    }
}

bool has(Host& host, Service& service, const Jid& jid) {
    std::promise<bool> answer;
    auto outcome = answer.get_future();
    host.home_of(jid).shard().post([&service, jid, answer = std::move(answer)]() mutable { answer.set_value(service.since(jid).has_value()); });
    if (outcome.wait_for(patience) != std::future_status::ready) throw AdminError("The server does not answer. See: chancery status");
    return outcome.get();
}

Jid recipient(const Context& context, const std::string& name) {
    auto& host = *context.host;
    if (const auto account = account_named(context, name)) return *Jid::of(*account, context.config.domain);
    const auto jid = Jid::parse(name);
    auto* service = jid && jid->is_bare() ? host.service_at(*jid) : nullptr;
    if (service && has(host, *service, *jid)) return *jid;
    throw AdminError(name + ": there is no such account or room");
}

/// Of a group, and of everybody, those who may sign in.
std::set<Jid> recipients(const Context& context, const json& request) {
    std::set<Jid> all;
    const auto add = [&](const std::string& account) {
        if (context.accounts.is_enabled(account)) all.insert(*Jid::of(account, context.config.domain));
    };
    for (const auto& name : request.value("to", std::vector<std::string>())) all.insert(recipient(context, name));
    const auto groups = request.value("groups", std::vector<std::string>());
    for (const auto& name : groups)
        for (const auto& member : group_named(context, name).members) add(member);
    if (request.value("everybody", false))
        for (const auto& account : context.accounts.list()) add(account.name);
    if (!all.empty()) return all;
    if (!groups.empty()) throw AdminError("Nobody to send to: nobody in that group may sign in. See: chancery group show " + groups.front());
    throw AdminError("Nobody to send to: name people or rooms with --to, groups with --group, or use --everybody.");
}

/// RFC 6121 §5.2. What is said in a room has no subject: there it would be taken for the title of a message.
std::shared_ptr<const Message> announcement(const Host& host, const Jid& to, std::string_view body) {
    const bool is_in_room = !host.is_local(to);
    const auto type = is_in_room ? MessageType::groupchat : MessageType::normal;
    auto id = "admin-" + to_hex(random_bytes(8));
    std::string xml = "<message type='" + std::string(name_of(type)) + "' from='" + host.domain() + "' to='" +
                      xml::escape(to.text(), xml::Place::attribute) + "' id='" + id + "'>";
    if (!is_in_room) xml += "<subject>Announcement</subject>";
    xml += "<body>";
    xml::append_escaped(xml, body);
    return std::make_shared<const Message>(Message{.from = host.domain_jid(), .to = to, .id = std::move(id), .type = type,
                                                   .traits = {.body = true, .content = true}, .xml = xml + "</body></message>"});
}

std::future<Outcome> send(Host& host, const Jid& to, std::string_view body) {
    std::promise<Outcome> told;
    auto outcome = told.get_future();
    auto& home = host.home_of(to);
    home.shard().post([&home, &host, message = announcement(host, to, body), told = std::move(told)]() mutable {
        home.tasks().spawn(accept(host, std::move(message), std::move(told)));
    });
    return outcome;
}

/// Why nothing was sent; of many recipients the first, who stand for the others.
std::string lament(const json& report) {
    constexpr std::size_t most_named = 5;
    std::string text = "Nothing was sent.";
    for (const auto* how : {"refused", "failed"}) {
        const auto& all = report.at(how);
        for (std::size_t i = 0; i < std::min(all.size(), most_named); ++i)
            text += "\n  " + std::string(how) + ": " + all[i].at("to").get<std::string>() + ": " + all[i].at("reason").get<std::string>();
        if (all.size() > most_named) text += "\n  " + std::string(how) + ": " + std::to_string(all.size() - most_named) + " more";
    }
    return text;
}

}  // namespace

json send_message(Context& context, const json& request) {
    if (!context.host) throw AdminError("No server runs here. Start it first: chancery serve --data " + context.data.string());
    const auto body = request.at("body").get<std::string>();
    if (body.empty()) throw AdminError("There is no text to send.");
    std::vector<std::pair<Jid, std::future<Outcome>>> outcomes;
    for (const auto& to : recipients(context, request)) outcomes.emplace_back(to, send(*context.host, to, body));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::size_t sent = 0;
    json report = {{"refused", json::array()}, {"failed", json::array()}};
    for (auto& [to, told] : outcomes) {
        const auto [kind, reason] = outcome_of(told, deadline);
        if (kind == Outcome::Kind::sent) ++sent;
        else report[kind == Outcome::Kind::refused ? "refused" : "failed"].push_back({{"to", to.text()}, {"reason", reason}});
    }
    if (sent == 0) throw AdminError(lament(report));
    report["sent"] = sent;
    return report;
}

}  // namespace chancery::admin
