#include "json_numbers.h"

#include <algorithm>
#include <limits>

namespace thexp::detail {
namespace {

struct Word {
  std::string_view text;
  double value;
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Word kWords[] = {{"NaN", std::numeric_limits<double>::quiet_NaN()},
                           {"Infinity", kInfinity},
                           {"-Infinity", -kInfinity}};

const Word* word_at(std::string_view text, std::size_t at) {
  for (const Word& word : kWords) {
    if (text.compare(at, word.text.size(), word.text) == 0) return &word;
  }
  return nullptr;
}

// The place behind the text that begins with the quote at `at`.
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  while (++at < text.size() && text[at] != '"') {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t behind_number(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of("+-.0123456789eE", at), text.size());
}

bool begins_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

}  // namespace

PlainJson without_non_finite(std::string_view text) {
  PlainJson plain;
  bool has_words = text.find("NaN") != std::string_view::npos ||
                   text.find("Infinity") != std::string_view::npos;
  if (!has_words) return plain;
  plain.text = text;
  std::size_t numbers = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = behind_quoted(text, at);
    } else if (const Word* word = word_at(text, at)) {
      plain.numbers.emplace_back(numbers++, word->value);
      plain.text.replace(at, word->text.size(), word->text.size(), ' ');
      plain.text[at + 1] = '0';  // blanks around it, as 1NaN is not a number
      at += word->text.size();
    } else if (begins_number(text[at])) {
      ++numbers;
      at = behind_number(text, at);
    } else {
      ++at;
    }
  }
  return plain;
}

}  // namespace thexp::detail
