#pragma once

#include <memory>
#include <string>
#include <vector>

#include "thexp/data/batch_source.h"

namespace thexp {

/// A source within a DataBundler.
struct BundleMember {
  BundleMember(std::string name, std::shared_ptr<BatchSource> source)
      : name(std::move(name)), source(std::move(source)) {}

  std::string name;
  std::shared_ptr<BatchSource> source;
  bool cycled = false;
};

/// A member that starts again whenever it ends, in another order each time.
BundleMember cycle(std::string name, std::shared_ptr<BatchSource> source);

/// Several sources as one, one after another (chain) or side by side (zip).
/// Itself a source, so bundlers can be nested.
///
///     auto train = DataBundler::zip({{"labeled", labeled},
///                                    cycle("unlabeled", unlabeled)});
///
/// A cycled member's pass p > 0 is its epoch number hash(epoch, p): the
/// epoch number that its transform sees.
class DataBundler : public BatchSource {
 public:
  /// All batches of the first member, then all of the second, and so on. The
  /// last may be cycled, if `length` (batches an epoch) says where to end.
  /// @throws UsageError when there is no member, a name comes twice, a source
  /// is null or empty and cycled, or the chain would never end.
  static std::shared_ptr<DataBundler> chain(
      std::vector<BundleMember> members,
      std::optional<int64_t> length = std::nullopt);

  /// Batches with one part for each member: `batch.part("labeled")`. Ends with
  /// the shortest member that is not cycled, or after `length` batches.
  /// A batch's size() is that of its first part.
  /// @throws UsageError like chain(); here when all members are cycled and no
  /// length is given.
  static std::shared_ptr<DataBundler> zip(
      std::vector<BundleMember> members,
      std::optional<int64_t> length = std::nullopt);

  ~DataBundler() override;

  std::unique_ptr<BatchStream> stream(int64_t epoch,
                                      int64_t first_batch = 0) override;
  std::optional<int64_t> batches() const override;
  std::optional<int64_t> examples() const override;
  int64_t batch_size_at(int64_t batch_index) const override;

 private:
  enum class Mode { kChain, kZip };
  DataBundler(Mode mode,
              std::vector<BundleMember> members,
              std::optional<int64_t> length);
  void check() const;
  std::optional<int64_t> natural_batches() const;

  Mode mode_;
  std::vector<BundleMember> members_;
  std::optional<int64_t> length_;
};

}  // namespace thexp
