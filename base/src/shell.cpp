#include "thexp/base/shell.h"

#include <fmt/format.h>

#include <cstdlib>

#include "thexp/base/error.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
constexpr std::string_view kDigits = "0123456789";

bool is_in(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

std::size_t name_length(std::string_view text) {
  if (text.empty() || !is_in(kLetters, text[0])) return 0;
  std::size_t length = 1;
  while (length < text.size() &&
         (is_in(kLetters, text[length]) || is_in(kDigits, text[length]))) {
    ++length;
  }
  return length;
}

// Reads from left to right; the first problem is the one that is told.
class PathReader {
 public:
  explicit PathReader(std::string_view text) : rest_(text) {}

  PathText read() {
    bool begins = true;
    while (!rest_.empty()) {
      char c = rest_[0];
      if (c == '~' && begins) {
        read_home();
      } else if (c == '$') {
        read_dollar();
      } else {
        take(1);
      }
      begins = c == '=' || c == ',';
    }
    return {path_, problem_};
  }

 private:
  void take(std::size_t length) {
    path_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  void fail(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  void read_home() {
    std::string_view user = rest_.substr(1, rest_.find_first_of("/,") - 1);
    if (user.empty()) return put_variable("HOME", 1);
    fail(
        fmt::format("~{0} is not expanded; write the whole path, or ./~{0} "
                    "for a file of that name",
                    user));
    take(1 + user.size());
  }

  void read_dollar() {
    std::string_view after = rest_.substr(1);
    if (starts_with(after, "$")) {
      path_ += '$';
      return rest_.remove_prefix(2);
    }
    if (starts_with(after, "{")) return read_braces(after.substr(1));
    if (std::size_t length = name_length(after)) {
      fail(
          fmt::format("${0} is not expanded; write ${{{0}}}, or $${0} for a "
                      "file of that name",
                      after.substr(0, length)));
    }
    take(1);
  }

  void read_braces(std::string_view inside) {
    std::size_t length = name_length(inside);
    bool closed = length > 0 && starts_with(inside.substr(length), "}");
    if (closed) {
      return put_variable(std::string(inside.substr(0, length)), length + 3);
    }
    fail("a variable is written ${NAME}, and $${ for these two characters");
    take(2);
  }

  // Takes the place of the next `length` characters.
  void put_variable(const std::string& name, std::size_t length) {
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') {
      path_ += value;
      return rest_.remove_prefix(length);
    }
    fail(fmt::format("the environment variable {} is {}", name,
                     value == nullptr ? "not set" : "empty"));
    take(length);
  }

  std::string_view rest_;
  std::string path_;
  std::string problem_;
};

}  // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view kOthers = "-=+./:,@%";
  bool is_plain = !text.empty();
  for (char c : text) {
    is_plain = is_plain &&
               (is_in(kLetters, c) || is_in(kDigits, c) || is_in(kOthers, c));
  }
  if (is_plain) return std::string(text);
  return "'" + join(split(text, '\''), "'\\''") + "'";
}

PathText read_path_text(std::string_view text) {
  return PathReader(text).read();
}

std::filesystem::path expand_path(std::string_view text) {
  PathText read = read_path_text(text);
  if (!read.problem.empty()) {
    throw UsageError(fmt::format("'{}': {}", text, read.problem));
  }
  return read.path;
}

}  // namespace thexp
