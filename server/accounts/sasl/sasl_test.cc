// The server's side of SASL against a client written from the RFCs, and against clients that cheat at every
// field.
#include <doctest/doctest.h>

#include "accounts/sasl/exchange.h"
#include "accounts/sasl/scram_message.h"
#include "base/bytes.h"
#include "support/people.h"

using namespace chancery;
using namespace chancery::sasl;

namespace {

const std::string exporter = "32 bytes out of the TLS exporter", end_point = "hash of the certificate";

/// What a client is told to do wrong; each is applied to the text before it is sent.
struct Cheat {
    std::string (*first)(std::string) = nullptr;
    std::string (*final)(std::string) = nullptr;
    std::string_view binding_data = {};  // instead of the real
};

struct Client {
    Hash hash;
    std::string name = "romeo", password = "secret", gs2 = "n,,", binding_data;
    std::string signature = {};  // that the server must show

    std::string bare() const { return "n=" + name + ",r=clientnonce"; }
    std::string first() const { return gs2 + bare(); }

    std::string final(const std::string& server_first) {
        const auto field = [&](const std::string& key) {
            const auto at = server_first.find(key) + key.size();
            return server_first.substr(at, server_first.find(',', at) - at);
        };
        const auto without_proof = "c=" + to_base64(gs2 + binding_data) + ",r=" + field("r=");
        const auto salted = pbkdf2(hash, password, *from_base64(field(",s=")), std::stoi(field(",i=")));
        const auto client_key = hmac(hash, salted, "Client Key");
        const auto message = bare() + "," + server_first + "," + without_proof;
        auto proof = hmac(hash, chancery::hash(hash, client_key), message);
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= client_key[i];
        signature = "v=" + to_base64(hmac(hash, hmac(hash, salted, "Server Key"), message));
        return without_proof + ",p=" + to_base64(proof);
    }
};

struct Server {
    test::Loop loop;
    test::People people;
    Policy policy{.scram_sha512 = true, .scram_sha1 = true, .plain = true};
    ChannelBindings bindings{exporter, end_point};

    Server() {
        people.add("romeo");
        people.add("a,b=c");
    }

    Context context() {
        Context context{people.authenticator, {}, bindings, test::People::address};
        for (const auto mechanism : mechanisms(policy, bindings))
            context.offer.mechanisms.emplace_back(name(mechanism));
        for (const auto type : bindings.types()) context.offer.channel_bindings.emplace_back(type);
        return context;
    }
    std::unique_ptr<Exchange> begin(std::string_view mechanism) {
        auto exchange = sasl::begin(mechanism, context());
        REQUIRE(exchange);
        return std::move(*exchange);
    }
    Step start(Exchange& exchange, std::string text) {
        return test::wait(loop, exchange.start(std::move(text)));
    }
    Step respond(Exchange& exchange, std::string text) {
        return test::wait(loop, exchange.respond(std::move(text)));
    }

    /// The whole exchange, with the client's texts spoiled on the way.
    Step sign_in(std::string_view mechanism, Client& client, Cheat cheat = {}) {
        auto exchange = begin(mechanism);
        auto first = client.first();
        auto step = start(*exchange, cheat.first ? cheat.first(first) : first);
        if (!std::holds_alternative<Challenge>(step)) return step;
        if (!cheat.binding_data.empty()) client.binding_data = cheat.binding_data;
        auto final = client.final(std::get<Challenge>(step).data);
        return respond(*exchange, cheat.final ? cheat.final(final) : final);
    }
    Step plain(std::string text) {
        auto exchange = begin("PLAIN");
        return start(*exchange, std::move(text));
    }
};

std::string_view condition(const Step& step) {
    if (const auto* failure = std::get_if<Failure>(&step)) return name(failure->condition);
    return std::holds_alternative<Success>(step) ? "success" : "challenge";
}

Client plus(Hash hash, std::string type = "tls-exporter", std::string data = exporter) {
    return {.hash = hash, .gs2 = "p=" + type + ",,", .binding_data = data};
}

template <class... Texts>
std::string zeros(std::string first, Texts... rest) {
    ((first += '\0' + std::string(rest)), ...);
    return first;
}

}  // namespace

