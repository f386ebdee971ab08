#include "load/talk.h"

#include <utility>

namespace chancery::load {

Talk::Talk(Crowd& crowd, const Target& target, std::size_t window, std::size_t body_bytes,
           std::size_t per_sender)
    : crowd_(crowd),
      run_(new_run()),
      words_(run_),
      window_(window),
      body_bytes_(body_bytes),
      per_sender_(per_sender) {
    senders_.resize(crowd.size() / 2 * 2);
    for (std::size_t i = 0; i < senders_.size(); ++i)
        senders_[i].head = "<message type='chat' to='" + target.bare(i ^ 1) + "' id='";
    crowd.on_stanza = [this](Client& client, std::string_view stanza) { take(client, stanza); };
}

void Talk::begin() {
    for (std::size_t round = 0; round < window_; ++round)
        for (std::size_t i = 0; i < senders_.size(); ++i) write(i);
}

void Talk::write(std::size_t i) {
    auto& sender = senders_[i];
    if (!writing_ || !crowd_[i].is_ready() || (per_sender_ && sender.sent.size() == per_sender_)) return;
    const Mark mark{.group = static_cast<std::uint32_t>(i),
                    .sequence = static_cast<std::uint32_t>(sender.sent.size())};
    stanza_ = sender.head;
    append_mark(stanza_, run_, mark);
    stanza_.back() = '\'';
    stanza_ += "><body>";
    const auto body = stanza_.size();
    append_mark(stanza_, run_, mark);
    stanza_ += words_.next(body_bytes_ - std::min(body_bytes_, stanza_.size() - body));
    stanza_ += "</body></message>";
    sender.sent.push_back(Clock::now());
    ++sent_;
    crowd_[i].send(stanza_);
}

void Talk::take(Client& client, std::string_view stanza) {
    if (name_of(stanza) != "message") return;
    if (attribute_of(stanza, "type") == "error") {
        const auto mark = find_mark(std::string(attribute_of(stanza, "id")) + ' ', run_);
        if (!mark || mark->group != client.number() || !complete(*mark)) return;
        ++errors_;
        return write(mark->group);
    }
    const auto body = stanza.find("<body");
    const auto mark = body == stanza.npos ? std::nullopt : find_mark(stanza.substr(body), run_);
    if (!mark || (mark->group ^ 1) != client.number()) return;
    if (mark->group >= senders_.size() || mark->sequence >= senders_[mark->group].sent.size()) return;
    auto& sender = senders_[mark->group];
    const auto since = sender.sent[mark->sequence];
    if (!complete(*mark)) {
        ++doubled_;
        return;
    }
    ++received_;
    latency_.add(Clock::now() - since);
    out_of_order_ += mark->sequence < sender.next_expected;
    sender.next_expected = std::max(sender.next_expected, mark->sequence + 1);
    write(mark->group);
}

bool Talk::complete(Mark mark) {
    auto& sent = senders_[mark.group].sent[mark.sequence];
    return std::exchange(sent, done) != done;
}

}  // namespace chancery::load
