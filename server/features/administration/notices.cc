// What the server says to people when they sign in: the message of the day, to everybody once, and a welcome to those who are new
// (XEP-0133 §4.24 to §4.28). Both are messages of the server's own, on record like any, and kept sealed in state.db.

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "base/crypto.h"
#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

constexpr std::string_view of_the_day = "motd", welcome = "welcome";

/// A text that stands; its number tells it from those before it.
struct Notice {
    std::int64_t number = 0;
    std::string text;
};

/// The texts that stand now, by kind. Any thread.
class Notices {
  public:
    std::optional<Notice> find(std::string_view kind) const {
        const std::shared_lock lock(guard_);
        const auto found = notices_.find(kind);
        return found == notices_.end() ? std::nullopt : std::optional(found->second);
    }
    void put(std::string_view kind, std::optional<Notice> notice) {
        const std::unique_lock lock(guard_);
        if (notice) notices_.insert_or_assign(std::string(kind), std::move(*notice));
        else notices_.erase(std::string(kind));
    }

  private:
    mutable std::shared_mutex guard_;
    std::map<std::string, Notice, std::less<>> notices_;
};

void load(Host& host, Notices& notices) {
    const auto rows = host.database().read_now([](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::int64_t, storage::Blob>("SELECT kind, number, text FROM notice");
    });
    for (const auto& [kind, number, sealed] : rows) {
        auto text = unseal(host.state_key(), kind, sealed.bytes);
        if (!text) throw storage::StorageError("the notice " + kind + " in state.db cannot be opened");
        notices.put(kind, Notice{number, std::move(*text)});
    }
}

/// Once to each person: whoever marks it as seen is the one to show it.
Task<> show(Host& host, Jid person, std::string_view kind, std::string subject) {
    const auto notice = host.kept<Notices>().find(kind);
    if (!notice) co_return;
    const std::string owner(person.bare_text());
    const auto has_seen = [owner, kind = std::string(kind), number = notice->number](storage::Snapshot& snapshot) {
        return snapshot.one<std::int64_t>("SELECT number FROM notice_seen WHERE owner = $1 AND kind = $2", owner, kind).value_or(-1) >= number;
    };
    if (co_await host.database().read(has_seen)) co_return;
    const auto mark = [owner, kind = std::string(kind), number = notice->number](storage::Transaction& transaction) {
        return transaction.run("INSERT INTO notice_seen (owner, kind, number) VALUES ($1, $2, $3) "
                               "ON CONFLICT (owner, kind) DO UPDATE SET number = excluded.number WHERE number < excluded.number", owner, kind, number);
    };
    if (co_await host.database().write(mark) > 0) host.announce(person.bare(), subject, notice->text);
}

Task<> show_all(Host& host, Jid person) {
    try {
        co_await show(host, person, welcome, "Welcome");
        co_await show(host, person, of_the_day, "Message of the day");
    } catch (const storage::StorageError& failure) {
        log::warning("notices.not_shown", {{"cause", failure.what()}});
    }
}

void greet(Host& host, Session& session) {
    const auto& notices = host.kept<Notices>();
    if (!notices.find(welcome) && !notices.find(of_the_day)) return;
    host.home_of(session.jid()).tasks().spawn(show_all(host, session.jid().bare()));
}

Task<> store(Host& host, std::string_view kind, Notice notice) {
    const auto write = [kind = std::string(kind), number = notice.number, sealed = storage::Blob{seal(host.state_key(), kind, notice.text)}](storage::Transaction& transaction) {
        transaction.run("INSERT INTO notice (kind, number, text) VALUES ($1, $2, $3) ON CONFLICT (kind) DO UPDATE SET number = excluded.number, text = excluded.text",
                        kind, number, sealed);
    };
    co_await host.database().write(write);
    host.kept<Notices>().put(kind, std::move(notice));
}

Task<Reply> form_with(Host& host, std::string_view kind, std::string_view title, std::string_view instructions, bool shows_present) {
    auto asked = field(kind, "text-multi", title);
    if (const auto present = host.kept<Notices>().find(kind); present && shows_present) {
        std::string_view rest = present->text;
        while (true) {
            const auto end = std::min(rest.find('\n'), rest.size());
            asked.values.emplace_back(rest.substr(0, end));
            if (end == rest.size()) break;
            rest.remove_prefix(end + 1);
        }
    }
    co_return blank(title, instructions).add(std::move(asked)).to_xml();
}