TEST_CASE_FIXTURE(Server, "EveryScramMechanismSignsIn") {
    struct Row {
        std::string_view mechanism;
        Client client;
    };
    for (auto& [mechanism, client] : {
             Row{"SCRAM-SHA-1", {.hash = Hash::sha1}},
             Row{"SCRAM-SHA-256", {.hash = Hash::sha256}},
             Row{"SCRAM-SHA-512", {.hash = Hash::sha512}},
             Row{"SCRAM-SHA-1-PLUS", plus(Hash::sha1)},
             Row{"SCRAM-SHA-256-PLUS", plus(Hash::sha256)},
             Row{"SCRAM-SHA-512-PLUS", plus(Hash::sha512)},
             Row{"SCRAM-SHA-256-PLUS", plus(Hash::sha256, "tls-server-end-point", end_point)},
             Row{"SCRAM-SHA-256", {.hash = Hash::sha256, .gs2 = "n,a=romeo@example.org,"}},
             Row{"SCRAM-SHA-256", {.hash = Hash::sha256, .name = "ROMEO"}},
         }) {
        CAPTURE(mechanism);
        auto honest = client;
        const auto step = sign_in(mechanism, honest);
        REQUIRE(condition(step) == "success");
        CHECK(std::get<Success>(step).account.jid().text() == "romeo@example.org");
        CHECK(std::get<Success>(step).data == honest.signature);
        CHECK(people.accounts.find("romeo")->last_logon == people.now);
    }
    Client escaped{.hash = Hash::sha256, .name = "a=2Cb=3Dc"};
    CHECK(condition(sign_in("SCRAM-SHA-256", escaped)) == "success");
}

TEST_CASE_FIXTURE(Server, "AWrongPasswordIsRefused") {
    for (const auto* mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
        const auto hash = find_mechanism(mechanism) == Mechanism::scram_sha1     ? Hash::sha1
                          : find_mechanism(mechanism) == Mechanism::scram_sha256 ? Hash::sha256
                                                                                 : Hash::sha512;
        Client client{.hash = hash, .password = "Secret"};
        CHECK(condition(sign_in(mechanism, client)) == "not-authorized");
    }
    CHECK(condition(plain(zeros("", "romeo", "Secret"))) == "not-authorized");
    CHECK(condition(plain(zeros("", "romeo", "secret"))) == "success");
}

TEST_CASE_FIXTURE(Server, "ASpoiledFirstMessageIsRefused") {
    struct Row {
        std::string_view text, condition;
    };
    for (const auto& [text, expected] : {
             Row{"", "malformed-request"},
             {"n", "malformed-request"},
             {"n,", "malformed-request"},
             {"n,,", "malformed-request"},
             {"x,,n=romeo,r=abc", "malformed-request"},
             {"n,,n=romeo", "malformed-request"},
             {"n,,n=,r=abc", "malformed-request"},
             {"n,,n=romeo,r=", "malformed-request"},
             {"n,,r=abc,n=romeo", "malformed-request"},
             {"n,,n=ro=meo,r=abc", "malformed-request"},
             {"n,,n=romeo=2,r=abc", "malformed-request"},
             {"n,,n=romeo=2c,r=abc", "malformed-request"},
             {"n,,m=x,n=romeo,r=abc", "malformed-request"},
             {"n,,n=romeo,r=abc,m=x", "malformed-request"},
             {"n,,n=romeo,r=abc,", "malformed-request"},
             {"n,,n=romeo,r=abc,1=x", "malformed-request"},
             {"n,,n=romeo,r=a c", "malformed-request"},
             {"n,,n=romeo,r=a\xC3\xA4", "malformed-request"},
             {"n,a=,n=romeo,r=abc", "malformed-request"},
             {"n,b=romeo,n=romeo,r=abc", "malformed-request"},
             {"p=,,n=romeo,r=abc", "malformed-request"},
             {"p=tls-exporter,,n=romeo,r=abc", "malformed-request"},
             {"n,a=juliet@example.org,n=romeo,r=abc", "invalid-authzid"},
             {"n,a=romeo,n=romeo,r=abc", "invalid-authzid"},
             {"n,a=romeo@example.org/x,n=romeo,r=abc", "invalid-authzid"},
             {"y,,n=romeo,r=abc", "not-authorized"},  // a downgrade: -PLUS was offered
             {"n,,n=romeo,r=abc,x=an extension", "challenge"},
         }) {
        CAPTURE(text);
        auto exchange = begin("SCRAM-SHA-256");
        CHECK(condition(start(*exchange, std::string(text))) == expected);
        if (expected != "challenge")
            CHECK(condition(respond(*exchange, "n,,n=romeo,r=abc")) == "malformed-request");
    }
    auto exchange = begin("SCRAM-SHA-256");
    CHECK(condition(start(*exchange, "n,,n=romeo,r=abc,x=" + std::string(5000, 'x'))) == "malformed-request");
}

