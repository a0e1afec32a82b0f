#include "thexp/experiments/run_index.h"

#include <algorithm>

#include "index_store.h"

namespace thexp {
namespace {

// As Workspace::runs() orders them.
bool is_newer(const RunEntry& a, const RunEntry& b) {
  if (a.start() != b.start()) return a.start() > b.start();
  return a.id() > b.id();
}

}  // namespace

RunIndex::RunIndex(const Workspace& workspace)
    : store_(
          std::make_unique<IndexStore>(workspace.root(), workspace.clock())) {
  store_->load();
  runs_.reserve(store_->runs().size());
  for (const IndexedRun& run : store_->runs()) runs_.emplace_back(*store_, run);
  std::sort(runs_.begin(), runs_.end(), is_newer);
}

RunIndex::~RunIndex() = default;
RunIndex::RunIndex(RunIndex&&) noexcept = default;
RunIndex& RunIndex::operator=(RunIndex&&) noexcept = default;

const fs::path& RunIndex::root() const { return store_->root(); }

const std::vector<std::string>& RunIndex::problems() const {
  return store_->problems();
}

std::size_t RunIndex::read_anew() const { return store_->read_anew(); }

}  // namespace thexp
