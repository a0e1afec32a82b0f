#pragma once

#include <stdlib.h>

#include <string>

namespace thexp_test {

/// A variable of the environment as a test wants it (nullptr: not set), and
/// then as it was.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = getenv(name)) before_ = before;
    had_ = getenv(name) != nullptr;
    put(value);
  }
  ~Variable() { put(had_ ? before_.c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void put(const char* value) {
    if (value == nullptr) {
      unsetenv(name_);
    } else {
      setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::string before_;
  bool had_;
};

}  // namespace thexp_test
