#include "thexp/trainer/params_of_run.h"

#include "find_run.h"

namespace thexp {
namespace {

// Of a checkpoint that is named by itself, too: its run has it in a folder.
fs::path folder_of_run(const TrainerParams& params) {
  const std::string experiment = experiment_of(params);
  if (auto run = find_run_to_continue(params, experiment)) return run->path;
  auto file = load_file_to_begin_from(params, experiment);
  return file ? fs::canonical(file->path).parent_path().parent_path()
              : fs::path();
}

}  // namespace

void take_missing_from_run(TrainerParams& params) {
  if (params.missing().empty()) return;
  fs::path folder = folder_of_run(params);
  if (folder.empty() || !fs::exists(folder / "params.yaml")) return;
  params.load_missing(folder / "params.yaml");
}

}  // namespace thexp
