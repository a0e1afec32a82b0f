#include "code_difference.h"

#include "thexp/base/error.h"
#include "thexp/snapshot/code.h"
#include "thexp/snapshot/snapshot.h"

namespace thexp::cli {
namespace {

Snapshot snapshot_of(const RunRecord& run) {
  const Value* code = run.json.find("code");
  return Snapshot::from_value(code != nullptr ? *code : Value(),
                              run.path.parent_path().parent_path() / ".code");
}

}  // namespace

std::string code_difference(const RunRecord& a, const RunRecord& b) {
  Snapshot before = snapshot_of(a), after = snapshot_of(b);
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
