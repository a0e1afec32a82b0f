#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "thexp/base/clock.h"

namespace thexp {

class BufferedFile;

/// A file of values over steps that TensorBoard shows:
/// `events.out.tfevents.<seconds>.<host>.<pid>.<n>.thexp`, the records of
/// TensorFlow's event.proto in the framing of its record_writer.h.
///
///     EventFile events("runs/mnist/20261121-100000-k3f9");
///     events.scalar("train/loss", 0.3, 120);
///     events.flush();
///
/// Values have 32 bits there. The file is made by the first flush() that has
/// something to write, and begun anew under another name when somebody removed
/// it. Its name sorts behind those of the folder's other event files, as
/// TensorBoard reads them in the order of their names. Any thread may call.
class EventFile {
 public:
  explicit EventFile(const std::filesystem::path& folder,
                     const Clock& clock = Clock::system());

  /// Flushes. An error is then lost: call flush() before to hear of it.
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// A value of `tag` at `step` (global, from 0). What is not UTF-8 in a tag
  /// becomes U+FFFD.
  void scalar(std::string_view tag, double value, int64_t step);

  /// What is there of `step` and later steps is superseded from here on, in
  /// this file and in those before it. TensorBoard drops it, too, where it has
  /// read it already.
  void restart(int64_t step);

  /// Appends what is buffered. @throws FileError; the values are then kept and
  /// written by the next flush that succeeds, and the file holds whole records.
  void flush();

  std::filesystem::path path() const;

 private:
  void begin(int64_t first_step);
  std::shared_ptr<BufferedFile> current() const;
  std::shared_ptr<BufferedFile> begin_anew(const BufferedFile& removed);

  const Clock& clock_;
  const std::filesystem::path folder_;
  mutable std::mutex mutex_;  // not held while the disk is waited for
  std::shared_ptr<BufferedFile> file_;
  std::optional<int64_t> restart_step_;  // until it is written
  int64_t last_step_ = 0;
  bool begun_ = false;
};

/// The files that EventFile wrote in `folder`, in TensorBoard's order. Those of
/// other programs are not among them. @throws FileError
std::vector<std::filesystem::path> find_event_files(
    const std::filesystem::path& folder);

}  // namespace thexp
