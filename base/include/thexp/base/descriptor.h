#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace thexp {

/// A file descriptor of its own, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// Takes over `number`; one of the three standard streams' numbers, free where
/// a stream is closed, is left for another.
inline Descriptor above_standard(int number) {
  Descriptor low(number);
  if (number < 0 || number > 2) return low;
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3));
}

}  // namespace thexp
