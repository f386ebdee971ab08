#include "load/bystanders.h"

#include "load/splitter.h"

namespace chancery::load {
namespace {

constexpr auto pause = std::chrono::milliseconds(50);

}  // namespace

void Bystanders::turn() {
    if (waiting_ || Clock::now() - since_ < pause) return;
    auto& writer = written_ % 2 ? other_ : one_;
    auto& reader = written_ % 2 ? one_ : other_;
    std::string stanza = "<message type='chat' id='bystander' to='" + reader.jid() + "'><body>";
    append_mark(stanza, run_, {.group = 0, .sequence = written_++});
    writer.send(stanza + "meanwhile</body></message>");
    since_ = Clock::now();
    waiting_ = true;
}

void Bystanders::take(std::string_view stanza) {
    const auto body = stanza.find("<body");
    const auto mark = body == stanza.npos ? std::nullopt : find_mark(stanza.substr(body), run_);
    if (!waiting_ || !mark || mark->sequence + 1 != written_) return;
    waiting_ = false;
    times_.add(Clock::now() - since_);
}

double Bystanders::percentile_ms(double percent) {
    auto times = times_;
    if (waiting_) times.add(Clock::now() - since_);
    return times.percentile_ms(percent);
}

}  // namespace chancery::load
