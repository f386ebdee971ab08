#include "core/session.h"

#include "core/home.h"
#include "core/host.h"

namespace chancery {
namespace {

constexpr std::string_view acknowledgement_request = "<r xmlns='urn:xmpp:sm:3'/>";

}  // namespace

void Session::send(std::string xml) {
    if (stream.enabled) return send(std::make_shared<const std::string>(std::move(xml)));
    if (link_) link_->write(xml);
}

void Session::send(std::shared_ptr<const std::string> xml) { queue({std::move(xml), nullptr}); }

void Session::send(std::shared_ptr<Delivery> delivery) {
    // The recipient's copy lives as long as the delivery: no copy for each resource.
    std::shared_ptr<const std::string> xml(delivery, &delivery->xml);
    if (stream.enabled) return queue({std::move(xml), std::move(delivery)});
    if (link_) link_->write(*xml);
    if (!delivery->waits || delivery->settled) return;
    if (written.empty()) user_.home().watch_written(id_);
    written.push_back(std::move(delivery));
}

void Session::queue(Outgoing outgoing) {
    if (link_) link_->write(*outgoing.xml);
    if (!stream.enabled) return;
    stream.unacknowledged.push_back(std::move(outgoing));
    const auto limit = static_cast<std::size_t>(user_.home().host().config().limits.unacknowledged);
    if (stream.unacknowledged.size() > limit) {
        if (link_) link_->end({"resource-constraint", "Too many stanzas without an acknowledgement."});
        return;
    }
    request_acknowledgement();
}

void Session::request_acknowledgement() {
    if (!link_ || stream.request_open || stream.unacknowledged.empty()) return;
    stream.request_open = true;
    link_->write(acknowledgement_request);
}

}  // namespace chancery
