#include "thexp/base/content_hash.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"

namespace thexp {
namespace {

std::string digits(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace

std::string content_hash(std::string_view bytes) {
  return digits(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string content_hash_of_file(const std::filesystem::path& path) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) throw FileError::system("cannot open", path, errno);
  std::vector<char> block(kBlock);
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_128bits_reset(&state);
  for (;;) {
    ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError::system("cannot read", path, errno);
    if (got == 0) return digits(XXH3_128bits_digest(&state));
    XXH3_128bits_update(&state, block.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace thexp
