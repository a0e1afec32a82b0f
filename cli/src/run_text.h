#pragma once

#include <string>

#include "thexp/base/value.h"
#include "thexp/experiments/labels.h"
#include "thexp/experiments/run_index.h"
#include "thexp/tracking/run_record.h"

namespace thexp::cli {

// The fields of a record that every --json output has.
Value to_json(const RunRecord& run);

// With what people added: tags, another description.
Value to_json(const RunEntry& run);

std::string run_duration(const RunRecord& run);

// "experiment/id"
inline std::string name_of(const RunRecord& run) {
  return run.experiment + "/" + run.id;
}

// "2026-11-21 10:00  text\n"; further lines of the text stand below it.
std::string note_line(const Note& note);

// [{"time", "text"}]
Value notes_json(const Labels& labels);

}  // namespace thexp::cli
