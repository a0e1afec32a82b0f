#include "natural_order.h"

#include <algorithm>
#include <cctype>

namespace thexp {
namespace {

std::string_view digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() &&
         std::isdigit(static_cast<unsigned char>(text[end]))) {
    ++end;
  }
  return text.substr(at, end - at);
}

std::string_view without_zeros(std::string_view digits) {
  std::size_t first = digits.find_first_not_of('0');
  return digits.substr(std::min(first, digits.size()));
}

// Numbers of any length.
int compare_digits(std::string_view a, std::string_view b) {
  a = without_zeros(a);
  b = without_zeros(b);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace

int natural_order(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    std::string_view left = digits_at(a, i), right = digits_at(b, j);
    if (!left.empty() && !right.empty()) {
      int order = compare_digits(left, right);
      if (order != 0) return order;
      i += left.size();
      j += right.size();
      continue;
    }
    if (a[i] != b[j]) return a[i] < b[j] ? -1 : 1;
    ++i;
    ++j;
  }
  int order = a.substr(i).compare(b.substr(j));
  if (order == 0) order = a.compare(b);  // "007" and "7"
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace thexp
