#include "index_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "byte_reader.h"
#include "thexp/base/descriptor.h"
#include "thexp/base/hash.h"

namespace thexp {
namespace {

constexpr std::string_view kMagic = "thexpix1";
constexpr std::size_t kHead = kMagic.size() + sizeof(uint64_t);

// Eight bytes at a time: ten thousand runs are twenty megabytes.
uint64_t checksum(std::string_view bytes) {
  uint64_t sum = bytes.size();
  std::size_t at = 0;
  for (; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
    sum ^= sum >> 29;
  }
  for (; at < bytes.size(); ++at) {
    sum = combine64(sum, static_cast<unsigned char>(bytes[at]));
  }
  return mix64(sum);
}

void put_run(std::string& out, const IndexedRun& run) {
  put_text(out, run.folder.experiment);
  put_text(out, run.folder.name);
  put_plain(out, run.folder.run);
  put_plain(out, run.folder.labels);
  put_text(out, run.problem);
  put_text(out, run.labels_problem);
  put_plain(out, run.summary);
  put_text(out, run.json);
  put_text(out, run.labels);
}

IndexedRun take_run(ByteReader& reader) {
  IndexedRun run;
  run.folder.experiment = reader.text();
  run.folder.name = reader.text();
  run.folder.run = reader.plain<FileStamp>();
  run.folder.labels = reader.plain<FileStamp>();
  run.problem = reader.text();
  run.labels_problem = reader.text();
  run.summary = reader.plain<RunSummary>();
  run.json = reader.text();
  run.labels = reader.text();
  return run;
}

bool write_whole(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace

std::vector<IndexedRun> parse_index(std::string_view content, KeyTable& keys) {
  ByteReader head(content);
  if (head.take(kMagic.size()) != kMagic) {
    throw FormatError("the packed runs are of another version");
  }
  if (head.plain<uint64_t>() != checksum(content.substr(kHead))) {
    throw FormatError("the packed runs are damaged");
  }
  ByteReader reader(content.substr(kHead));
  for (uint64_t left = reader.number(); left > 0; --left) {
    keys.id_of(reader.text());
  }
  std::vector<IndexedRun> runs;
  while (!reader.at_end()) runs.push_back(take_run(reader));
  return runs;
}

std::string index_content(const std::vector<const IndexedRun*>& runs,
                          const KeyTable& keys) {
  std::string content(kMagic);
  put_plain(content, uint64_t{0});
  put_number(content, keys.size());
  for (uint64_t id = 0; id < keys.size(); ++id) {
    put_text(content, keys.name(id));
  }
  for (const IndexedRun* run : runs) put_run(content, *run);
  uint64_t sum = checksum(std::string_view(content).substr(kHead));
  std::memcpy(content.data() + kMagic.size(), &sum, sizeof sum);
  return content;
}

bool try_write_index(const fs::path& path, const std::string& content) {
  std::string temporary =
      path.string() + ".tmp." + std::to_string(::getpid()) + ".0";
  Descriptor file(::open(temporary.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.is_open()) return false;
  bool done = write_whole(file.get(), content) &&
              ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!done) ::unlink(temporary.c_str());
  return done;
}

}  // namespace thexp
