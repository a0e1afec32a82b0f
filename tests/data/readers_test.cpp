#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "data_support.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/data/cifar.h"
#include "thexp/data/csv.h"
#include "thexp/data/text_file.h"

namespace {

using thexp::CharVocabulary;
using thexp::CsvOptions;
using thexp::FormatError;
using thexp_test::message_of;
using thexp_test::TempDir;
using thexp_test::values;

struct File {
  TempDir dir;
  std::filesystem::path path = dir / "file";
  const std::filesystem::path& holding(const std::string& content) {
    thexp::write_file_atomic(path, content);
    return path;
  }
};

thexp::CsvTable csv(const std::string& text, const CsvOptions& options = {}) {
  File file;
  return thexp::read_csv(file.holding(text), options);
}

std::string csv_error(const std::string& text, const CsvOptions& options = {}) {
  File file;
  file.holding(text);
  const std::string message =
      message_of<FormatError>([&] { thexp::read_csv(file.path, options); });
  CHECK(message.compare(0, file.path.string().size(), file.path.string()) == 0);
  return message.substr(file.path.string().size());
}

TEST_CASE("a CSV table with a header") {
  const thexp::CsvTable table =
      csv("x, \"y, too\" ,z\n1,2.5,-3\n\n 4e1, +5 ,nan\n");
  CHECK(table.columns == std::vector<std::string>{"x", "y, too", "z"});
  CHECK(table.values.sizes() == at::IntArrayRef({2, 3}));
  CHECK(table.values.scalar_type() == at::kDouble);
  CHECK(at::equal(table.column("y, too"), at::tensor({2.5, 5.0}, at::kDouble)));
  CHECK(std::isnan(table.column("z")[1].item().toDouble()));
  CHECK_CONTAINS(message_of<thexp::UsageError>([&] { table.column("w"); }),
                 "no column 'w'; it has: x, y, too, z");
}

TEST_CASE("a CSV table without a header, of another separator and line end") {
  const thexp::CsvTable table =
      csv("\xEF\xBB\xBF"
          "1;2\r\n3;4",
          CsvOptions().header(false).separator(';'));
  CHECK(table.columns.empty());
  CHECK(values(table.values) == std::vector<int64_t>{1, 2, 3, 4});
}

TEST_CASE("an empty CSV file is an empty table") {
  CHECK(csv("").values.sizes() == at::IntArrayRef({0, 0}));
  CHECK(csv("a,b\n").values.sizes() == at::IntArrayRef({0, 2}));
}

TEST_CASE("CSV errors say line and column") {
  CHECK(csv_error("a,b\n1,2\n3, four\n") ==
        ":3:4: expected a number, found 'four'");
  CHECK(csv_error("a,b\n1,\n") == ":2:3: expected a number, found ''");
  CHECK(csv_error("a,b\n1,2,3\n") == ":2:5: expected 2 values, found 3");
  CHECK(csv_error("a,b\n1\n") == ":2:1: expected 2 values, found 1");
  CHECK(csv_error("a,a\n") == ":1:3: the column 'a' comes twice");
  CHECK_CONTAINS(csv_error("a,\"b\n"), ":1:3: a quote is not closed");
  CHECK(csv_error("1,2\n3,4\n") ==
        ":1:1: expected a header, found only numbers; read the file with "
        "header(false) if it has none, with header(true) if these are names");
  CHECK(csv_error("a,b\n1,2\n", CsvOptions().header(false)) ==
        ":1:1: expected a number, found 'a'");
  CHECK(csv_error("a\n+-1\n") == ":2:1: expected a number, found '+-1'");
  for (const char* number : {"1e999", "-1e999", "1e-400"}) {
    CHECK(csv_error(fmt::format("a\n1\n{}\n", number)) ==
          fmt::format(":3:1: the number {} is outside of a double's range",
                      number));
  }
}

TEST_CASE("CSV lines end as they were written anywhere") {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const std::string text = fmt::format("a,b{0}1,2{0}{0}3,4{0}", end);
    const thexp::CsvTable table = csv(text);
    CHECK(table.columns == std::vector<std::string>{"a", "b"});
    CHECK(values(table.values) == std::vector<int64_t>{1, 2, 3, 4});
    CHECK(csv_error(text + "x,5") == ":5:1: expected a number, found 'x'");
  }
}

