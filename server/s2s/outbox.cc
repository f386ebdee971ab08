#include "s2s/outbox.h"

#include "s2s/board.h"

namespace chancery::s2s {

void Outbox::add(Parcel parcel) {
    bytes_ += parcel.xml.size();
    waiting_.push_back(std::move(parcel));
    show();
}

void Outbox::put(Parcel parcel) {
    const auto most = static_cast<std::size_t>(settings_.queue_messages), most_mib = static_cast<std::size_t>(settings_.queue_mib);
    if (waiting_.size() + sent_.size() >= most || bytes_ + parcel.xml.size() > most_mib << 20)
        return give_back(parcel, {Condition::resource_constraint, "Too much waits for " + pair_.theirs + " already. Try again later."});
    add(std::move(parcel));
    if (carrier_) carrier_->send_waiting();
}

const Parcel* Outbox::next() {
    if (waiting_.empty() || sent_.size() >= window) return nullptr;
    sent_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    return &sent_.back();
}

void Outbox::forget(const Parcel& parcel) { bytes_ -= parcel.xml.size(); }

void Outbox::acknowledge(std::size_t count) {
    for (std::size_t i = 0; i < count && !sent_.empty(); ++i) {
        auto& parcel = sent_.front();
        if (parcel.delivery) host_.settle(parcel.delivery);
        forget(parcel);
        sent_.pop_front();
    }
    board_.change(pair_.theirs, [&](DomainStatus& status) { status.sent += count; });
    show();
    if (carrier_ && !waiting_.empty()) carrier_->send_waiting();
}

void Outbox::lost() {
    const StanzaError broken{Condition::remote_server_timeout, "The connection to " + pair_.theirs + " broke before an answer came."};
    while (!sent_.empty()) {
        auto parcel = std::move(sent_.back());
        sent_.pop_back();
        if (parcel.kind == "iq") {
            forget(parcel);
            give_back(parcel, broken);
        } else {
            waiting_.push_front(std::move(parcel));
        }
    }
    show();
}

/// The ledger's entry ends here: whoever wrote it is told, as far as they are there.
void Outbox::give_back(const Parcel& parcel, const StanzaError& error) {
    if (parcel.delivery) host_.settle(parcel.delivery);
    if (parcel.wants_error) host_.send_error(parcel.from, parcel.kind, parcel.to, parcel.id, error);
    board_.change(pair_.theirs, [](DomainStatus& status) { ++status.returned; });
    if (parcel.delivery) log::warning("s2s.message_returned", {{"domain", pair_.theirs}, {"position", parcel.delivery->position}, {"cause", error.text}});
}

void Outbox::unreachable(const StanzaError& why, bool is_final) {
    const auto gone = [&](const Parcel& parcel) {
        if (parcel.is_patient && !is_final) return false;
        forget(parcel);
        give_back(parcel, why);
        return true;
    };
    std::erase_if(waiting_, gone);
    show();
}

void Outbox::expire(Time now) {
    const auto before = waiting_.size();
    const auto is_over = [&](const Parcel& parcel) {
        if (parcel.until > now) return false;
        forget(parcel);
        give_back(parcel, {Condition::remote_server_timeout, pair_.theirs + " could not be reached in time."});
        return true;
    };
    std::erase_if(waiting_, is_over);
    if (waiting_.size() != before) show();
}

void Outbox::show() {
    board_.change(pair_.theirs, [&](DomainStatus& status) { status.waiting = waiting_.size() + sent_.size(); });
}

}  // namespace chancery::s2s
