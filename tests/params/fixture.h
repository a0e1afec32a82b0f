#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "temp_dir.h"
#include "thexp/base/file.h"
#include "thexp/params/params.h"

namespace thexp_test {

/// One parameter of each kind.
struct SampleParams : thexp::Params {
  thexp::Param<int64_t> epoch{this, "epoch", 10, "epochs to train",
                              thexp::at_least(1)};
  thexp::Param<int> workers{this, "workers", 0, "loader threads"};
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::between(0.0, 10.0)};
  thexp::Param<double> momentum{this, "optim.momentum", 0.9, "momentum"};
  thexp::Param<bool> amp{this, "amp", false, "mixed precision"};
  thexp::Param<std::string> mode{this, "mode", "fast", "how to run",
                                 thexp::one_of({"fast", "slow"})};
  thexp::Param<std::string> note{this, "note", "", "free text"};
  thexp::Param<std::vector<int64_t>> milestones{
      this, "milestones", {}, "epochs at which the rate drops"};
  thexp::Param<std::vector<std::string>> tags{this, "tags", {}, "labels"};
  thexp::Param<std::optional<double>> clip{this, "clip", std::nullopt,
                                           "largest gradient norm"};
};

/// The message of the ParamError that `action` throws.
template <typename Action>
std::string error_of(Action&& action) {
  return message_of<thexp::ParamError>(action);
}

inline std::string yaml_error(const std::string& text) {
  SampleParams params;
  return error_of([&] { params.load_yaml_text(text, "a.yaml"); });
}

inline std::string args_error(const std::vector<std::string>& args) {
  SampleParams params;
  return error_of([&] { params.parse_args(args); });
}

}  // namespace thexp_test
