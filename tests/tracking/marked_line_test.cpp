#include "thexp/tracking/marked_line.h"

#include "catch.h"

namespace {

using thexp::is_marked_line;
using thexp::marked_line;

TEST_CASE("a mark stands behind the date") {
  CHECK(marked_line("26-11-21 10:00:00 | epoch 1/3 | 4/9") ==
        "26-11-21 10:00:00 | ~ | epoch 1/3 | 4/9");
  CHECK(marked_line("no date | a") == "~ | no date | a");
}

TEST_CASE("a marked line is known by its mark alone") {
  CHECK(is_marked_line(marked_line("26-11-21 10:00:00 | a")));
  CHECK(is_marked_line(marked_line("a")));
  CHECK_FALSE(is_marked_line("26-11-21 10:00:00 | a | ~ | b"));
  CHECK_FALSE(is_marked_line("26-11-21 10:00:00 | ~a | b"));
  CHECK_FALSE(is_marked_line(""));
}

TEST_CASE("a log without its marked lines is what it tells") {
  CHECK(thexp::without_marked_lines("a\n~ | b\n26-11-21 10:00:00 | ~ | c\n\n"
                                    "d\n~ | torn") == "a\n\nd\n");
  CHECK(thexp::without_marked_lines("a\ntorn") == "a\ntorn");
  CHECK(thexp::without_marked_lines("") == "");
}

}  // namespace
