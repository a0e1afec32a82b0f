#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "folder_scan.h"
#include "thexp/tracking/run_record.h"

namespace thexp {

// What a listing asks of each run, so that it need not be unpacked. Times in
// nanoseconds since 1970.
struct RunSummary {
  int64_t number = 0;
  int64_t start = 0;
  int64_t end = 0;  // 0: none
  int64_t heartbeat = 0;
  double seconds = 0;  // worked on, until its end or its heartbeat
  uint8_t status = 0;  // as run.json says it: of a killed run "running"
  uint8_t is_evaluation = 0;
  uint8_t is_dry_run = 0;
};

// A run in the index: what its files said when they were read.
struct IndexedRun {
  RunFolder folder;
  std::string problem;         // why run.json cannot be read
  std::string labels_problem;  // the same of labels.json
  RunSummary summary;
  std::string_view json;    // packed
  std::string_view labels;  // packed
  // Parts of json that are asked for often; empty where it lacks them. Not in
  // the cache, as all that follows.
  std::string_view info, params, metrics;
  // As it is now.
  RunStatus status = RunStatus::kUnreadable;
};

}  // namespace thexp
