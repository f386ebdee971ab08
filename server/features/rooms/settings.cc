#include "features/rooms/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>


namespace chancery::rooms {
namespace {

constexpr std::string_view announcements_field = "{urn:chancery:rooms:0}announcements";
constexpr std::size_t name_limit_bytes = 1'000, description_limit_bytes = 4'000, short_limit_bytes = 1'000;
constexpr std::array<std::string_view, 4> private_names{"none", "moderators", "participants", "anyone"};

struct RoleName {
    Role role;
    std::string_view value, label;
};
constexpr std::array<RoleName, 3> shown_roles{{{Role::moderator, "moderator", "Moderators"},
                                               {Role::participant, "participant", "Participants"},
                                               {Role::visitor, "visitor", "Visitors"}}};

std::vector<Option> role_options() {
    std::vector<Option> options;
    for (const auto& each : shown_roles) options.push_back({each.value, each.label});
    return options;
}

std::vector<std::string> role_values(const bool (&chosen)[4]) {
    std::vector<std::string> values;
    for (const auto& each : shown_roles)
        if (chosen[static_cast<std::size_t>(each.role)]) values.emplace_back(each.value);
    return values;
}

std::unexpected<StanzaError> unacceptable(std::string text) { return refuse(Condition::not_acceptable, std::move(text)); }

/// Reads the fields of a form one after the other; the first that is wrong is kept.
class Reader {
  public:
    explicit Reader(const Form& form) : form_(form) {}

    void flag(std::string_view name, bool& value) {
        if (!form_.has(name)) return;
        const auto given = form_.flag(name);
        if (given) value = *given;
        else fail(name, "is neither true nor false");
    }
    void text(std::string_view name, std::string& value, std::size_t limit_bytes) {
        const auto given = form_.text(name);
        if (!given) return;
        if (given->size() > limit_bytes) fail(name, "is too long");
        else value = *given;
    }
    void number(std::string_view name, std::int64_t& value, std::int64_t highest) {
        const auto given = form_.text(name);
        if (!given || given->empty()) return;
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
        if (error != std::errc() || end != given->data() + given->size() || number < 0) fail(name, "is not a number");
        else value = std::min(number, highest);
    }
    void roles(std::string_view name, bool (&chosen)[4]) {
        if (!form_.has(name)) return;
        std::fill(std::begin(chosen), std::end(chosen), false);
        for (const auto& value : form_.list(name)) {
            const auto role = role_of(value);
            if (role) chosen[static_cast<std::size_t>(*role)] = true;
        }
    }
    void fail(std::string_view name, std::string_view why) {
        if (failure_.empty()) failure_.append("The field ").append(name).append(" ").append(why).append(".");
    }
    const std::string& failure() const { return failure_; }

