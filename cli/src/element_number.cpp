#include "element_number.h"

#include <cmath>
#include <cstdint>
#include <cstring>

namespace thexp::cli {
namespace {

template <typename T>
T load(const char* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

// IEEE 754 binary16.
double half(const char* data) {
  auto bits = load<uint16_t>(data);
  int exponent = bits >> 10 & 0x1f;
  double fraction = bits & 0x3ff;
  double size = std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 0) size = std::ldexp(fraction, -24);
  if (exponent == 0x1f) size = fraction == 0 ? HUGE_VAL : std::nan("");
  return bits & 0x8000 ? -size : size;
}

// The upper half of a binary32.
double brain(const char* data) {
  auto bits = uint32_t{load<uint16_t>(data)} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Without its lowest bits, rounded to nearest even.
uint32_t rounded(uint32_t bits, int dropped) {
  uint32_t half = (uint32_t{1} << (dropped - 1)) - 1;
  return (bits + half + (bits >> dropped & 1)) >> dropped;
}

uint16_t to_half(float value) {
  uint32_t bits = bits_of(value);
  uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
  constexpr uint32_t kInfinity = 0x7c00, kOneUnder = 112 << 10;
  uint32_t half = 0;
  if (size > 0x7f800000) {
    half = kInfinity | 0x200;       // NaN
  } else if (size >= 0x477ff000) {  // from 65520
    half = kInfinity;
  } else if (size >= 0x38800000) {  // a normal number of both
    half = rounded(size, 13) - kOneUnder;
  } else {
    half =
        static_cast<uint32_t>(std::nearbyint(std::ldexp(std::abs(value), 24)));
  }
  return static_cast<uint16_t>(sign | half);
}

uint16_t to_brain(float value) {
  uint32_t bits = bits_of(value);
  bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<uint16_t>(is_nan ? bits >> 16 | 0x40 : rounded(bits, 16));
}

template <typename T>
void store(T value, char* data) {
  std::memcpy(data, &value, sizeof value);
}

}  // namespace

bool is_real(ElementType type) {
  return type == ElementType::kFloat16 || type == ElementType::kBFloat16 ||
         type == ElementType::kFloat32 || type == ElementType::kFloat64;
}

double number_of(ElementType type, const char* data) {
  switch (type) {
    case ElementType::kInt64:
      break;
    case ElementType::kUInt8:
    case ElementType::kBool:
      return load<uint8_t>(data);
    case ElementType::kInt8:
      return load<int8_t>(data);
    case ElementType::kInt16:
      return load<int16_t>(data);
    case ElementType::kInt32:
      return load<int32_t>(data);
    case ElementType::kFloat16:
      return half(data);
    case ElementType::kBFloat16:
      return brain(data);
    case ElementType::kFloat32:
    case ElementType::kComplex64:
      return load<float>(data);
    case ElementType::kFloat64:
    case ElementType::kComplex128:
      return load<double>(data);
  }
  return 0;
}

void put_number(ElementType type, double value, char* data) {
  auto single = static_cast<float>(value);
  if (type == ElementType::kFloat16) return store(to_half(single), data);
  if (type == ElementType::kBFloat16) return store(to_brain(single), data);
  if (type == ElementType::kFloat32) return store(single, data);
  store(value, data);
}

}  // namespace thexp::cli
