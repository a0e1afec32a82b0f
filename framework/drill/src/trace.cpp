#include "trace.h"

#include <fmt/format.h>

#include <cmath>

#include "thexp/base/hash.h"
#include "thexp/base/text.h"
#include "thexp/data/batch.h"

namespace thexp {
namespace {

std::uint64_t hash_of(const at::Tensor& tensor) {
  at::Tensor host = tensor.detach().cpu().contiguous();
  std::uint64_t hash = hash64(at::toString(host.scalar_type()));
  for (std::int64_t size : host.sizes()) {
    hash = combine64(hash, static_cast<std::uint64_t>(size));
  }
  std::string_view bytes(static_cast<const char*>(host.data_ptr()),
                         host.nbytes());
  return combine64(hash, hash64(bytes));
}

std::uint64_t hash_of(const Batch& batch) {
  std::uint64_t hash = static_cast<std::uint64_t>(batch.size());
  for (std::size_t i = 0; i < batch.tensors(); ++i) {
    hash = combine64(hash, hash_of(batch[i]));
  }
  for (const std::string& name : batch.part_names()) {
    hash = combine64(hash, hash_of(batch.part(name)));
  }
  return hash;
}

TraceStep step_from(const std::string& line) {
  Value value = Value::from_json(line, "trace");
  TraceStep step;
  step.step = value.at("step").as_integer();
  step.epoch = value.at("epoch").as_integer();
  step.batch = value.at("batch").as_text();
  step.metrics = value.at("metrics");
  return step;
}

}  // namespace

std::string batch_fingerprint(const Batch& batch) {
  return hex64(hash_of(batch));
}

void append_trace(const fs::path& file, const TraceStep& step) {
  Value value = Value::Dict{{"step", step.step},
                            {"epoch", step.epoch},
                            {"batch", step.batch},
                            {"metrics", step.metrics}};
  AppendFile(file).append(value.to_json() + "\n");
}

std::vector<TraceStep> read_trace(const fs::path& file) {
  std::vector<TraceStep> steps;
  if (!fs::exists(file)) return steps;
  std::vector<std::string> lines = split(read_file(file), '\n');
  lines.pop_back();  // what follows the last newline
  for (const std::string& line : lines) steps.push_back(step_from(line));
  return steps;
}

std::string first_not_finite(const std::vector<TraceStep>& trace) {
  for (const TraceStep& step : trace) {
    for (const auto& [key, value] : step.metrics.as_dict()) {
      // Read from a file, what is not finite is text: JSON has no such number.
      bool finite = value.is_number() && std::isfinite(value.as_real());
      if (finite) continue;
      return fmt::format(
          "step {} reports {} = {}", step.step, key,
          value.is_text() ? value.as_text() : format_real(value.as_real()));
    }
  }
  return "";
}

}  // namespace thexp
