#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "memory_budget.h"
#include "pickle_node.h"
#include "pt_storages.h"
#include "thexp/archive/archive_value.h"

namespace thexp {

/// Turns a pickle's tree into values. They repeat what it names again, and each
/// pays for that.
class TreeBuilder {
 public:
  /// @param source names the pickle in messages.
  TreeBuilder(PtStorages& storages,
              MemoryBudget& budget,
              const std::string& source)
      : storages_(storages), budget_(budget), source_(source) {}

  /// The whole. @throws FormatError naming source and offset, also when the
  /// root is foreign.
  ArchiveValue build_root(const PickleNode& root);

 private:
  // A key as it lies in the pickle's node, or a position in a list.
  using Step = std::variant<std::string_view, int64_t>;

  [[noreturn]] void fail(const PickleNode& node,
                         const std::string& problem) const;
  void spend(const PickleNode& node, std::size_t amount);

  // The value itself is paid for by its owner.
  ArchiveValue build(const PickleNode& node);
  ArchiveValue build_below(const Step& step, const PickleNode& node);
  ArchiveValue build_tensor(const PickleNode& node, const PickleTensor& given);
  ArchiveValue build_list(const PickleNode& node, const PickleList& list);
  ArchiveValue build_dict(const PickleNode& node, const PickleDict& dict);
  ArchiveValue build_foreign(const PickleNode& node, const std::string& what);
  ArchiveValue::Key key_of(const PickleNode& node);

  PtStorages& storages_;
  MemoryBudget& budget_;
  const std::string& source_;
  std::vector<Step> path_;  // to the node that is built
};

}  // namespace thexp
