#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <map>
#include <set>

#include "folder.h"
#include "leftovers.h"
#include "packing_list.h"
#include "tar_file.h"
#include "thexp/base/descriptor.h"
#include "thexp/base/error.h"
#include "thexp/base/text.h"
#include "thexp/experiments/run_archive.h"

namespace thexp {
namespace {

constexpr std::size_t kPiece = 1 << 18;
constexpr std::size_t kMostText = std::size_t{64} << 20;  // of a manifest

std::string text_of(TarReader& tar) {
  if (tar.bytes() > kMostText) tar.fail("'" + tar.name() + "' is too large");
  std::string text;
  char piece[1 << 14];
  while (std::size_t bytes = tar.read(piece, sizeof piece)) {
    text.append(piece, bytes);
  }
  return text;
}

Manifest read_manifest(TarReader& tar, const fs::path& file) {
  if (!tar.next() || !ends_with(tar.name(), std::string("/") + kManifestName) ||
      !tar.foreign_kind().empty()) {
    tar.fail("thexp export did not make this file");
  }
  std::string name = tar.name();
  Manifest manifest;
  try {
    manifest = Manifest::from_value(Value::from_json(text_of(tar), name));
  } catch (const Error& error) {
    throw FormatError::in_file(file, error.what());
  }
  if (name == manifest.prefix() + kManifestName) return manifest;
  tar.fail("it says that it is " + manifest.prefix() + ", but holds " + name);
}

// A folder beside the experiments, where no reader takes it for a run; removed
// unless it became one.
class Incoming {
 public:
  Incoming(const fs::path& workspace, const std::string& id) {
    make_directories(workspace / kIncoming);
    std::string name = (workspace / kIncoming / (id + ".XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw FileError::cannot_create_folder(name, errno);
    }
    path_ = name;
    mode_t mask = ::umask(0);
    ::umask(mask);
    ::chmod(path_.c_str(), 0777 & ~mask);
  }
  ~Incoming() {
    std::error_code ignored;  // gc removes what stays
    fs::remove_all(path_, ignored);
  }
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Unpacks into a folder what a manifest announces, and nothing else.
class Unpacker {
 public:
  Unpacker(TarReader& tar, const Manifest& manifest, const fs::path& folder)
      : tar_(tar), manifest_(manifest), folder_(folder) {}

  void unpack() {
    while (tar_.next()) unpack_one();
    if (left_files_ != 0 || left_bytes_ != 0 || !has_sums_) {
      tar_.fail("it is cut short, or was changed: files are missing");
    }
    for (const auto& [name, target] : manifest_.links) {
      if (seen_.count(target_name(name, target)) == 0) {
        tar_.fail("the link '" + name + "' leads to no file");
      }
      replace_link(folder_ / name,
                   fs::path(folder_ / name).parent_path() / target);
    }
  }

 private:
  static std::string target_name(const std::string& link,
                                 const std::string& target) {
    return (fs::path(link).parent_path() / target).string();
  }

  // The name in the run.
  std::string checked_name() {
    std::string name = tar_.name();
    std::string kind = tar_.foreign_kind();
    if (!kind.empty()) {
      tar_.fail("it holds " + kind + ", '" + name + "': not unpacked");
    }
    bool is_inside = starts_with(name, manifest_.prefix());
    std::string inner = is_inside ? name.substr(manifest_.prefix().size()) : "";
    if (tar_.is_folder() && ends_with(inner, "/")) inner.pop_back();
    if (!is_inside || !is_inner_path(inner)) {
      tar_.fail("it holds '" + name + "', which is outside of the run");
    }
    if (!seen_.insert(inner).second) tar_.fail("it holds '" + name + "' twice");
    return inner;
  }

  void unpack_one() {
    std::string name = checked_name();
    if (name == kSumsName) return check_sums();
    if (has_sums_) tar_.fail("it goes on after its end: '" + name + "'");
    if (tar_.is_folder()) return unpack_folder(name);
    if (left_files_ == 0 || tar_.bytes() > left_bytes_) {
      tar_.fail(
          fmt::format("it holds more than the {} files and {} bytes that "
                      "it announces",
                      manifest_.files, manifest_.bytes));
    }
    --left_files_;
    left_bytes_ -= tar_.bytes();
    unpack_file(name);
  }

  void unpack_folder(const std::string& name) {
    if (left_folders_ == 0) {
      tar_.fail("it holds more folders than it announces");
    }
    --left_folders_;
    make_directories(folder_ / name);
  }

  void unpack_file(const std::string& name) {
    fs::path path = folder_ / name;
    make_directories(path.parent_path());
    mode_t mode =
        tar_.is_executable() ? 0777 : 0666;  // the umask takes from it
    Descriptor out(::open(path.c_str(),
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                          mode));
    if (!out.is_open()) throw FileError::system("cannot create", path, errno);
    std::uintmax_t announced = tar_.bytes();
    std::uintmax_t written = 0;
    uLong sum = ::crc32(0, nullptr, 0);
    while (std::size_t bytes = tar_.read(piece_.data(), piece_.size())) {
      write_all(out.get(), bytes, path);
      sum = ::crc32(sum, reinterpret_cast<const Bytef*>(piece_.data()),
                    static_cast<uInt>(bytes));
      written += bytes;
    }
    if (written != announced) tar_.fail("'" + name + "' is cut short");
    sums_[name] = static_cast<int64_t>(sum);
  }

  void write_all(int descriptor, std::size_t bytes, const fs::path& path) {
    for (std::size_t done = 0; done < bytes;) {
      ssize_t count = ::write(descriptor, piece_.data() + done, bytes - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw FileError::system("cannot write", path, errno);
      done += static_cast<std::size_t>(count);
    }
  }

  void check_sums() {
    has_sums_ = true;
    Value sums = Value::from_json(text_of(tar_), tar_.name());
    for (const auto& [name, sum] : sums_) {
      const Value* announced = sums.find(name);
      if (announced == nullptr || *announced != Value(sum)) {
        tar_.fail("'" + name + "' is damaged: its checksum is another one");
      }
    }
  }

  TarReader& tar_;
  const Manifest& manifest_;
  const fs::path& folder_;
  std::string piece_ = std::string(kPiece, '\0');
  std::uintmax_t left_files_ = manifest_.files;
  std::uintmax_t left_folders_ = manifest_.folders;
  std::uintmax_t left_bytes_ = manifest_.bytes;
  std::set<std::string> seen_;
  std::map<std::string, int64_t> sums_;
  bool has_sums_ = false;
};

void check_room(const Manifest& manifest, const fs::path& workspace) {
  std::uintmax_t room = fs::space(workspace).available;
  if (manifest.bytes <= room) return;
  throw UsageError(fmt::format(
      "run {}/{} needs {}, but '{}' has {} left", manifest.experiment,
      manifest.id, format_bytes(static_cast<double>(manifest.bytes)),
      workspace.string(), format_bytes(static_cast<double>(room))));
}

UsageError is_there(const fs::path& path) {
  return UsageError(fmt::format(
      "the run cannot be imported: '{}' is there already", path.string()));
}

// One sync for all files is faster than one for each.
void sync_file_system(const fs::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  if (::syncfs(opened.get()) == 0) return;
  throw FileError::system("cannot sync", folder, errno);
}

void check_run(const fs::path& folder,
               const Manifest& manifest,
               const TarReader& tar) {
  RunRecord run = read_run(folder);
  if (run.id == manifest.id) return;
  tar.fail(
      fmt::format("its run.json is of run {}, not {}", run.id, manifest.id));
}

}  // namespace

fs::path import_run(const fs::path& file, const fs::path& workspace) {
  TarReader tar(file);
  Manifest manifest = read_manifest(tar, file);
  fs::path place = workspace / manifest.experiment / manifest.id;
  if (fs::exists(fs::symlink_status(place))) throw is_there(place);
  Incoming incoming(workspace, manifest.id);
  check_room(manifest, workspace);
  Unpacker(tar, manifest, incoming.path()).unpack();
  check_run(incoming.path(), manifest, tar);
  write_file_atomic(incoming.path() / kImportedNote,
                    manifest.to_value().to_json(2) + "\n");
  sync_file_system(incoming.path());
  if (!move_folder(incoming.path(), place)) throw is_there(place);
  return place;
}

}  // namespace thexp
