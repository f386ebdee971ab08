// XEP-0198: Stream Management 1.6.3 between servers: acknowledgement in either direction, without resumption.

#include <charconv>

#include "s2s/exchange.h"

namespace chancery::s2s {
namespace {

std::uint32_t count_in(xml::View element) {
    const auto text = element.attribute("h");
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw StreamError{"invalid-xml", "The attribute h must be a number."};
    return value;
}

}  // namespace

void Exchange::handle_management(xml::View element) {
    if (element.name() == "enable" && !agreement_.we_called && !answers_) {
        answers_ = true;
        handled_ = 0;
        // What went out before is not counted by the peer: it would have to be told apart.
        managed_ = outbox_ && outbox_->unacknowledged() == 0 && !has_sent_;
        stream_->write("<enabled xmlns='urn:xmpp:sm:3'/>");
    } else if (element.name() == "enabled" && agreement_.we_called && managed_) {
        answers_ = true;
    } else if (element.name() == "failed" && agreement_.we_called && managed_) {
        managed_ = false;
        acknowledge_written();
    } else if (element.name() == "r" && (answers_ || managed_)) {
        const auto awaited = handled_ + static_cast<std::uint32_t>(in_flight_);
        if (requests_.empty() || requests_.back() != awaited) requests_.push_back(awaited);
        answer_requests();
    } else if (element.name() == "a" && managed_) {
        take_acknowledgement(element);
    } else {
        throw StreamError{"unsupported-stanza-type"};
    }
}

/// A stanza of the peer is dealt with: on record, or answered.
void Exchange::count() {
    ++handled_;
    answer_requests();
}

/// Each <r/> once everything that came before it is dealt with; those that wait for the same count get one answer.
void Exchange::answer_requests() {
    while (!requests_.empty()) {
        const auto missing = static_cast<std::int32_t>(requests_.front() - handled_);  // modulo 2^32, §4
        if (missing > 0) return;
        stream_->write("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>");
        requests_.erase(requests_.begin());
    }
}

void Exchange::request_acknowledgement() {
    if (request_open_ || !outbox_ || outbox_->unacknowledged() == 0) return;
    request_open_ = true;
    stream_->write("<r xmlns='urn:xmpp:sm:3'/>");
}

void Exchange::take_acknowledgement(xml::View element) {
    const auto handled = count_in(element);
    const std::uint32_t fresh = handled - acknowledged_;  // modulo 2^32, §4
    if (!outbox_ || fresh > outbox_->unacknowledged())
        throw StreamError{"undefined-condition", "You acknowledge more than was sent.",
                          "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled) + "'/>"};
    request_open_ = false;
    acknowledged_ = handled;
    if (fresh > 0) last_progress_ = stream_->shard().now();
    outbox_->acknowledge(fresh);
    request_acknowledgement();
}

}  // namespace chancery::s2s
