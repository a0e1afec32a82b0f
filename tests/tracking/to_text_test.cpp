#include "thexp/tracking/to_text.h"

#include <ostream>

#include "catch.h"

namespace {

struct Named {
  std::string to_string() const { return "@a=1  @b=2"; }
};

struct Streamed {};
std::ostream& operator<<(std::ostream& out, const Streamed&) {
  return out << "streamed";
}

TEST_CASE("numbers read back from their text") {
  using thexp::to_text;
  CHECK(to_text(0.1) == "0.1");
  CHECK(to_text(0.1f) == "0.1");
  CHECK(to_text(1.0) == "1.0");
  CHECK(to_text(2.0f) == "2.0");
  CHECK(to_text(1e-8f) == "1e-08");
  CHECK(to_text(-7) == "-7");
  CHECK(to_text(uint64_t{18446744073709551615u}) == "18446744073709551615");
  CHECK(to_text(uint8_t{65}) == "65");
  CHECK(to_text('A') == "A");
  CHECK(to_text(true) == "true");
  CHECK(to_text(false) == "false");
}

TEST_CASE("text is printed as it is") {
  using thexp::to_text;
  const char* absent = nullptr;
  char writable[] = "array";
  CHECK(to_text("literal") == "literal");
  CHECK(to_text(std::string("text")) == "text");
  CHECK(to_text(std::string_view("view")) == "view");
  CHECK(to_text(writable) == "array");
  CHECK(to_text(absent) == "null");
  CHECK(to_text(std::filesystem::path("a/b c")) == "a/b c");
}

TEST_CASE("a value is JSON, an object what it says itself") {
  thexp::Value value = thexp::Value::Dict{{"4", 4}};
  CHECK(thexp::to_text(value) == R"({"4":4})");
  CHECK(thexp::to_text(Named{}) == "@a=1  @b=2");
  CHECK(thexp::to_text(Streamed{}) == "streamed");
}

}  // namespace
