#include "optimizer_reader.h"

#include <ATen/ops/empty_like.h>

namespace thexp {
namespace {

constexpr const char* kHarmless[] = {
    "foreach",      "capturable", "differentiable", "fused",
    "initial_lr",   "max_lr",     "min_lr",         "base_momentum",
    "max_momentum", "swa_lr",     "param_names"};

bool is_off(const State& value) {
  return value.is_null() || (value.is_bool() && !value.as_bool());
}

}  // namespace

bool read_real(const State& state, double& out) {
  if (state.is_number()) {
    out = state.as_real();
    return true;
  }
  bool single = state.is_tensor() && state.as_tensor().numel() == 1 &&
                !state.as_tensor().is_complex();
  if (single) out = state.as_tensor().item<double>();
  return single;
}

void OptionReader::check_other(const std::string& name, const State& value) {
  for (const char* known : kHarmless) {
    if (name == known) return;
  }
  bool is_decoupled = name == "decoupled_weight_decay";
  if (!is_decoupled && name != "maximize") {
    problems_.push_back(
        fmt::format("{}/{} is not an option of this optimizer", path_, name));
    return;
  }
  bool wanted = is_decoupled && decouples_;
  if (wanted ? value.is_bool() && value.as_bool() : is_off(value)) return;
  problems_.push_back(fmt::format("{}/{} is {}, but LibTorch's optimizer {}",
                                  path_, name, value.describe(),
                                  wanted ? "has it on" : "does not have it"));
}

const State* OptionReader::take(const char* name) {
  known_.insert(name);
  const State* found = group_.find(name);
  if (found == nullptr) {
    problems_.push_back(fmt::format("{}/{} is missing", path_, name));
  }
  return found;
}

void OptionReader::wrong(const char* name,
                         const char* wanted,
                         const State& given) {
  problems_.push_back(fmt::format("{}/{} is {}, not {}", path_, name,
                                  given.describe(), wanted));
}

void OptionReader::operator()(const char* name, double& value) {
  const State* given = take(name);
  if (given != nullptr && !read_real(*given, value)) {
    wrong(name, "a number", *given);
  }
}

void OptionReader::operator()(const char* name, bool& value) {
  const State* given = take(name);
  if (given == nullptr) return;
  if (!given->is_bool()) return wrong(name, "a bool", *given);
  value = given->as_bool();
}

void OptionReader::operator()(const char* name,
                              std::tuple<double, double>& value) {
  const State* given = take(name);
  if (given == nullptr) return;
  bool pair = given->is_list() && given->size() == 2 &&
              read_real(given->at(0), std::get<0>(value)) &&
              read_real(given->at(1), std::get<1>(value));
  if (!pair) wrong(name, "two numbers", *given);
}

void OptionReader::operator()(const char* name, int64_t& value) {
  const State* given = take(name);
  if (given == nullptr) return;
  if (!given->is_integer()) return wrong(name, "an integer", *given);
  value = given->as_integer();
}

void OptionReader::operator()(const char* name, c10::optional<int64_t>& value) {
  const State* given = take(name);
  if (given == nullptr) return;
  bool fits = given->is_null() || given->is_integer();
  if (!fits) return wrong(name, "an integer or None", *given);
  value.reset();
  if (given->is_integer()) value = given->as_integer();
}

void OptionReader::operator()(const char* name,
                              c10::optional<std::string>& value) {
  const State* given = take(name);
  if (given == nullptr) return;
  bool fits = given->is_null() || given->is_text();
  if (!fits) return wrong(name, "a text or None", *given);
  value.reset();
  if (given->is_text()) value = given->as_text();
}

void OptionReader::finish() {
  for (const auto& [key, value] : group_.as_dict()) {
    std::string name = key.to_string();
    if (known_.count(name) != 0) continue;
    check_other(name, value);
  }
}

void ParamStateReader::finish() {
  if (!entry_.is_dict()) {
    problems_.push_back(
        fmt::format("{} is {}, not a dict", path_, entry_.describe()));
    return;
  }
  for (const auto& entry : entry_.as_dict()) {
    std::string name = entry.first.to_string();
    if (known_.count(name) != 0) continue;
    problems_.push_back(fmt::format(
        "{}/{} is not something that this optimizer keeps", path_, name));
  }
}

int64_t ParamStateReader::read_step() {
  any_ = true;
  known_.insert("step");
  const State* given = entry_.find("step");
  double step = 0;
  bool whole = given != nullptr && read_real(*given, step) && step >= 0 &&
               step == std::floor(step) && step < 9e15;
  if (!whole) {
    problems_.push_back(
        fmt::format("{}/step is {}, not a whole number", path_,
                    given == nullptr ? "missing" : given->describe()));
  }
  return whole ? static_cast<int64_t>(step) : 0;
}

void ParamStateReader::tensor(const char* name,
                              at::Tensor& out,
                              bool required) {
  known_.insert(name);
  const State* given = entry_.find(name);
  if (given == nullptr || given->is_null()) {
    if (required) {
      problems_.push_back(fmt::format("{}/{} is missing", path_, name));
    }
    return;
  }
  bool fits = given->is_tensor() &&
              given->as_tensor().sizes() == parameter_.sizes() &&
              given->as_tensor().scalar_type() == parameter_.scalar_type();
  if (!fits) {
    problems_.push_back(fmt::format("{}/{} is {}, but its parameter is {}",
                                    path_, name, given->describe(),
                                    describe_tensor(parameter_)));
    return;
  }
  any_ = true;
  out = at::empty_like(parameter_.detach());
  out.copy_(given->as_tensor());
}

// What has to be there.
const State* ParamStateReader::take(const char* name) {
  known_.insert(name);
  any_ = true;
  const State* given = entry_.find(name);
  if (given == nullptr) {
    problems_.push_back(fmt::format("{}/{} is missing", path_, name));
  }
  return given;
}

void ParamStateReader::count(const char* name, int64_t& out) {
  const State* given = take(name);
  if (given == nullptr) return;
  double number = 0;
  bool whole = read_real(*given, number) && number >= 0 &&
               number == std::floor(number) && number < 9e15;
  if (whole) {
    out = static_cast<int64_t>(number);
    return;
  }
  problems_.push_back(fmt::format("{}/{} is {}, not a whole number", path_,
                                  name, given->describe()));
}

void ParamStateReader::real(const char* name, double& out) {
  const State* given = take(name);
  if (given == nullptr || read_real(*given, out)) return;
  problems_.push_back(
      fmt::format("{}/{} is {}, not a number", path_, name, given->describe()));
}

at::Tensor ParamStateReader::read_flat(const std::string& path,
                                       const State& given) {
  bool fits = given.is_tensor() && given.as_tensor().dim() <= 1 &&
              !given.as_tensor().is_complex();
  if (fits) {
    return given.as_tensor().to(parameter_.device(), /*non_blocking=*/false,
                                /*copy=*/true);
  }
  problems_.push_back(
      fmt::format("{} is {}, not a vector", path, given.describe()));
  return at::Tensor();
}

void ParamStateReader::flat(const char* name, at::Tensor& out) {
  const State* given = take(name);
  if (given == nullptr || given->is_null()) return;
  out = read_flat(fmt::format("{}/{}", path_, name), *given);
}

std::vector<at::Tensor> ParamStateReader::read_flats(const char* name,
                                                     const State& given) {
  std::vector<at::Tensor> tensors;
  if (!given.is_list()) {
    problems_.push_back(
        fmt::format("{}/{} is {}, not a list", path_, name, given.describe()));
    return tensors;
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    // Python's `al` has None where it was not needed yet.
    tensors.push_back(
        given[i].is_null()
            ? at::Tensor()
            : read_flat(fmt::format("{}/{}/{}", path_, name, i), given[i]));
  }
  return tensors;
}

void ParamStateReader::list(const char* name, std::deque<at::Tensor>& out) {
  const State* given = take(name);
  if (given == nullptr) return;
  std::vector<at::Tensor> tensors = read_flats(name, *given);
  out.assign(tensors.begin(), tensors.end());
}

// It is only there once a direction was computed.
void ParamStateReader::list(const char* name,
                            c10::optional<std::vector<at::Tensor>>& out) {
  known_.insert(name);
  const State* given = entry_.find(name);
  if (given == nullptr || given->is_null()) return;
  out = read_flats(name, *given);
}

const State* param_entry(const State& state,
                         std::size_t group,
                         std::size_t place) {
  const State& index =
      state.at("param_groups").at(group).at("params").at(place);
  return state.at("state").find(index.as_integer());
}

namespace {

std::size_t check_group(const torch::optim::OptimizerParamGroup& group,
                        const State& given,
                        std::size_t index) {
  const State* params = given.find("params");
  std::size_t wanted = group.params().size();
  if (params == nullptr || !params->is_list() || params->size() != wanted) {
    throw FormatError(fmt::format(
        "param_groups/{} is {}, but the optimizer's group has {} parameters",
        index,
        params == nullptr ? given.describe()
                          : "of parameters: " + params->describe(),
        wanted));
  }
  for (const State& item : params->as_list()) {
    if (item.is_integer()) continue;
    throw FormatError(
        fmt::format("param_groups/{}/params holds {}, not only "
                    "indexes",
                    index, item.describe()));
  }
  return wanted;
}

}  // namespace

void check_optimizer_layout(const torch::optim::Optimizer& optimizer,
                            const State& state) {
  const State* groups = state.find("param_groups");
  const State* states = state.find("state");
  bool right = groups != nullptr && groups->is_list() && states != nullptr &&
               states->is_dict();
  if (!right) {
    throw FormatError(
        "an optimizer's state is a dict of 'state' and "
        "'param_groups', not " +
        state.describe());
  }
  const auto& own = optimizer.param_groups();
  if (groups->size() != own.size()) {
    throw FormatError(
        fmt::format("the state has {} param_groups, but the optimizer has {}",
                    groups->size(), own.size()));
  }
  for (const auto& entry : state.as_dict()) {
    const std::string name = entry.first.to_string();
    if (name == "state" || name == "param_groups") continue;
    throw FormatError(fmt::format(
        "'{}' is not part of an optimizer's state, which is a dict of 'state' "
        "and 'param_groups'",
        name));
  }
  std::set<int64_t> indexes;
  for (std::size_t i = 0; i < own.size(); ++i) {
    check_group(own[i], groups->at(i), i);
    for (const State& item : groups->at(i).at("params").as_list()) {
      indexes.insert(item.as_integer());
    }
  }
  for (const auto& entry : states->as_dict()) {
    bool known =
        entry.first.is_integer() && indexes.count(entry.first.integer()) != 0;
    if (!known) {
      throw FormatError(fmt::format("state/{} belongs to no parameter",
                                    entry.first.to_string()));
    }
  }
}

}  // namespace thexp
