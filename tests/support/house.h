// A whole server in the test's process, without its listeners: real accounts, SQLite, journal, ledger, archive and every
// feature, on one shard of its own; and people who are signed in to it over the real stream.
//
//     House house;
//     auto& juliet = house.sign_in("juliet/balcony");
//     CHECK(juliet.refused(set("<block xmlns='urn:xmpp:blocking'/>")) == "modify bad-request");
//
// Operation. What a person says goes through a socket, the scanner and c2s::Client, as it would for a client; only TLS and
// the password's exchange are left out. Everything is in a folder that goes with the house.
// Concurrency. The house has threads of its own; House and Person are for the test's thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chancery {
class Host;
}

namespace chancery::test {

class House;

/// Somebody's client.
class Person {
  public:
    Person(House& house, std::string full_jid);
    ~Person();
    Person(const Person&) = delete;

    /// "juliet@post.example/balcony", "juliet@post.example"
    const std::string& jid() const { return jid_; }
    std::string bare() const { return jid_.substr(0, jid_.find('/')); }

    /// Sends the bytes.
    void says(std::string_view xml);

    /// Sends the stanza with an id of our own and gives the answer to it: an iq's result or error; the error of another
    /// stanza. Empty, and the test has failed, when none comes.
    std::string asks(std::string_view stanza);
    /// What answers the stanza, as refusal_in() says it.
    std::string refused(std::string_view stanza);
    /// Whether the answer to the request is a result.
    bool may(std::string_view iq);

    /// Waits for a stanza that matches (see matches()) and takes it. False, and the test has failed with what came instead,
    /// when the answer to that iq is another one, or nothing comes.
    bool hears(std::string_view pattern);
    /// The same, to look into it; empty when nothing came.
    std::string heard(std::string_view pattern);
    /// Nothing that matches has come, nor is on its way from what `others` and this client have sent.
    bool hears_nothing(std::string_view pattern = "<message/>", const std::vector<Person*>& others = {});

    /// Available, and shown so to itself. `extra`: what else the presence says.
    Person& is_here(std::string_view extra = {});
    /// Ends the stream in order, and waits until the session is over.
    void leaves();

  private:
    struct Line;
    std::string next_id();
    void fence();

    House& house_;
    std::string jid_;
    std::unique_ptr<Line> line_;
};

class House {
  public:
    using Settings = std::vector<std::pair<std::string, std::string>>;
    /// As --set KEY=VALUE.
    explicit House(const Settings& settings = {});
    ~House();
    House(const House&) = delete;

    static constexpr std::string_view domain = "post.example";

    /// Makes the account known if it is not yet.
    void has(std::string_view name, const std::vector<std::string>& roles = {});
    /// "juliet/balcony"; the person lives as long as the house.
    Person& sign_in(std::string_view name_and_resource, const std::vector<std::string>& roles = {});
    /// With the role of an administrator.
    Person& sign_in_administrator(std::string_view name_and_resource) { return sign_in(name_and_resource, {"administrator"}); }

    /// Both become available, and each sees the other's presence.
    void become_friends(Person& one, Person& other);

    /// The server's clock goes on by so much at once.
    void later(std::chrono::seconds time);
    /// Does `work` on the thread of the server, for what no client can do.
    void at_home(const std::function<void(Host&)>& work);

  private:
    friend class Person;
    struct Parts;
    std::unique_ptr<Parts> parts_;
    std::vector<std::unique_ptr<Person>> people_;
};

/// Whether the XML has all that the pattern names: the element, its attributes, its text, and a match for each child. What the
/// pattern does not name may be there too. Both stand in a client's stream: jabber:client, and the prefix `stream`.
bool matches(std::string_view pattern, std::string_view xml);

/// A stanza error in words: its type, its condition and after it, if there are any, the conditions of its application
/// (RFC 6120 §8.3), with their attribute `feature` in parentheses: "cancel feature-not-implemented unsupported(subscribe)".
/// A stanza that is no error: itself.
std::string refusal_in(std::string_view stanza);

/// A request, to an address or to oneself.
std::string get(std::string_view payload, std::string_view to = {});
std::string set(std::string_view payload, std::string_view to = {});

/// A form (XEP-0004) filled in: names and values, the values of one name behind one another. Without a type: no FORM_TYPE.
using Fields = std::vector<std::pair<std::string, std::string>>;
std::string form(std::string_view form_type, const Fields& fields);

}  // namespace chancery::test
