#include "thexp/base/utf8.h"

#include "catch.h"

namespace {

std::size_t bytes_of(std::string_view text) {
  return thexp::utf8_character(text, 0).bytes;
}

TEST_CASE("a character has its code point and its bytes") {
  CHECK(thexp::utf8_character("a", 0).code == U'a');
  CHECK(thexp::utf8_character("aé", 1).code == U'é');
  CHECK(bytes_of("é") == 2);
  CHECK(bytes_of("训") == 3);
  CHECK(bytes_of("🚀") == 4);
  CHECK(bytes_of(std::string_view("\0", 1)) == 1);
}

TEST_CASE("the first and the last code point of each length are valid") {
  for (const char* text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(text);
    CHECK(thexp::is_utf8(text));
  }
}

TEST_CASE("overlong forms, surrogates, too large and torn ones are not UTF-8") {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xc3", "\xe8\xae", "\xf0\x9f\x9a", "\xc3z", "\xe8\xaez",
        "\xf0\x9f\x9az"}) {
    CAPTURE(text);
    CHECK(bytes_of(text) == 0);
  }
}

TEST_CASE("find_invalid_utf8 gives the offset of the first bad byte") {
  CHECK(thexp::find_invalid_utf8("训é\xff\xff") == 5);
  CHECK(thexp::find_invalid_utf8("a训\xe8\xae") == 4);
  CHECK(thexp::find_invalid_utf8("训") == std::string_view::npos);
  CHECK(thexp::find_invalid_utf8("") == std::string_view::npos);
}

}  // namespace
