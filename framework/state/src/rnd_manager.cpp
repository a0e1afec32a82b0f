#include "thexp/state/rnd_manager.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "thexp/base/error.h"
#include "thexp/base/hash.h"

namespace thexp {
namespace {

std::vector<at::Generator> cuda_generators() {
  std::vector<at::Generator> generators;
  if (!at::globalContext().hasCUDA()) return generators;
  auto count = static_cast<int>(at::detail::getCUDAHooks().getNumGPUs());
  for (int i = 0; i < count; ++i) {
    generators.push_back(at::globalContext().defaultGenerator(
        c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(i))));
  }
  return generators;
}

at::Tensor state_of(at::Generator generator) {
  std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_state(at::Generator generator, const at::Tensor& state) {
  std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

void require_like(const State& given, const at::Generator& generator) {
  at::Tensor own = state_of(generator);
  bool fits = given.is_tensor() && given.as_tensor().sizes() == own.sizes() &&
              given.as_tensor().scalar_type() == own.scalar_type();
  if (!fits) {
    throw FormatError(fmt::format("a generator's state is {}, but {} was given",
                                  State(own).describe(), given.describe()));
  }
}

const State& entry_of(const State& state, const char* name) {
  if (const State* entry = state.find(name)) return *entry;
  throw FormatError(
      fmt::format("a random state has an entry '{}', which is "
                  "missing in {}",
                  name, state.describe()));
}

void require_devices(const State& states,
                     std::size_t here,
                     CudaGenerators which) {
  if (!states.is_list()) {
    throw FormatError("'cuda' is " + states.describe() +
                      ", not a list of generators' states");
  }
  if (which == CudaGenerators::kCommon || states.size() == here) return;
  throw FormatError(fmt::format(
      "the random state is of {} CUDA devices, but here are {}: random numbers "
      "cannot go on exactly (CudaGenerators::kCommon takes what fits)",
      states.size(), here));
}

std::string engine_text(const std::mt19937_64& engine) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << engine;
  return out.str();
}

std::mt19937_64 engine_from(const State& state) {
  std::mt19937_64 engine;
  if (state.is_text()) {
    std::istringstream in(state.as_text());
    in.imbue(std::locale::classic());
    if (in >> engine) return engine;
  }
  throw FormatError("'engine' is not a state of a std::mt19937_64: " +
                    state.describe().substr(0, 60));
}

}  // namespace

State random_state() {
  State state;
  state["cpu"] = state_of(at::detail::getDefaultCPUGenerator());
  State::List cuda;
  for (const at::Generator& generator : cuda_generators()) {
    cuda.push_back(state_of(generator));
  }
  state["cuda"] = cuda;
  return state;
}

void set_random_state(const State& state, CudaGenerators which) {
  at::Generator cpu = at::detail::getDefaultCPUGenerator();
  std::vector<at::Generator> cuda = cuda_generators();
  const State& cpu_state = entry_of(state, "cpu");
  const State& cuda_states = entry_of(state, "cuda");
  require_devices(cuda_states, cuda.size(), which);
  cuda.resize(std::min(cuda.size(), cuda_states.size()));
  require_like(cpu_state, cpu);
  for (std::size_t i = 0; i < cuda.size(); ++i) {
    require_like(cuda_states.at(i), cuda[i]);
  }
  set_state(cpu, cpu_state.as_tensor());
  for (std::size_t i = 0; i < cuda.size(); ++i) {
    set_state(cuda[i], cuda_states.at(i).as_tensor());
  }
}

RndManager::RndManager(uint64_t seed) : seed_(seed), engine_(seed) {}

void RndManager::seed_all(uint64_t seed) {
  at::manual_seed(seed);
  engine_.seed(seed);
}

uint64_t RndManager::mark(std::string_view name) {
  // 63 bits, so that a sidecar and Python hold it as a positive integer.
  uint64_t seed = combine64(mix64(seed_), hash64(name)) >> 1;
  seed_all(seed);
  return seed;
}

uint64_t RndManager::shuffle() {
  std::random_device entropy;
  uint64_t seed = (uint64_t{entropy()} << 32 | uint64_t{entropy()}) >> 1;
  seed_all(seed);
  return seed;
}

void RndManager::fix_seed(uint64_t seed) {
  seed_ = seed;
  seed_all(seed);
}

State RndManager::state() const {
  State state = random_state();
  state["engine"] = engine_text(engine_);
  state["seed"] = static_cast<int64_t>(seed_);
  return state;
}

void RndManager::load_state(const State& state) {
  load_state(state, CudaGenerators::kAll);
}

void RndManager::load_state(const State& state, CudaGenerators cuda) {
  std::mt19937_64 engine = engine_from(entry_of(state, "engine"));
  const State& seed = entry_of(state, "seed");
  if (!seed.is_integer()) throw FormatError("'seed' is " + seed.describe());
  set_random_state(state, cuda);
  engine_ = engine;
  seed_ = static_cast<uint64_t>(seed.as_integer());
}

}  // namespace thexp
