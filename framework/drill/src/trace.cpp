#include "trace.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "thexp/base/hash.h"
#include "thexp/data/batch.h"

namespace thexp::detail {
namespace {

uint64_t hash_of(const at::Tensor& tensor) {
  at::Tensor host = tensor.detach().cpu().contiguous();
  uint64_t hash = hash64(at::toString(host.scalar_type()));
  for (int64_t size : host.sizes()) {
    hash = combine64(hash, static_cast<uint64_t>(size));
  }
  std::string_view bytes(static_cast<const char*>(host.data_ptr()),
                         host.nbytes());
  return combine64(hash, hash64(bytes));
}

uint64_t hash_of(const Batch& batch) {
  uint64_t hash = static_cast<uint64_t>(batch.size());
  for (std::size_t i = 0; i < batch.tensors(); ++i) {
    hash = combine64(hash, hash_of(batch[i]));
  }
  for (const std::string& name : batch.part_names()) {
    hash = combine64(hash, hash_of(batch.part(name)));
  }
  return hash;
}

}  // namespace

const std::string* find_metric(const Metrics& metrics,
                               const std::string& name) {
  for (const auto& [each, number] : metrics) {
    if (each == name) return &number;
  }
  return nullptr;
}

double real_from(const std::string* number) {
  return number == nullptr ? NAN : std::strtod(number->c_str(), nullptr);
}

std::string batch_fingerprint(const Batch& batch) {
  return hex64(hash_of(batch));
}

std::string first_not_finite(const std::vector<TraceStep>& trace) {
  for (const TraceStep& step : trace) {
    for (const auto& [name, number] : step.metrics) {
      if (std::isfinite(real_from(&number))) continue;
      return fmt::format("step {} reports {} = {}", step.step, name, number);
    }
  }
  return "";
}

}  // namespace thexp::detail
