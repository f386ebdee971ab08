#include "admin/in_server.h"

#include <future>

#include "admin/admin.h"
#include "base/log.h"

namespace chancery::admin {
namespace {

Task<> run_command(Host& host, const chancery::Command& command, xml::Element form, std::shared_ptr<std::promise<Reply>> done) {
    const Iq iq{.from = host.domain_jid(), .to = host.domain_jid(), .is_set = true, .id = {}, .payload = form};
    Reply reply = refuse(Condition::internal_server_error, "The server could not do that now. Its log says why.");
    try {
        reply = co_await (command.submit_first ? command.submit_first : command.submit)(host, iq, form);
    } catch (const std::exception& failure) {
        log::error("admin.command_failed", {{"command", command.name}, {"cause", failure.what()}});
    }
    done->set_value(std::move(reply));
}

}  // namespace

Reply run_in_server(Host& host, std::string_view node, xml::Element form) {
    const auto& command = host.commands().at(node);
    auto done = std::make_shared<std::promise<Reply>>();
    auto reply = done->get_future();
    auto& home = host.home(0);
    home.shard().post([&home, &host, &command, form = std::move(form), done = std::move(done)]() mutable {
        home.tasks().spawn(run_command(host, command, std::move(form), std::move(done)));
    });
    try {
        return reply.get();
    } catch (const std::future_error&) {
        throw AdminError("The server stops: ask again when it has started.");
    }
}

}  // namespace chancery::admin
