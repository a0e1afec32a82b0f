#pragma once

#include <cstdint>
#include <string>

#include "thexp/base/value.h"

namespace thexp {

// The lines of metrics.jsonl. `tag` is the tag as JSON.
void append_metric_line(std::string& text,
                        const std::string& tag,
                        double value,
                        int64_t step,
                        int64_t epoch);
void append_metric_line(std::string& text,
                        const std::string& tag,
                        const Value& value,
                        int64_t step,
                        int64_t epoch);

}  // namespace thexp
