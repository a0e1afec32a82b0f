#include "line_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace thexp {
namespace {

constexpr int64_t kMostEdits = 2000;
constexpr int64_t kContext = 3;

using Lines = std::vector<std::string_view>;
using Numbers = std::vector<int64_t>;

// Each with its newline.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

// Equal lines get equal numbers, which compare faster.
class Numbering {
 public:
  Numbers of(const Lines& lines) {
    Numbers numbers;
    for (std::string_view line : lines) {
      auto next = static_cast<int64_t>(known_.size());
      numbers.push_back(known_.emplace(line, next).first->second);
    }
    return numbers;
  }

 private:
  std::unordered_map<std::string_view, int64_t> known_;
};

// Which lines of the old text go, and which of the new one come.
struct Marks {
  std::vector<bool> removed, added;
};

// The part between the equal beginning and the equal end of two texts.
struct Middle {
  int64_t begin = 0, old_end = 0, new_end = 0;
};

Middle middle_of(const Numbers& a, const Numbers& b) {
  Middle middle;
  middle.old_end = static_cast<int64_t>(a.size());
  middle.new_end = static_cast<int64_t>(b.size());
  auto& [begin, old_end, new_end] = middle;
  while (begin < old_end && begin < new_end && a[begin] == b[begin]) ++begin;
  while (old_end > begin && new_end > begin &&
         a[old_end - 1] == b[new_end - 1]) {
    --old_end;
    --new_end;
  }
  return middle;
}

// The furthest places on each diagonal, for a growing number of edits.
class Search {
 public:
  Search(const Numbers& a, const Numbers& b, const Middle& middle)
      : a_(a.data() + middle.begin),
        b_(b.data() + middle.begin),
        old_size_(middle.old_end - middle.begin),
        new_size_(middle.new_end - middle.begin) {}

  // False when there are too many edits.
  bool run() {
    for (int64_t edits = 0; edits <= kMostEdits; ++edits) {
      rows_.emplace_back(static_cast<std::size_t>(2 * edits + 1));
      for (int64_t k = -edits; k <= edits; k += 2) {
        if (extend(edits, k)) return true;
      }
    }
    return false;
  }

  // Goes back from the end, and marks the edits.
  void mark(Marks& marks, int64_t begin) const {
    int64_t x = old_size_, y = new_size_;
    for (auto edits = static_cast<int64_t>(rows_.size()) - 1; edits > 0;
         --edits) {
      int64_t k = x - y;
      bool down = goes_down(edits, k);
      int64_t from = down ? k + 1 : k - 1;
      x = at(edits - 1, from);
      y = x - from;
      (down ? marks.added[begin + y] : marks.removed[begin + x]) = true;
    }
  }

 private:
  int64_t at(int64_t edits, int64_t k) const {
    return k < -edits || k > edits ? -1 : rows_[edits][k + edits];
  }

  bool goes_down(int64_t edits, int64_t k) const {
    return k == -edits ||
           (k != edits && at(edits - 1, k - 1) < at(edits - 1, k + 1));
  }

  bool extend(int64_t edits, int64_t k) {
    int64_t x = 0;
    if (edits > 0) {
      x = goes_down(edits, k) ? at(edits - 1, k + 1) : at(edits - 1, k - 1) + 1;
    }
    while (x < old_size_ && x - k < new_size_ && x - k >= 0 &&
           a_[x] == b_[x - k]) {
      ++x;
    }
    rows_[edits][k + edits] = x;
    return x >= old_size_ && x - k >= new_size_;
  }

  const int64_t* a_;
  const int64_t* b_;
  int64_t old_size_, new_size_;
  std::vector<Numbers> rows_;
};

Marks compare(const Numbers& a, const Numbers& b) {
  Marks marks{std::vector<bool>(a.size()), std::vector<bool>(b.size())};
  Middle middle = middle_of(a, b);
  Search search(a, b, middle);
  if (search.run()) {
    search.mark(marks, middle.begin);
  } else {
    std::fill(marks.removed.begin() + middle.begin,
              marks.removed.begin() + middle.old_end, true);
    std::fill(marks.added.begin() + middle.begin,
              marks.added.begin() + middle.new_end, true);
  }
  return marks;
}

// One line of the result: ' ', '-' or '+', and where it is in both texts.
struct Step {
  char sign;
  int64_t old_line, new_line;
};

std::vector<Step> steps_of(const Marks& marks) {
  std::vector<Step> steps;
  auto old_size = static_cast<int64_t>(marks.removed.size());
  auto new_size = static_cast<int64_t>(marks.added.size());
  int64_t x = 0, y = 0;
  while (x < old_size || y < new_size) {
    if (x < old_size && marks.removed[x]) {
      steps.push_back({'-', x++, y});
    } else if (y < new_size && marks.added[y]) {
      steps.push_back({'+', x, y++});
    } else {
      steps.push_back({' ', x++, y++});
    }
  }
  return steps;
}

// "12,3", "12" for one line, "11,0" for none (the line before).
std::string range(int64_t first, int64_t count) {
  if (count == 1) return fmt::format("{}", first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

class Hunks {
 public:
  Hunks(const Lines& old_lines,
        const Lines& new_lines,
        const std::vector<Step>& steps)
      : old_lines_(old_lines), new_lines_(new_lines), steps_(steps) {}

  std::string text() {
    auto size = static_cast<int64_t>(steps_.size());
    int64_t at = next_change(0);
    while (at < size) {
      int64_t last = at;
      int64_t next = next_change(at + 1);
      while (next < size && next - last <= 2 * kContext + 1) {
        last = next;
        next = next_change(last + 1);
      }
      add_hunk(std::max<int64_t>(0, at - kContext),
               std::min(size, last + kContext + 1));
      at = next;
    }
    return text_;
  }

 private:
  int64_t next_change(int64_t at) const {
    auto size = static_cast<int64_t>(steps_.size());
    while (at < size && steps_[at].sign == ' ') ++at;
    return at;
  }

  void add_hunk(int64_t begin, int64_t end) {
    int64_t old_count = 0, new_count = 0;
    for (int64_t i = begin; i < end; ++i) {
      old_count += steps_[i].sign != '+';
      new_count += steps_[i].sign != '-';
    }
    text_ +=
        fmt::format("@@ -{} +{} @@\n", range(steps_[begin].old_line, old_count),
                    range(steps_[begin].new_line, new_count));
    for (int64_t i = begin; i < end; ++i) add_line(steps_[i]);
  }

  void add_line(const Step& step) {
    std::string_view line = step.sign == '+' ? new_lines_[step.new_line]
                                             : old_lines_[step.old_line];
    text_ += step.sign;
    text_ += line;
    if (line.back() != '\n') text_ += "\n\\ No newline at end of file\n";
  }

  const Lines& old_lines_;
  const Lines& new_lines_;
  const std::vector<Step>& steps_;
  std::string text_;
};

}  // namespace

std::string unified_hunks(std::string_view old_text,
                          std::string_view new_text) {
  Lines old_lines = lines_of(old_text), new_lines = lines_of(new_text);
  Numbering numbering;
  Numbers a = numbering.of(old_lines), b = numbering.of(new_lines);
  std::vector<Step> steps = steps_of(compare(a, b));
  return Hunks(old_lines, new_lines, steps).text();
}

}  // namespace thexp
