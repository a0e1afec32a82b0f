#include "thexp/experiments/table.h"

#include "catch.h"
#include "thexp/base/columns.h"

namespace {

using thexp::AlignedTable;
using thexp::Table;
using thexp::Value;

Table sample() {
  Table table;
  table.columns = {
      {"name", "", 0}, {"n", "#", 0}, {"x", "", 10}, {"y", "", 20}};
  table.rows.resize(3);
  table.rows[0].cells = {Value("a,\"b\""), Value(1), Value(0.123456789), {}};
  table.rows[1].cells = {Value("c|d"), Value(20), {}, Value("long text")};
  table.rows[2].cells = {Value("e"), {}, {}, {}};
  table.rows[2].note = "cannot be read";
  return table;
}

TEST_CASE("a table for people is aligned, numbers to the right") {
  CHECK(aligned_table(sample(), 100).text ==
        "name    #       x  y\n"
        "a,\"b\"   1  0.1235\n"
        "c|d    20          long text\n"
        "e      cannot be read\n");
}

TEST_CASE("where columns are few the least wanted ones are left out") {
  AlignedTable narrow = aligned_table(sample(), 20);
  CHECK(narrow.text ==
        "name    #       x\n"
        "a,\"b\"   1  0.1235\n"
        "c|d    20\n"
        "e      cannot be ...\n");
  CHECK(narrow.left_out == std::vector<std::string>{"y"});
  narrow = aligned_table(sample(), 12);
  CHECK(narrow.left_out == std::vector<std::string>{"x", "y"});
  for (std::size_t width = 1; width < 40; ++width) {
    std::string text = aligned_table(sample(), width).text;
    for (std::size_t start = 0; start < text.size();) {
      std::size_t end = text.find('\n', start);
      CHECK(thexp::display_width(text.substr(start, end - start)) <= width);
      start = end + 1;
    }
  }
}

TEST_CASE("control characters and wide ones do not break the lines") {
  Table table;
  table.columns = {{"a", "", 0}, {"b", "", 0}};
  table.rows.resize(2);
  table.rows[0].cells = {Value("x\ny\x1b[31m"), Value("1")};
  table.rows[1].cells = {Value("\xE4\xB8\xAD"), Value("2")};
  CHECK(aligned_table(table, 80).text ==
        "a         b\n"
        "x y [31m  1\n"
        "\xE4\xB8\xAD        2\n");
}

TEST_CASE(
    "G6 a table is CSV, Markdown and JSON, blank where nothing is known") {
  CHECK(csv_text(sample()) ==
        "name,n,x,y\n"
        "\"a,\"\"b\"\"\",1,0.123456789,\n"
        "c|d,20,,long text\n"
        "e,,,\n");
  CHECK(markdown_text(sample()) ==
        "| name | # | x | y |\n"
        "|---|---:|---:|---|\n"
        "| a,\"b\" | 1 | 0.1235 |  |\n"
        "| c\\|d | 20 |  | long text |\n"
        "| e |  |  |  |\n");
  CHECK(
      table_json(sample()).as_list()[0] ==
      Value(Value::Dict{
          {"name", "a,\"b\""}, {"n", 1}, {"x", 0.123456789}, {"y", nullptr}}));
}

}  // namespace