TEST_CASE_FIXTURE(Server, "ASpoiledFinalMessageIsRefused") {
    struct Row {
        std::string (*spoil)(std::string);
        std::string_view condition;
    };
    for (const auto& [spoil, expected] : {
             Row{[](std::string) { return std::string(); }, "malformed-request"},
             {[](std::string text) { return text.substr(0, text.rfind(",p=")); }, "malformed-request"},
             {[](std::string text) { return text.substr(0, text.rfind(",p=") + 3); }, "malformed-request"},
             {[](std::string text) { return text + "!"; }, "malformed-request"},
             {[](std::string text) { return text + ",x=y"; }, "malformed-request"},
             {[](std::string text) { return text.substr(text.find(',') + 1); }, "malformed-request"},
             {[](std::string text) { return "c=!" + text.substr(2); }, "malformed-request"},
             {[](std::string text) { return text.replace(text.find("r=clientnonce"), 3, "r=x"); },
              "not-authorized"},
             {[](std::string text) { return text.insert(text.rfind(",p="), "x"); },
              "not-authorized"},  // nonce
             {[](std::string text) { return text.insert(text.rfind(",p="), ",x=y"); },
              "not-authorized"},  // signed
             {[](std::string text) { return text.replace(0, 6, "c=eSws"); },
              "not-authorized"},  // y,, for n,,
             {[](std::string text) { return text.substr(0, text.rfind(",p=")) + ",p=AAAA"; },
              "not-authorized"},
             {[](std::string text) {
                  auto& digit = text[text.rfind(",p=") + 3];
                  digit = digit == 'A' ? 'B' : 'A';
                  return text;
              },
              "not-authorized"},
         }) {
        people.lockout.succeeded("romeo", test::People::address);
        Client client{.hash = Hash::sha256};
        CHECK(condition(sign_in("SCRAM-SHA-256", client, {.final = spoil})) == expected);
    }
}

TEST_CASE_FIXTURE(Server, "AnotherNameThanTheOneThatBeganIsRefused") {
    people.add("juliet", "other");
    Client client{.hash = Hash::sha256};
    const auto as_juliet = [](std::string text) { return text.replace(text.find("romeo"), 5, "juliet"); };
    CHECK(condition(sign_in("SCRAM-SHA-256", client, {.first = as_juliet})) == "not-authorized");
}

TEST_CASE_FIXTURE(Server, "TheChannelBindingIsCompared") {
    auto client = plus(Hash::sha256);
    CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client, {.binding_data = "of another channel"})) ==
          "not-authorized");
    client = plus(Hash::sha256, "tls-exporter", end_point);
    CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client)) == "not-authorized");
    client = plus(Hash::sha256, "tls-unique", "x");
    CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client)) == "not-authorized");
    for (const std::string gs2 : {"n,,", "y,,"}) {
        client = {.hash = Hash::sha256, .gs2 = gs2};
        CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client)) == "malformed-request");
    }
    bindings.tls_exporter.clear();
    client = plus(Hash::sha256);
    CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client)) == "not-authorized");
    client = plus(Hash::sha256, "tls-server-end-point", end_point);
    CHECK(condition(sign_in("SCRAM-SHA-256-PLUS", client)) == "success");
}

TEST_CASE_FIXTURE(Server, "AClientThatCouldBindSignsInWhereNobodyOffersIt") {
    bindings = {};
    Client client{.hash = Hash::sha256, .gs2 = "y,,"};
    CHECK(condition(sign_in("SCRAM-SHA-256", client)) == "success");
}

