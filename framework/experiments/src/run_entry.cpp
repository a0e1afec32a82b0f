#include "index_store.h"
#include "thexp/experiments/run_index.h"

namespace thexp {
namespace {

SystemTime time_of(int64_t nanoseconds) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(
      std::chrono::nanoseconds(nanoseconds)));
}

std::optional<Value> unpacked(const std::optional<PackedValue>& found) {
  if (!found) return std::nullopt;
  return found->unpack();
}

}  // namespace

RunEntry::RunEntry(const IndexStore& store, const IndexedRun& run)
    : store_(&store), run_(&run) {}

fs::path RunEntry::path() const { return store_->root() / experiment() / id(); }

const std::string& RunEntry::experiment() const {
  return run_->folder.experiment;
}

const std::string& RunEntry::id() const { return run_->folder.name; }

std::string RunEntry::name() const { return experiment() + "/" + id(); }

int64_t RunEntry::number() const { return run_->summary.number; }

RunStatus RunEntry::status() const { return run_->status; }

const std::string& RunEntry::problem() const { return run_->problem; }

const std::string& RunEntry::labels_problem() const {
  return run_->labels_problem;
}

SystemTime RunEntry::start() const { return time_of(run_->summary.start); }

std::optional<SystemTime> RunEntry::end() const {
  if (run_->summary.end == 0) return std::nullopt;
  return time_of(run_->summary.end);
}

SystemTime RunEntry::last_sign() const {
  if (run_->problem.empty()) {
    return end().value_or(time_of(run_->summary.heartbeat));
  }
  return start();
}

std::chrono::duration<double> RunEntry::duration() const {
  std::chrono::duration<double> worked(run_->summary.seconds);
  if (status() != RunStatus::kRunning) return worked;
  return worked + (store_->now() - time_of(run_->summary.heartbeat));
}

std::chrono::duration<double> RunEntry::age() const {
  return store_->now() - start();
}

bool RunEntry::is_evaluation() const {
  return run_->summary.is_evaluation != 0;
}

bool RunEntry::is_dry_run() const { return run_->summary.is_dry_run != 0; }

PackedValue RunEntry::packed() const { return {run_->json, store_->keys()}; }

PackedValue RunEntry::packed_labels() const {
  return {run_->labels, store_->keys()};
}

PackedValue RunEntry::packed_info() const {
  return {run_->info, store_->keys()};
}

PackedValue RunEntry::packed_params() const {
  return {run_->params, store_->keys()};
}

PackedValue RunEntry::packed_metrics() const {
  return {run_->metrics, store_->keys()};
}

std::optional<Value> RunEntry::find(std::string_view path) const {
  return unpacked(packed().find(path));
}

std::optional<Value> RunEntry::label(std::string_view path) const {
  return unpacked(packed_labels().find(path));
}

RunRecord RunEntry::record() const {
  if (!problem().empty()) return unreadable_record(path(), problem());
  return record_from(packed().unpack(), path(), store_->clock());
}

}  // namespace thexp
