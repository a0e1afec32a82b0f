#include "timeline.h"

#include "catch.h"
#include "temp_dir.h"

namespace {

using thexp_test::TempDir;

TEST_CASE("a line that is half written is not in the length of a log") {
  TempDir dir;
  thexp::write_file_atomic(dir / "metrics.jsonl", "");
  for (auto [log, length] :
       {std::pair("", 0), std::pair("a\nbc\n", 5),
        std::pair("a\n26-11-21 10:00:00 | ~ | epo", 2), std::pair("a", 0)}) {
    thexp::write_file_atomic(dir / "console.log", log);
    thexp::Value lengths = thexp::Timeline(dir.path()).lengths(true);
    CHECK(lengths.at("console.log") == thexp::Value(length));
  }
}

}  // namespace
