#include "thexp/base/columns.h"

#include <sys/ioctl.h>
#include <utf8proc.h>

#include "thexp/base/text.h"
#include "thexp/base/utf8.h"

namespace thexp {
namespace {

struct Piece {
  std::size_t bytes;
  std::size_t columns;
};

// A character, or one byte of what is not UTF-8.
Piece piece_at(std::string_view text, std::size_t offset) {
  Utf8Character character = utf8_character(text, offset);
  if (character.bytes == 0) return {1, 1};
  int columns =
      utf8proc_charwidth(static_cast<utf8proc_int32_t>(character.code));
  return {character.bytes, static_cast<std::size_t>(columns)};
}

// The longest prefix that is at most `columns` wide.
std::string_view prefix(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size()) {
    Piece piece = piece_at(text, at);
    if (piece.columns > columns) break;
    columns -= piece.columns;
    at += piece.bytes;
  }
  return text.substr(0, at);
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    Piece piece = piece_at(utf8, at);
    width += piece.columns;
    at += piece.bytes;
  }
  return width;
}

std::string fit_width(std::string_view utf8, std::size_t columns) {
  constexpr std::string_view kCut = "...";
  if (display_width(utf8) <= columns) return std::string(utf8);
  if (columns < kCut.size()) return std::string(prefix(utf8, columns));
  return std::string(prefix(utf8, columns - kCut.size())).append(kCut);
}

std::string pad_width(std::string_view utf8, std::size_t columns) {
  std::string text(utf8);
  std::size_t width = display_width(utf8);
  if (width < columns) text.append(columns - width, ' ');
  return text;
}

std::vector<std::string> wrap_words(std::string_view utf8,
                                    std::size_t columns) {
  std::vector<std::string> lines = {""};
  for (const std::string& word : split(utf8, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= columns) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::optional<std::size_t> terminal_columns(int descriptor) {
  winsize size{};
  bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  if (!known) return std::nullopt;
  return size.ws_col;
}

}  // namespace thexp
