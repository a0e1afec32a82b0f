#include "compare_tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "element_number.h"
#include "thexp/archive/elements.h"
#include "thexp/base/error.h"

namespace thexp::cli {
namespace {

constexpr std::size_t kPiece = 1 << 15;  // elements

template <typename T>
T load(const char* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

bool is_complex(ElementType type) {
  return type == ElementType::kComplex64 || type == ElementType::kComplex128;
}

void add(double distance, Difference& difference) {
  bool grows = std::isnan(distance) || distance > difference.largest;
  if (grows && !std::isnan(difference.largest)) difference.largest = distance;
}

// Exact where a double would round both sides to one.
double integer_distance(const char* a, const char* b) {
  auto left = load<int64_t>(a), right = load<int64_t>(b);
  auto low = static_cast<uint64_t>(std::min(left, right));
  auto high = static_cast<uint64_t>(std::max(left, right));
  return static_cast<double>(high - low);
}

void compare_element(ElementType type,
                     const char* a,
                     const char* b,
                     Difference& difference) {
  std::size_t bytes = info_of(type).bytes;
  if (std::memcmp(a, b, bytes) == 0) return;
  ++difference.elements;
  if (type == ElementType::kInt64) {
    return add(integer_distance(a, b), difference);
  }
  std::size_t parts = is_complex(type) ? 2 : 1;
  for (std::size_t i = 0; i < parts; ++i) {
    double left = number_of(type, a + i * bytes / parts);
    double right = number_of(type, b + i * bytes / parts);
    // inf - inf, and two NaNs of other bits, are not a distance.
    bool same = left == right || (std::isnan(left) && std::isnan(right));
    add(same ? 0 : std::abs(left - right), difference);
  }
}

}  // namespace

Difference compare(const ArchiveTensor& a, const ArchiveTensor& b) {
  if (repeats_too_often(a) || repeats_too_often(b)) {
    throw FormatError("a tensor " + describe(a) +
                      " repeats its elements too often to be compared");
  }
  std::size_t bytes = info_of(a.type).bytes;
  ElementReader a_elements(a), b_elements(b);
  auto all = static_cast<std::size_t>(a_elements.bytes_left()) / bytes;
  std::size_t piece = std::min(kPiece, all);
  std::vector<char> left(piece * bytes), right(piece * bytes);
  Difference difference;
  while (std::size_t count = a_elements.read(left.data(), piece)) {
    b_elements.read(right.data(), count);
    if (std::memcmp(left.data(), right.data(), count * bytes) == 0) continue;
    for (std::size_t i = 0; i < count; ++i) {
      compare_element(a.type, left.data() + i * bytes, right.data() + i * bytes,
                      difference);
    }
  }
  return difference;
}

}  // namespace thexp::cli
