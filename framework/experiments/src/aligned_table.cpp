#include <algorithm>
#include <numeric>

#include "thexp/base/columns.h"
#include "thexp/experiments/table.h"

namespace thexp {
namespace {

constexpr std::size_t kGap = 2;
// A text that is longer, a command say, would push all else away.
constexpr std::size_t kWidest = 40;

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

std::size_t width_of(const std::string& text) {
  return is_plain(text) ? text.size() : display_width(text);
}

std::string in_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

// A column's cells as they are shown.
struct Strip {
  const TableColumn* column;
  std::vector<std::string> cells;
  std::size_t width;
  bool to_the_right;
};

Strip strip_of(const Table& table, std::size_t index, std::size_t most) {
  Strip strip{&table.columns[index], {}, 0, false};
  bool only_numbers = true, has_some = false;
  strip.cells.reserve(table.rows.size());
  strip.width = width_of(strip.column->heading());
  for (const TableRow& row : table.rows) {
    const TableCell& cell = row.cells[index];
    std::string text =
        cell.text.empty() ? text_of_value(cell.value) : cell.text;
    text = in_one_line(std::move(text));
    std::size_t width = width_of(text);
    if (width > most) text = fit_width(text, most);
    strip.width = std::max(strip.width, std::min(width, most));
    has_some = has_some || !text.empty();
    only_numbers = only_numbers && (text.empty() || cell.value.is_number());
    strip.cells.push_back(std::move(text));
  }
  strip.to_the_right = has_some && only_numbers;
  return strip;
}

std::size_t width_of(const std::vector<Strip>& strips) {
  std::size_t width = 0;
  for (const Strip& strip : strips) width += strip.width + kGap;
  return width;
}

// The strip to leave out; end() when none may be.
std::vector<Strip>::iterator least_wanted(std::vector<Strip>& strips) {
  auto least = strips.end();
  for (auto at = strips.begin(); at != strips.end(); ++at) {
    if (at->column->rank == 0) continue;
    if (least == strips.end() || at->column->rank >= least->column->rank) {
      least = at;
    }
  }
  return least;
}

void put(std::string& line,
         const Strip& strip,
         const std::string& text,
         bool is_first) {
  if (!is_first) line.append(kGap, ' ');
  std::size_t room = strip.width - std::min(strip.width, width_of(text));
  if (strip.to_the_right) line.append(room, ' ');
  line += text;
  if (!strip.to_the_right) line.append(room, ' ');
}

std::string finished(std::string line, std::size_t width) {
  line.erase(line.find_last_not_of(' ') + 1);
  if (line.size() <= width) return line + "\n";
  return fit_width(line, width) + "\n";
}

std::string heading_of(const std::vector<Strip>& strips, std::size_t width) {
  std::string line;
  for (const Strip& strip : strips) {
    put(line, strip, strip.column->heading(), &strip == &strips.front());
  }
  return finished(std::move(line), width);
}

// A note stands behind the last cell that says something.
std::size_t cells_before_note(const std::vector<Strip>& strips,
                              const TableRow& row,
                              std::size_t index) {
  std::size_t count = strips.size();
  if (row.note.empty()) return count;
  while (count > 0 && strips[count - 1].cells[index].empty()) --count;
  return count;
}

std::string line_of(const std::vector<Strip>& strips,
                    const TableRow& row,
                    std::size_t index,
                    std::size_t width) {
  std::string line;
  std::size_t count = cells_before_note(strips, row, index);
  for (std::size_t i = 0; i < count; ++i) {
    put(line, strips[i], strips[i].cells[index], i == 0);
  }
  if (!row.note.empty()) line += "  " + in_one_line(row.note);
  return finished(std::move(line), width);
}

}  // namespace

AlignedTable aligned_table(const Table& table, std::size_t width) {
  std::vector<Strip> strips;
  bool is_cut = width < 10000;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    strips.push_back(strip_of(table, i, is_cut ? kWidest : width));
  }
  AlignedTable aligned;
  while (width_of(strips) > width + kGap) {
    auto least = least_wanted(strips);
    if (least == strips.end()) break;
    aligned.left_out.push_back(least->column->heading());
    strips.erase(least);
  }
  std::reverse(aligned.left_out.begin(), aligned.left_out.end());
  aligned.text = heading_of(strips, width);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    aligned.text += line_of(strips, table.rows[i], i, width);
  }
  return aligned;
}

}  // namespace thexp
