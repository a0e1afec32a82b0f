#include "run_code.h"

namespace thexp::cli {

Snapshot code_of(const RunRecord& run, const fs::path& workspace) {
  const Value* code = run.json.find("code");
  if (code == nullptr || code->is_null()) return {};
  return Snapshot::from_value(*code, workspace / ".code");
}

Snapshot code_of(const RunRecord& run) {
  fs::path folder = fs::absolute(run.path).lexically_normal();
  return code_of(run, folder.parent_path().parent_path());
}

std::vector<Snapshot> all_code_of(const RunRecord& run,
                                  const fs::path& workspace) {
  std::vector<Snapshot> all = {code_of(run, workspace)};
  const Value* earlier = run.info().find("earlier_code");
  if (earlier == nullptr || !earlier->is_list()) return all;
  for (const Value& code : earlier->as_list()) {
    all.push_back(Snapshot::from_value(code, workspace / ".code"));
  }
  return all;
}

}  // namespace thexp::cli
