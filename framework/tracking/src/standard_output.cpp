#include "standard_output.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

#include "thexp/base/error.h"

namespace thexp {
namespace {

bool is_same_file(int one, int other) {
  struct stat a {
  }, b{};
  if (::fstat(one, &a) != 0 || ::fstat(other, &b) != 0) return false;
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Descriptor duplicate_standard_output() {
  int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return Descriptor();
  return Descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
}

void flush_standard_output(OwnBuffers buffers) {
  if (::ftrylockfile(stdout) != 0) return;
  if (buffers == OwnBuffers::kAll) std::cout.flush();
  std::fflush(stdout);
  ::funlockfile(stdout);
}

void lead_standard_output_to(int descriptor) {
  if (::dup2(descriptor, STDOUT_FILENO) >= 0) return;
  throw FileError::system("cannot capture", "standard output", errno);
}

void lead_standard_output_back(int from, int to) {
  if (is_same_file(STDOUT_FILENO, from)) ::dup2(to, STDOUT_FILENO);
}

}  // namespace thexp
