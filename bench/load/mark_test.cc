#include "load/mark.h"

#include <doctest/doctest.h>

using namespace chancery::load;

TEST_CASE("A mark is found again, and those of other runs are not") {
    std::string body = "<body>";
    append_mark(body, 4000000000u, {.group = 12, .sequence = 345});
    const auto mark = find_mark(body + "words</body>", 4000000000u);
    REQUIRE(mark);
    CHECK(mark->group == 12);
    CHECK(mark->sequence == 345);
    CHECK_FALSE(find_mark(body, 7));
    for (const char* bad :
         {"", "#", "no mark", "#7", "#7.", "#7.1.2", "#7.1 2 ", "#7.x.2 ", "#99999999999.1.2 "})
        CHECK_FALSE(find_mark(bad, 7));
}
