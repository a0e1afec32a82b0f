#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thexp/params/params.h"

namespace thexp_fuzz {

/// A parameter of each kind, for inputs to set.
struct SampleParams : thexp::Params {
  thexp::Param<double> lr{this, "optim.lr", 0.1, "rate",
                          thexp::between(0.0, 10.0)};
  thexp::Param<int64_t> epoch{this, "epoch", 5, "epochs", thexp::at_least(1)};
  thexp::Param<bool> shuffle{this, "data.shuffle", true, "order"};
  thexp::Param<std::string> root{this, "data.root", "", "folder"};
  thexp::Param<std::vector<int64_t>> sizes{this, "net.sizes", {1, 2}, ""};
};

}  // namespace thexp_fuzz
