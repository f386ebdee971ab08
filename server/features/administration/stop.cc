// Stopping the server, and starting it anew (XEP-0133 §4.30, §4.31): the people who are here are told, and the process is told by
// the signal that its administrator would send it, so that it ends as cleanly.

#include <unistd.h>

#include <atomic>
#include <charconv>

#include "base/signals.h"
#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

constexpr std::int64_t longest_delay = 3'600;  // seconds

/// That it is going to happen.
struct Stopping {
    std::atomic<bool> is_announced = false;
};

Task<Reply> form_of(std::string_view title) {
    auto form = blank(title, "The people who are here read the announcement now; the server goes when the time is over.");
    auto delay = field("delay", "text-single", "Seconds until then, up to 3600"), words = field("announcement", "text-multi", "Announcement");
    words.required = false;
    delay.values = {"60"};
    co_return form.add(std::move(delay)).add(std::move(words)).to_xml();
}

Task<Reply> stop_form(Host&, const Iq&) { return form_of("Shut down the server"); }
Task<Reply> restart_form(Host&, const Iq&) { return form_of("Restart the server"); }

Task<> signal_later(std::chrono::seconds delay, int signal) {
    co_await net::sleep(delay);
    ::kill(::getpid(), signal);
}

Task<Reply> go(Host& host, const Iq& iq, const xml::Element& element, std::string_view command, int signal) {
    const DataForm form(element);
    const auto text = form.text("delay"), words = form.text("announcement");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > longest_delay)
        co_return refuse(Condition::not_acceptable, "The delay is a number of seconds, from 0 to " + std::to_string(longest_delay) + ".");
    if (host.kept<Stopping>().is_announced.exchange(true)) co_return refuse(Condition::conflict, "The server stops or restarts already.");
    const auto everybody = words.empty() ? std::vector<Jid>() : co_await online(host);
    try {
        co_await record(host, iq, {{"command", command}, {"delay", seconds}, {"people", everybody.size()}});
    } catch (...) {
        host.kept<Stopping>().is_announced = false;
        throw;
    }
    for (const auto& person : everybody) host.announce(person, "Announcement", words);
    host.home_of(iq.from).tasks().spawn(signal_later(std::chrono::seconds(seconds), signal));
    co_return "The server goes in " + std::to_string(seconds) + " seconds.";
}

Task<Reply> stop(Host& host, const Iq& iq, const xml::Element& form) { return go(host, iq, form, "server stop", SIGTERM); }
Task<Reply> restart(Host& host, const Iq& iq, const xml::Element& form) { return go(host, iq, form, "server restart", restart_signal); }

}  // namespace

void add_stop(Host& host) {
    host.keep(std::make_shared<Stopping>());
    add(host, "http://jabber.org/protocol/admin#shutdown", {.name = "Shut down the server", .form = stop_form, .submit = stop});
    add(host, "http://jabber.org/protocol/admin#restart", {.name = "Restart the server", .form = restart_form, .submit = restart});
}

}  // namespace chancery::administration
