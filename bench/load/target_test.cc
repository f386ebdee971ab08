#include "load/target.h"

#include <doctest/doctest.h>

using namespace chancery::load;

TEST_CASE("Only this machine is a target") {
    for (const char* good : {"127.0.0.1:5222", "127.1.2.3:1", "localhost:5222", "[::1]:5222"})
        CHECK(loopback_address(good).has_value());
    for (const char* bad :
         {"10.0.0.1:5222", "example.org:5222", "[2001:db8::1]:5222", "0.0.0.0:5222", "127.0.0.1",
          "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:5222x", "localhost.example.org:5222", ""})
        CHECK_FALSE(loopback_address(bad).has_value());
}

TEST_CASE("Accounts are numbered, and so are their passwords") {
    Target target;
    target.domain = "bench.test";
    CHECK(target.bare(7) == "u7@bench.test");
    CHECK(target.password_of(7) == "p7");
    target.password = "same";
    CHECK(target.password_of(7) == "same");
}
