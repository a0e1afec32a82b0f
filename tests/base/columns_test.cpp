#include "thexp/base/columns.h"

#include "catch.h"

namespace {

TEST_CASE("display width counts terminal columns") {
  CHECK(thexp::display_width("loss") == 4);
  CHECK(thexp::display_width("训练") == 4);
  CHECK(thexp::display_width("é") == 1);
  CHECK(thexp::display_width("e\u0301") == 1);
  CHECK(thexp::display_width("🚀") == 2);
  CHECK(thexp::display_width("\xff\xfe") == 2);
  CHECK(thexp::display_width("") == 0);
}

TEST_CASE("fit_width cuts between characters and says that it cut") {
  CHECK(thexp::fit_width("0123456789", 10) == "0123456789");
  CHECK(thexp::fit_width("0123456789", 9) == "012345...");
  CHECK(thexp::fit_width("训练训练", 7) == "训练...");
  CHECK(thexp::fit_width("训练训练", 6) == "训...");
  CHECK(thexp::fit_width("abcdef", 2) == "ab");
  CHECK(thexp::fit_width("abcdef", 0) == "");
}

TEST_CASE("pad_width fills up to the columns and never cuts") {
  CHECK(thexp::pad_width("ab", 4) == "ab  ");
  CHECK(thexp::pad_width("训练", 5) == "训练 ");
  CHECK(thexp::pad_width("abcdef", 4) == "abcdef");
}

TEST_CASE("wrap_words cuts at blanks") {
  using Lines = std::vector<std::string>;
  CHECK(thexp::wrap_words("one two three", 7) == Lines{"one two", "three"});
  CHECK(thexp::wrap_words("one two three", 6) == Lines{"one", "two", "three"});
  CHECK(thexp::wrap_words("a wonderful b", 5) == Lines{"a", "wonderful", "b"});
  CHECK(thexp::wrap_words("训练 训练", 8) == Lines{"训练", "训练"});
  CHECK(thexp::wrap_words("", 8) == Lines{""});
}

TEST_CASE("a terminal says how wide it is, a file does not") {
  CHECK(thexp::terminal_columns(-1) == std::nullopt);
}

}  // namespace
