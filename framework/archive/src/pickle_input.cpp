#include "pickle_input.h"

#include <fmt/format.h>

#include <cstring>

#include "little_endian.h"
#include "thexp/base/error.h"
#include "thexp/base/utf8.h"

namespace thexp {

void PickleInput::fail(const std::string& problem) const {
  throw FormatError::at_offset(source_, problem, opcode_at_);
}

const char* PickleInput::take(uint64_t count) {
  if (count > bytes_.size() - at_) fail("the pickle ends too early");
  at_ += static_cast<std::size_t>(count);
  return bytes_.data() + at_ - count;
}

unsigned char PickleInput::opcode() {
  opcode_at_ = at_;
  return static_cast<unsigned char>(*take(1));
}

uint64_t PickleInput::number(std::size_t bytes) {
  return get_little(take(bytes), bytes);
}

std::optional<int64_t> PickleInput::integer(uint64_t count) {
  const char* data = take(count);
  if (count > 8) return std::nullopt;
  uint64_t value = get_little(data, static_cast<std::size_t>(count));
  bool negative = count > 0 && (data[count - 1] & 0x80) != 0;
  if (negative && count < 8) value |= ~uint64_t{0} << (8 * count);
  return static_cast<int64_t>(value);
}

double PickleInput::real() {
  uint64_t bits = 0;
  const char* data = take(8);
  for (int i = 0; i < 8; ++i) {
    bits = bits << 8 | static_cast<unsigned char>(data[i]);
  }
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::optional<std::string> PickleInput::text() {
  uint64_t count = number(4);
  std::string text(take(count), static_cast<std::size_t>(count));
  if (!is_utf8(text)) return std::nullopt;
  return text;
}

std::string_view PickleInput::line() {
  constexpr std::size_t kLongest = 512;
  std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos || end - at_ > kLongest) {
    fail("a name without an end");
  }
  std::string_view text = bytes_.substr(at_, end - at_);
  at_ = end + 1;
  return text;
}

}  // namespace thexp
