#include "metric_line.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "thexp/base/text.h"

namespace thexp {
namespace {

void append_start(std::string& text,
                  const std::string& tag,
                  int64_t step,
                  int64_t epoch) {
  fmt::format_to(std::back_inserter(text),
                 "{{\"step\":{},\"epoch\":{},\"tag\":{},\"value\":", step,
                 epoch, tag);
}

}  // namespace

void append_metric_line(std::string& text,
                        const std::string& tag,
                        double value,
                        int64_t step,
                        int64_t epoch) {
  append_start(text, tag, step, epoch);
  if (value == 0 && std::signbit(value)) {
    text += "-0.0}\n";  // a reader may take "-0" for the integer 0
  } else if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(text), "{}}}\n", value);
  } else {
    fmt::format_to(std::back_inserter(text), "\"{}\"}}\n", format_real(value));
  }
}

void append_metric_line(std::string& text,
                        const std::string& tag,
                        const Value& value,
                        int64_t step,
                        int64_t epoch) {
  append_start(text, tag, step, epoch);
  text += value.to_json() + "}\n";
}

}  // namespace thexp
