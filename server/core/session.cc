#include "core/session.h"

#include "core/home.h"
#include "core/host.h"

namespace chancery {
namespace {

constexpr std::string_view acknowledgement_request = "<r xmlns='urn:xmpp:sm:3'/>";

}  // namespace

void Session::send(std::string xml) {
    if (stream.enabled || held_back_) return send(std::make_shared<const std::string>(std::move(xml)));
    if (link_) link_->write(xml);
}

void Session::send(std::shared_ptr<const std::string> xml) { pass({std::move(xml), nullptr}); }

void Session::send(std::shared_ptr<Delivery> delivery) {
    // The recipient's copy lives as long as the delivery: no copy for each resource.
    std::shared_ptr<const std::string> xml(delivery, &delivery->xml);
    pass({std::move(xml), std::move(delivery)});
}

void Session::send_shared(const std::shared_ptr<const std::string>& xml, To to) {
    if (stream.enabled || held_back_) return pass({.xml = xml, .to = to});
    write(*xml, to);
}

void Session::send_again() {
    for (const auto& outgoing : stream.unacknowledged) write(*outgoing.xml, outgoing.to);
}

void Session::write(std::string_view xml, To to) {
    if (!link_) return;
    if (to == To::stands_in_it) return link_->write(xml);
    auto& line = user_.home().line();
    line.clear();
    append_addressed(line, xml, to == To::client ? std::string_view(jid_.text()) : jid_.bare_text());
    link_->write(line);
}

void Session::set_inactive(bool inactive) {
    if (inactive == held_back_.has_value()) return;
    if (inactive) {
        held_back_.emplace();
    } else {
        send_held_back();
        held_back_.reset();
    }
}

/// Sends the stanza, after what was held back, or holds it back too.
void Session::pass(Outgoing outgoing) {
    if (held_back_) {
        const bool held = held_back_->take(outgoing);
        if (!held || held_back_->is_full()) send_held_back();
        if (held) return;
    }
    put(std::move(outgoing));
}

void Session::send_held_back() {
    for (auto& outgoing : held_back_->release()) put(std::move(outgoing));
}

void Session::put(Outgoing outgoing) {
    write(*outgoing.xml, outgoing.to);
    if (stream.enabled) return keep(std::move(outgoing));
    const auto& delivery = outgoing.delivery;
    if (!delivery || !delivery->waits || delivery->settled) return;
    if (written.empty()) user_.home().watch_written(id_);
    written.push_back(delivery);
}

void Session::count_handled() {
    ++stream.handled;
    if (stream.name) user_.home().note({.stream = stream.name, .number = stream.handled, .what = StreamLog::Note::handled});
}

void Session::note_stream() {
    if (!stream.name) return;
    auto number = stream.acknowledged;
    user_.home().note({.stream = stream.name, .number = stream.handled, .what = StreamLog::Note::handled});
    for (const auto& outgoing : stream.unacknowledged) note_sent(++number, outgoing);
}

void Session::note_sent(std::uint32_t number, const Outgoing& outgoing) {
    const auto& delivery = outgoing.delivery;
    if (stream.name && delivery && delivery->waits)
        user_.home().note({.stream = stream.name, .number = number, .what = StreamLog::Note::sent, .position = delivery->position});
}

/// Until the client acknowledges it.
void Session::keep(Outgoing outgoing) {
    note_sent(stream.sent() + 1, outgoing);
    stream.unacknowledged_bytes += outgoing.xml->size();
    stream.unacknowledged.push_back(std::move(outgoing));
    const auto& limits = user_.home().host().config().limits;
    const bool too_many = stream.unacknowledged.size() > static_cast<std::size_t>(limits.unacknowledged) ||
                          stream.unacknowledged_bytes > 2 * static_cast<std::size_t>(limits.unsent_kib) * 1024;
    if (too_many) give_up();
    else request_acknowledgement();
}

/// The client does not acknowledge: what it has not got goes on its way again when the session ends.
void Session::give_up() {
    if (link_) return link_->end({"resource-constraint", "Too many stanzas without an acknowledgement."});
    auto& home = user_.home();
    home.shard().post([&home, id = id_] {  // the caller may be going through the person's sessions
        const auto* session = home.find(id);
        if (session && !session->link_) home.close(id);
    });
}

void Session::request_acknowledgement() {
    if (!link_ || stream.request_open || stream.unacknowledged.empty()) return;
    stream.request_open = true;
    link_->write(acknowledgement_request);
}

}  // namespace chancery