TEST_CASE_FIXTURE(Server, "AnUnknownNameLooksLikeAKnownOne") {
    const auto challenge = [&](const std::string& mechanism, const std::string& name) {
        auto exchange = begin(mechanism);
        const auto step = start(*exchange, "n,,n=" + name + ",r=abc");
        REQUIRE(condition(step) == "challenge");
        const auto text = std::get<Challenge>(step).data;
        return text.substr(text.find(",s="));  // what does not depend on the nonce
    };
    for (const std::string mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"}) {
        const auto known = challenge(mechanism, "romeo"), unknown = challenge(mechanism, "nobody");
        CHECK(known.size() == unknown.size());
        CHECK(known.substr(known.find(",i=")) == unknown.substr(unknown.find(",i=")));  // count and list hash
        CHECK(challenge(mechanism, "nobody") == unknown);
        CHECK(challenge(mechanism, "NoBody") == unknown);
        CHECK(challenge(mechanism, "somebody") != unknown);
        CHECK(challenge(mechanism, "not a name") == challenge(mechanism, "not a name"));
    }
    Client client{.hash = Hash::sha256, .name = "nobody"}, wrong{.hash = Hash::sha256, .password = "wrong"};
    const auto unknown = std::get<Failure>(sign_in("SCRAM-SHA-256", client));
    const auto known = std::get<Failure>(sign_in("SCRAM-SHA-256", wrong));
    CHECK(unknown.condition == known.condition);
    CHECK(unknown.text == known.text);
    CHECK(std::get<Failure>(plain(zeros("", "nobody", "x"))).text == known.text);
    CHECK(std::get<Failure>(plain(zeros("", "not a name", "x"))).text == known.text);
    CHECK(std::get<Failure>(plain(zeros("", "romeo", "\x01"))).text == known.text);
}

TEST_CASE_FIXTURE(Server, "ThatAnAccountIsDisabledIsToldOnlyToItsOwner") {
    REQUIRE(people.accounts.set_disabled_now("romeo", "Banished."));
    Client owner{.hash = Hash::sha256}, other{.hash = Hash::sha256, .password = "guess"};
    CHECK(condition(sign_in("SCRAM-SHA-256", owner)) == "account-disabled");
    CHECK(condition(sign_in("SCRAM-SHA-256", other)) == "not-authorized");
    CHECK(condition(plain(zeros("", "romeo", "secret"))) == "account-disabled");
    CHECK(condition(plain(zeros("", "romeo", "guess"))) == "not-authorized");
    CHECK_FALSE(people.accounts.find("romeo")->last_logon);
}

TEST_CASE_FIXTURE(Server, "FailuresLockOutKnownAndUnknownAlike") {
    for (const std::string name : {"romeo", "nobody"}) {
        for (int i = 0; i < 5; ++i) {
            Client client{.hash = Hash::sha256, .name = name, .password = "guess"};
            CHECK(condition(sign_in("SCRAM-SHA-256", client)) == "not-authorized");
        }
        Client client{.hash = Hash::sha256, .name = name};
        CHECK(condition(sign_in("SCRAM-SHA-256", client)) == "temporary-auth-failure");
        CHECK(condition(plain(zeros("", name, "secret"))) == "temporary-auth-failure");
    }
    people.now += 2s;
    Client client{.hash = Hash::sha256};
    CHECK(condition(sign_in("SCRAM-SHA-256", client)) == "success");
}

TEST_CASE_FIXTURE(Server, "ExchangesThatBeganTogetherAreCountedTogether") {
    std::vector<std::pair<std::unique_ptr<Exchange>, std::string>> open;
    for (int i = 0; i < 7; ++i) {
        auto exchange = begin("SCRAM-SHA-256");
        Client client{.hash = Hash::sha256, .password = i == 6 ? "secret" : "guess"};
        auto text = client.final(std::get<Challenge>(start(*exchange, client.first())).data);
        open.emplace_back(std::move(exchange), std::move(text));
    }
    for (int i = 0; i < 5; ++i) CHECK(condition(respond(*open[i].first, open[i].second)) == "not-authorized");
    for (int i = 5; i < 7; ++i)
        CHECK(condition(respond(*open[i].first, open[i].second)) == "temporary-auth-failure");
}

