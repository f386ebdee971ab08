// XEP-0363: HTTP File Upload, version 1.2.0: upload.DOMAIN, where people here ask for a place to put a file.
#pragma once
#include "core/route.h"
#include "xmpp/errors.h"

namespace chancery::files {

class Files;
struct Slot;

class Slots final : public Service {
  public:
    explicit Slots(Files& files) : files_(files) {}

    Task<> take_message(SessionId sender, std::shared_ptr<const Message> message) override;
    Task<> take_presence(StanzaIn presence) override;
    Task<> take_iq(StanzaIn iq) override;

  private:
    Task<Reply> answer(const StanzaIn& iq);
    std::string description() const;
    Task<Reply> give_slot(const StanzaIn& iq);
    Result<Slot, StanzaError> wanted_by(const StanzaIn& iq) const;

    Files& files_;
};

}  // namespace chancery::files
