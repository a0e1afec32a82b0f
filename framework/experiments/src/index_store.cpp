#include "index_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "index_file.h"
#include "thexp/base/error.h"
#include "thexp/experiments/labels.h"

namespace thexp {
namespace {

constexpr const char* kCacheName = ".index";

int64_t nanoseconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             time.time_since_epoch())
      .count();
}

// A file that was written just now may change again within one tick of its
// file system's clock: it is read again the next time.
FileStamp settled(FileStamp stamp) {
  constexpr int64_t kTick = 100000000;
  int64_t now = nanoseconds(std::chrono::system_clock::now());
  if (stamp.is_there() && stamp.changed > now - kTick) {
    stamp.bytes = FileStamp::kNeverAgain;
  }
  return stamp;
}

bool is_true(const Value* value) {
  return value != nullptr && value->is_bool() && value->as_bool();
}

RunSummary summary_of(const RunRecord& record) {
  RunSummary summary;
  summary.number = record.number;
  summary.start = nanoseconds(record.start);
  summary.end = record.end ? nanoseconds(*record.end) : 0;
  summary.heartbeat = nanoseconds(record.heartbeat);
  summary.seconds = record.duration().count();
  const Value* phase = record.info().find("phase");
  summary.is_evaluation =
      phase != nullptr && phase->is_text() && phase->as_text() != "train";
  summary.is_dry_run = is_true(record.info().find("dry_run"));
  return summary;
}

bool says_running(const RunRecord& record) {
  const Value* status = record.json.find("status");
  return status != nullptr &&
         *status == Value(status_name(RunStatus::kRunning));
}

}  // namespace

std::string_view IndexStore::keep(const Value& value) {
  std::string bytes;
  pack(value, keys_, bytes);
  bytes.shrink_to_fit();
  return packed_.emplace_back(std::move(bytes));
}

IndexedRun IndexStore::read(RunFolder folder) {
  IndexedRun run;
  fs::path path = root_ / folder.experiment / folder.name;
  run.folder = std::move(folder);
  run.folder.run = settled(run.folder.run);
  RunRecord record;
  try {
    record = read_run(path, clock_);
    run.json = keep(record.json);
  } catch (const Error& error) {
    run.problem = error.what();
    record = unreadable_record(path, run.problem);
  }
  run.summary = summary_of(record);
  RunStatus written = says_running(record) ? RunStatus::kRunning  //
                                           : record.status;
  run.summary.status = static_cast<uint8_t>(written);
  run.status = record.status;
  read_labels(run);
  return run;
}

void IndexStore::read_labels(IndexedRun& run) {
  if (!run.folder.labels.is_there()) return;
  run.folder.labels = settled(run.folder.labels);
  fs::path file =
      root_ / run.folder.experiment / run.folder.name / "labels.json";
  try {
    thexp::read_labels(file.parent_path());  // says what is wrong in it
    run.labels = keep(Value::from_json(read_file(file), file.string()));
  } catch (const Error& error) {
    run.labels_problem = error.what();
  }
}

// Whether its process lives is not in the file.
void IndexStore::judge(IndexedRun& run) {
  run.status = static_cast<RunStatus>(run.summary.status);
  if (run.status != RunStatus::kRunning) return;
  fs::path path = root_ / run.folder.experiment / run.folder.name;
  Value json = PackedValue(run.json, keys_).unpack();
  try {
    run.status = record_from(std::move(json), path, clock_).status;
  } catch (const Error&) {
    // Its crash note went in this moment: it goes on.
  }
}

std::vector<IndexedRun> IndexStore::load_cache() {
  fs::path path = root_ / kCacheName;
  std::error_code absent;
  if (!fs::is_regular_file(path, absent)) return {};
  try {
    cache_ = read_file(path);
    return parse_index(cache_, keys_);
  } catch (const Error&) {
    // It is only a copy: all is read anew, and it is replaced. Keys that a
    // damaged one brought do no harm.
    return {};
  }
}

void IndexStore::load() {
  std::vector<IndexedRun> known = load_cache();
  std::unordered_map<std::string, IndexedRun*> by_name;
  by_name.reserve(known.size());
  for (IndexedRun& run : known) {
    by_name.emplace(run.folder.experiment + "/" + run.folder.name, &run);
  }
  std::size_t reused = 0;
  bool is_worth_saving = false;
  for (RunFolder& folder : scan_folders(root_, problems_)) {
    auto found = by_name.find(folder.experiment + "/" + folder.name);
    bool is_known = found != by_name.end() &&
                    found->second->folder.run == folder.run &&
                    found->second->folder.labels == folder.labels;
    if (is_known) {
      ++reused;
      runs_.push_back(std::move(*found->second));
      judge(runs_.back());
      continue;
    }
    ++read_anew_;
    bool was_there = found != by_name.end();
    runs_.push_back(read(std::move(folder)));
    // One that goes on changes with each heartbeat.
    is_worth_saving = is_worth_saving || !was_there ||
                      runs_.back().status != RunStatus::kRunning;
  }
  for (IndexedRun& run : runs_) find_parts(run);
  if (is_worth_saving || reused < known.size()) save();
}

// Earlier versions had no parameters and metrics but those in info.
void IndexStore::find_parts(IndexedRun& run) const {
  PackedValue json(run.json, keys_);
  for (PackedEntries all = json.entries(); all.next();) {
    if (!all.value().is_dict()) continue;
    std::string_view bytes = all.value().bytes();
    if (all.key() == "info") run.info = bytes;
    if (all.key() == "params") run.params = bytes;
    if (all.key() == "metrics") run.metrics = bytes;
  }
  PackedValue info(run.info, keys_);
  if (run.params.empty()) run.params = info.dict("params").bytes();
  if (run.metrics.empty()) run.metrics = info.dict("metrics").bytes();
}

void IndexStore::save() const {
  std::vector<const IndexedRun*> all;
  all.reserve(runs_.size());
  for (const IndexedRun& run : runs_) all.push_back(&run);
  try_write_index(root_ / kCacheName, index_content(all, keys_));
}

}  // namespace thexp
