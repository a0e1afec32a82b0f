#include "yaml_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string_view>

#include "thexp/base/text.h"

namespace thexp {
namespace {

bool is_plain_character(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) ||
         std::string_view("_./+-").find(c) != std::string_view::npos;
}

// Words that YAML 1.1 readers, Python's among them, do not take for text.
bool is_reserved_word(std::string_view text) {
  constexpr std::array<std::string_view, 11> kWords = {
      "true", "false", "yes",  "no",  "on", "off",
      "y",    "n",     "null", "nan", "inf"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

bool can_be_plain(std::string_view text) {
  if (text.empty() || is_reserved_word(text)) return false;
  auto first = static_cast<unsigned char>(text[0]);
  bool good_start = std::isalpha(first) || first == '_' || first == '/' ||
                    starts_with(text, "./") || starts_with(text, "../");
  return good_start &&
         std::all_of(text.begin(), text.end(), is_plain_character);
}

// Characters that some reader takes for a line break or a byte order mark.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4>
    kEscapedSequences = {{{"\xC2\x85", "\\u0085"},
                          {"\xE2\x80\xA8", "\\u2028"},
                          {"\xE2\x80\xA9", "\\u2029"},
                          {"\xEF\xBB\xBF", "\\uFEFF"}}};

std::string escape_byte(char c) {
  auto byte = static_cast<unsigned char>(c);
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (byte < 0x20 || byte == 0x7F) return fmt::format("\\x{:02x}", byte);
  return std::string(1, c);
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    std::size_t taken = 1;
    std::string escaped = escape_byte(text[0]);
    for (const auto& [sequence, escape] : kEscapedSequences) {
      if (!starts_with(text, sequence)) continue;
      taken = sequence.size();
      escaped = escape;
    }
    quoted += escaped;
    text.remove_prefix(taken);
  }
  return quoted + "\"";
}

std::string text_line(std::string_view text) {
  return can_be_plain(text) ? std::string(text) : quote(text);
}

// YAML 1.1 readers take "1e-05" for text, and "1.0e-05" for a number.
std::string real_line(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = format_real(value);
  std::size_t exponent = text.find('e');
  bool point = text.find('.') != std::string::npos;
  if (exponent != std::string::npos && !point) text.insert(exponent, ".0");
  return text;
}

std::string list_line(const Value::List& list) {
  std::vector<std::string> parts;
  for (const Value& item : list) parts.push_back(to_yaml_line(item));
  return "[" + join(parts, ", ") + "]";
}

std::string dict_line(const Value::Dict& dict) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : dict) {
    parts.push_back(text_line(key) + ": " + to_yaml_line(value));
  }
  return "{" + join(parts, ", ") + "}";
}

void write_block(const Value::Dict& dict,
                 std::size_t indent,
                 std::string& text) {
  for (const auto& [key, value] : dict) {
    text += std::string(indent, ' ') + text_line(key) + ":";
    if (value.is_dict() && !value.as_dict().empty()) {
      text += "\n";
      write_block(value.as_dict(), indent + 2, text);
    } else {
      text += " " + to_yaml_line(value) + "\n";
    }
  }
}

}  // namespace

std::string to_yaml_line(const Value& value) {
  if (value.is_text()) return text_line(value.as_text());
  if (value.is_real()) return real_line(value.as_real());
  if (value.is_list()) return list_line(value.as_list());
  if (value.is_dict()) return dict_line(value.as_dict());
  return value.to_json();
}

std::string to_yaml_block(const Value& dict) {
  if (dict.as_dict().empty()) return "{}\n";
  std::string text;
  write_block(dict.as_dict(), 0, text);
  return text;
}

}  // namespace thexp