TEST_CASE(
    "a file of another kind than a table or a text is called what it is") {
  CHECK(csv_error("<!DOCTYPE html>\n") ==
        ": not a CSV table, but an HTML page, as a server sends it instead of "
        "a file: download it again");
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n";
  CHECK_CONTAINS(csv_error(pointer),
                 ": not a CSV table, but a Git LFS pointer");
  CHECK_CONTAINS(csv_error("\x1f\x8b\x08"), "gzip data: unpack it first");
  File file;
  auto read = [&] { thexp::read_text_file(file.path); };
  file.holding(pointer);
  CHECK_CONTAINS(message_of<FormatError>(read),
                 ": not a text, but a Git LFS pointer");
  CHECK(thexp::read_text_file(file.holding("<html>")) == "<html>");
}

TEST_CASE("a CSV row without values is an error, whatever separates") {
  const auto tabs = CsvOptions().separator('\t');
  CHECK(csv_error("a\tb\n1\t2\n\t\n3\t4\n", tabs) ==
        ":3:1: expected a number, found ''");
  CHECK(csv_error("a b\n1 2\n \n", CsvOptions().separator(' ')) ==
        ":3:1: expected a number, found ''");
  CHECK(csv("a\tb\n1\t2\n \n3\t4\n", tabs).values.size(0) == 2);
  CHECK(csv("a,b\n1,2\n\t \n3,4\n").values.size(0) == 2);
}

TEST_CASE("CSV values may be quoted as names are") {
  const thexp::CsvTable table = csv("\"a \"\"x\"\"\",\"\"\n\"1.5\", \"-2\"\n");
  CHECK(table.columns == std::vector<std::string>{"a \"x\"", ""});
  CHECK(table.values[0][0].item().toDouble() == 1.5);
  CHECK(table.values[0][1].item().toDouble() == -2);
}

TEST_CASE("CSV columns may be called by numbers where that is stated") {
  const std::string text = "0,1\n1.5,2\n";
  const thexp::CsvTable table = csv(text, CsvOptions().header(true));
  CHECK(table.columns == std::vector<std::string>{"0", "1"});
  CHECK(table.values.size(0) == 1);
  CHECK(csv("\"0\",\"1\"\n1.5,2\n").columns == table.columns);
  CHECK(csv(text, CsvOptions().header(false)).values.size(0) == 2);
}

TEST_CASE("CSV comments are skipped where that is stated, else told") {
  const std::string text = "# made by a tool\na,b\n# more\n1,2\n";
  const thexp::CsvTable table = csv(text, CsvOptions().comment('#'));
  CHECK(table.columns == std::vector<std::string>{"a", "b"});
  CHECK(values(table.values) == std::vector<int64_t>{1, 2});
  const std::string hint =
      "; if a line that begins with # is a comment, read the file with "
      "comment('#')";
  const std::string on_top = ":1:1: what follows does not fit this header: ";
  CHECK(csv_error(text) ==
        on_top + "expected 1 values, found 2 in line 2" + hint);
  CHECK(csv_error("# one column\na\n1\n") ==
        on_top + "expected a number, found 'a' in line 2" + hint);
  CHECK(csv_error("a,b\n# more\n") ==
        ":2:1: expected 2 values, found 1" + hint);
  CHECK(csv_error("#1,2\n", CsvOptions().header(false)) ==
        ":1:1: expected a number, found '#1'" + hint);
  // As numpy.savetxt writes a header.
  CHECK(csv("# a,b\n1,2\n").columns[0] == "# a");
}

TEST_CASE("a quote or a line end cannot separate CSV values") {
  for (char c : {'"', '\r', '\n'}) {
    CHECK_THROWS_AS(csv("a\n", CsvOptions().separator(c)), thexp::UsageError);
    CHECK_THROWS_AS(csv("a\n", CsvOptions().comment(c)), thexp::UsageError);
  }
}

std::string cifar_record(int label_bytes, int label, int pixel) {
  return std::string(static_cast<std::size_t>(label_bytes - 1), '\0') +
         static_cast<char>(label) + std::string(3072, static_cast<char>(pixel));
}

TEST_CASE("CIFAR-10 files are read in order") {
  TempDir dir;
  for (int i = 1; i <= 5; ++i) {
    thexp::write_file_atomic(dir / ("data_batch_" + std::to_string(i) + ".bin"),
                             cifar_record(1, i, 51 * i));
  }
  thexp::write_file_atomic(dir / "test_batch.bin",
                           cifar_record(1, 9, 0) + cifar_record(1, 8, 1));
  using thexp::CifarKind;
  using thexp::CifarSplit;
  auto train =
      thexp::load_cifar(dir.path(), CifarKind::kCifar10, CifarSplit::kTrain);
  CHECK(train->tensors()[0].sizes() == at::IntArrayRef({5, 3, 32, 32}));
  CHECK(values(train->tensors()[1]) == std::vector<int64_t>{1, 2, 3, 4, 5});
  CHECK(train->tensors()[0][4].min().item().toFloat() == 1.0F);
  auto test =
      thexp::load_cifar(dir.path(), CifarKind::kCifar10, CifarSplit::kTest);
  CHECK(values(test->tensors()[1]) == std::vector<int64_t>{9, 8});
}

