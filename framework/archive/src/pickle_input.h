#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thexp {

/// A pickle's bytes, read front to back; every read is checked.
class PickleInput {
 public:
  PickleInput(std::string_view bytes, const std::string& source)
      : bytes_(bytes), source_(source) {}

  /// @throws FormatError naming the source and the current opcode's offset.
  [[noreturn]] void fail(const std::string& problem) const;

  unsigned char opcode();
  std::size_t opcode_offset() const { return opcode_at_; }
  bool at_end() const { return at_ == bytes_.size(); }

  // An opcode's argument.
  uint64_t number(std::size_t bytes);  ///< unsigned, lowest byte first

  /// Two's complement; nothing where it has over 64 bits.
  std::optional<int64_t> integer(uint64_t bytes);
  double real();
  /// Four bytes of length, then UTF-8; nothing where it is not that.
  std::optional<std::string> text();
  std::string_view line();  ///< up to a line feed

 private:
  const char* take(uint64_t count);

  std::string_view bytes_;
  const std::string& source_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
};

}  // namespace thexp
