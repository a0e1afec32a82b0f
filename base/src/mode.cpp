#include "thexp/base/mode.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace thexp {

Mode likely_mode(const std::string& metric) {
  constexpr std::string_view kMore[] = {
      "acc",  "accuracy", "auc",    "bleu",   "f1",    "iou", "precision",
      "psnr", "r2",       "recall", "reward", "rouge", "ssim"};
  std::string_view word = metric;
  word = word.substr(word.find_last_of("/_.- ") + 1);
  bool more =
      std::find(std::begin(kMore), std::end(kMore), word) != std::end(kMore);
  return more ? Mode::kMax : Mode::kMin;
}

bool is_better(double value, double than, Mode mode) {
  double gain = mode == Mode::kMin ? than - value : value - than;
  double size = std::max(std::abs(value), std::abs(than));
  // Before the first value the best is infinite.
  return gain > (std::isfinite(size) ? kTieTolerance * size : 0);
}

}  // namespace thexp
