#pragma once

#include <cstdint>
#include <random>
#include <string_view>

#include "thexp/state/stateful.h"

namespace thexp {

/// The exact state of LibTorch's generators, the CPU's and each CUDA device's:
/// `{"cpu": bytes, "cuda": [bytes…]}`, with a normal draw that is waiting
/// included. The bytes are those of Python's `torch.get_rng_state()`.
State random_state();

/// Which CUDA devices' generators a random state brings back: all, and there
/// must be as many here as in the state; or those that are in both, while the
/// others stay as they are.
enum class CudaGenerators { kAll, kCommon };

/// @throws FormatError when it is not such a state, or was taken with another
/// number of CUDA devices; nothing is changed then.
void set_random_state(const State& state,
                      CudaGenerators cuda = CudaGenerators::kAll);

/// Seeds everything that draws random numbers: LibTorch's generators and an
/// engine of its own for draws on the host.
///
///     RndManager rnd(1);
///     rnd.mark("train");   // the same draws in any process
class RndManager : public Stateful {
 public:
  explicit RndManager(uint64_t seed = 0);

  /// Seeds all from the manager's seed and `name`; returns the seed used.
  uint64_t mark(std::string_view name);

  /// Seeds all from the machine's entropy; returns the seed, so that a log
  /// can keep it.
  uint64_t shuffle();

  /// Seeds all with exactly `seed` (as `torch::manual_seed` does), and makes
  /// it the seed that later marks start from.
  void fix_seed(uint64_t seed);

  uint64_t seed() const { return seed_; }

  /// The framework's own generator, for draws on the host.
  std::mt19937_64& engine() { return engine_; }

  /// random_state(), the engine, and the seed.
  State state() const override;
  void load_state(const State& state) override;
  /// Also one from a machine with more or fewer CUDA devices.
  void load_state(const State& state, CudaGenerators cuda);

 private:
  void seed_all(uint64_t seed);

  uint64_t seed_;
  std::mt19937_64 engine_;
};

}  // namespace thexp
