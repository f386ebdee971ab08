// What the commands of XEP-0133 share. Each is on record, as those of the command line are, before it is done.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/host.h"
#include "xmpp/data_form.h"

namespace chancery::administration {

using nlohmann::json;

inline constexpr std::string_view ns_admin = "http://jabber.org/protocol/admin";

void add(Host& host, std::string_view node, Command command);

/// A blank form of one of these commands.
DataForm blank(std::string_view title, std::string_view instructions);
DataForm::Field field(std::string_view var, std::string_view type, std::string_view label);
/// The form of a result.
DataForm result();

/// Whom a form names in a field of one address, or of several: accounts of this server, bare or full.
Result<Jid, StanzaError> person_in(Host& host, const xml::Element& form);
Result<std::vector<Jid>, StanzaError> people_in(Host& host, const xml::Element& form);

/// Puts what an administrator does on record. @throws NotRecorded
Task<> record(Host& host, const Iq& iq, json request);

std::unexpected<StanzaError> refusal_of(AccountError error);

/// Ends the session of a full address, or all of a bare one. True when there was one.
Task<bool> end_sessions(Host& host, Jid person, std::string why);

/// The bare addresses of everybody who is signed in.
Task<std::vector<Jid>> online(Host& host);

void add_account_commands(Host& host);
void add_removal(Host& host);
void add_session_commands(Host& host);
void add_figures(Host& host);
void add_notices(Host& host);
void add_stop(Host& host);

}  // namespace chancery::administration
