#pragma once

#include <string>

namespace thexp {

/// Whether less or more of a metric is better.
enum class Mode { kMin, kMax };

/// In which direction a metric improves, by the last word of its name: more of
/// acc, accuracy, auc, bleu, f1, iou, precision, psnr, r2, recall, reward,
/// rouge, ssim ("eval/top5_acc"), less of any other.
Mode likely_mode(const std::string& metric);

/// Two values of a metric that differ by no more than this share of the greater
/// one are equal: a sum in another order, or in float, moves the last digits.
constexpr double kTieTolerance = 1e-6;

/// Whether `value` is better than `than`, and not a tie. What everything goes
/// by that looks for the best value of a metric. NaN is never better.
bool is_better(double value, double than, Mode mode);

}  // namespace thexp
