#include "fingerprint.h"

#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>

#include "environment.h"
#include "length.h"
#include "thexp/base/file.h"
#include "thexp/base/hash.h"
#include "thexp/base/text.h"

namespace thexp {
namespace {

// Parameters that may differ in a continuation: they say where results go and
// how to begin, not what is computed.
// (The device is compared as what it turned out to be.)
constexpr const char* kFree[] = {
    "resume",    "auto_resume", "allow",       "phase",
    "workspace", "exp_name",    "device",      "log.",
    "drill",     "checkpoint.", "more_epochs", "more_steps",
    "max_time",  "eval.sanity", "description", "record.",
};

bool is_free(const TrainerParams& params, const std::string& key) {
  bool ours = std::any_of(std::begin(kFree), std::end(kFree),
                          [&](const std::string& each) {
                            bool group = each.back() == '.';
                            return group ? starts_with(key, each) : key == each;
                          });
  return ours || !params.is_compared(key);
}

void flatten(const Value& value, const std::string& path, Value& out) {
  if (!value.is_dict()) {
    out[path] = value;
    return;
  }
  for (const auto& [key, item] : value.as_dict()) {
    flatten(item, path.empty() ? key : path + "." + key, out);
  }
}

// A parameter may itself be a dict.
void flatten_params(const TrainerParams& params,
                    const Value& value,
                    const std::string& path,
                    Value& out) {
  if (!value.is_dict() || params.contains(path)) {
    out[path] = value;
    return;
  }
  for (const auto& [key, item] : value.as_dict()) {
    flatten_params(params, item, path.empty() ? key : path + "." + key, out);
  }
}

std::string text_of(const Value* value) {
  return value == nullptr ? "absent" : value->to_json();
}

}  // namespace

Value params_fingerprint(const TrainerParams& params) {
  Value all = Value::Dict{};
  for (const std::string& key : params.keys()) {
    if (!is_free(params, key)) all[key] = params[key];
  }
  return all;
}

Value flat_params(const TrainerParams& params, const Value& tree) {
  Value all = Value::Dict{};
  flatten_params(params, tree, "", all);
  return all;
}

Value params_fingerprint(const TrainerParams& params, const Value& saved) {
  Value all = Value::Dict{};
  for (const auto& [key, value] : saved.as_dict()) {
    if (!is_free(params, key)) all[key] = value;
  }
  return all;
}

Value params_to_compare(const TrainerParams& params,
                        const Until& until,
                        const Value& saved) {
  Value now = params_fingerprint(params);
  Until compared = until, before = length_in(saved);
  const bool more = counts_more(params);
  if (more || compared.epochs > before.epochs) compared.epochs = before.epochs;
  if (more || compared.steps > before.steps) compared.steps = before.steps;
  put_length(now, compared);
  const Value* seed = saved.find("seed");
  if (*params.seed < 0 && seed != nullptr) now["seed"] = *seed;
  return now;
}

Value data_to_compare(const Value& data) {
  Value sizes = Value::Dict{};
  for (const auto& [phase, entry] : data.as_dict()) {
    bool known = entry.at("examples").as_integer() >= 0;
    const char* key = known ? "examples" : "batches";
    sizes[phase] = Value::Dict{{key, entry.at(key)}};
  }
  return sizes;
}

Value device_fingerprint(c10::Device device) {
  Value all =
      Value::Dict{{"device", device.str()}, {"world_size", world_size()}};
  if (device.is_cuda()) all["cuda_devices"] = cuda_devices();
  return all;
}

std::string code_fingerprint() {
  return fmt::format("program {}, LibTorch {}",
                     hex64(hash64(read_file("/proc/self/exe"))), TORCH_VERSION);
}

std::vector<std::string> differences(const Value& saved, const Value& now) {
  Value before = Value::Dict{}, after = Value::Dict{};
  flatten(saved, "", before);
  flatten(now, "", after);
  std::vector<std::string> lines;
  auto compare = [&](const std::string& key) {
    const Value *a = before.find(key), *b = after.find(key);
    bool same = a != nullptr && b != nullptr && *a == *b;
    std::string line = fmt::format("{}: {} -> {}", key, text_of(a), text_of(b));
    bool known = std::find(lines.begin(), lines.end(), line) != lines.end();
    if (!same && !known) lines.push_back(line);
  };
  for (const auto& entry : before.as_dict()) compare(entry.first);
  for (const auto& entry : after.as_dict()) compare(entry.first);
  return lines;
}

}  // namespace thexp
