#include "results.h"

#include <fmt/format.h>

#include <utility>

#include "thexp/base/text.h"

namespace thexp::detail {
namespace {

DrillResult result(DrillVerdict verdict, std::string reason, std::string hint) {
  return {"", verdict, std::move(reason), std::move(hint), 0};
}

}  // namespace

DrillResult pass(std::string reason) {
  return result(DrillVerdict::kPass, std::move(reason), "");
}
DrillResult warn(std::string reason, std::string hint) {
  return result(DrillVerdict::kWarn, std::move(reason), std::move(hint));
}
DrillResult skip(std::string reason) {
  return result(DrillVerdict::kSkip, std::move(reason), "");
}
DrillResult fail(std::string reason, std::string hint) {
  return result(DrillVerdict::kFail, std::move(reason), std::move(hint));
}
DrillResult timeout(std::string reason) {
  return result(DrillVerdict::kTimeout, std::move(reason),
                "--drill=SECONDS gives it more time.");
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  if (names.size() <= kShown) return join(names, ", ");
  std::vector<std::string> first(names.begin(), names.begin() + kShown);
  return fmt::format("{} and {} more", join(first, ", "),
                     names.size() - kShown);
}

}  // namespace thexp::detail
