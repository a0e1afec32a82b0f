#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "thexp/base/clock.h"

namespace thexp {

/// A remark about a run.
struct Note {
  std::string time;  ///< ISO 8601, with the offset
  std::string text;
};

/// What people say about a run: `labels.json` in its folder. run.json belongs
/// to the training, which may be writing it meanwhile.
struct Labels {
  std::vector<std::string> tags;  ///< in the order in which they were added
  std::vector<Note> notes;        ///< the oldest first
  /// In place of the description in run.json.
  std::optional<std::string> description;

  bool has_tag(const std::string& tag) const;
};

/// The labels of a run folder; none where there is no labels.json.
/// @throws FormatError that names the file and what is wrong in it, FileError
/// when it cannot be read.
Labels read_labels(const std::filesystem::path& run_folder);

/// Changes them under a lock (`.labels.lock` in the run folder, removed
/// afterwards), so that of many processes at once each change stays; a reader
/// sees the labels before or after it. What `change` throws leaves them as they
/// were. @returns them as they are now.
/// @throws as read_labels(): a damaged file is never overwritten. FileError
/// where the folder is read-only.
Labels change_labels(const std::filesystem::path& run_folder,
                     const std::function<void(Labels&)>& change);

/// One that is there already stays where it is.
/// @throws UsageError for one that check_tag() refuses, and as change_labels().
Labels add_tags(const std::filesystem::path& run_folder,
                const std::vector<std::string>& tags);

/// @throws UsageError when the run does not have one of them; then none is
/// removed. And as change_labels().
Labels remove_tags(const std::filesystem::path& run_folder,
                   const std::vector<std::string>& tags);

/// @throws UsageError for an empty text, and as change_labels().
Labels add_note(const std::filesystem::path& run_folder,
                const std::string& text,
                const Clock& clock = Clock::system());

/// "" takes the description back, so that run.json's counts again.
/// @throws as change_labels().
Labels set_description(const std::filesystem::path& run_folder,
                       const std::string& text);

/// A tag can name a run, stand in a table's cell and in a filter: 1 to 100
/// bytes of UTF-8 without blanks, control characters, '/', ',' and quotes, not
/// beginning with '.', '-' or '@'. @throws UsageError for another one.
void check_tag(const std::string& tag);

}  // namespace thexp
