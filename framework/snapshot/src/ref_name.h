#pragma once

#include <string>
#include <string_view>

namespace thexp {

// "refs/thexp/<experiment>/<run>". What git does not take in a ref is written
// as %XX; '%' itself too, so that two names never become one. A part that
// would be too long for a file name ends in its hash instead.
// @throws UsageError for a name of another form: one part alone could keep git
// from making refs below it.
std::string ref_name(std::string_view experiment_and_run);

}  // namespace thexp