TEST_CASE_FIXTURE(Server, "PlainTakesExactlyThreeFields") {
    CHECK(condition(plain(zeros("romeo@example.org", "romeo", "secret"))) == "success");
    CHECK(condition(plain(zeros("juliet@example.org", "romeo", "secret"))) == "invalid-authzid");
    for (const std::string& text :
         {std::string(), std::string("romeo"), zeros("", "romeo"), zeros("", "", "secret"),
          zeros("", "romeo", ""), zeros("", "romeo", "secret", "more"), zeros("", "", "")}) {
        CAPTURE(to_hex(text));
        CHECK(condition(plain(text)) == "malformed-request");
    }
}

TEST_CASE_FIXTURE(Server, "WithoutAnInitialResponseTheServerAsksForIt") {
    auto exchange = begin("PLAIN");
    const auto step = test::wait(loop, exchange->start(std::nullopt));
    REQUIRE(condition(step) == "challenge");
    CHECK(std::get<Challenge>(step).data.empty());
    CHECK(condition(respond(*exchange, zeros("", "romeo", "secret"))) == "success");
    CHECK(condition(respond(*exchange, zeros("", "romeo", "secret"))) == "malformed-request");
}

TEST_CASE_FIXTURE(Server, "OnlyWhatIsOfferedCanBegin") {
    policy = {};
    const auto offered = context().offer.mechanisms;
    CHECK(offered == std::vector<std::string>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"});
    for (const auto* mechanism :
         {"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512-PLUS", "EXTERNAL", "", "scram-sha-256"})
        CHECK(sasl::begin(mechanism, context()).error().condition == Condition::invalid_mechanism);
    bindings = {};
    CHECK(sasl::begin("SCRAM-SHA-256-PLUS", context()).error().condition == Condition::invalid_mechanism);
    CHECK(mechanisms({true, true, true}, {exporter, ""}).size() == 7);
    CHECK(hashes({.scram_sha512 = true}) == std::vector{Hash::sha256, Hash::sha1, Hash::sha512});
    CHECK(hashes({}) == std::vector{Hash::sha256, Hash::sha1});
}

TEST_CASE_FIXTURE(Server, "AnAccountWithoutKeysOfAHashIsLikeUnknownUnderIt") {
    test::People few({Hash::sha256});
    few.add("romeo");
    auto context = Server::context();
    Context other{few.authenticator, context.offer, context.bindings, context.address};
    auto exchange = std::move(*sasl::begin("SCRAM-SHA-512", std::move(other)));
    Client client{.hash = Hash::sha512};
    const auto step = start(*exchange, client.first());
    REQUIRE(condition(step) == "challenge");
    CHECK(condition(respond(*exchange, client.final(std::get<Challenge>(step).data))) == "not-authorized");
}

TEST_CASE("TheListHashIsThatOfXep0474") {  // its example
    const Offer offer{{"SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"}, {"tls-server-end-point", "tls-exporter"}};
    CHECK(to_base64(list_hash(Hash::sha1, offer)) == "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
    CHECK(list_hash(Hash::sha1, offer) != list_hash(Hash::sha1, {offer.mechanisms, {}}));
    CHECK(write_server_first("n", "salt", 5, "") == "r=n,s=c2FsdA==,i=5");
    CHECK(write_server_first("n", "salt", 5, "hash") == "r=n,s=c2FsdA==,i=5,h=aGFzaA==");
}

TEST_CASE_FIXTURE(Server, "TheListsAreProtectedUnlessThatIsSwitchedOff") {
    auto context = Server::context();
    const auto expected = ",h=" + to_base64(list_hash(Hash::sha256, context.offer));
    auto exchange = begin("SCRAM-SHA-256");
    CHECK(std::get<Challenge>(start(*exchange, "n,,n=romeo,r=abc")).data.ends_with(expected));
    context.offer.protects_lists = false;
    exchange = std::move(*sasl::begin("SCRAM-SHA-256", context));
    CHECK_FALSE(std::get<Challenge>(start(*exchange, "n,,n=romeo,r=abc")).data.contains(",h="));
}

TEST_CASE("EveryConditionHasItsName") {  // RFC 6120 §6.5
    CHECK(name(Condition::aborted) == "aborted");
    CHECK(name(Condition::credentials_expired) == "credentials-expired");
    CHECK(name(Condition::encryption_required) == "encryption-required");
    CHECK(name(Condition::incorrect_encoding) == "incorrect-encoding");
    CHECK(name(Condition::mechanism_too_weak) == "mechanism-too-weak");
}
