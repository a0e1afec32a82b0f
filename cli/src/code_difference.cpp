#include "code_difference.h"

namespace thexp::cli {

// The record's "code" says in what commit each differs; the lines come from the
// snapshots of both.
std::string code_difference(const RunRecord&, const RunRecord&) { return ""; }

}  // namespace thexp::cli