Task<Reply> set_form(Host& host, const Iq&) {
    return form_with(host, of_the_day, "Set the message of the day", "Everybody gets it once: who is here now, the others when they sign in.", false);
}
Task<Reply> edit_form(Host& host, const Iq&) {
    return form_with(host, of_the_day, "Edit the message of the day", "Who has read it already is not shown the new words.", true);
}
Task<Reply> welcome_form(Host& host, const Iq&) {
    return form_with(host, welcome, "Set the welcome message", "People get it when they sign in for the first time.", true);
}

Task<Reply> set_motd(Host& host, const Iq& iq, const xml::Element& element) {
    auto text = DataForm(element).text(of_the_day);
    if (text.empty()) co_return refuse(Condition::not_acceptable, "There is no text.");
    co_await record(host, iq, {{"command", "motd set"}, {"text", text}});
    co_await store(host, of_the_day, {.number = to_micros(host.now()), .text = std::move(text)});  // above all before: nobody has seen it
    for (const auto& person : co_await online(host)) co_await show(host, person, of_the_day, "Message of the day");
    co_return "Set.";
}

Task<Reply> edit_motd(Host& host, const Iq& iq, const xml::Element& element) {
    auto text = DataForm(element).text(of_the_day);
    if (text.empty()) co_return refuse(Condition::not_acceptable, "There is no text.");
    const auto present = host.kept<Notices>().find(of_the_day);
    if (!present) co_return refuse(Condition::item_not_found, "There is no message of the day. Set one.");
    co_await record(host, iq, {{"command", "motd edit"}, {"text", text}});
    co_await store(host, of_the_day, {.number = present->number, .text = std::move(text)});
    co_return "Changed.";
}

/// Who has been here before is not new.
Task<Reply> set_welcome(Host& host, const Iq& iq, const xml::Element& element) {
    auto text = DataForm(element).text(welcome);
    if (text.empty()) co_return refuse(Condition::not_acceptable, "There is no text.");
    co_await record(host, iq, {{"command", "welcome set"}, {"text", text}});
    std::vector<std::string> known;
    for (const auto& account : host.accounts().list())
        if (account.last_logon) known.push_back(account.name + "@" + host.domain());
    const auto mark = [known = std::move(known)](storage::Transaction& transaction) {
        for (const auto& owner : known) transaction.run("INSERT INTO notice_seen (owner, kind, number) VALUES ($1, 'welcome', 0) ON CONFLICT DO NOTHING", owner);
    };
    co_await host.database().write(mark);
    co_await store(host, welcome, {.number = 0, .text = std::move(text)});
    co_return "Set.";
}

Task<Reply> take_down(Host& host, const Iq& iq, std::string_view kind) {
    if (!host.kept<Notices>().find(kind)) co_return "There was none.";  // §4.26, §4.28: it "SHOULD simply delete"
    co_await record(host, iq, {{"command", std::string(kind) + " delete"}});
    const auto erase = [kind = std::string(kind)](storage::Transaction& transaction) { transaction.run("DELETE FROM notice WHERE kind = $1", kind); };
    co_await host.database().write(erase);
    host.kept<Notices>().put(kind, std::nullopt);
    co_return "Deleted.";
}

Task<Reply> delete_motd(Host& host, const Iq& iq, const xml::Element&) { return take_down(host, iq, of_the_day); }
Task<Reply> delete_welcome(Host& host, const Iq& iq, const xml::Element&) { return take_down(host, iq, welcome); }

}  // namespace

void add_notices(Host& host) {
    auto notices = std::make_shared<Notices>();
    load(host, *notices);
    host.keep(std::move(notices));
    host.on_available(greet);
    add(host, "http://jabber.org/protocol/admin#set-motd", {.name = "Set the message of the day", .form = set_form, .submit = set_motd});
    add(host, "http://jabber.org/protocol/admin#edit-motd", {.name = "Edit the message of the day", .form = edit_form, .submit = edit_motd});
    add(host, "http://jabber.org/protocol/admin#delete-motd", {.name = "Delete the message of the day", .form = nullptr, .submit = delete_motd});
    add(host, "http://jabber.org/protocol/admin#set-welcome", {.name = "Set the welcome message", .form = welcome_form, .submit = set_welcome});
    add(host, "http://jabber.org/protocol/admin#delete-welcome", {.name = "Delete the welcome message", .form = nullptr, .submit = delete_welcome});
}

}  // namespace chancery::administration
