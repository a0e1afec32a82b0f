#include "run_number.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "run_json.h"
#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"
#include "thexp/base/value.h"

namespace thexp {
namespace {

std::optional<int64_t> number_in(int descriptor) {
  std::array<char, 24> text{};
  ssize_t bytes = ::pread(descriptor, text.data(), text.size(), 0);
  int64_t number = 0;
  if (bytes <= 0) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + bytes, number);
  bool whole = error == std::errc() && end < text.data() + bytes &&
               *end == '\n' && number > 0 &&
               number < std::numeric_limits<int64_t>::max();
  return whole ? std::optional(number) : std::nullopt;
}

int64_t number_of_run(const fs::path& file) {
  try {
    Value json = Value::from_json(read_file(file));
    const Value* number = json.find(run_json::kNumber);
    return number != nullptr ? number->as_integer() : 0;
  } catch (const Error&) {
    return 0;  // a damaged run keeps no other from beginning
  }
}

// Of an experiment that came without its file in .numbers.
int64_t highest_number(const fs::path& experiment) {
  int64_t highest = 0;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(experiment, unreadable)) {
    fs::path file = entry.path() / run_json::kFileName;
    std::error_code absent;
    if (!fs::exists(file, absent)) continue;
    highest = std::max(highest, number_of_run(file));
  }
  return highest;
}

}  // namespace

int64_t next_run_number(const fs::path& experiment) {
  fs::path path = experiment.parent_path() / ".numbers" / experiment.filename();
  make_directories(path.parent_path());
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() < 0) throw FileError::system("cannot open", path, errno);
  // Without locks, as on some network disks, two runs may share a number.
  while (::flock(file.get(), LOCK_EX) != 0 && errno == EINTR) continue;
  std::optional<int64_t> last = number_in(file.get());
  int64_t next = (last ? *last : highest_number(experiment)) + 1;
  std::string text = std::to_string(next) + "\n";
  ssize_t written = ::pwrite(file.get(), text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) {
    throw FileError::system("cannot write to", path, errno);
  }
  return next;
}

}  // namespace thexp