TEST_CASE("CIFAR-100 takes the fine label") {
  TempDir dir;
  thexp::write_file_atomic(dir / "test.bin", cifar_record(2, 77, 5));
  auto test = thexp::load_cifar(dir.path(), thexp::CifarKind::kCifar100,
                                thexp::CifarSplit::kTest);
  CHECK(values(test->tensors()[1]) == std::vector<int64_t>{77});
}

TEST_CASE("CIFAR files of a wrong size or label are told") {
  File file;
  const auto read = [&] {
    thexp::read_cifar({file.path}, thexp::CifarKind::kCifar10);
  };
  file.holding(cifar_record(1, 3, 0) + "xyz");
  CHECK_CONTAINS(message_of<FormatError>(read),
                 "expected records of 3073 bytes, found 3076 bytes: 3 left "
                 "over at offset 3073");
  file.holding(cifar_record(1, 3, 0) + cifar_record(1, 10, 0));
  CHECK_CONTAINS(message_of<FormatError>(read),
                 "at offset 3073: expected a label below 10, found 10");
}

TEST_CASE("characters become numbers and back") {
  const auto vocabulary = CharVocabulary::of_text("hällo, €");
  CHECK(vocabulary.characters() ==
        std::vector<std::string>{" ", ",", "h", "l", "o", "ä", "€"});
  const at::Tensor numbers = vocabulary.encode("hä €l");
  CHECK(values(numbers) == std::vector<int64_t>{2, 5, 0, 6, 3});
  CHECK(vocabulary.decode(numbers) == "hä €l");
  CHECK(CharVocabulary(vocabulary.characters()).decode(numbers) == "hä €l");
  CHECK(vocabulary.encode("").numel() == 0);
}

TEST_CASE("characters outside the vocabulary are told") {
  const auto vocabulary = CharVocabulary::of_text("abc");
  CHECK_CONTAINS(
      message_of<thexp::DataError>([&] { vocabulary.encode("abxc"); }),
      "the character 'x' at offset 2 is not in the vocabulary of 3");
  CHECK_CONTAINS(message_of<thexp::DataError>([&] {
                   vocabulary.decode(at::tensor({0, 3}, at::kLong));
                 }),
                 "number 3 at position 1 is not in the vocabulary of 3");
  CHECK_THROWS_AS(vocabulary.decode(at::ones({1})), thexp::UsageError);
  CHECK_THROWS_AS(CharVocabulary({"a", "a"}), thexp::UsageError);
  CHECK_THROWS_AS(CharVocabulary({"ab"}), thexp::UsageError);
}

TEST_CASE("text that is not UTF-8 is told with its offset") {
  File file;
  const std::string bad =
      GENERATE("ab\xFF", "ab\xC3", "ab\xC0\x80", "ab\xED\xA0\x80",
               "ab\xF4\x90\x80\x80", "ab\xE0\x80\x80", "ab\xF0\x80\x80\x80");
  CHECK_CONTAINS(message_of<FormatError>(
                     [&] { thexp::read_text_file(file.holding(bad)); }),
                 "at offset 2: byte");
  CHECK_THROWS_AS(CharVocabulary::of_text(bad), thexp::DataError);
  CHECK(thexp::read_text_file(file.holding("grüße 😀\n")) == "grüße 😀\n");
}

TEST_CASE("windows of a text and the tokens that follow") {
  const thexp::WindowDataset windows(at::arange(10, at::kLong), 4);
  CHECK(windows.size() == 6);
  const thexp::Batch batch = windows.get({0, 5});
  CHECK(values(batch[0]) == std::vector<int64_t>{0, 1, 2, 3, 5, 6, 7, 8});
  CHECK(values(batch[1]) == std::vector<int64_t>{1, 2, 3, 4, 6, 7, 8, 9});
  CHECK_THROWS_AS(windows.get({6}), thexp::DataError);
}

TEST_CASE("windows need enough tokens of the right type") {
  using thexp::WindowDataset;
  CHECK_CONTAINS(message_of<thexp::UsageError>(
                     [] { WindowDataset(at::arange(4, at::kLong), 4); }),
                 "below the number of tokens, but it is 4 of 4");
  CHECK_THROWS_AS(WindowDataset(at::arange(4, at::kFloat), 2),
                  thexp::UsageError);
  for (int64_t length : {int64_t{0}, std::numeric_limits<int64_t>::max()}) {
    CHECK_THROWS_AS(WindowDataset(at::arange(4, at::kLong), length),
                    thexp::UsageError);
  }
}

}  // namespace
