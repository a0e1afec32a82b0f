#pragma once

#include <filesystem>

namespace thexp {

/// The file of a run folder that says what crashed its process.
constexpr const char* kCrashNote = "crash.txt";

// A run that a crash is to be noted in. Past the first few at a time, runs go
// without.
class CrashSlot {
 public:
  explicit CrashSlot(const std::filesystem::path& folder);
  ~CrashSlot();
  CrashSlot(const CrashSlot&) = delete;
  CrashSlot& operator=(const CrashSlot&) = delete;

 private:
  int place_ = -1;
};

}  // namespace thexp