  private:
    const Form& form_;
    std::string failure_;
};

}  // namespace

Role Settings::role_of(Affiliation affiliation) const {
    if (affiliation >= Affiliation::admin) return Role::moderator;
    if (is_announcement_only) return Role::visitor;
    return is_moderated && affiliation != Affiliation::member ? Role::visitor : Role::participant;
}

bool Settings::may_write_privately(Role role) const {
    switch (private_messages) {
        case PrivateMessages::nobody: return false;
        case PrivateMessages::moderators: return role == Role::moderator;
        case PrivateMessages::participants: return role >= Role::participant;
        case PrivateMessages::anyone: return role != Role::none;
    }
    std::unreachable();
}

void Settings::write(FormWriter& form) const {
    const auto occupants = most_occupants ? std::to_string(most_occupants) : std::string("none");
    form.text("muc#roomconfig_roomname", "Name", name)
        .text("muc#roomconfig_roomdesc", "Description", description)
        .text("muc#roomconfig_lang", "Language of what is said here", language)
        .flag("muc#roomconfig_persistentroom", "The room stays when everybody has left", is_persistent)
        .flag("muc#roomconfig_publicroom", "The room is listed", is_public)
        .flag("muc#roomconfig_membersonly", "Only members may enter", is_members_only)
        .flag("muc#roomconfig_moderatedroom", "Who is no member may only listen", is_moderated)
        .flag(announcements_field, "Only moderators may speak", is_announcement_only)
        .flag("muc#roomconfig_passwordprotectedroom", "A password is needed to enter", has_password)
        .text("muc#roomconfig_roomsecret", "Password", password, "text-private")
        .list("muc#roomconfig_whois", "Who sees real addresses", "list-single", {{"moderators", "Moderators"}, {"anyone", "Everybody"}},
              {is_anonymous ? "moderators" : "anyone"})
        .flag("muc#roomconfig_changesubject", "Whoever may speak may change the subject", may_change_subject)
        .flag("muc#roomconfig_allowinvites", "Occupants may invite others", may_invite)
        .list("muc#roomconfig_allowpm", "Who may write privately", "list-single",
              {{"anyone", "Everybody"}, {"participants", "Who may speak"}, {"moderators", "Moderators"}, {"none", "Nobody"}},
              {std::string(private_names[static_cast<std::size_t>(private_messages)])})
        .list("muc#roomconfig_presencebroadcast", "Whose presence is shown", "list-multi", role_options(), role_values(shows))
        .list("muc#roomconfig_getmemberlist", "Who may see the lists of members", "list-multi", role_options(), role_values(lists))
        .list("muc#roomconfig_maxusers", "Most occupants", "list-single",
              {{"10", "10"}, {"50", "50"}, {"200", "200"}, {"1000", "1000"}, {"none", "As many as the service allows"}}, {occupants})
        .text("muc#maxhistoryfetch", "Messages of the past shown to who enters", std::to_string(history))
        .text("muc#roomconfig_pubsub", "Associated publish-subscribe node", pubsub)
        .flag("muc#roomconfig_enablelogging", "What is said is on the record (always)", true);
}

std::string Settings::form(std::int64_t most_history) const {
    FormWriter writer("form", form_config);
    writer.title("Configuration of the room").instructions("Everything said in a room is on the record, whatever is set here. History: at most " +
                                                           std::to_string(most_history) + " messages.");
    write(writer);
    return writer.xml();
}

std::string Settings::stored() const {
    FormWriter writer("submit", form_config);
    write(writer);
    return writer.xml();
}

Result<void, StanzaError> Settings::apply(const Form& form, std::int64_t most_history) {
    auto changed = *this;
    Reader reader(form);
    reader.text("muc#roomconfig_roomname", changed.name, name_limit_bytes);
    reader.text("muc#roomconfig_roomdesc", changed.description, description_limit_bytes);
    reader.text("muc#roomconfig_lang", changed.language, short_limit_bytes);
    reader.text("muc#roomconfig_pubsub", changed.pubsub, short_limit_bytes);
    reader.text("muc#roomconfig_roomsecret", changed.password, short_limit_bytes);
    reader.flag("muc#roomconfig_persistentroom", changed.is_persistent);
    reader.flag("muc#roomconfig_publicroom", changed.is_public);
    reader.flag("muc#roomconfig_membersonly", changed.is_members_only);
    reader.flag("muc#roomconfig_moderatedroom", changed.is_moderated);
    reader.flag(announcements_field, changed.is_announcement_only);
    reader.flag("muc#roomconfig_passwordprotectedroom", changed.has_password);
    reader.flag("muc#roomconfig_changesubject", changed.may_change_subject);
    reader.flag("muc#roomconfig_allowinvites", changed.may_invite);
    reader.roles("muc#roomconfig_presencebroadcast", changed.shows);
    reader.roles("muc#roomconfig_getmemberlist", changed.lists);
    reader.number("muc#maxhistoryfetch", changed.history, most_history);
    if (form.text("muc#roomconfig_maxusers") == "none") changed.most_occupants = 0;
    else reader.number("muc#roomconfig_maxusers", changed.most_occupants, 1'000'000);
    if (const auto whois = form.text("muc#roomconfig_whois")) {
        if (*whois == "anyone" || *whois == "moderators") changed.is_anonymous = *whois == "moderators";
        else reader.fail("muc#roomconfig_whois", "must be moderators or anyone");
    }
    if (const auto allowed = form.text("muc#roomconfig_allowpm")) {
        const auto found = std::ranges::find(private_names, *allowed);
        if (found != private_names.end()) changed.private_messages = static_cast<PrivateMessages>(found - private_names.begin());
        else reader.fail("muc#roomconfig_allowpm", "must be anyone, participants, moderators or none");
    }
    if (form.flag("muc#roomconfig_enablelogging") == false)
        return unacceptable("What is said in a room is always on the record: that cannot be switched off.");
    if (!reader.failure().empty()) return unacceptable(reader.failure());
    if (changed.has_password && changed.password.empty()) return unacceptable("A room with a password needs one.");
    *this = std::move(changed);
    return {};
}

std::vector<std::string_view> Settings::features() const {
    return {
        is_public ? "muc_public" : "muc_hidden",
        is_persistent ? "muc_persistent" : "muc_temporary",
        is_members_only ? "muc_membersonly" : "muc_open",
        is_moderated || is_announcement_only ? "muc_moderated" : "muc_unmoderated",
        is_anonymous ? "muc_semianonymous" : "muc_nonanonymous",
        has_password ? "muc_passwordprotected" : "muc_unsecured",
    };
}

}  // namespace chancery::rooms
