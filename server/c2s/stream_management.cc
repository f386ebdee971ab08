// XEP-0198: Stream Management 1.6.3, the server's side: acknowledgement and resumption.
//
// What a client does not acknowledge before its session ends goes on its way again (Home::close). The count of what the
// server has handled advances only when a message is on record or answered.

#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"
#include "c2s/client.h"

namespace chancery::c2s {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string failed(std::string_view condition, std::optional<std::uint32_t> handled = {}) {
    std::string xml = "<failed xmlns='urn:xmpp:sm:3'";
    if (handled) xml += " h='" + std::to_string(*handled) + "'";
    return xml.append("><").append(condition).append(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
}

}  // namespace

bool Client::handle_management(xml::View element) {
    auto* here = session();
    if (!here) return true;
    if (element.name() == "enable") {
        stream_->write(enable_management(element.attribute("resume")));
    } else if (element.name() == "resume") {
        stream_->write(failed("unexpected-request"));
    } else if (element.name() == "r") {
        if (!here->stream.enabled) throw StreamError{"unsupported-stanza-type", "Stream management is not enabled."};
        const auto awaited = here->stream.handled + static_cast<std::uint32_t>(in_flight_);
        if (requests_.empty() || requests_.back() != awaited) requests_.push_back(awaited);
        answer_requests();
    } else if (element.name() == "a") {
        if (!here->stream.enabled) throw StreamError{"unsupported-stanza-type", "Stream management is not enabled."};
        take_acknowledgement(element);
    } else {
        return false;
    }
    return true;
}

/// Answers each <r/> once everything that came before it is dealt with, so that its count says so. Those that wait for
/// the same count get one answer: so there are never more of them than messages on their way to the journal.
void Client::answer_requests() {
    auto* here = session();
    while (here && !requests_.empty()) {
        const auto missing = static_cast<std::int32_t>(requests_.front() - here->stream.handled);  // modulo 2^32, §4
        if (missing > 0) return;
        stream_->write("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(here->stream.handled) + "'/>");
        requests_.erase(requests_.begin());
    }
}

/// The answer, <enabled/> or <failed/>. `wish`: the attribute resume.
std::string Client::enable_management(std::string_view wish) {
    auto& state = session()->stream;
    if (state.enabled) return failed("unexpected-request");
    state.enabled = true;
    state.handled = 0;
    const auto longest = service_.config().limits.resume_seconds;
    std::string answer = "<enabled xmlns='urn:xmpp:sm:3'";
    if ((wish == "true" || wish == "1") && longest > 0) {
        state.resume_id = to_hex(random_bytes(16));
        state.name = StreamLog::name(state.resume_id, session()->user().owner());
        session()->note_stream();
        answer += " id='" + state.resume_id + "' resume='true' max='" + std::to_string(longest) + "'";
    }
    return answer + "/>";
}

/// XEP-0198 §5. Only a session of the same account is found: the id is looked for among its own.
/// @returns the answer, <resumed/> or <failed/>. After <resumed/> was written go_on() must follow.
std::string Client::resume(std::string_view previous, std::string_view count) {
    const auto handled = number(count);
    Session* found = nullptr;
    for (const auto& each : home().user(jid_).sessions)
        if (!previous.empty() && each->stream.resume_id == previous) found = each.get();
    if (!handled) return failed("bad-request");
    if (!found) return failed("item-not-found", count_of_ended(previous, *handled));
    if (auto* old_link = found->link()) {  // the server has not noticed yet that the old connection is gone
        found->detach();
        old_link->end({"conflict", "Resumed by another connection."});
    }
    found->attach(*this);
    session_id_ = found->id();
    jid_ = found->jid();
    found->address = stream_->peer().host();
    found->stream.request_open = false;
    acknowledge(*handled);
    auto& state = found->stream;
    return "<resumed xmlns='urn:xmpp:sm:3' previd='" + state.resume_id + "' h='" + std::to_string(state.handled) + "'/>";
}

/// Sends what the client of the session that was resumed has not got.
void Client::go_on() {
    auto& here = *session();
    here.send_again();
    here.set_inactive(false);  // XEP-0352 §5.2
    here.request_acknowledgement();
}

/// How much of the client's had arrived in a stream that is over, if it is known (§5). What the client has of a stream that
/// a crash or a stop of the server ended does not come again.
std::optional<std::uint32_t> Client::count_of_ended(std::string_view id, std::uint32_t received) {
    auto& owner = home().user(jid_);
    for (const auto& [ended, handled] : owner.ended_streams)
        if (ended == id) return handled;
    const auto past = service_.host().ledger().streams().take(StreamLog::name(id, owner.owner()), received);
    if (!past) return std::nullopt;
    home().settle_received(owner, past->received);
    return past->handled;
}

void Client::take_acknowledgement(xml::View acknowledgement) {
    const auto handled = number(acknowledgement.attribute("h"));
    if (!handled) throw StreamError{"invalid-xml", "The attribute h must be a number."};
    session()->stream.request_open = false;
    acknowledge(*handled);
    session()->request_acknowledgement();
}

void Client::acknowledge(std::uint32_t handled) {
    auto& state = session()->stream;
    const std::uint32_t fresh = handled - state.acknowledged;  // modulo 2^32, §4
    if (fresh > state.unacknowledged.size())
        throw StreamError{"undefined-condition", "You acknowledge more than was sent.",
                          "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled) +
                              "' send-count='" + std::to_string(state.sent()) + "'/>"};
    const auto begin = state.unacknowledged.begin(), end = begin + fresh;
    for (auto outgoing = begin; outgoing != end; ++outgoing) {
        if (outgoing->delivery) home().settle(*outgoing->delivery);
        state.unacknowledged_bytes -= outgoing->xml->size();
    }
    state.unacknowledged.erase(begin, end);
    state.acknowledged = handled;
}

/// Ends a session that nobody has resumed in time.
static Task<> expire(Home& home, SessionId id, std::chrono::milliseconds limit) {
    co_await net::sleep(limit);
    auto* session = home.find(id);
    if (session && !session->link()) home.close(id);
}

Task<> Client::expire_later(SessionId id) {
    return expire(home(), id, std::chrono::seconds(service_.config().limits.resume_seconds));
}

}  // namespace chancery::c2s
