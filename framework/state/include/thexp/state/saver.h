#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thexp/base/file.h"
#include "thexp/base/value.h"
#include "thexp/state/retention.h"
#include "thexp/state/save_point.h"
#include "thexp/state/state.h"

namespace thexp {

class SaverOptions {
 public:
  /// Which checkpoints stay; the others are removed after a save, except the
  /// one that is marked as the best. Keypoints and models always stay.
  SaverOptions& retention(Retention rules) {
    retention_ = std::move(rules);
    return *this;
  }

  /// Short for retention(Retention().last(count)); 0 keeps all.
  /// @throws UsageError for a negative count.
  SaverOptions& max_to_keep(int64_t count) {
    return retention(count == 0 ? Retention() : Retention().last(count));
  }

  /// Marks a saved checkpoint as the best when its `metric` is better than
  /// that of the marked one; see Retention::best() for which have one.
  SaverOptions& best_by(std::string metric, Mode mode) {
    best_by_ = BestBy{std::move(metric), mode};
    return *this;
  }

  struct BestBy {
    std::string metric;
    Mode mode;
  };
  const Retention& retention() const { return retention_; }
  const std::optional<BestBy>& best_by() const { return best_by_; }

 private:
  Retention retention_ = Retention().last(3);
  std::optional<BestBy> best_by_;
};

/// @throws UsageError unless it is a plain file name of letters, digits, '.',
/// '_', '-' and '=', which a saved model can have.
void require_model_name(const std::string& name);

/// A complete saved file.
struct SavedFile {
  fs::path path;
  int64_t sequence = 0;  ///< grows with every save into its folder
  /// Nothing for a model that was saved under a name.
  std::optional<SavePoint> point;
  std::string name;  ///< "epoch-3", "step-500", or a model's name

  /// What the caller gave to the save. @throws FileError, FormatError
  Value info() const;
};

/// A saved file that could not be loaded, and why.
struct SkippedFile {
  fs::path path;
  std::string reason;
};

struct LoadedFile {
  State state;
  Value info;
  SavedFile file;
  std::vector<SkippedFile> skipped;  ///< newer ones that are damaged
};

/// Keeps states as files below a folder:
///
///     Saver saver(run_folder, SaverOptions().max_to_keep(3));
///     saver.save_checkpoint(epoch, state, Value::Dict{{"loss", 0.2}});
///     if (auto latest = saver.load_latest()) use(latest->state);
///
/// `checkpoints/` are pruned, `keypoints/` are not, `models/` have one file a
/// name. A save is complete when its file is there, which comes after its JSON
/// sidecar; whatever instant the process is killed at, the files before it are
/// intact. Files and folders of other names are left alone. The constructor
/// touches nothing. One Saver at a time writes into a folder.
class Saver {
 public:
  explicit Saver(fs::path folder, SaverOptions options = {});

  /// Each returns the path of the new file. @throws FileError, UsageError (a
  /// negative epoch, a name that is not a file name); nothing is lost then.
  /// A checkpoint whose info says `best: true` is marked as the best.
  fs::path save_checkpoint(SavePoint point,
                           const State& state,
                           const Value& info = {});
  fs::path save_keypoint(SavePoint point,
                         const State& state,
                         const Value& info = {});

  /// Replaces the model of the same name, and the link `models/<name>.pt`
  /// (for an epoch: `models/epoch-<n>.pt`).
  fs::path save_model(const std::string& name,
                      const State& state,
                      const Value& info = {});
  fs::path save_model(SavePoint point,
                      const State& state,
                      const Value& info = {});

  /// A model that another writer made whole, such as TorchScript's
  /// `module.save(stream)`.
  fs::path save_model_bytes(const std::string& name,
                            std::string_view bytes,
                            const Value& info = {});

  /// Which checkpoints stay, from the next save on.
  const Retention& retention() const { return options_.retention(); }
  void set_retention(Retention rules) { options_.retention(std::move(rules)); }

  /// The complete files, newest last.
  std::vector<SavedFile> find_checkpoints() const;
  std::vector<SavedFile> find_keypoints() const;
  std::vector<SavedFile> find_models() const;

  /// The newest checkpoint that is undamaged, with those skipped before it;
  /// nothing when there is none at all. @throws FormatError when all are
  /// damaged, with the reasons; FileError when the disk refuses to read one.
  std::optional<LoadedFile> load_latest() const;

  /// @throws FileError naming those that there are when this one is absent;
  /// FormatError when it is damaged.
  LoadedFile load_checkpoint(SavePoint point) const;
  LoadedFile load_keypoint(SavePoint point) const;
  LoadedFile load_model(const std::string& name) const;
  LoadedFile load_model(SavePoint point) const;

  /// Names a checkpoint in `checkpoints/best.json`, with the link `best.pt`;
  /// it is then not pruned. @throws UsageError when the path is not a complete
  /// checkpoint of this Saver.
  void mark_best(const fs::path& checkpoint);

  /// Marks what a save that was killed could not: the best of the checkpoints
  /// after the marked one, by `best: true` in their info or by best_by().
  void restore_best();

  /// Renames a damaged checkpoint and its sidecar to damaged-…, so that it
  /// neither counts nor is removed. The `last` link goes to the one before it,
  /// a `best` link to it is removed.
  void set_aside(const fs::path& checkpoint);

  /// The checkpoint that was marked, if any.
  std::optional<SavedFile> find_best() const;

  /// Removes the files of a kind, their sidecars and links.
  void clear_checkpoints();
  void clear_keypoints();
  void clear_models();

  const fs::path& folder() const { return folder_; }

 private:
  fs::path save_model_as(const std::string& name,
                         std::optional<SavePoint> point,
                         const State& state,
                         const Value& info);
  bool is_best(const Value& info, const std::optional<SavedFile>& marked) const;
  void prune_checkpoints();
  void remove_older_models(const SavedFile& newest);

  fs::path folder_;
  SaverOptions options_;
};

}  // namespace thexp
