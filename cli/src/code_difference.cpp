#include "code_difference.h"

#include "run_code.h"
#include "thexp/base/error.h"
#include "thexp/snapshot/code.h"

namespace thexp::cli {

std::string code_difference(const RunRecord& a, const RunRecord& b) {
  Snapshot before = code_of(a), after = code_of(b);
  bool are_known =
      before.kind != SnapshotKind::kNone && after.kind != SnapshotKind::kNone;
  if (!are_known) return "";
  try {
    return diff(before, after);
  } catch (const Error& error) {
    return std::string("the code cannot be compared: ") + error.what() + "\n";
  }
}

}  // namespace thexp::cli
