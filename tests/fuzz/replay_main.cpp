// Stands in for libFuzzer: gives each file, or each file of a folder, to the
// fuzz target. A crash or a sanitizer's report ends it.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace fs = std::filesystem;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size);

namespace {

int replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return -1;
  }
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()),
                         bytes.size());
  return 1;
}

int replay_all(const fs::path& path) {
  if (!fs::is_directory(path)) return replay(path);
  int count = 0;
  for (const auto& entry : fs::directory_iterator(path)) {
    int one = replay(entry.path());
    if (one < 0) return one;
    count += one;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    int some = replay_all(argv[i]);
    if (some < 0) return 1;
    count += some;
  }
  std::printf("replayed %d inputs\n", count);
  return count > 0 ? 0 : 1;  // an empty corpus tests nothing
}
