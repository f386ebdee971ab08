#include "c2s/bosh_stream.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "xml/escape.h"
#include "xml/parse.h"
#include "xml/standalone.h"

namespace chancery::c2s {
namespace {

constexpr std::size_t most_unread = 512 * 1024;
constexpr auto farewell_limit = std::chrono::seconds(5);  // for a client to come and fetch the end of the stream

std::string attribute(std::string_view name, std::string_view value) {
    std::string text = " ";
    text.append(name).append("='");
    xml::append_escaped(text, value, xml::Place::attribute);
    return text.append("'");
}

}  // namespace

BoshStream::BoshStream(BoshRegistry& registry, std::string sid, const BoshRequest& request, const net::Address& peer,
                       const xml::Limits& limits)
    : registry_(registry), shard_(&net::Shard::current()), sid_(std::move(sid)), peer_(peer),
      wait_(std::min<std::chrono::seconds>(std::chrono::seconds(request.wait), longest_wait)),
      hold_(request.hold > 0 && request.wait > 0 ? 1 : 0), requests_(hold_ + 1), acknowledges_(request.acknowledges), limits_(limits),
      last_rid_(request.rid - 1), last_request_(shard_->now() - polling) {
    registry_.enter(*this);
    put_header(request);
    watch_time();
}

BoshStream::~BoshStream() {
    registry_.leave(*this, true);
    for (const auto& held : held_) settle(held, terminate_body("item-not-found"));
    for (const auto& [rid, early] : early_) settle(early.held, terminate_body("item-not-found"));
}

// Requests.

/// The start tag of the stream, as far as BOSH has one: the attributes of the body that opens it.
void BoshStream::put_header(const BoshRequest& request) {
    auto xml = "<open" + attribute("version", request.version);
    if (!request.to.empty()) xml += attribute("to", request.to);
    if (!request.from.empty()) xml += attribute("from", request.from);
    inbox_.push_back({.xml = xml + "/>", .is_header = true});
}

std::shared_ptr<BoshStream::Held> BoshStream::take(BoshRequest request) {
    auto held = std::make_shared<Held>(request.rid, shard_->after(wait_));
    if (lost_ || (is_closing_ && closed_by_client_)) {
        settle(held, terminate_body("item-not-found"));
        return held;
    }
    const auto window = requests_ + (request.terminates || request.pause > 0 ? 1 : 0);  // §11
    if (request.rid <= last_rid_) return take_again(held);
    if (request.rid > last_rid_ + window) {  // §14.2
        break_off("item-not-found");
        settle(held, terminate_body("item-not-found"));
        return held;
    }
    if (const auto earlier = early_.find(request.rid); earlier != early_.end())
        settle(earlier->second.held, BoshResponse{.attributes = " type='error'", .content = {}}.to_xml());
    const auto rid = request.rid;
    early_.insert_or_assign(rid, Early{std::move(request), held});
    process_in_order();
    return held;
}

/// §14.3: the connection of the first one broke. It gets the answer that the first one got, or will get.
std::shared_ptr<BoshStream::Held> BoshStream::take_again(HeldRequest again) {
    if (const auto known = answers_.find(again->rid); known != answers_.end()) {
        settle(again, known->second);
        return again;
    }
    const auto place = std::ranges::find_if(held_, [&](const auto& held) { return held->rid == again->rid; });
    if (place == held_.end()) {
        break_off("item-not-found");
        settle(again, terminate_body("item-not-found"));
        return again;
    }
    settle(*place, BoshResponse{.attributes = " type='error'", .content = {}}.to_xml());
    *place = again;
    watch_time();
    return again;
}

void BoshStream::process_in_order() {
    while (unread_bytes_ <= most_unread && !lost_) {
        const auto next = early_.find(last_rid_ + 1);
        if (next == early_.end()) return;
        auto early = std::move(next->second);
        early_.erase(next);
        process(std::move(early));
    }
}

void BoshStream::process(Early next) {
    ++last_rid_;
    unconfirmed_ = 0;
    held_.push_back(next.held);
    auto& request = next.request;
    patience_ = inactivity;
    if (!has_right_key(request)) return break_off("item-not-found");
    if (polls_too_often(request)) return break_off("policy-violation");
    for (auto& payload : request.payloads) {
        unread_bytes_ += payload.size();
        inbox_.push_back({.xml = std::move(payload), .is_header = false});
    }
    if (request.restarts) put_header(request);
    if (request.terminates) closed_by_client_ = true;
    news_.set();
    if (has_begun_ && request.pause > 0 && std::chrono::seconds(request.pause) <= longest_pause) pause(std::chrono::seconds(request.pause));
    flush_soon();
    watch_time();
}

/// §10: all that waits is answered, with nothing; what there is to say waits for the client to come back.
void BoshStream::pause(std::chrono::seconds period) {
    auto kept = std::exchange(outbox_, {});
    while (!held_.empty()) answer_oldest();
    outbox_ = std::move(kept);
    patience_ = period;
}

/// §15: each key is the one whose hash was shown before, so that who has only listened cannot go on.
bool BoshStream::has_right_key(const BoshRequest& request) {
    const auto in_small_letters = [](std::string text) {
        for (auto& letter : text)
            if (letter >= 'A' && letter <= 'F') letter = static_cast<char>(letter - 'A' + 'a');
        return text;
    };
    if (!last_key_.empty() && to_hex(hash(Hash::sha1, request.key)) != last_key_) return false;
    if (!request.new_key.empty()) last_key_ = in_small_letters(request.new_key);
    else if (!last_key_.empty()) last_key_ = in_small_letters(request.key);
    return true;
}

/// §12: two requests with nothing in them, and nothing to be told, within `polling`.
bool BoshStream::polls_too_often(const BoshRequest& request) {
    const auto since = shard_->now() - std::exchange(last_request_, shard_->now());
    return std::exchange(was_empty_, request.is_empty()) && request.is_empty() && hold_ == 0 && since < polling;
}

// Answers.

void BoshStream::settle(const HeldRequest& held, std::string body) {
    held->answer = std::move(body);
    held->signed_in = has_signed_in_;
    held->settled.set();
}

void BoshStream::answer_oldest() {
    const auto held = held_.front();
    held_.pop_front();
    BoshResponse response{.attributes = std::exchange(creation_, {}), .content = std::exchange(outbox_, {})};
    if (acknowledges_ && last_rid_ != held->rid && response.attributes.empty()) response.attributes = attribute("ack", std::to_string(last_rid_));
    if (!response.content.empty()) was_empty_ = false;
    unconfirmed_ += response.content.size();
    auto body = response.to_xml();
    answers_[held->rid] = body;
    if (answers_.size() > requests_) answers_.erase(answers_.begin());
    settle(held, std::move(body));
}

void BoshStream::flush_soon() {
    if (!flush_.is_linked()) shard_->flush_at_turn_end(flush_);
}

void BoshStream::flush() {
    if (is_closing_ || lost_ || !has_begun_ || closed_by_client_) return;
    const bool has_news = !outbox_.empty();
    if (creation_.empty() || has_news) {  // the first answer has the features
        if (has_news && !held_.empty()) answer_oldest();
        while (held_.size() > hold_) answer_oldest();
    }
    watch_time();
}

/// The next thing that happens by itself: an answer without content, or the end of a session that nobody asks after.
void BoshStream::watch_time() {
    timer_.cancel();
    if (is_closing_ || lost_) return;
    if (held_.empty()) return timer_.start(patience_, [this] { lose("the client asks no more"); });
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(held_.front()->deadline - shard_->now());
    timer_.start(std::max(left, std::chrono::milliseconds(1)), [this] { wait_is_over(); });
}

void BoshStream::wait_is_over() {
    const bool is_due = !held_.empty() && held_.front()->deadline <= shard_->now();
    if (is_due && has_begun_) answer_oldest();
    if (is_due && !has_begun_) return timer_.start(std::chrono::seconds(1), [this] { wait_is_over(); });
    watch_time();
}

void BoshStream::break_off(std::string_view condition) {
    for (const auto& held : std::exchange(held_, {})) settle(held, terminate_body(condition));
    for (const auto& [rid, early] : std::exchange(early_, {})) settle(early.held, terminate_body(condition));
    lose(std::string(condition));
}

void BoshStream::lose(std::string reason) {
    if (!lost_) lost_ = std::move(reason);
    has_dropped_ = has_dropped_ || unsent() > 0;
    outbox_ = {};
    timer_.cancel();
    news_.set();
}

// The stream.

static Task<> wait_for(net::Event& event) { co_await event.wait(); }

Task<> BoshStream::news(std::chrono::milliseconds limit) {
    if (limit <= std::chrono::milliseconds::zero()) throw net::Timeout();
    news_.reset();
    auto waiting = wait_for(news_);
    co_await net::within(limit, std::move(waiting));
}

Task<xml::Event> BoshStream::next(std::chrono::milliseconds limit) {
    element_ = {};
    const auto deadline = shard_->after(left(limit));
    while (true) {
        if (cancelled_) throw net::Cancelled(*cancelled_);
        if (lost_) throw net::ConnectionLost("BOSH: " + *lost_);
        if (!inbox_.empty()) break;
        if (closed_by_client_) co_return xml::Event::footer;
        co_await news(std::chrono::ceil<std::chrono::milliseconds>(deadline - shard_->now()));
    }
    auto unread = std::move(inbox_.front());
    inbox_.pop_front();
    if (!unread.is_header) unread_bytes_ -= unread.xml.size();
    process_in_order();
    auto element = xml::parse_owned(std::move(unread.xml), limits_);
    if (!element) throw StreamError{xml::condition_of(element.error())};
    element_ = std::move(*element);
    co_return unread.is_header ? xml::Event::header : xml::Event::element;
}

void BoshStream::send_header(std::string_view domain, std::string_view, std::string_view id) {
    if (std::exchange(has_begun_, true)) return;  // a new stream in the same session has no attributes
    const auto seconds = [](std::chrono::seconds time) { return std::to_string(time.count()); };
    creation_ = attribute("sid", sid_) + attribute("wait", seconds(wait_)) + attribute("requests", std::to_string(requests_)) +
                attribute("hold", std::to_string(hold_)) + attribute("inactivity", seconds(inactivity)) +
                attribute("polling", seconds(polling)) + attribute("maxpause", seconds(longest_pause)) + attribute("ver", "1.6") + attribute("from", domain) + attribute("authid", id) +
                " xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' xmpp:restartlogic='true'";
    if (acknowledges_) creation_ += attribute("ack", std::to_string(last_rid_));
}

void BoshStream::write(std::string_view xml) {
    if (lost_) {
        has_dropped_ = true;
        return;
    }
    xml::append_standalone(outbox_, xml);
    if (outbox_.size() > unsent_limit_) return lose("slow consumer");
    flush_soon();
}

Task<> BoshStream::drained(std::chrono::milliseconds limit) {
    const auto deadline = shard_->after(limit);
    while (unsent() > 0 && !closed_by_client_) {
        if (lost_) throw net::ConnectionLost("BOSH: " + *lost_);
        co_await news(std::chrono::ceil<std::chrono::milliseconds>(deadline - shard_->now()));
    }
}

void BoshStream::cancel(std::string reason) {
    if (!cancelled_) cancelled_ = std::move(reason);
    news_.set();
}

Task<> BoshStream::close(const std::optional<StreamError>& reason) {
    is_closing_ = true;
    timer_.cancel();
    const auto deadline = shard_->after(farewell_limit);
    try {
        while (!lost_ && held_.empty()) co_await news(std::chrono::ceil<std::chrono::milliseconds>(deadline - shard_->now()));
    } catch (const net::Timeout&) {
    }
    if (held_.empty()) co_return;
    // §17.2: an error of XMPP stands in the body.
    const std::string_view condition = !reason ? "" : reason->condition == "system-shutdown" ? "system-shutdown" : "remote-stream-error";
    settle(held_.front(), terminate_body(condition, std::exchange(outbox_, {}), std::exchange(creation_, {})));
    held_.pop_front();
    for (const auto& held : std::exchange(held_, {})) settle(held, BoshResponse().to_xml());
}

// Moving.

BoshStream::HeldRequest BoshStream::follow(const HeldRequest& held, net::Shard& target) {
    auto successor = std::make_shared<Held>(held->rid, held->deadline);
    held->successor = successor;
    held->shard = &target;
    held->settled.set();
    return successor;
}

/// It moves once: when it is known whose it is.
void BoshStream::move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) {
    element_ = {};  // its memory belongs to this thread
    timer_.cancel();
    flush_.unlink();
    has_signed_in_ = true;
    registry_.leave(*this, false);
    for (auto& held : held_) held = follow(held, target);
    for (auto& [rid, early] : early_) early.held = follow(early.held, target);
    shard_ = &target;
    target.post([this, self = std::move(self), then = std::move(then)]() mutable {
        registry_.enter(*this);
        flush_soon();
        watch_time();
        then(std::move(self));
    });
}

}  // namespace chancery::c2s
